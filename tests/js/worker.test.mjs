// The service worker: what it answers, and when the page that is kept comes before the network's.

import assert from "node:assert/strict";
import test from "node:test";

import { Followed, firstOf, sendAfterPages, sendInBackground, unled, waitFor, whatIs } from "../../static/js/worker.js";

const ORIGIN = "https://diary.example";
const asked = (path, more) => ({ method: "GET", mode: "navigate", url: `${ORIGIN}${path}`, ...more });
const FILES = ["/static/css/ebb-patient.css?v=1"];
const kind = (path, more) => whatIs(asked(path, more), ORIGIN, FILES);
const later = (ms, value) => new Promise((done) => setTimeout(done, ms, value));

test("the worker answers for a patient's pages and the files of the shell, and for nothing else", () => {
  for (const path of ["/", "/today", "/diary", "/diary/2026-03-20", "/courses", "/me", "/me/data", "/advice?saved=a"]) {
    assert.equal(kind(path), "page", path);
  }
  for (const path of ["/sign-in", "/clinic/", "/account/unlock", "/todayish", "/mean", "/sync/state"]) {
    assert.equal(kind(path), "other", path);
  }
  assert.equal(kind("/static/css/ebb-patient.css?v=1", { mode: "no-cors" }), "file");
  assert.equal(kind("/static/css/ebb-patient.css?v=2", { mode: "no-cors" }), "other");
  assert.equal(kind("/sync/state", { mode: "cors" }), "other");
  assert.equal(kind("/today", { method: "POST" }), "other");
  assert.equal(whatIs(asked("/today"), "https://elsewhere.example", FILES), "other");
});

test("the network's own answer comes first when it is quick", async () => {
  assert.equal(await firstOf(later(1, "page"), async () => "shell", 50), "page");
});

test("a line that is slow, dead or not ours opens the page that is kept", async () => {
  assert.equal(await firstOf(later(200, "page"), async () => "shell", 10), "shell");
  assert.equal(await firstOf(later(1, undefined), async () => "shell", 5_000), "shell");
});

test("the question opens at once only where nothing stands beside it and nobody has answered", () => {
  const noon = Date.parse("2026-03-20T12:00:00Z");
  const kept = { owner: "ana", time_zone: "UTC", answered: "2026-03-19" };
  const wait = (more) => waitFor({ ...kept, ...more }, noon);
  assert.ok(wait() < 100);
  assert.ok(wait({ notices: true }) >= 1_000, "the network's page is what shows them");
  assert.ok(wait({ notices: true }) < wait({ answered: "2026-03-20" }), "yet a dead line opens the question");
  for (const more of [{ stopped: true }, { answered: "2026-03-20" }]) assert.equal(wait(more), 12_000);
  assert.equal(waitFor(undefined, noon), 12_000);
});

const state = { owner: "ana", now: new Date().toISOString() };
const locks = { request: (_name, act) => act() };
const answer = (status, said) => ({ status, headers: new Headers({ Ebb: "1" }), json: async () => said });

/** A phone on which one number of Ana's waits, and who is signed in is `kept`. */
function phoneOf(kept) {
  const row = { client_ref: "a", owner: "ana", day: "2026-03-20", sealed: "s", key_id: "k", skew: 0 };
  const [rows, now] = [new Map([["a", row]]), { kept }];
  const store = {
    rows: async () => [...rows.values()],
    remove: async (ref) => void rows.delete(ref),
    change: async () => {},
    kept: async () => now.kept,
    keep: async (particulars) => void (now.kept = particulars),
  };
  return { rows, now, open: async () => store };
}

test("what is sent without a page is noted as a page notes it, and never for somebody else", async () => {
  const stored = { results: [{ client_ref: "a", status: "stored" }] };
  const ask = async (address) => answer(200, address === "/sync/state" ? state : stored);
  const after = async (kept) => {
    const { rows, now, open } = phoneOf(kept);
    await sendInBackground({ open, ask, locks });
    assert.equal(rows.size, 0);
    return now.kept;
  };
  assert.equal((await after({ owner: "ana", time_zone: "UTC" })).answered, "2026-03-20");
  assert.deepEqual(await after({ owner: "ben" }), { owner: "ben" });
  assert.equal(await after(undefined), undefined);
});

test("a line that breaks while it is sent without a page is told to the browser, which tries again", async () => {
  const { rows, open } = phoneOf({ owner: "ana" });
  const ask = async (address) => (address === "/sync/state" ? answer(200, state) : answer(503, {}));
  await assert.rejects(sendInBackground({ open, ask, locks }), /tries again/);
  assert.equal(rows.size, 1);
});

test("a page that is seen sends by itself; without one, or where it does not, the worker does", async () => {
  const sends = async (pages, { sentAfter } = {}) => {
    const { rows, open } = phoneOf({ owner: "ana" });
    let number = 0;
    if (sentAfter) setTimeout(() => rows.clear(), sentAfter);
    await sendAfterPages(async () => pages, { open, send: async () => void (number += 1), longest: 1_200 });
    return number;
  };
  const [seen, hidden] = [{ visibilityState: "visible" }, { visibilityState: "hidden" }];
  assert.equal(await sends([]), 1);
  assert.equal(await sends([hidden]), 1);
  assert.equal(await sends([hidden, seen], { sentAfter: 100 }), 0);
  assert.equal(await sends([seen]), 1);
});

test("a phone that keeps no page yet waits for the network", async () => {
  assert.equal(await firstOf(later(60, "page"), async () => undefined, 10), "page");
});

test("the page that a redirect led to is handed over as one that nobody was led to", async () => {
  const led = new Response("Ana's page", { status: 200, headers: { Ebb: "1" } });
  Object.defineProperty(led, "redirected", { value: true });
  const page = unled(led);
  assert.equal(page.redirected, false);
  assert.deepEqual([page.status, page.headers.get("Ebb"), await page.text()], [200, "1", "Ana's page"]);
});

test("the page that a redirect led to is opened once and at once, never by whoever comes later", () => {
  const followed = new Followed();
  followed.put("/today", "Ana's page", 0);
  assert.equal(followed.take("/today", 10), "Ana's page");
  assert.equal(followed.take("/today", 20), undefined);
  followed.put("/today", "Ana's page", 0);
  assert.equal(followed.take("/today", 6_000), undefined);
  followed.put("/today", "Ana's page", 0);
  assert.equal(followed.take("/diary", 10), undefined);
  assert.equal(followed.take("/today", 20), undefined);
  followed.put("/today", "Ana's page", 0);
  followed.forget();
  assert.equal(followed.take("/today", 10), undefined);
});
