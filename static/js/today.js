// Today's question: an answer is sealed and kept on this phone first, then sent.

import { dayAt, daysAfter, longDay } from "./diary-day.js";
import { daysToOffer } from "./outbox.js";
import { begun } from "./patient.js";
import { phone } from "./phone.js";

const SOON = 2_500;
const HEARD_WITHIN = 1_500;

const form = document.querySelector("form[data-asks]");
const isShell = "shell" in document.querySelector(".ebb-top").dataset;
const language = document.documentElement.lang;
const part = (name) => document.querySelector(`[data-part="${name}"]`);
/** Whether a page that opened without the server has heard of it since; `asking` is settled when that is known. */
export const server = { asking: null, isHeard: false };
let isSaving = false;
let asked; // the answer that was given on this page
let waiting; // the answer that the page says is waiting

/** Return the day that the form asks for. */
const shownDay = () => form?.elements.day.value;
const chosen = () => form.elements.score.value;

/** Return the diary day of now by the server's clock, as far as this phone knows it. */
export const dayNow = () => dayAt(Date.now() + (phone.skew ?? 0), phone.kept.time_zone);

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
  if (form && part("unsent")) {
    part("ask").hidden = Boolean(row) || "shut" in form.dataset;
    reveal("unsent", Boolean(row));
    if (row) showUnsent(row);
    else if (waiting && !phone.rows.some((one) => one.client_ref === waiting)) leave(waiting);
    waiting = row?.client_ref;
  }
  showTroubles();
}

/** It was sent, by this page or another: go where it is shown. */
const leave = (ref) => (isSaving ? undefined : goOn(phone.results[ref] ?? { status: "stored" }));

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
  await phone.takeBack(row);
  askAnew();
  part("undone").hidden = false;
  part("ask").querySelector("input[type=radio]")?.focus();
  if (phone.rows.length) phone.send();
}

async function save(event) {
  if (isSaving) return event.preventDefault();
  part("undone").hidden = true;
  if (!chosen()) return isShell || !navigator.onLine ? refuse(event, "missing") : undefined;
  event.preventDefault();
  isSaving = true;
  asked = form.elements.client_ref.value;
  let isLeaving = false;
  try {
    isLeaving = await keepAndSend(asked);
  } finally {
    isSaving = isLeaving;
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
  return asked === ref && goOn(result); // unless it was taken back meanwhile
}

/** Seal the answer and keep it on this phone; says whether it is kept. */
async function isKept(ref) {
  await begun.catch(() => {}); // a quick finger is faster than the phone's store
  if (!phone.canKeep) return false;
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

/** Return the day of the answer: what the kept page could only guess, the server says, where it is heard soon. */
async function dayAnswered() {
  if (!server.asking || "sure" in form.dataset) return shownDay();
  await Promise.race([server.asking, new Promise((over) => setTimeout(over, HEARD_WITHIN))]);
  if (!server.isHeard) return shownDay();
  form.dataset.sure = "";
  return dayNow();
}

/** Go where an answer that is stored is shown, and say so; one that waits stays here. */
function goOn(result) {
  const isStored = ["stored", "duplicate", "conflict"].includes(result?.status);
  if (isStored) location.assign(result.status === "conflict" ? "/diary" : addressAfter(result));
  else if (result?.reason === "stopped") location.reload(); // the page says what to do
  else if (form) askAnew();
  phone.read();
  return isStored;
}

function askAnew() {
  form.reset();
  sayKept(false);
  form.elements.client_ref.value = crypto.randomUUID();
}

const addressAfter = ({ advice, entry }) => (advice ? "/advice" : entry ? `/diary?saved=${entry}` : "/diary");

function refuse(event, name) {
  event?.preventDefault();
  const words = part(name).content.firstElementChild.cloneNode(true);
  words.id = "score-error";
  form.querySelector(".nhsuk-error-message")?.remove();
  form.querySelector("legend").after(words);
  form.querySelector("fieldset").setAttribute("aria-describedby", "score-ends score-error");
  form.querySelector("input[type=radio]").focus();
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
  const today = dayNow();
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

/** A page left open over the turn of the day asks for the new one. */
function renewDay() {
  const isOver = form && !part("ask").hidden && phone.kept && !chosen() && dayNow() !== shownDay();
  if (document.visibilityState === "visible" && isOver) location.reload();
}

form?.addEventListener("submit", save);
begun.then(() => {
  document.addEventListener("visibilitychange", renewDay);
  if (isShell) return; // what is shown there depends on more
  phone.addEventListener("change", show);
  show();
});
