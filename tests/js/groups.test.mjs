// The script of the groups' pages: figures come once, and fit their frames.

import assert from "node:assert/strict";
import test from "node:test";

import { fetching, framed } from "../../static/js/groups.js";

const layout = { margin: { l: 48, r: 16, t: 34, b: 44 }, legend: { orientation: "h" }, dragmode: "zoom" };

test("a figure is as large as its frame, unless it says how tall it is", () => {
  assert.equal(framed(layout, { width: 900, height: 420 }).height, 420);
  assert.equal(framed({ ...layout, height: 880 }, { width: 900, height: 420 }).height, 880);
  assert.equal(framed({ ...layout, height: 9000 }, { width: 900, height: 420 }).height, 1400);
});

test("on a narrow page a finger scrolls and the margins are small", () => {
  const narrow = framed(layout, { width: 340, height: 420 });
  assert.equal(narrow.dragmode, false);
  assert.deepEqual(narrow.margin, { l: 36, r: 8, t: 34, b: 44 });
  assert.equal(framed(layout, { width: 900, height: 420 }).dragmode, "zoom");
  assert.equal(layout.margin.l, 48);
});

test("all figures of an address are fetched once", async () => {
  const asked = [];
  const figuresOf = fetching(async (address) => asked.push(address));
  await Promise.all([figuresOf("/a"), figuresOf("/a"), figuresOf("/b")]);
  assert.deepEqual(asked, ["/a", "/b"]);
});
