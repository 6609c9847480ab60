// The service worker: what it answers, and when the page that is kept comes before the network's.

import assert from "node:assert/strict";
import test from "node:test";

import { Followed, firstOf, sendInBackground, unled, waitFor, whatIs } from "../../static/js/worker.js";

const ORIGIN = "https://diary.example";
const asked = (path, more) => ({ method: "GET", mode: "navigate", url: `${ORIGIN}${path}`, ...more });
const FILES = ["/static/css/ebb-patient.css?v=1"];
const kind = (path, more) => whatIs(asked(path, more), ORIGIN, FILES);
const later = (ms, value) => new Promise((done) => setTimeout(done, ms, value));

test("the worker answers for a patient's pages and the files of the shell, and for nothing else", () => {
  for (const path of ["/", "/today", "/diary", "/diary/2026-03-20", "/courses", "/me", "/me/data"]) {
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

test("what is sent without a page is noted as a page notes it, and never for somebody else", async () => {
  const row = { client_ref: "a", owner: "ana", day: "2026-03-20", sealed: "s", key_id: "k", skew: 0 };
  const headers = new Headers({ Ebb: "1" });
  const ask = async (address) => {
    const state = { owner: "ana", now: new Date().toISOString() };
    const said = address === "/sync/state" ? state : { results: [{ client_ref: "a", status: "stored" }] };
    return { status: 200, headers, json: async () => said };
  };
  const locks = { request: (_name, act) => act() };
  const after = async (kept) => {
    const [rows, now] = [new Map([["a", row]]), { kept }];
    const store = {
      rows: async () => [...rows.values()],
      remove: async (ref) => void rows.delete(ref),
      change: async () => {},
      kept: async () => now.kept,
      keep: async (particulars) => void (now.kept = particulars),
    };
    await sendInBackground({ open: async () => store, ask, locks });
    assert.equal(rows.size, 0);
    return now.kept;
  };
  assert.equal((await after({ owner: "ana", time_zone: "UTC" })).answered, "2026-03-20");
  assert.deepEqual(await after({ owner: "ben" }), { owner: "ben" });
  assert.equal(await after(undefined), undefined);
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
