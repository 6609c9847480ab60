// Push on the settings page and in the service worker: what is true for this phone, what is shown, and where it leads.

import assert from "node:assert/strict";
import test from "node:test";

import { answerPush, bring, listenAgain, ownAddress, shownOf } from "../../static/js/push-events.js";
import { bringAlong, bytesOf, hexOf, isApplePhone, isKnown, isUnder, kindOf, stateOf } from "../../static/js/push.js";

const HERE = { hasPush: true, isApple: false, isInstalled: false, permission: "default", listens: false };
const KEY = "BP8A";

test("the page says what is true for this phone", () => {
  assert.equal(stateOf(HERE), "off");
  assert.equal(stateOf({ ...HERE, permission: "granted" }), "off");
  assert.equal(stateOf({ ...HERE, permission: "granted", listens: true }), "on");
  assert.equal(stateOf({ ...HERE, permission: "denied", listens: true }), "blocked");
  assert.equal(stateOf({ ...HERE, permission: "default", listens: true }), "off");
  assert.equal(stateOf({ ...HERE, hasPush: false }), "missing");
});

test("an iPhone is told to install first, and one that is installed and too old that it cannot", () => {
  assert.equal(stateOf({ ...HERE, hasPush: false, isApple: true }), "install");
  assert.equal(stateOf({ ...HERE, hasPush: false, isApple: true, isInstalled: true }), "missing");
  assert.equal(stateOf({ ...HERE, isApple: true, isInstalled: true }), "off");
});

