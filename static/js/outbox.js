// What becomes of entries that wait: pure, so that every turn can be tested without a phone.

const MINUTE = 60_000;
const CLOCK_OFF = 60 * MINUTE;
const CLOCK_FAR_OFF = 12 * 60 * MINUTE;
const CLOCK_STEADY = 10 * MINUTE;
const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 5 * MINUTE;

/** The most entries in one sending. */
export const MOST = 100;

/** Return the rows that belong to `owner` and can be sent now. */
export const toSend = (rows, owner) => rows.filter((row) => row.owner === owner && !row.problem).slice(0, MOST);

/** Return what is sent of `rows`; `skew` is how far the server's clock is ahead of the phone's, in ms. */
export function letterOf(rows, now, skew) {
  const entries = rows.map((row) => {
    const day = dayToName(row, skew);
    const sent = { client_ref: row.client_ref, key_id: row.key_id, sealed: row.sealed };
    return day ? { ...sent, day_chosen: day } : sent;
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
    if (["stored", "duplicate", "conflict"].includes(status)) outcome.gone.push(ref);
    else if (status === "rejected" && reason === "other_account") outcome.isForeign = true;
    else if (status === "rejected" && reason !== "failed") outcome.changed[ref] = problemOf(result);
  }
  return outcome;
}

const problemOf = ({ reason, days }) => ({ problem: reason ?? "invalid", days: days?.length ? days : undefined, day_chosen: undefined });

/** Return how long to wait before try number `tries`, in ms; `asked` is what the server asked for, in seconds. */
export function waitBefore(tries, asked = 0, chance = Math.random()) {
  const wait = Math.min(FIRST_WAIT * 2 ** Math.min(tries, 10), LONGEST_WAIT);
  return Math.max(wait * (0.5 + chance / 2), asked * 1000);
}

/** Return the key of the words that say how things stand, and of how many numbers they speak. */
export function standingOf({ canKeep, rows, owner, door }) {
  if (!canKeep) return { say: "cannot", number: 0 };
  const own = rows.filter((row) => row.owner === owner);
  if (own.some((row) => row.problem === "which_day")) return { say: "which", number: own.length };
  if (own.some((row) => row.problem)) return { say: "look", number: own.length };
  if (!own.length) return { say: "sent", number: 0 };
  return { say: { sign_in: "signin", locked: "locked" }[door] ?? "waits", number: own.length };
}

/** Return the row that answers `day` and waits, or undefined; one whose day is asked for answers none. */
export const waitingFor = (day, rows, owner) =>
  rows.find((row) => row.owner === owner && row.problem !== "which_day" && (row.day_chosen ?? row.day) === day && !row.takes_back);
