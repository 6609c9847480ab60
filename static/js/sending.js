// Sending what waits: one sender at a time, and nothing is forgotten before the server has named it.

import { letterOf, outcomeOf, toSend } from "./outbox.js";

const LONGEST = 20_000;

/** What the server's own answers carry, and those of a hotel's network do not. */
export const isOurs = (answer) => answer.headers.get("Ebb") !== null;

/** Ask the server how things stand. Returns `{ door, state, skew }`; door is open, sign_in, locked or away. */
export async function askState(ask = fetch) {
  const asked = Date.now();
  const { status, said } = await answerTo("/sync/state", {}, ask);
  if (status === 401) return { door: doorOf(said) };
  if (status !== 200 || !said?.owner) return { door: "away" };
  return { door: "open", state: said, skew: Date.parse(said.now) - (asked + Date.now()) / 2 };
}

/** Send what waits of `owner`, while nobody else sends. Returns `{ door, rows, results, retryAfter }`; rows: what was sent. */
export function sendAll(store, owner, { skew, ask = fetch, locks = globalThis.navigator?.locks } = {}) {
  const send = () => sendRows(store, owner, skew, ask);
  return locks ? locks.request("ebb-outbox", send) : send();
}

async function sendRows(store, owner, skew, ask) {
  const [sent, results] = [[], {}];
  for (;;) {
    const rows = toSend(await store.rows(), owner);
    if (!rows.length) return { door: "open", rows: sent, results };
    sent.push(...rows);
    // Noted before they leave: from here on taking one back means telling the server.
    await store.change(Object.fromEntries(rows.map((row) => [row.client_ref, { tried: true }])));
    const here = new Set((await store.rows()).map((row) => row.client_ref));
    const outcome = await sendOnce(rows.filter((row) => here.has(row.client_ref)), skew, ask);
    if (!outcome.answered) return { ...outcome, rows: sent, results };
    await Promise.all(outcome.gone.map((ref) => store.remove(ref)));
    await store.change(outcome.changed);
    Object.assign(results, outcome.results);
    if (outcome.isForeign) return { door: "foreign", rows: sent, results };
    if (!outcome.gone.length) return { door: "open", rows: sent, results };
  }
}

async function sendOnce(rows, skew, ask) {
  if (!rows.length) return { answered: true, ...outcomeOf(null, []) };
  const how = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(letterOf(rows, Date.now(), skew)),
  };
  const { status, said, retryAfter } = await answerTo("/sync/entries", how, ask);
  if (status === 401) return { answered: false, door: doorOf(said) };
  if (status !== 200) return { answered: false, door: "away", retryAfter };
  return { answered: true, ...outcomeOf(said, rows) };
}

const doorOf = (said) => (said?.error === "locked" ? "locked" : "sign_in");

/** Ask, and take only what is ours: a portal's page is no answer, whatever its status. */
async function answerTo(address, how, ask) {
  const stop = typeof AbortSignal.timeout === "function" ? { signal: AbortSignal.timeout(LONGEST) } : {};
  const all = { credentials: "same-origin", redirect: "error", cache: "no-store", ...stop, ...how };
  try {
    const answer = await ask(address, all);
    if (!isOurs(answer)) return { status: 0 };
    const retryAfter = Number(answer.headers.get("Retry-After")) || 0;
    return { status: answer.status, retryAfter, said: await answer.json() };
  } catch {
    return { status: 0 };
  }
}
