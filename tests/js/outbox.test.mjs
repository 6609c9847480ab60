// What becomes of numbers that wait on a phone: what is sent, what an answer does, what is said.

import assert from "node:assert/strict";
import test from "node:test";

import {
  addressAfter, advisedOf, dayToName, daysToOffer, keptAfter, letterOf, newsOf, outcomeOf, standingOf, toSend, troublesOf, waitBefore, waitingFor,
  wasClockRight,
} from "../../static/js/outbox.js"; // prettier-ignore

const HOUR = 3_600_000;
const row = (ref, more) => ({ client_ref: ref, owner: "ana", day: "2026-03-20", sealed: "s", key_id: "k", ...more });
const said = (...results) => ({ now: "2026-03-20T12:00:00+00:00", results });
const standing = (more) => standingOf({ canKeep: true, rows: [], owner: "ana", door: "open", ...more });

test("only what belongs to who is signed in is sent, and nothing that waits for an answer of theirs", () => {
  const rows = [row("a"), row("b", { owner: "ben" }), row("c", { problem: "which_day" })];
  assert.deepEqual(toSend(rows, "ana"), [rows[0]]);
  assert.deepEqual(toSend(rows, undefined), []);
});

test("what a stopped diary refused is sent again, waits for its day, and is a trouble only while it is stopped", () => {
  const rows = [row("a", { problem: "stopped" })];
  assert.deepEqual(toSend(rows, "ana"), rows);
  assert.equal(waitingFor("2026-03-20", rows, "ana"), rows[0]);
  assert.deepEqual(troublesOf(rows, "ana", true), rows);
  assert.deepEqual(troublesOf(rows, "ana", false), []);
  assert.equal(standing({ rows, isStopped: true }).say, "look");
  assert.equal(standing({ rows, isStopped: false }).say, "waits");
});

test("a number that is never sent as it is answers no day, so that its day is asked about again", () => {
  for (const problem of ["unknown_key", "unreadable", "invalid", "not_offered"]) {
    const rows = [row("a", { problem })];
    assert.equal(waitingFor("2026-03-20", rows, "ana"), undefined, problem);
    assert.deepEqual(toSend(rows, "ana"), [], problem);
    assert.deepEqual(troublesOf(rows, "ana", false), rows, problem);
  }
});

test("when the server asked is said again with the day that was chosen, and only with it", () => {
  const [chosen, waits] = [row("a", { day_chosen: "2026-03-18", asked: "then~mark" }), row("b", { asked: "then~mark" })];
  const { entries } = letterOf([chosen, waits], 0, 0);
  assert.deepEqual(entries.map(({ asked }) => asked), ["then~mark", undefined]);
  const answer = said({ client_ref: "a", status: "rejected", reason: "which_day", days: ["2026-03-20"], asked: "now~mark" });
  assert.equal(outcomeOf(answer, [row("a")]).changed.a.asked, "now~mark");
});

test("the days that were offered stay on offer however late they are chosen; without a proof the last days are", () => {
  const days = ["2026-03-20", "2026-03-19", "2026-03-18", "2026-03-17"];
  assert.deepEqual(daysToOffer({ days, asked: "then~mark" }, "2026-03-29"), days);
  assert.deepEqual(daysToOffer({ days }, "2026-03-29"), ["2026-03-29", "2026-03-28", "2026-03-27", "2026-03-26"]);
  assert.deepEqual(daysToOffer({}, "2026-03-29"), ["2026-03-29", "2026-03-28", "2026-03-27"]);
});

test("what was stored answers its day, what was taken back leaves it open, and a refusal says that the diary is stopped", () => {
  const rows = [row("a"), row("b", { day_chosen: "2026-03-19" }), row("c", { takes_back: true })];
  const stored = { status: "stored" };
  assert.deepEqual(keptAfter({ a: stored }, rows), { answered: "2026-03-20", stopped: false });
  assert.deepEqual(keptAfter({ b: { status: "duplicate" } }, rows), { answered: "2026-03-19" });
  assert.deepEqual(keptAfter({ a: stored, c: stored }, rows), { answered: undefined, stopped: false });
  assert.deepEqual(keptAfter({ a: { status: "rejected", reason: "stopped" } }, rows), { stopped: true });
  assert.deepEqual(keptAfter({ unknown: stored }, rows), {});
});

