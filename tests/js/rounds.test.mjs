// Single keys: what each asks for, and from which line it goes to which.

import assert from "node:assert/strict";
import test from "node:test";

import { asked, nextPlace } from "../../static/js/rounds.js";

const pressed = (key, more = {}) =>
  asked({ key, hasModifier: false, inField: false, inList: false, areOn: true, ...more });

test("n leads on, j and k go from line to line", () => {
  assert.deepEqual(pressed("n"), { go: "n" });
  assert.deepEqual(pressed("j"), { step: 1 });
  assert.deepEqual(pressed("k"), { step: -1 });
});

test("nothing happens while somebody writes in a field, or holds a modifier", () => {
  for (const key of ["n", "j", "k", "ArrowDown"]) {
    assert.equal(pressed(key, { inField: true, inList: true }), null);
    assert.equal(pressed(key, { hasModifier: true, inList: true }), null);
  }
});

test("switched off, no single key does anything, and the arrows in the list still do", () => {
  for (const key of ["n", "j", "k"]) assert.equal(pressed(key, { areOn: false, inList: true }), null);
  assert.deepEqual(pressed("ArrowDown", { areOn: false, inList: true }), { step: 1 });
  assert.deepEqual(pressed("ArrowUp", { areOn: false, inList: true }), { step: -1 });
});

test("outside the list the arrows are left to the browser, and so are all other keys everywhere", () => {
  assert.equal(pressed("ArrowDown"), null);
  assert.equal(pressed("ArrowLeft", { inList: true }), null);
  for (const key of ["Enter", "Tab", "Escape", "F5"]) assert.equal(pressed(key, { inList: true }), null);
});

test("the first step goes to the first or the last line, and no step leaves the list", () => {
  assert.equal(nextPlace(-1, 1, 5), 0);
  assert.equal(nextPlace(-1, -1, 5), 4);
  assert.equal(nextPlace(2, 1, 5), 3);
  assert.equal(nextPlace(4, 1, 5), 4);
  assert.equal(nextPlace(0, -1, 5), 0);
});
