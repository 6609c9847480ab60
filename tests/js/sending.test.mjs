// Sending: nothing is forgotten before the server has named it.

import assert from "node:assert/strict";
import test from "node:test";

import { askState, sendAll } from "../../static/js/sending.js";

/** A store that lives as long as a test. */
function storeOf(...rows) {
  const kept = new Map(rows.map((row) => [row.client_ref, row]));
  return {
    kept,
    rows: async () => [...kept.values()],
    remove: async (ref) => void kept.delete(ref),
    change: async (changes) => {
      for (const [ref, changed] of Object.entries(changes)) if (kept.has(ref)) kept.set(ref, { ...kept.get(ref), ...changed });
    },
  };
}

const row = (ref, owner = "ana") => ({ client_ref: ref, owner, day: "2026-03-20", sealed: "s", key_id: "k", skew: 0 });
const answer = (body, { status = 200, ours = true, wait } = {}) => ({
  status,
  headers: new Headers({ ...(ours ? { Ebb: "1" } : {}), ...(wait ? { "Retry-After": wait } : {}) }),
  json: async () => JSON.parse(body),
});
const named = (...results) => answer(JSON.stringify({ results }));
const locks = { request: (_name, act) => act() };
const send = (store, ask) => sendAll(store, "ana", { skew: 0, ask, locks });

test("what the server names as stored is forgotten, and what it does not name stays", async () => {
  const store = storeOf(row("a"), row("b"), row("c", "ben"));
  await send(store, async () => named({ client_ref: "a", status: "stored", entry: "1" }));
  assert.deepEqual([...store.kept.keys()], ["b", "c"]);
});

test("a portal's answer, an error, a broken body and no answer at all delete nothing", async () => {
  const answers = [
    async () => answer("<h1>Accept our terms</h1>", { ours: false }),
    async () => answer('{"results":[{"client_ref":"a","status":"stored"}]}', { ours: false }),
    async () => answer("<h1>oops</h1>"),
    async () => answer("{}", { status: 500 }),
    async () => answer('{"results":[{"client_ref":"a","status":"stored"}]}', { status: 503, wait: "7" }),
    async () => {
      throw new TypeError("Failed to fetch");
    },
  ];
  for (const ask of answers) {
    const store = storeOf(row("a"));
    const { door } = await send(store, ask);
    assert.equal(door, "away");
    assert.equal(store.kept.get("a").tried, true, "it may have arrived");
  }
});

test("what the server asks to wait for is waited for", async () => {
  const { retryAfter } = await send(storeOf(row("a")), async () => answer("{}", { status: 429, wait: "60" }));
  assert.equal(retryAfter, 60);
});

test("signed out and locked are told apart, and keep everything", async () => {
  for (const [error, door] of [["sign_in", "sign_in"], ["locked", "locked"]]) {
    const store = storeOf(row("a"));
    const sent = await send(store, async () => answer(JSON.stringify({ error }), { status: 401 }));
    assert.deepEqual([sent.door, store.kept.size], [door, 1]);
  }
});

test("an entry that was taken back while it was being prepared is not sent", async () => {
  const store = storeOf(row("a"));
  const change = store.change;
  store.change = async (changes) => {
    await change(changes);
    store.kept.delete("a");
  };
  let asked = 0;
  await send(store, async () => {
    asked += 1;
    return named();
  });
  assert.equal(asked, 0, "nothing is there to send");
});

test("more than a hundred go in several letters, each once", async () => {
  const store = storeOf(...Array.from({ length: 230 }, (_, number) => row(`r${number}`)));
  const sizes = [];
  await send(store, async (_address, { body }) => {
    const { entries } = JSON.parse(body);
    sizes.push(entries.length);
    return named(...entries.map(({ client_ref: ref }) => ({ client_ref: ref, status: "stored" })));
  });
  assert.deepEqual([sizes, store.kept.size], [[100, 100, 30], 0]);
});

test("how far the clocks are apart is measured in the middle of the question", async () => {
  const now = new Date(Date.now() + 3_600_000).toISOString();
  const { door, skew } = await askState(async () => answer(JSON.stringify({ owner: "ana", now })));
  assert.equal(door, "open");
  assert.ok(Math.abs(skew - 3_600_000) < 1_000);
});
