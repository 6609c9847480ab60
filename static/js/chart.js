// Draws the chart of every [data-figure]: fetches its figure, paints it with the page's colours.

const CONFIG = {
  displaylogo: false,
  displayModeBar: true,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "toggleSpikelines", "hoverClosestCartesian", "hoverCompareCartesian"],
  plotlyServerURL: "",
  responsive: true,
  showSendToCloud: false,
  toImageButtonOptions: { format: "png", filename: "chart", scale: 2 },
};

/** Return `part` of a figure with the colour of each token in place of its name ("var:ink"). */
export function painted(part, colourOf) {
  if (typeof part === "string") return part.startsWith("var:") ? colourOf(part.slice(4)) : part;
  if (Array.isArray(part)) return part.map((each) => painted(each, colourOf));
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, painted(each, colourOf)]));
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

function draw(place, figure) {
  const { data, layout, config = {} } = painted(figure, pageColours());
  const typeface = getComputedStyle(place).fontFamily;
  const laidOut = { autosize: true, ...layout, font: { family: typeface, ...layout.font } };
  return Plotly.react(place, data, laidOut, { ...config, ...CONFIG });
}

// The figure says in words what it shows, and the table has its numbers; the drawing itself is noise to a reader.
function hideFromReaders(place) {
  for (const drawing of place.querySelectorAll("svg.main-svg")) drawing.setAttribute("aria-hidden", "true");
}

function redrawOnOtherColours(place, figure) {
  const redraw = () => draw(place, figure);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.printing = "";
    redraw();
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.printing;
    redraw();
  });
}

async function show(frame) {
  const place = frame.appendChild(document.createElement("div"));
  place.className = "ebb-chart-box__drawing";
  try {
    const figure = await fetchFigure(frame.dataset.figure);
    await draw(place, figure);
    hideFromReaders(place);
    redrawOnOtherColours(place, figure);
  } catch (failure) {
    console.error(failure);
    place.remove();
    const words = frame.closest("figure")?.querySelector("[data-figure-failed]");
    if (words) words.hidden = false;
    frame.hidden = Boolean(words);
  }
}

if (typeof document !== "undefined") document.querySelectorAll("[data-figure]").forEach(show);