test("a day that is in stays so when an older one is sent, or taken back, after it", () => {
  const rows = [row("a"), row("b", { day: "2026-03-19" }), row("c", { day: "2026-03-19", takes_back: true })];
  const stored = { status: "stored" };
  assert.equal(keptAfter({ a: stored, b: stored }, rows).answered, "2026-03-20");
  assert.equal(keptAfter({ b: stored }, rows, "2026-03-20").answered, "2026-03-20");
  assert.equal(keptAfter({ c: stored }, rows, "2026-03-20").answered, "2026-03-20");
  assert.equal(keptAfter({ a: stored }, rows, "2026-03-18").answered, "2026-03-20");
});

test("the advice is due when the answer to any of them says so", () => {
  assert.equal(advisedOf({}), undefined);
  const high = { status: "stored", advice: true, entry: "e" };
  assert.equal(advisedOf({ a: { status: "stored" }, b: high }), high);
});

test("a number that is new goes before one that was known when the advice is led to", () => {
  const [known, fresh] = ["duplicate", "stored"].map((status) => ({ status, advice: true, entry: status }));
  assert.equal(advisedOf({ a: known, b: fresh }), fresh);
  assert.equal(advisedOf({ a: known }), known);
});

test("other pages hear what the clinic answered, and only that something changed where a number is taken back", () => {
  const results = { a: { status: "stored", advice: true } };
  assert.deepEqual(newsOf({ rows: [row("a")], results }, "ana"), { owner: "ana", results });
  assert.equal(newsOf({ rows: [row("a"), row("b", { takes_back: true })], results }, "ana"), "changed");
  assert.equal(newsOf(undefined, undefined), "changed");
});

test("what was stored is shown where it can be undone, and the advice leads on to there", () => {
  assert.equal(addressAfter({ entry: "e" }), "/diary?saved=e");
  assert.equal(addressAfter({ entry: "e", advice: true }), "/advice?saved=e");
  assert.equal(addressAfter({}), "/diary");
});

test("one letter holds a hundred entries at most", () => {
  assert.equal(toSend(Array.from({ length: 130 }, (_, number) => row(`r${number}`)), "ana").length, 100);
});

test("a letter says when it was sent by the phone's clock, and of each entry only what is sealed", () => {
  const letter = letterOf([row("a", { skew: 0, made_at: 1 })], Date.parse("2026-03-20T12:00:00Z"), 0);
  assert.deepEqual(letter, {
    sent_at: "2026-03-20T12:00:00.000Z",
    entries: [{ client_ref: "a", key_id: "k", sealed: "s" }],
  });
});

test("a day is named when the patient chose it", () => {
  assert.equal(dayToName(row("a", { day_chosen: "2026-03-18" }), 0), "2026-03-18");
});

test("a day that the server's page said is sure, however wrong the clock", () => {
  const asked = (skew, then = skew) => dayToName(row("a", { said_by_server: true, skew: then }), skew);
  assert.equal(asked(0), undefined);
  assert.equal(asked(2 * HOUR), "2026-03-20");
  assert.equal(asked(-3000 * HOUR), "2026-03-20");
  assert.equal(asked(0, 3000 * HOUR), "2026-03-20");
});

test("a clock that was right a visit ago needs no asking, one that was wrong or never compared does", () => {
  assert.deepEqual([0, 5 * 60_000, -HOUR, 30 * HOUR, undefined].map(wasClockRight), [true, true, false, false, false]);
});

test("a day that the phone reckoned is sure only when its clock is as wrong as it was", () => {
  const asked = (skew, then) => dayToName(row("a", { skew: then }), skew);
  assert.equal(asked(HOUR, HOUR), undefined, "such a clock asks nothing");
  assert.equal(asked(30 * HOUR, 30 * HOUR), "2026-03-20");
  assert.equal(asked(30 * HOUR, 0), undefined, "it was set in between: the patient is asked");
  assert.equal(asked(30 * HOUR, undefined), undefined);
});

