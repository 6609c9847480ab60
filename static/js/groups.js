// Draws the figures of groups: fetches all of them once, paints them with the page's colours, fits them to their frames.

import { painted } from "./chart.js";

const CONFIG = {
  displaylogo: false,
  displayModeBar: true,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "toggleSpikelines", "hoverClosestCartesian", "hoverCompareCartesian"],
  plotlyServerURL: "",
  responsive: false,
  showSendToCloud: false,
  showTips: false,
};
const NARROW = 480;
const PAPER = 640;
const TALLEST = 1400;

/** Return the layout of a figure for a frame of `width` and `height`; a figure that says how tall it is stays so. */
export function framed(layout, { width, height }) {
  const isNarrow = width < NARROW;
  return {
    ...layout,
    // A finger scrolls the page here.
    ...(isNarrow && { dragmode: false, margin: { ...layout.margin, l: 36, r: 8 } }),
    ...(isNarrow && layout.legend && { legend: { ...layout.legend, font: { size: 11 } } }),
    autosize: false,
    width,
    height: Math.min(layout.height ?? height, TALLEST),
    uirevision: "kept",
  };
}

/** Return the figures behind each address, fetched once however many places show one of them. */
export function fetching(fetchOne) {
  const fetched = new Map();
  return (address) => {
    if (!fetched.has(address)) fetched.set(address, fetchOne(address));
    return fetched.get(address);
  };
}

async function fetchFigures(address) {
  const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The figures were refused with ${answer.status}.`);
  return answer.json();
}

function pageColours() {
  const style = getComputedStyle(document.documentElement);
  return (token) => style.getPropertyValue(`--ebb-${token}`).trim();
}

async function draw(place, name, figure, width = place.clientWidth) {
  const { data, layout, config = {} } = painted(figure, pageColours());
  const height = parseFloat(getComputedStyle(place).getPropertyValue("--ebb-figure-height")) || 420;
  const laidOut = framed(layout, { width, height });
  laidOut.font = { ...layout.font, family: getComputedStyle(place).fontFamily };
  const picture = { format: "png", filename: `groups-${name}`, scale: 2 };
  await Plotly.react(place, data, laidOut, { ...config, ...CONFIG, toImageButtonOptions: picture });
  // The figure says in words what it shows, and the table has its numbers; the drawing itself is noise to a reader.
  for (const drawing of place.querySelectorAll("svg.main-svg")) drawing.setAttribute("aria-hidden", "true");
}

function redrawWhenTheViewChanges(place, name, figure) {
  const redraw = () => draw(place, name, figure);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new ResizeObserver(() => {
    if (place.clientWidth && place.clientWidth !== place.layout.width) redraw();
  }).observe(place);
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.printing = "";
    draw(place, name, figure, Math.min(place.clientWidth, PAPER));
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.printing;
    redraw();
  });
}

async function show(place, figuresOf) {
  const name = place.dataset.groupFigure;
  try {
    const figure = (await figuresOf(place.dataset.figures))[name];
    await draw(place, name, figure);
    redrawWhenTheViewChanges(place, name, figure);
  } catch (failure) {
    console.error(failure);
    place.hidden = true;
    place.closest("figure").querySelector("[data-figure-failed]").hidden = false;
  }
}

if (typeof document !== "undefined") {
  const figuresOf = fetching(fetchFigures);
  for (const place of document.querySelectorAll("[data-group-figure]")) show(place, figuresOf);
}
