// What becomes of entries that wait: pure, so that every turn can be tested without a phone.

import { daysAfter } from "./diary-day.js";

const MINUTE = 60_000;
const CLOCK_OFF = 60 * MINUTE;
const CLOCK_FAR_OFF = 12 * 60 * MINUTE;
const CLOCK_STEADY = 10 * MINUTE;
const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 5 * MINUTE;
const USUAL_DAYS = 3;

/** The most entries in one sending. */
export const MOST = 100;

/** Say whether a row is sent without its owner's doing; one that a stopped diary refused goes when it begins again. */
export const isWaiting = ({ problem }) => !problem || problem === "stopped";

/** Return the rows that belong to `owner` and can be sent now. */
export const toSend = (rows, owner) => rows.filter((row) => row.owner === owner && isWaiting(row)).slice(0, MOST);

/** Return the rows of `owner` that ask something of them; what waits for a diary that is stopped does while it is. */
export const troublesOf = (rows, owner, isStopped) =>
  rows.filter((row) => row.owner === owner && row.problem && (isStopped || !isWaiting(row)));

/** Say whether the phone's clock was right when the server was last heard; then the day it reckons needs no asking. */
export const wasClockRight = (skew) => Math.abs(skew ?? Infinity) < CLOCK_STEADY;

/** Return what is sent of `rows`; `skew` is how far the server's clock is ahead of the phone's, in ms. */
export function letterOf(rows, now, skew) {
  const entries = rows.map((row) => {
    const day = dayToName(row, skew);
    const sent = { client_ref: row.client_ref, key_id: row.key_id, sealed: row.sealed };
    if (!day) return sent;
    return row.asked ? { ...sent, day_chosen: day, asked: row.asked } : { ...sent, day_chosen: day };
  });
  return { sent_at: new Date(now).toISOString(), entries };
}

/** Return the day to name beside a sealed entry: what the patient chose, or what is sure although the clock is wrong.

The day is sure when the server's own page said it, or when the clock was as wrong then as it is now.
*/
export function dayToName(row, skew) {
  if (row.day_chosen) return row.day_chosen;
  const off = Math.abs(skew ?? 0);
  const isSteady = row.skew !== undefined && Math.abs(row.skew - skew) < CLOCK_STEADY;
  if (row.said_by_server) return off > CLOCK_OFF || !isSteady ? row.day : undefined;
  return off > CLOCK_FAR_OFF && isSteady ? row.day : undefined;
}

/** Say whether the server has the number that a result is about, so that the phone may forget it. */
export const isStored = (result) => ["stored", "duplicate", "conflict"].includes(result?.status);

/** Return what the server's `answer` does to the `rows` that were sent.

`gone`: refs that are stored there, so that the phone may forget them; `changed`: what to note about others by ref;
`results`: what was said of each ref; `isForeign`: somebody else is signed in. A ref the answer does not name stays.
*/
export function outcomeOf(answer, rows) {
  const known = new Set(rows.map((row) => row.client_ref));
  const outcome = { gone: [], changed: {}, results: {}, isForeign: false };
  for (const result of Array.isArray(answer?.results) ? answer.results : []) {
    const { client_ref: ref, status, reason } = result ?? {};
    if (!known.has(ref)) continue;
    outcome.results[ref] = result;
    if (isStored(result)) outcome.gone.push(ref);
    else if (status === "rejected" && reason === "other_account") outcome.isForeign = true;
    else if (status === "rejected" && reason !== "failed") outcome.changed[ref] = problemOf(result);
  }
  return outcome;
}

const problemOf = ({ reason, days, asked }) => ({
  problem: reason ?? "invalid",
  days: days?.length ? days : undefined,
  day_chosen: undefined,
  ...(asked ? { asked } : {}),
});

/** Return what the server's `results` about `rows` change in what is kept of who is signed in; the latest day that is
`answered` stays so, whatever older ones are sent after it.
*/
export function keptAfter(results, rows, answered) {
  const told = rows.filter(({ client_ref: ref }) => results[ref]);
  const stored = told.filter(({ client_ref: ref }) => ["stored", "duplicate"].includes(results[ref].status));
  const isStopped = told.some(({ client_ref: ref }) => results[ref].reason === "stopped");
  const isOpen = stored.some(({ client_ref: ref }) => results[ref].status === "stored");
  return {
    ...(stored.length ? { answered: stored.reduce(answeredAfter, answered) } : {}),
    ...(isStopped || isOpen ? { stopped: isStopped } : {}),
  };
}

function answeredAfter(answered, row) {
  const day = row.day_chosen ?? row.day;
  if (row.takes_back) return answered === day ? undefined : answered;
  return answered > day ? answered : day;
}

/** Return the days to choose from for a row, the latest first, when it is `today`.

The server's own are good as long as it knows again when it offered them; without that so many up to today are.
*/
export const daysToOffer = ({ days, asked }, today) =>
  asked && days ? days : Array.from({ length: days?.length ?? USUAL_DAYS }, (_, ago) => daysAfter(today, -ago));

/** Return the one of the server's `results` after which it asks for the advice, if there is one: rather a new one. */
export function advisedOf(results) {
  const advised = Object.values(results).filter(({ advice }) => advice);
  return advised.find(({ status }) => status === "stored") ?? advised[0];
}

/** Say whether one of `rows` takes something back that `owner` wrote. */
export const isTakingBack = (rows, owner) => rows.some((row) => row.takes_back && row.owner === owner);

/** Return what other pages are told of a sending of `owner`: what the server said, unless something was taken back. */
export const newsOf = (sent, owner) =>
  sent && !isTakingBack(sent.rows, owner) ? { owner, results: sent.results } : "changed";

/** Return where the patient sees what was stored; the advice leads on to there, and to its undo. */
export const addressAfter = ({ advice, entry }) => `/${advice ? "advice" : "diary"}${entry ? `?saved=${entry}` : ""}`;

/** Return how long to wait before try number `tries`, in ms; `asked` is what the server asked for, in seconds. */
export function waitBefore(tries, asked = 0, chance = Math.random()) {
  const wait = Math.min(FIRST_WAIT * 2 ** Math.min(tries, 10), LONGEST_WAIT);
  return Math.max(wait * (0.5 + chance / 2), asked * 1000);
}

/** Return the key of the words that say how things stand, and of how many numbers they speak. */
export function standingOf({ canKeep, rows, owner, door, isStopped = true }) {
  if (!canKeep) return { say: "cannot", number: 0 };
  if (!owner && rows.length) return { say: "signin", number: rows.length };
  const own = rows.filter((row) => row.owner === owner);
  const troubles = troublesOf(rows, owner, isStopped);
  if (troubles.some((row) => row.problem === "which_day")) return { say: "which", number: own.length };
  if (troubles.length) return { say: "look", number: own.length };
  if (!own.length) return { say: "sent", number: 0 };
  return { say: { sign_in: "signin", locked: "locked" }[door] ?? "waits", number: own.length };
}

/** Return the row that answers `day` and waits, or undefined; one that is not sent by itself answers none. */
export const waitingFor = (day, rows, owner) =>
  rows.find((row) => row.owner === owner && isWaiting(row) && (row.day_chosen ?? row.day) === day && !row.takes_back);
