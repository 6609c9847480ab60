// Sealing: what the phone seals, the server opens, and nobody else.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { bytesOf, canSeal, joined, seal, textOf } from "../../static/js/sealing.js";

const { subtle } = globalThis.crypto;
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const entry = { v: 1, owner: "o", client_ref: "1b4e28ba-2fa1-11d2-883f-0016d3cca427", day: "2026-03-20", score: 7 };
const serverPair = () => subtle.generateKey(CURVE, true, ["deriveBits"]);
const raw = async (key) => new Uint8Array(await subtle.exportKey("raw", key));

/** Open what was sealed, as the server does. */
async function open(sealed, pair, about) {
  const bytes = bytesOf(sealed);
  const [ephemeral, iv, locked] = [bytes.slice(1, 66), bytes.slice(66, 78), bytes.slice(78)];
  const other = await subtle.importKey("raw", ephemeral, CURVE, false, []);
  const secret = await subtle.deriveBits({ name: "ECDH", public: other }, pair.privateKey, 256);
  const from = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const salt = joined(ephemeral, await raw(pair.publicKey));
  const how = { name: "HKDF", hash: "SHA-256", salt, info: new TextEncoder().encode("ebb-entry-1") };
  const key = await subtle.deriveKey(how, from, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  const bound = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(about) };
  return JSON.parse(new TextDecoder().decode(await subtle.decrypt(bound, key, locked)));
}

test("what is sealed is opened by the key it was sealed to, under its own reference", async () => {
  const pair = await serverPair();
  const sealed = await seal(entry, textOf(await raw(pair.publicKey)));
  assert.match(sealed, /^[\w-]+$/);
  assert.equal(bytesOf(sealed)[0], 1);
  assert.deepEqual(await open(sealed, pair, entry.client_ref), entry);
});

test("the phone seals to the byte what the server's own examples hold", async () => {
  const kept = JSON.parse(readFileSync(new URL("../security/sealed_vectors.json", import.meta.url), "utf8"));
  assert.ok(kept.cases.length > 2);
  for (const one of kept.cases) {
    const { d, ...open } = one.ephemeral;
    const privateKey = await subtle.importKey("jwk", one.ephemeral, CURVE, false, ["deriveBits"]);
    const publicKey = await subtle.importKey("jwk", open, CURVE, true, []);
    const how = { pair: { privateKey, publicKey }, iv: bytesOf(one.iv) };
    assert.equal(await seal(JSON.parse(one.content), kept.server.public, how), one.sealed, d);
  }
});

test("another key, another reference or one flipped bit opens nothing", async () => {
  const [pair, other] = [await serverPair(), await serverPair()];
  const sealed = await seal(entry, textOf(await raw(pair.publicKey)));
  const flipped = bytesOf(sealed);
  flipped[flipped.length - 1] ^= 1;
  await assert.rejects(open(sealed, other, entry.client_ref));
  await assert.rejects(open(sealed, pair, "1b4e28ba-2fa1-11d2-883f-0016d3cca428"));
  await assert.rejects(open(textOf(flipped), pair, entry.client_ref));
});

test("the same answer sealed twice looks different, and its score is nowhere to be read", async () => {
  const key = textOf(await raw((await serverPair()).publicKey));
  const [one, other] = [await seal(entry, key), await seal(entry, key)];
  assert.notEqual(one, other);
  assert.equal(one.length, other.length);
  assert.equal(atob(one.replaceAll("-", "+").replaceAll("_", "/")).includes("score"), false);
});

test("bytes survive the way to text and back", () => {
  for (let length = 0; length < 70; length += 1) {
    const some = Uint8Array.from({ length }, (_, place) => (place * 37 + 251) % 256);
    assert.deepEqual(bytesOf(textOf(some)), some);
  }
});

test("without TLS nothing can be sealed, and that is said beforehand", () => {
  assert.equal(canSeal({ crypto: globalThis.crypto, isSecureContext: true }), true);
  assert.equal(canSeal({ crypto: globalThis.crypto, isSecureContext: false }), false);
  assert.equal(canSeal({ crypto: {}, isSecureContext: true }), false);
});
