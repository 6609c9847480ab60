// The page that opens without a network, filled from what this phone keeps of who is signed in.

import { wasClockRight } from "./outbox.js";
import { begun, standing } from "./patient.js";
import { phone } from "./phone.js";
import { reveal, server, setDay, show } from "./today.js";

const form = document.querySelector("form[data-asks]");
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const isToday = location.pathname === "/today";
const isReloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
const AGAIN = isReloaded ? [10_000, 30_000] : [1_000, 3_000, 10_000, 30_000];
let hearing = 0;

/** Return which part of the page fits. */
function partToShow() {
  if (!phone.kept) return "signed-out";
  if (phone.kept.stopped) return "stopped";
  if (!isToday) return "elsewhere";
  return phone.kept.answered === phone.today && !phone.waitingFor(phone.today) ? "answered" : "ask";
}

function fill() {
  const name = partToShow();
  delete form.dataset.shut;
  if (name !== "ask") form.dataset.shut = "";
  for (const other of ["signed-out", "stopped", "elsewhere", "answered"]) reveal(other, other === name);
  if (phone.kept) fillIn();
  if (isToday && phone.kept) show();
  else part("ask").hidden = true;
}

function fillIn() {
  const { clinic_phone: clinic, emergency_number: emergency, hand } = phone.kept;
  const safety = part("safety");
  safety.textContent = safety.dataset.words.replace("{clinic}", clinic).replace("{emergency}", emergency);
  document.body.classList.toggle("hand-left", hand === "left");
  if (form.elements.score.value && form.elements.day.value) return; // the day that somebody answers for does not change under their hand
  form.method = "post";
  form.elements.client_ref.value ||= crypto.randomUUID();
  setDay(phone.today);
}

/** The line was only slow, or is back: take what the server says, unless somebody is in the middle of an answer. */
async function compare() {
  const was = phone.skew;
  const state = await phone.refresh();
  const isChosen = form.elements.score.value && wasClockRight(was) && wasClockRight(phone.skew);
  if (state && !isChosen) {
    setDay(state.day); // from here on it is sure, and stands
    form.dataset.sure = "";
  }
  if (standing.isLeft || phone.isTakingBack) return;
  if (form.elements.score.value || !isToday || phone.waitingFor(form.elements.day.value)) return;
  if (phone.door === "sign_in") location.replace("/sign-in?next=/today");
  else if (phone.door === "locked") location.replace("/account/unlock?next=/today");
  else if (phone.isShared || (state && partToShow() !== "ask" && !isReloaded)) location.reload(); // there it is, with all it says
  else fill();
}

/** Open the page that was asked for, once there is a network indeed. */
async function comeBack() {
  await phone.refresh();
  if (phone.rows.length) await phone.send();
  if (phone.door !== "away" && !standing.isLeft) location.reload();
}

/** Do what follows when the server is heard: a network that has just come back often loses the first question. */
async function hear(whenHeard) {
  const mine = (hearing += 1);
  await whenHeard();
  for (const wait of AGAIN) {
    if (mine !== hearing || phone.door !== "away") return;
    await new Promise((over) => setTimeout(over, wait));
    if (mine === hearing && navigator.onLine && phone.door === "away") await whenHeard();
  }
}

begun.then(async () => {
  const whenHeard = isToday ? compare : comeBack;
  fill();
  phone.addEventListener("change", () => isToday && phone.kept && show());
  addEventListener("online", () => hear(whenHeard));
  if (!navigator.onLine || !phone.kept) return;
  // An answer that is given before the server was heard waits for it a little: it may know the day better.
  server.asking = compare();
  await server.asking;
  if (phone.rows.length) phone.send();
  if (phone.door === "away" || (!isToday && !isReloaded)) hear(whenHeard);
});
