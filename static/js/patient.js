// Every page of a patient: says what is sent and what waits, sends it, and keeps the app's shell for days without a network.

import { addressAfter, advisedOf } from "./outbox.js";
import { opened, phone } from "./phone.js";

const place = document.querySelector("[data-outbox]");
const { dataset } = document.querySelector(".ebb-top");
const isShell = "shell" in dataset;
const LONGEST_OPENING = 60_000;
/** How it is with this page: it is being left, or somebody has begun to fill in a form. Not every browser moves the focus. */
export const standing = { isLeft: false, isTouched: false };
let openedOn; // the diary day on which this page was opened
let isBrought = false; // whether the phone was asked once to remind under this sign-in

/** Return the words of `say` for `number` numbers. */
function wordsOf(say, number) {
  const many = place.dataset[`${say}Other`];
  const words = number !== 1 && many ? many : place.dataset[say];
  return words.replace("{number}", number);
}

const ways = { signin: "/sign-in?next=/today", locked: "/account/unlock?next=/today", which: "/today", look: "/today" };

function show() {
  const { say, number } = phone.standing ?? {};
  const words = say ? wordsOf(say, number) : "";
  if (words === place.textContent) return;
  const way = ways[say];
  const isNews = place.textContent !== "";
  place.ariaLive = isNews ? null : "off"; // how it stands when the page opens is no news
  place.replaceChildren(way && location.pathname !== way ? link(words, way) : words);
}

const link = (words, href) => Object.assign(document.createElement("a"), { href, textContent: words });

async function begin() {
  await opened;
  const said = dataset.phone && JSON.parse(dataset.phone);
  if (said) {
    await phone.know(said, Date.parse(said.now) - (Date.now() - ageOfPage()));
    await phone.read();
  } else if (!isShell) {
    await meet(dataset.owner);
  }
  openedOn = phone.kept && phone.today;
  if (place) {
    phone.addEventListener("change", show);
    show();
  }
  addEventListener("online", sendAgain);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && sendAgain());
  if (!isShell) sendAgain();
}

/** A phone that reminds under an earlier sign-in of who is signed in does so under this one, so that it ends with it. */
async function bringAlong(elsewhere, isShared) {
  if (isBrought || !elsewhere?.length) return;
  isBrought = true;
  try {
    const push = await import("./push.js");
    await push.bringAlong({ elsewhere, isShared });
  } catch {
    // The next page asks again.
  }
}

/** Return how long ago the server answered with this page, in ms. */
function ageOfPage() {
  const [opening] = performance.getEntriesByType("navigation");
  return Math.min(Math.max(performance.now() - (opening?.responseStart ?? 0), 0), LONGEST_OPENING);
}

/** Make sure that what is kept belongs to `owner`, who is signed in, and is as new as what was just done. */
async function meet(owner) {
  if (!owner) {
    await phone.keepNothing();
    if (phone.rows.length) await phone.refresh(); // what waits of who is signed in goes all the same
  } else if (phone.owner !== owner || location.search) await phone.refresh();
  else phone.door = "open";
}

const sendAgain = () => phone.rows.length && phone.send();

/** Leave this page for another, whatever else happens on it. */
export function leaveFor(address) {
  standing.isLeft = true;
  location.assign(address);
}

/** Lead on to the advice where the server asks for it after what was just sent. */
function leadOn({ detail: results }) {
  const advised = advisedOf(results);
  // Whoever is writing is not led away: their diary and Today say it too, as long as the day lasts.
  const isWriting = standing.isTouched || document.activeElement?.closest("main form");
  if (advised && !isWriting && document.visibilityState === "visible") leaveFor(addressAfter(advised));
}

function forgetOnSignOut(event) {
  const form = event.target;
  if (!form.action?.endsWith("/sign-out") || !phone.store) return;
  event.preventDefault();
  phone.forget().then(() => form.submit());
}

/** A page of today that was left open over the turn of the day asks for the new one. */
function renewDay() {
  const isOver = openedOn && phone.kept && phone.today !== openedOn;
  const isWriting = document.querySelector("main form input:checked");
  if (document.visibilityState !== "visible" || !isOver || isWriting) return;
  if (location.pathname === "/today") location.reload();
  else if (location.pathname === "/diary" && location.search.includes("saved=")) location.assign("/today");
}

async function keepShell() {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  try {
    await workers.register("/service-worker.js", { type: "module", updateViaCache: "none" });
    const { active } = await workers.ready;
    await begun;
    if (phone.kept) active.postMessage({ keep: [phone.kept.language, phone.kept.item_version] });
  } catch {
    // Without it everything but opening without a network goes on.
  }
}

for (const name of ["input", "submit"]) {
  document.addEventListener(name, ({ target }) => (standing.isTouched ||= Boolean(target.closest("main form"))));
}
phone.addEventListener("sent", leadOn);
phone.addEventListener("heard", ({ detail: said }) => bringAlong(said.push_elsewhere, said.shared_phone));
phone.addEventListener("left", () => location.reload()); // another tab signed out, or somebody else in
document.addEventListener("visibilitychange", renewDay);
addEventListener("pageshow", ({ persisted }) => persisted && location.reload()); // what was left open may be another's
document.addEventListener("submit", forgetOnSignOut);

/** Settled when it is known who is signed in. */
export const begun = begin();
if (!isShell) bringAlong(dataset.pushElsewhere?.split(" "), !dataset.owner);
keepShell();