test("iPhones and iPads are known, also those that call themselves a Mac", () => {
  const iPhone = { userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", platform: "iPhone", maxTouchPoints: 5 };
  const mac = { userAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", platform: "MacIntel", maxTouchPoints: 0 };
  assert.equal(isApplePhone(iPhone), true);
  assert.equal(isApplePhone(mac), false);
  assert.equal(isApplePhone({ ...mac, maxTouchPoints: 5 }), true);
  assert.equal(isApplePhone({ userAgent: "Mozilla/5.0 (Linux; Android 14)", platform: "Linux", maxTouchPoints: 5 }), false);
});

test("a phone listens when the server knows it under the key of today", () => {
  const under = (key) => ({ options: { applicationServerKey: bytesOf(key).buffer } });
  const server = { key: KEY, known: ["aa", "bb"] };
  assert.equal(isKnown(under(KEY), "bb", server), true);
  assert.equal(isKnown(under(KEY), "cc", server), false);
  assert.equal(isKnown(under("BP8B"), "bb", server), false);
  assert.equal(isKnown(null, "", { key: KEY, known: [""] }), false);
  assert.equal(isUnder({}, KEY), true);
});

test("fingerprints are written as the server writes them", () => {
  assert.equal(hexOf(Uint8Array.of(0, 10, 255)), "000aff");
  assert.deepEqual(bytesOf("_-8"), Uint8Array.of(255, 239));
});

test("whoever said no is told otherwise than whose browser failed", () => {
  assert.equal(kindOf({ name: "NotAllowedError" }), "stopped");
  assert.equal(kindOf({ name: "AbortError" }), "failed");
  assert.equal(kindOf(new Error("no service worker")), "failed");
});

const PAYLOAD = { title: "Your page is open", body: "Two taps.", url: "https://x.example/t/y", tag: "ebb-day" };

test("what came is shown as it came, and a later one of the same tag takes its place", () => {
  const { title, options } = shownOf(JSON.stringify(PAYLOAD).padEnd(2048));
  assert.equal(title, PAYLOAD.title);
  assert.equal(options.body, PAYLOAD.body);
  assert.deepEqual({ tag: options.tag, renotify: options.renotify }, { tag: "ebb-day", renotify: true });
  assert.deepEqual(options.data, { url: PAYLOAD.url });
});

test("what cannot be read is shown as the name of the app alone", () => {
  const broken = ["", "x", "null", "7", '"x"', "[]", "{}", '{"title":7}', '{"title":""}', '{"body":"no title"}', '{"title":'];
  for (const text of broken) {
    const { title, options } = shownOf(text);
    assert.equal(title, "Ebb", text);
    assert.equal(options.body, undefined, text);
    assert.ok(options.tag, text);
    assert.deepEqual(options.data, { url: "/" });
  }
});

test("parts that are no words are left out", () => {
  const { options } = shownOf('{"title":"x","body":{"a":1},"tag":5,"url":["y"]}');
  assert.deepEqual([options.body, options.tag, options.data.url], ["", "ebb", ""]);
});

test("touching it opens a page of this site and no other", () => {
  const origin = "https://diary.example";
  assert.equal(ownAddress("/today", origin), "https://diary.example/today");
  assert.equal(ownAddress("https://diary.example/t/x?y=1", origin), "https://diary.example/t/x?y=1");
  const elsewhere = [
    "https://evil.example/", "//evil.example/x", "http://diary.example/", "https://diary.example.evil.example/",
    "javascript:alert(1)", "data:text/html,x", "https://diary.example@evil.example/", "https://[", "", undefined, null, "\\\\evil.example",
  ];
  for (const url of elsewhere) assert.equal(ownAddress(url, origin), "https://diary.example/", String(url));
});

function windows(...urls) {
  const seen = [];
  const all = urls.map((url) => ({ url, focus: () => seen.push(["focus", url]) }));
  return { seen, matchAll: async () => all, openWindow: async (url) => seen.push(["open", url]) };
}

test("a window that has the page open comes to the front, and no other is taken away from what stands in it", async () => {
  const open = windows("https://x.example/diary", "https://x.example/today");
  await bring("https://x.example/today", open);
  assert.deepEqual(open.seen, [["focus", "https://x.example/today"]]);
  const other = windows("https://x.example/diary");
  await bring("https://x.example/today", other);
  assert.deepEqual(other.seen, [["open", "https://x.example/today"]]);
});

const subscription = (endpoint) => ({ endpoint, toJSON: () => ({ endpoint, keys: {} }) });

function asking(status = 200) {
  const asked = [];
  const ask = async (address, how) => {
    asked.push({ address, how, sent: how.body && JSON.parse(how.body) });
    return { ok: status === 200, json: async () => ({ key: KEY }) };
  };
  return { asked, ask };
}

test("a new address that the browser gave is told to the server with the old one", async () => {
  const { asked, ask } = asking();
  await listenAgain({ oldSubscription: subscription("old"), newSubscription: subscription("new") }, {}, ask);
  assert.equal(asked.length, 1);
  assert.deepEqual(asked[0].sent, { endpoint: "new", keys: {}, replaces: "old", again: true });
  assert.equal(asked[0].how.redirect, "error");
});

test("a browser that gave none is asked for one under the key of today", async () => {
  const { asked, ask } = asking();
  const wanted = [];
  const pushManager = { subscribe: async (how) => wanted.push(how) && subscription("new") };
  await listenAgain({}, pushManager, ask);
  assert.deepEqual(wanted, [{ userVisibleOnly: true, applicationServerKey: KEY }]);
  assert.deepEqual(asked[1].sent, { endpoint: "new", keys: {}, again: true });
});

test("signed out, a browser listens no more", async () => {
  const { asked, ask } = asking(401);
  await listenAgain({ oldSubscription: subscription("old") }, { subscribe: assert.fail }, ask);
  assert.equal(asked.length, 1);
});

test("the service worker answers push, touch and a change of address", async () => {
  const listeners = {};
  const shown = [];
  const opened = windows();
  const worker = {
    registration: { showNotification: async (...what) => shown.push(what), pushManager: {} },
    clients: opened,
    location: { origin: "https://x.example" },
    addEventListener: (name, act) => (listeners[name] = act),
  };
  answerPush(worker);
  const told = [];
  const waitUntil = (promise) => told.push(promise);
  listeners.push({ data: { text: () => JSON.stringify(PAYLOAD) }, waitUntil });
  listeners.push({ data: null, waitUntil });
  const notification = { close: () => told.push("closed"), data: { url: PAYLOAD.url } };
  listeners.notificationclick({ notification, waitUntil });
  await Promise.all(told);
  assert.deepEqual(shown.map(([title]) => title), ["Your page is open", "Ebb"]);
  assert.deepEqual(opened.seen, [["open", PAYLOAD.url]]);
  assert.deepEqual(Object.keys(listeners), ["push", "notificationclick", "pushsubscriptionchange"]);
});

async function fingerprint(endpoint) {
  return hexOf(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
}

async function brought(elsewhere, { here = "here", isShared = false } = {}) {
  const done = [];
  const found = here && { ...subscription(here), unsubscribe: async () => done.push("unsubscribed") };
  const say = async (...told) => done.push(told);
  await bringAlong({ elsewhere, isShared }, { find: async () => found || null, say });
  return done;
}

test("a phone that listens under an earlier sign-in is sent once more, so that it listens under this one", async () => {
  const elsewhere = [await fingerprint("other"), await fingerprint("here")];
  const sent = { endpoint: "here", keys: {}, again: true, along: true };
  assert.deepEqual(await brought(elsewhere), [["/me/reminders/push", sent]]);
});

test("a phone that the server does not name was stopped or listens for somebody else: nothing is sent", async () => {
  assert.deepEqual(await brought([await fingerprint("other")]), []);
  assert.deepEqual(await brought([]), []);
  assert.deepEqual(await brought([await fingerprint("here")], { here: null }), []);
});

test("a phone that others use too stops", async () => {
  const done = await brought([await fingerprint("here")], { isShared: true });
  assert.deepEqual(done, [["/me/reminders/push/end", { endpoint: "here" }], "unsubscribed"]);
});
