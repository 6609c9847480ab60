// Today's question: an answer is sealed and kept on this phone first, then sent.

import { daysAfter, longDay } from "./diary-day.js";
import { addressAfter, daysToOffer, isStored, wasClockRight } from "./outbox.js";
import { begun, leaveFor } from "./patient.js";
import { phone } from "./phone.js";

const SOON = 2_500;
const HEARD_WITHIN = 1_500;

const form = document.querySelector("form[data-asks]");
const isShell = "shell" in document.querySelector(".ebb-top").dataset;
const language = document.documentElement.lang;
const part = (name) => document.querySelector(`[data-part="${name}"]`);
/** `asking` is settled when it is known whether a page that opened without the server hears of it. */
export const server = { asking: null };
let isSaving = false;
let asked; // the answer that was given on this page
let waiting; // the answer that the page says is waiting
let isUndoing = false;

/** Return the day that the form asks for. */
const shownDay = () => form?.elements.day.value;
const chosen = () => form.elements.score.value;

/** Ask about `day`, in the form and in words. */
export function setDay(day) {
  form.elements.day.value = day;
  form.querySelector(".ebb-score__day").textContent = longDay(day, language);
}

/** Show or hide a part of the page; what is shown in place of the question has the page's first heading. */
export function reveal(name, isShown) {
  const place = part(name);
  place.hidden = !isShown;
  const words = isShown && place.querySelector("[data-h1]");
  if (words) words.replaceWith(Object.assign(document.createElement("h1"), { textContent: words.textContent }));
}

/** Show the form, or that its day is answered and waits. */
export function show() {
  const row = form && phone.waitingFor(shownDay());
  if (form && part("unsent") && !isUndoing) {
    const hadFocus = part("ask").contains(document.activeElement);
    part("ask").hidden = Boolean(row) || "shut" in form.dataset;
    reveal("unsent", Boolean(row));
    if (row && hadFocus) focusOn(part("unsent").querySelector("h1"));
    if (row) showUnsent(row);
    else if (waiting && !phone.rows.some((one) => one.client_ref === waiting)) leave(waiting);
    waiting = row?.client_ref;
  }
  showTroubles();
}

/** Let those who do not see the page hear what stands in place of what they were at. */
function focusOn(heading) {
  heading.tabIndex = -1;
  heading.focus();
}

/** It was sent, by this page or another: go where it is shown. */
const leave = (ref) => (isSaving ? undefined : goOn(phone.resultOf(ref)));

function showUnsent(row) {
  const box = part("unsent");
  box.querySelector("[data-day]").textContent = longDay(row.day_chosen ?? row.day, language);
  for (const door of ["sign_in", "locked"]) box.querySelector(`[data-door=${door}]`).hidden = phone.door !== door;
  box.querySelector("[data-just]").hidden = asked !== row.client_ref;
  box.querySelector("[data-undo]").onclick = () => undo(row);
}

async function undo(row) {
  waiting = asked = undefined;
  isSaving = false;
  isUndoing = true; // whatever is drawn meanwhile, this number is not gone on with
  await phone.takeBack(row).finally(() => (isUndoing = false));
  show();
  askAnew();
  part("undone").hidden = false;
  part("ask").querySelector("input[type=radio]")?.focus();
  if (phone.rows.length) phone.send();
}

async function save(event) {
  if (isSaving) return event.preventDefault();
  part("undone").hidden = true;
  showRefusal();
  if (!chosen()) return isShell || !navigator.onLine ? refuse(event, "missing") : undefined;
  event.preventDefault();
  isSaving = true;
  const ref = (asked = form.elements.client_ref.value ||= crypto.randomUUID());
  let isLeaving = false;
  try {
    isLeaving = await keepAndSend(ref);
  } finally {
    if (asked === ref) isSaving = isLeaving; // a later answer has its own end
  }
  return undefined;
}

/** Keep the answer and send it; says whether the page is being left. */
async function keepAndSend(ref) {
  if (!(await isKept(ref))) {
    if (isShell || !navigator.onLine) refuse(null, "not-kept");
    else form.submit(); // this phone keeps nothing: the answer goes as it would without a script
    return false;
  }
  sayKept(navigator.onLine);
  const sending = navigator.onLine ? phone.send() : phone.read();
  const late = setTimeout(() => phone.read(), SOON);
  await sending;
  clearTimeout(late);
  const result = await phone.becameOf(ref);
  if (asked !== ref) return false; // it was taken back meanwhile
  if (result || phone.store || isShell) return goOn(result);
  form.submit(); // the store was lost meanwhile: the same answer once more is stored once
  return true;
}

