// Says which pairs of colours are too close to be read, in light and in dark.
import { readFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const tokens = read("tokens.json");
const kinds = Object.entries(read("contrast.json"));

const channel = (share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => channel(parseInt(colour.slice(at, at + 2), 16) / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

let tooClose = 0;
for (const [theme, place] of [["light", 0], ["dark", 1]]) {
  for (const [kind, { least, pairs }] of kinds) {
    const measured = pairs.map(([front, back]) => [front, back, contrast(tokens[front][place], tokens[back][place])]);
    const [front, back, lowest] = measured.reduce((a, b) => (b[2] < a[2] ? b : a));
    console.log(`${theme}, ${kind}: ${pairs.length} pairs, lowest ${lowest.toFixed(2)} (${front} on ${back})`);
    for (const [ink, ground, ratio] of measured.filter((pair) => pair[2] < least)) {
      console.error(`${theme}: ${ink} on ${ground} is ${ratio.toFixed(2)}, needs ${least}`);
      tooClose += 1;
    }
  }
}
process.exit(tooClose ? 1 : 0);
