// The service worker: what it answers, and when the page that is kept comes before the network's.

import assert from "node:assert/strict";
import test from "node:test";

import { Followed, firstOf, whatIs } from "../../static/js/worker.js";

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

test("a phone that keeps no page yet waits for the network", async () => {
  assert.equal(await firstOf(later(60, "page"), async () => undefined, 10), "page");
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
