// Draws the chart of every [data-figure]: fetches its figure, paints it with the page's colours, fits it to its frame.

const CONFIG = {
  displaylogo: false,
  displayModeBar: true,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "toggleSpikelines", "hoverClosestCartesian", "hoverCompareCartesian"],
  plotlyServerURL: "",
  responsive: false,
  showSendToCloud: false,
  showTips: false,
  toImageButtonOptions: { format: "png", filename: "chart", scale: 2 },
};
const NARROW = 480;
const PAPER = 640;
const LETTER = 6.7;
const LINE = 17;
const TICK = { linear: 40, date: 76 };
const COST = { mean: 3, band: 5, label: 1000 };

/** Return `part` of a figure with the colour of each token in place of its name ("var:ink"). */
export function painted(part, colourOf) {
  if (typeof part === "string") return part.startsWith("var:") ? colourOf(part.slice(4)) : part;
  if (Array.isArray(part)) return part.map((each) => painted(each, colourOf));
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, painted(each, colourOf)]));
}

const moment = (x) => (typeof x === "number" ? x : Date.parse(x.includes(" ") ? `${x.replace(" ", "T")}Z` : x));

function frameOf({ margin, xaxis, yaxis }, { width, height, range }) {
  const [first, last] = (range ?? xaxis.range).map(moment);
  const [lowest, highest] = yaxis.range;
  const frame = { width: width - margin.l - margin.r, height: height - margin.t - margin.b, right: margin.r };
  frame.across = (x) => ((moment(x) - first) / (last - first)) * frame.width;
  frame.up = (y) => ((y - lowest) / (highest - lowest)) * frame.height;
  return frame;
}

function spots(data, frame) {
  return data.filter((trace) => !trace.text && trace.visible !== false).flatMap((trace) => {
    const start = moment(trace.x0 ?? 0);
    const cost = trace.mode === "lines" ? COST.mean : 1;
    return trace.y.flatMap((y, place) =>
      y === null ? [] : [{ x: frame.across(trace.x?.[place] ?? start + place * trace.dx), y: frame.up(y), cost }]);
  });
}

const meet = (one, other) =>
  one.left < other.right && other.left < one.right && one.bottom < other.top && other.bottom < one.top;

function costOf(box, dots, bands, taken) {
  const under = dots.filter(({ x, y }) => x > box.left && x < box.right && y > box.bottom && y < box.top);
  const crossed = bands.filter((band) => band.left < box.right && box.left < band.right);
  const met = taken.filter((other) => meet(box, other));
  return under.reduce((sum, dot) => sum + dot.cost, 0) + COST.band * crossed.length + COST.label * met.length;
}

function boxFrom(left, bottom, { width, height }) {
  return { left, right: left + width, bottom, top: bottom + height };
}

// Baseline and line carry their words at the right edge or after the course, above or below.
function placesOfLevel(label, size, frame, start) {
  const height = frame.up(label.y);
  const left = Math.max(frame.across(start) + 4, 0);
  const upright = label.yanchor === "bottom" ? ["bottom", "top"] : ["top", "bottom"];
  return upright.flatMap((yanchor) => {
    const bottom = yanchor === "bottom" ? height : height - size.height;
    const onTheLeft = { xref: "x", x: start, xanchor: "left", xshift: 4, yanchor };
    return [
      { set: { xref: "paper", x: 1, xanchor: "right", yanchor }, box: boxFrom(frame.width - size.width, bottom, size) },
      ...(frame.across(start) < 0 ? [] : [{ set: onTheLeft, box: boxFrom(left, bottom, size) }]),
    ];
  }).filter(({ box }) => box.right <= frame.width && box.left >= 0);
}

function placesOfToday(label, size, frame) {
  const rule = frame.across(label.x);
  const sides = [["left", 3, rule + 3], ["right", -3, rule - 3 - size.width]];
  const ends = [["bottom", 0, 0], ["top", 1, frame.height - size.height]];
  return ends.flatMap(([yanchor, y, bottom]) =>
    sides.map(([xanchor, xshift, left]) => ({ set: { xanchor, xshift, yanchor, y }, box: boxFrom(left, bottom, size) }))
  ).filter(({ box }) => box.right <= frame.width + frame.right && box.left >= 0);
}

function cheapest(places, dots, bands, taken) {
  const costs = places.map(({ box }) => costOf(box, dots, bands, taken));
  return places[costs.indexOf(Math.min(...costs))];
}

function sizeOf(text) {
  const lines = text.split("<br>");
  return { width: Math.max(...lines.map((line) => line.length)) * LETTER + 4, height: lines.length * LINE };
}

// Labels of courses stand above the plot, the latest first; one that would run into a later one is left out.
function coursesFitted(labels, frame) {
  let roomTo = frame.width + frame.right;
  return labels.flatMap((label) => {
    const start = frame.across(label.x);
    const { width } = sizeOf(label.text);
    const left = Math.min(start, frame.width + frame.right - width);
    if (left + width > roomTo) return [];
    roomTo = left - LETTER;
    return [{ ...label, xshift: Math.round(left - start) }];
  });
}

