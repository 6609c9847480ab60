// The chart's script: colours are the page's, words stand where the window has room, the rest stays as it came.

import assert from "node:assert/strict";
import test from "node:test";

import { fitted, painted, switched } from "../../static/js/chart.js";

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

const WIDE = { width: 860, height: 460 };
const NARROW = { width: 260, height: 400 };
const label = (name, text, where) => ({ name, text, showarrow: false, ...where });
const level = (name, height) => ({ type: "line", name, x0: 0.5, x1: 76, y0: height, y1: height });

function figure({ mean = [], today = 61, courses = [{ x: -4.5, text: "ketamine" }], axis = {} } = {}) {
  return {
    data: [{ x0: 0, dx: 1, y: mean, mode: "lines" }],
    layout: {
      margin: { l: 36, r: 16, t: 50, b: 44 },
      dragmode: "zoom",
      xaxis: { type: "linear", dtick: 14, range: [-30, 76], ...axis },
      yaxis: { range: [0, 10] },
      shapes: [{ type: "rect", name: "line", x0: -4.5, x1: 0.5 }, level("baseline", 7), level("line", 5)],
      annotations: [
        ...courses.map(({ x, text }) => label("course", text, { x, xanchor: "left", yref: "paper", y: 1 })),
        label("baseline", "baseline 7.0", { y: 7, yanchor: "bottom" }),
        label("line", "line 5.0: 30 % relief", { y: 5, yanchor: "top" }),
        label("today", "today, day 61", { x: today, xanchor: "left", yref: "paper", y: 0, yanchor: "bottom" }),
      ],
    },
  };
}

const named = (layout, name) => layout.annotations.find((each) => each.name === name);

test("the drawing is as large as its frame", () => {
  const { width, height } = fitted(figure(), WIDE);
  assert.deepEqual({ width, height }, WIDE);
});

test("the words of today go to the left of its rule where the right has no room", () => {
  assert.equal(named(fitted(figure(), WIDE), "today").xanchor, "left");
  assert.equal(named(fitted(figure({ today: 75 }), WIDE), "today").xanchor, "right");
});

test("the words of a line leave the curve alone", () => {
  const free = named(fitted(figure(), WIDE), "line");
  assert.deepEqual([free.xref, free.xanchor, free.yanchor], ["paper", "right", "top"]);
  const climbing = named(fitted(figure({ mean: Array.from({ length: 76 }, (_, day) => (day < 40 ? 2 : 4.7)) }), WIDE), "line");
  assert.notDeepEqual([climbing.xanchor, climbing.yanchor], ["right", "top"]);
});

test("gaps stand in nobody's way", () => {
  const line = named(fitted(figure({ mean: Array.from({ length: 76 }, () => null) }), WIDE), "line");
  assert.deepEqual([line.xanchor, line.yanchor], ["right", "top"]);
});

test("in a narrow window the words take two lines, the ticks are fewer and nothing is dragged", () => {
  const layout = fitted(figure(), NARROW);
  assert.equal(named(layout, "line").text, "line 5.0:<br>30 % relief");
  assert.equal(layout.xaxis.dtick, 28);
  assert.equal(layout.dragmode, false);
  assert.equal(fitted(figure(), WIDE).xaxis.dtick, 14);
  assert.equal(fitted(figure(), WIDE).dragmode, "zoom");
});

test("a close look at a few days has ticks of its own", () => {
  assert.equal(fitted(figure(), { ...WIDE, range: [30, 40] }).xaxis.dtick, 1);
});

test("dates have as many ticks as there is room for", () => {
  const axis = { type: "date", range: ["2026-01-01", "2026-04-01 12:00"] };
  const dated = figure({ today: "2026-03-20", courses: [], axis });
  dated.layout.shapes = dated.layout.shapes.map((shape) => ({ ...shape, x0: "2026-01-18 12:00", x1: "2026-04-01" }));
  assert.equal(fitted(dated, NARROW).xaxis.nticks, 2);
  assert.equal(named(fitted(dated, NARROW), "today").x, "2026-03-20");
});

test("of two courses side by side the later one keeps its words, inside the frame", () => {
  const courses = [{ x: 73, text: "ketamine" }, { x: 66, text: "lidocaine" }, { x: -20, text: "clonidine" }];
  const kept = fitted(figure({ courses }), WIDE).annotations.filter(({ name }) => name === "course");
  assert.deepEqual(kept.map(({ text }) => text), ["ketamine", "clonidine"]);
  assert.ok(kept[0].xshift < 0);
  assert.equal(kept[1].xshift, 0);
});

test("a patient without a course has the words of today alone", () => {
  const bare = figure({ courses: [] });
  bare.layout.shapes = [];
  bare.layout.annotations = bare.layout.annotations.filter(({ name }) => name === "today");
  assert.deepEqual(fitted(bare, NARROW).annotations.map(({ name }) => name), ["today"]);
});

test("the words of today keep clear of the forecast's band and of its tick", () => {
  const around = (first, middle, last) => {
    const drawn = figure({ today: 40 });
    const tick = { type: "line", name: "forecast", x0: middle, x1: middle, yref: "paper", y0: 0, y1: 0.12 };
    drawn.layout.shapes.push({ type: "rect", name: "forecast", x0: first, x1: last }, tick);
    return named(fitted(drawn, WIDE), "today").xanchor;
  };
  assert.equal(around(60, 65, 70), "left");
  assert.equal(around(41, 45, 70), "right");
  assert.equal(around(35, 42, 70), "right");
  assert.equal(around(35, 38, 70), "left");
});

test("a kind of tick is switched off without the others, and the figure that came stays as it was", () => {
  const figure = { data: [{ name: "score" }, { name: "PEG", meta: "peg", visible: true }], layout: {} };
  const off = switched(figure, "peg", false);
  assert.deepEqual(off.data.map((trace) => trace.visible), [undefined, false]);
  assert.equal(figure.data[1].visible, true);
});