/** Seal the answer and keep it on this phone; says whether it is kept. */
async function isKept(ref) {
  await begun.catch(() => {}); // a quick finger is faster than the phone's store
  if (!phone.canKeep) return false;
  if (!(await phone.isStillOwned())) {
    location.reload();
    return new Promise(() => {}); // this page ends here
  }
  const version = form.elements.item_version?.value ?? phone.kept.item_version;
  const day = await dayAnswered();
  const saidByServer = !isShell || "sure" in form.dataset;
  try {
    await phone.take({ day, score: Number(chosen()), ref, version, saidByServer });
  } catch {
    return false; // it is full
  }
  return true;
}

/** Say at once, where the finger is, that the answer is safe; what the server says of it takes a network's time. */
function sayKept(isSafe) {
  const button = form.querySelector("[data-kept]");
  button.dataset.words ??= button.textContent;
  button.textContent = isSafe ? button.dataset.kept : button.dataset.words;
  part("kept").textContent = isSafe ? button.dataset.kept : "";
}

/** Return the day of the answer: what a phone whose clock was wrong could only guess, the server says, if it is heard soon. */
async function dayAnswered() {
  const isSure = !server.asking || "sure" in form.dataset || wasClockRight(phone.kept.skew);
  if (!isSure) await Promise.race([server.asking, new Promise((over) => setTimeout(over, HEARD_WITHIN))]);
  return shownDay();
}

/** Go where an answer that is stored is shown, and say so; one that waits stays here. */
function goOn(result) {
  if (isStored(result)) leaveFor(result.status === "conflict" ? "/diary" : addressAfter(result));
  else if (result?.reason === "stopped") location.reload(); // the page says what to do
  else if (form) askAnew();
  phone.read();
  return isStored(result);
}

function askAnew() {
  form.reset();
  sayKept(false);
  form.elements.client_ref.value = crypto.randomUUID();
}

function refuse(event, name) {
  event?.preventDefault();
  showRefusal(part(name).content.firstElementChild.cloneNode(true));
  form.querySelector("input[type=radio]").focus();
}

/** Show what is to be put right, in place of what was before; without `words`, nothing is. */
function showRefusal(words) {
  form.querySelector(".nhsuk-error-message")?.remove();
  form.querySelector("fieldset").setAttribute("aria-describedby", words ? "score-ends score-error" : "score-ends");
  if (words) form.querySelector("legend").after(Object.assign(words, { id: "score-error" }));
}

function showTroubles() {
  const place = part("troubles");
  if (!place) return;
  const rows = phone.troubles;
  const key = rows.map((row) => row.client_ref + row.problem).join();
  if (place.dataset.shown === key) return; // what somebody is reading is not drawn anew
  place.dataset.shown = key;
  place.replaceChildren(...rows.map(cardOf));
}

function cardOf(row) {
  const isKnown = (name) => [...part("troubles-words").content.children].find((one) => one.dataset.problem === name);
  const card = (isKnown(row.problem) ?? isKnown("invalid")).cloneNode(true);
  card.querySelectorAll("[data-day]").forEach((place) => (place.textContent = longDay(row.day, language)));
  offerDays(card, row);
  const [throwAway, sure] = ["throw", "sure"].map((name) => card.querySelector(`[data-${name}]`));
  throwAway.onclick = () => {
    [throwAway.hidden, sure.hidden] = [true, false];
    sure.querySelector("button").focus();
  };
  sure.querySelector("[data-yes]").onclick = () => phone.throwAway(row.client_ref);
  sure.querySelector("[data-no]").onclick = () => {
    [throwAway.hidden, sure.hidden] = [false, true];
    throwAway.focus();
  };
  return card;
}

/** One button for each day that may be chosen; the last ones are called by the words they have. */
function offerDays(card, row) {
  const named = [...card.querySelectorAll("[data-ago]")];
  if (!named.length) return;
  const { today } = phone;
  const wordsOf = new Map(named.map(({ dataset: { ago, words } }) => [daysAfter(today, -Number(ago)), words]));
  const buttons = daysToOffer(row, today).map((day) => {
    const button = named[0].cloneNode();
    button.textContent = (wordsOf.get(day) ?? "{day}").replace("{day}", longDay(day, language));
    button.onclick = async () => goOn(await phone.choose(row.client_ref, day));
    return button;
  });
  named[0].before(...buttons);
  named.forEach((button) => button.remove());
}

form?.addEventListener("submit", save);
begun.then(() => {
  if (isShell) return; // what is shown there depends on more
  phone.addEventListener("change", show);
  show();
});
