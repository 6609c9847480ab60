// Draws the chart of every [data-figure]: fetches its figure, paints it with the page's colours, fits it into its frame.

import { fitted } from "./chart-fit.js";

const CONFIG = {
  displaylogo: false,
  displayModeBar: true,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "toggleSpikelines", "hoverClosestCartesian", "hoverCompareCartesian"],
  plotlyServerURL: "",
  responsive: false,
  showSendToCloud: false,
  toImageButtonOptions: { format: "png", filename: "chart", scale: 2 },
};
// Where a finger scrolls the page there is nothing to drag: the picture is all the bar offers.
const NARROW = { modeBarButtons: [["toImage"]] };
const NARROW_WIDTH = 480;