function labelsFitted(labels, shapes, data, frame, isNarrow) {
  const dots = spots(data, frame);
  // The forecast is a band and a tick: words beside both are read best.
  const across = shapes.filter(({ name, type }) => type === "rect" || name === "forecast");
  const bands = across.map(({ x0, x1 }) => ({ left: frame.across(x0), right: frame.across(x1) }));
  const levelOf = (wanted) => shapes.find(({ name, type }) => name === wanted && type === "line");
  const startOf = ({ name }) => (levelOf("line") ?? levelOf(name)).x0;
  const taken = [];
  const others = labels.filter(({ name }) => name !== "course").map((label) => {
    const text = isNarrow ? label.text.replace(/([:,]) /, "$1<br>") : label.text;
    const size = sizeOf(text);
    const places = label.name === "today" ? placesOfToday(label, size, frame) : placesOfLevel(label, size, frame, startOf(label));
    const found = cheapest(places, dots, bands, taken);
    if (found) taken.push(found.box);
    return { ...label, text, align: "left", ...found?.set };
  });
  return [...coursesFitted(labels.filter(({ name }) => name === "course"), frame), ...others];
}

function ticksFitted(axis, frame, range) {
  const most = Math.max(Math.floor(frame.width / TICK[axis.type]), 2);
  if (axis.type === "date") return { ...axis, nticks: most };
  const [first, last] = range ?? axis.range;
  const step = last - first < 2 * axis.dtick ? 1 : axis.dtick;
  return { ...axis, dtick: Math.max(Math.ceil((last - first) / (most * step)), 1) * step };
}

/** Return the layout of a figure for a frame of `width` and `height`, where the days of `range` are in view. */
export function fitted({ data, layout }, { width, height, range }) {
  const frame = frameOf(layout, { width, height, range });
  const isNarrow = width < NARROW;
  return {
    ...layout,
    // A finger scrolls the page here.
    ...(isNarrow && { dragmode: false }),
    autosize: false,
    width,
    height,
    uirevision: "kept",
    xaxis: ticksFitted(layout.xaxis, frame, range),
    annotations: labelsFitted(layout.annotations, layout.shapes, data, frame, isNarrow),
  };
}

function pageColours() {
  const style = getComputedStyle(document.documentElement);
  return (token) => style.getPropertyValue(`--ebb-${token}`).trim();
}

async function fetchFigure(address) {
  const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The figure was refused with ${answer.status}.`);
  return answer.json();
}

async function draw(place, figure, width = place.clientWidth) {
  const { data, layout, config = {} } = painted(figure, pageColours());
  const typeface = getComputedStyle(place).fontFamily;
  const range = place.layout?.xaxis?.range;
  const inOurType = { data, layout: { ...layout, font: { family: typeface, ...layout.font } } };
  const laidOut = fitted(inOurType, { width, height: place.clientHeight, range });
  await Plotly.react(place, data, laidOut, { ...config, ...CONFIG });
  hideFromReaders(place);
}

// The figure says in words what it shows, and the table has its numbers; the drawing itself is noise to a reader.
function hideFromReaders(place) {
  for (const drawing of place.querySelectorAll("svg.main-svg")) drawing.setAttribute("aria-hidden", "true");
}

function redrawWhenTheViewChanges(place, figure) {
  const redraw = () => draw(place, figure);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new ResizeObserver(() => {
    if (place.clientWidth && place.clientWidth !== place.layout.width) redraw();
  }).observe(place);
  place.on("plotly_relayout", redraw);
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.printing = "";
    draw(place, figure, Math.min(place.clientWidth, PAPER));
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.printing;
    redraw();
  });
}

/** Return a figure in which the traces of a kind of tick (`meta`) are drawn or not. */
export function switched(figure, layer, visible) {
  return { ...figure, data: figure.data.map((trace) => (trace.meta === layer ? { ...trace, visible } : trace)) };
}

// The figure stays one object, which the redrawing after a change of the window or of the colours goes on with.
function letLayersBeSwitched(box, place, figure) {
  for (const list of box.querySelectorAll("[data-layers]")) list.hidden = false;
  for (const button of box.querySelectorAll("[data-layer]")) {
    button.addEventListener("click", () => {
      const visible = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(visible));
      figure.data = switched(figure, button.dataset.layer, visible).data;
      draw(place, figure);
    });
  }
}

function offerWays(box, place) {
  const picture = box.querySelector("[data-picture]");
  const print = box.querySelector("[data-print]");
  if (picture) {
    picture.hidden = false;
    picture.addEventListener("click", () => Plotly.downloadImage(place, CONFIG.toImageButtonOptions));
  }
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
  box.querySelector("[data-open-table]")?.addEventListener("click", (event) => {
    const details = document.querySelector(`${event.currentTarget.hash} details`);
    if (details) details.open = true;
  });
}

async function show(frame) {
  const place = frame.appendChild(document.createElement("div"));
  place.className = "ebb-chart-box__drawing";
  try {
    const figure = await fetchFigure(frame.dataset.figure);
    await draw(place, figure);
    redrawWhenTheViewChanges(place, figure);
    const box = frame.closest("figure");
    if (box) {
      letLayersBeSwitched(box, place, figure);
      offerWays(box, place);
    }
  } catch (failure) {
    console.error(failure);
    place.remove();
    const words = frame.closest("figure")?.querySelector("[data-figure-failed]");
    if (words) words.hidden = false;
    frame.hidden = Boolean(words);
  }
}

if (typeof document !== "undefined") document.querySelectorAll("[data-figure]").forEach(show);
