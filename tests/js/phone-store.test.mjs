// The store of the phone: what becomes of an answer that is taken back while it is on its way.

import assert from "node:assert/strict";
import test from "node:test";

import { openStore, Store, within } from "../../static/js/phone-store.js";

/** A database of one place, which answers a moment later as browsers do. */
function databaseOf(rows) {
  const asked = (result) => {
    const request = { result };
    queueMicrotask(() => request.onsuccess?.());
    return request;
  };
  const place = {
    get: (ref) => asked(rows.get(ref)),
    put: (row) => rows.set(row.client_ref, row),
    delete: (ref) => rows.delete(ref),
  };
  const transaction = () => {
    const one = { objectStore: () => place };
    setTimeout(() => one.oncomplete());
    return one;
  };
  return { transaction };
}

test("a phone whose store never answers is one that keeps nothing, and nobody waits for it", async () => {
  const factory = { open: () => ({}) };
  await assert.rejects(openStore({ factory, limit: 10 }), /does not answer/);
  await assert.rejects(within(new Promise(() => {}), 10), /does not answer/);
  assert.equal(await within(Promise.resolve("kept"), 10), "kept");
});

const INSTEAD = { client_ref: "back", takes_back: true };
const left = async (...rows) => {
  const kept = new Map(rows.map((row) => [row.client_ref, row]));
  await new Store(databaseOf(kept)).remove("six", INSTEAD);
  return [...kept.keys()];
};

test("an answer that never left is taken back on the phone alone", async () => {
  assert.deepEqual(await left({ client_ref: "six" }), []);
});

test("an answer that may have left is taken back at the clinic too", async () => {
  assert.deepEqual(await left({ client_ref: "six", tried: true }), ["back"]);
});

test("an answer that arrived while its owner took it back is taken back at the clinic too", async () => {
  assert.deepEqual(await left(), ["back"]);
});
