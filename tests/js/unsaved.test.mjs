// Words that were typed and not sent yet: when leaving the page would lose them.

import assert from "node:assert/strict";
import test from "node:test";

import { wouldBeLost } from "../../static/js/unsaved.js";

const typed = (value, more = {}) => wouldBeLost({ value, given: "", wasRefused: false, ...more });

test("what was typed would be lost, what stood there before would not", () => {
  assert.equal(typed("Talked on the phone."), true);
  assert.equal(typed("As it was.", { given: "As it was." }), false);
  assert.equal(typed("As it was, and more.", { given: "As it was." }), true);
});

test("an empty field and spaces hold nothing to lose", () => {
  assert.equal(typed(""), false);
  assert.equal(typed(" \n "), false);
  assert.equal(typed("", { given: "As it was." }), false);
});

test("what came back from a refused form is stored nowhere", () => {
  assert.equal(typed("Talked.", { given: "Talked.", wasRefused: true }), true);
});
