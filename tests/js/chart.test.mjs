// The chart's script: colours are the page's, everything else of a figure stays as it came.

import assert from "node:assert/strict";
import test from "node:test";

import { painted } from "../../static/js/chart.js";

const colours = { ink: "#16232b", brand: "#14506b" };
const paint = (part) => painted(part, (token) => colours[token]);

test("a token is replaced by the colour of the page", () => {
  assert.equal(paint("var:ink"), "#16232b");
});

test("tokens are found at any depth", () => {
  const figure = { data: [{ line: { color: "var:brand" } }], layout: { shapes: [{ line: { color: "var:ink" } }] } };
  assert.deepEqual(paint(figure), {
    data: [{ line: { color: "#14506b" } }],
    layout: { shapes: [{ line: { color: "#16232b" } }] },
  });
});

test("numbers, gaps, words and switches stay as they came", () => {
  const trace = { y: [7, null, 6.5], name: "mean of 7 days", connectgaps: false, text: "a var:ink inside" };
  assert.deepEqual(paint(trace), trace);
});

test("the figure that came is left alone, so that it can be painted again in the dark", () => {
  const figure = { data: [{ marker: { color: "var:ink" } }] };
  paint(figure);
  assert.equal(figure.data[0].marker.color, "var:ink");
});
