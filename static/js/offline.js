// The page that opens without a network, filled from what this phone keeps of who is signed in.

import { longDay } from "./diary-day.js";
import { begun } from "./patient.js";
import { phone } from "./phone.js";
import { dayNow, reveal, server, show } from "./today.js";

const form = document.querySelector("form[data-asks]");
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const isToday = location.pathname === "/today";

/** Return which part of the page fits. */
function partToShow() {
  if (!phone.kept) return "signed-out";
  if (phone.kept.stopped) return "stopped";
  if (!isToday) return "elsewhere";
  return phone.kept.answered === dayNow() && !phone.waitingFor(dayNow()) ? "answered" : "ask";
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
  if (form.elements.score.value) return; // the day that somebody answers for does not change under their hand
  form.method = "post";
  form.elements.day.value = dayNow();
  form.elements.client_ref.value ||= crypto.randomUUID();
  form.querySelector(".ebb-score__day").textContent = longDay(dayNow(), document.documentElement.lang);
}

/** The line was only slow, or is back: take what the server says, unless somebody is in the middle of an answer. */
async function compare() {
  const state = await phone.refresh();
  server.isHeard = Boolean(state);
  if (state && !form.elements.score.value) form.dataset.sure = "";
  if (form.elements.score.value || !isToday || phone.waitingFor(form.elements.day.value)) return;
  if (phone.door === "sign_in") location.replace("/sign-in?next=/today");
  else if (phone.door === "locked") location.replace("/account/unlock?next=/today");
  else if (phone.isShared) location.reload();
  else fill();
}

/** Open the page that was asked for, once there is a network indeed. */
async function comeBack() {
  await phone.refresh();
  if (phone.door !== "away") location.reload();
}

begun.then(async () => {
  fill();
  phone.addEventListener("change", () => isToday && phone.kept && show());
  addEventListener("online", isToday ? compare : comeBack);
  if (!navigator.onLine || !phone.kept) return;
  // An answer that is given before the server was heard waits for it a little: it may know the day better.
  server.asking = compare();
  await server.asking;
  if (phone.rows.length) phone.send();
});
