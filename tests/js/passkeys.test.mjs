// The passkeys' script: what the server asks in bytes, what a device answers in text, and what to say when it fails.

import assert from "node:assert/strict";
import test from "node:test";

import { bytesOf, inBytes, inText, isUsable, kindOf, textOf } from "../../static/js/passkeys.js";

const bytes = (...values) => Uint8Array.from(values);

test("bytes survive the way to text and back, whatever their number", () => {
  for (let length = 0; length < 70; length += 1) {
    const some = Uint8Array.from({ length }, (_, place) => (place * 37 + 251) % 256);
    const text = textOf(some.buffer);
    assert.match(text, /^[\w-]*$/);
    assert.deepEqual(bytesOf(text), some);
  }
});

test("what a device does not say stays unsaid", () => {
  assert.equal(textOf(null), undefined);
  assert.equal(textOf(undefined), undefined);
});

test("the questions for a new passkey come in bytes, and the server's own words are left alone", () => {
  const options = {
    challenge: "_-8",
    rp: { id: "diary.example" },
    user: { id: "AQI", name: "ana" },
    excludeCredentials: [{ id: "AwQ", type: "public-key" }],
  };
  const kept = structuredClone(options);
  const asked = inBytes(options);
  assert.deepEqual(asked.challenge, bytes(255, 239));
  assert.deepEqual(asked.user, { id: bytes(1, 2), name: "ana" });
  assert.deepEqual(asked.excludeCredentials, [{ id: bytes(3, 4), type: "public-key" }]);
  assert.deepEqual(asked.rp, options.rp);
  assert.deepEqual(options, kept);
});

test("the questions for signing in name no person", () => {
  const asked = inBytes({ challenge: "AQ", allowCredentials: [{ id: "AQI", type: "public-key" }] });
  assert.equal("user" in asked, false);
  assert.deepEqual(asked.allowCredentials[0].id, bytes(1, 2));
});

test("an answer is read by the server as the device made it", () => {
  const response = { clientDataJSON: bytes(1).buffer, authenticatorData: bytes(2).buffer, signature: bytes(3).buffer };
  const said = JSON.parse(inText({ id: "AQI", rawId: bytes(1, 2).buffer, type: "public-key", response }));
  assert.deepEqual(said, {
    id: "AQI",
    rawId: "AQI",
    type: "public-key",
    response: { clientDataJSON: "AQ", authenticatorData: "Ag", signature: "Aw" },
  });
});

test("passkeys are offered only where they work", () => {
  const here = { PublicKeyCredential: class {}, isSecureContext: true, location: { hostname: "diary.example" } };
  assert.equal(isUsable(here), true);
  assert.equal(isUsable({ ...here, PublicKeyCredential: undefined }), false);
  assert.equal(isUsable({ ...here, isSecureContext: false }), false);
  for (const hostname of ["127.0.0.1", "[::1]", "192.168.1.20"]) {
    assert.equal(isUsable({ ...here, location: { hostname } }), false, hostname);
  }
  assert.equal(isUsable({ ...here, location: { hostname: "localhost" } }), true);
});

test("whoever stopped it is told otherwise than whose device failed", () => {
  assert.equal(kindOf({ name: "NotAllowedError" }), "stopped");
  assert.equal(kindOf({ name: "InvalidStateError" }), "known");
  assert.equal(kindOf(new SyntaxError("no JSON")), "failed");
});