test("what is stored, stored before or kept as a second number may be forgotten, nothing else", () => {
  const rows = ["a", "b", "c", "d", "e"].map((ref) => row(ref));
  const answer = said(
    { client_ref: "a", status: "stored", entry: "1" },
    { client_ref: "b", status: "duplicate", entry: "2" },
    { client_ref: "c", status: "conflict" },
    { client_ref: "d", status: "rejected", reason: "which_day", days: ["2026-03-20"] },
    { client_ref: "unknown", status: "stored" },
  );
  const { gone, changed, isForeign } = outcomeOf(answer, rows);
  assert.deepEqual(gone, ["a", "b", "c"]);
  assert.deepEqual(changed, { d: { problem: "which_day", days: ["2026-03-20"], day_chosen: undefined } });
  assert.equal(isForeign, false);
});

test("an answer that names nothing of ours forgets nothing: a portal's, an empty one, a broken one", () => {
  const words = ["<html>", null, undefined, 7, {}, { results: "stored" }, { results: [null, 3, {}, { status: "stored" }] }];
  for (const answer of words) {
    assert.deepEqual(outcomeOf(answer, [row("a")]).gone, [], JSON.stringify(answer));
  }
});

test("an entry of somebody else stays as it is, and one that failed over there is tried again", () => {
  const foreign = outcomeOf(said({ client_ref: "a", status: "rejected", reason: "other_account" }), [row("a")]);
  assert.deepEqual([foreign.gone, foreign.changed, foreign.isForeign], [[], {}, true]);
  const failed = outcomeOf(said({ client_ref: "a", status: "rejected", reason: "failed" }), [row("a")]);
  assert.deepEqual([failed.gone, failed.changed], [[], {}]);
});

test("the wait grows to five minutes, never falls below what the server asked, and no two phones wait alike", () => {
  assert.equal(waitBefore(0, 0, 1), 5_000);
  assert.equal(waitBefore(0, 0, 0), 2_500);
  assert.equal(waitBefore(40, 0, 1), 300_000);
  assert.equal(waitBefore(0, 60, 0), 60_000);
});

test("the words are true: all sent, waiting, sign in, needs attention, cannot keep", () => {
  assert.deepEqual(standing(), { say: "sent", number: 0 });
  assert.deepEqual(standing({ rows: [row("a"), row("b")], door: "away" }), { say: "waits", number: 2 });
  assert.deepEqual(standing({ rows: [row("a")], door: "sign_in" }), { say: "signin", number: 1 });
  assert.deepEqual(standing({ rows: [row("a")], door: "locked" }), { say: "locked", number: 1 });
  assert.equal(standing({ rows: [row("a", { problem: "which_day" }), row("b")] }).say, "which");
  assert.equal(standing({ rows: [row("a", { problem: "not_offered" })] }).say, "look");
  assert.equal(standing({ canKeep: false, rows: [row("a")] }).say, "cannot");
  assert.equal(standing({ rows: [row("a", { owner: "ben" })] }).say, "sent", "another's numbers are not spoken of");
  const signedOut = standing({ owner: undefined, door: "away", rows: [row("a"), row("b", { owner: "ben" })] });
  assert.deepEqual(signedOut, { say: "signin", number: 2 });
  assert.equal(standing({ owner: undefined, door: "away" }).say, "sent");
});

test("a day is answered by what waits for it, not by another's, a taking-back, or a number without a day", () => {
  const of = (one) => Boolean(waitingFor("2026-03-20", [one], "ana"));
  assert.equal(of(row("a")), true);
  assert.equal(of(row("a", { owner: "ben" })), false);
  assert.equal(of(row("a", { day: "2026-03-19" })), false);
  assert.equal(of(row("a", { day: "2026-03-19", day_chosen: "2026-03-20" })), true);
  assert.equal(of(row("a", { takes_back: true })), false);
  assert.equal(of(row("a", { problem: "which_day" })), false);
});
