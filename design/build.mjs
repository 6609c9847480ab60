// Compiles the style sheets and copies what browsers need into static/.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { brotliCompressSync } from "node:zlib";
import * as sass from "sass";
import { pruned, refuseStrangers, withProperties, withVisibleFocus } from "./css.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, "node_modules");
const shelf = join(here, "..", "static");
const tokens = Object.entries(JSON.parse(readFileSync(join(here, "tokens.json"), "utf8")));

// The component library does arithmetic on colours, which a custom property does not survive. So it is
// compiled with one placeholder colour a token, and the placeholders become properties afterwards.
const placeholder = (index) => `#eb00${(index + 16).toString(16)}`;
const placeholders = Object.fromEntries(tokens.map(([name], index) => [placeholder(index), name]));

function tokenModule() {
  const names = tokens.map(([name], index) => `$${name}: ${placeholder(index)};`);
  const values = (theme) => tokens.map(([name, shades]) => `--ebb-${name}: ${shades[theme]};`).join(" ");
  return [...names, `@mixin light { ${values(0)} }`, `@mixin dark { ${values(1)} }`].join("\n");
}

const tokenImporter = {
  canonicalize: (url) => (url === "ebb:tokens" ? new URL(url) : null),
  load: () => ({ contents: tokenModule(), syntax: "scss" }),
};

function compile(name) {
  const { css } = sass.compile(join(here, "sass", `${name}.scss`), {
    style: "compressed",
    loadPaths: [join(packages, "nhsuk-frontend", "dist", "nhsuk")],
    importers: [tokenImporter],
    quietDeps: true,
  });
  const finished = withVisibleFocus(withProperties(pruned(css.replace(/^\uFEFF/, "").trim()), placeholders));
  refuseStrangers(name, finished);
  writeFileSync(join(shelf, "css", `${name}.css`), `/*! Licences: static/vendor/VENDOR.md */\n${finished}\n`);
  console.log(`static/css/${name}.css: ${finished.length} bytes, ${brotliCompressSync(finished).length} on the wire`);
}

// Plotly writes its styles into the page, which a strict content policy forbids: the same rules as a file, in the
// order in which they would stand there (each rule is inserted before the one before it). Its upload dialogue is left out.
function writePlotlyStyles(bundle) {
  const found = bundle.match(/=(\{"X,X div":.*?"Y \.notifier-close:hover":"[^"]*"\});for\(/s);
  if (!found) throw new Error("The styles inside the chart library were not found: look where its new version keeps them.");
  const rules = Object.entries(runInNewContext(`(${found[1]})`)).filter(([selector]) => !selector.includes("cloud"));
  const selectorOf = (selector) =>
    selector.replace(/^,/, " ,").replaceAll("X", ".js-plotly-plot .plotly").replaceAll("Y", ".plotly-notifier");
  const css = rules.reverse().map(([selector, declarations]) => `${selectorOf(selector)} { ${declarations} }`);
  writeFileSync(join(shelf, "vendor", "plotly.css"), `${css.join("\n")}\n`);
}

function writeVendorList() {
  const list = JSON.parse(readFileSync(join(here, "vendor.json"), "utf8"));
  const version = (name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")).version;
  const sum = (path) => createHash("sha256").update(readFileSync(join(shelf, path))).digest("hex");
  const row = ({ from, licence, how }, path) => `| \`${path}\` | ${from} ${version(from)} | ${licence} | ${how} | \`${sum(path)}\` |`;
  const rows = list.flatMap((kept) => kept.files.map((path) => row(kept, path)));
  const words = readFileSync(join(here, "vendor.md"), "utf8");
  const head = "| file in `static/` | from (npm) | licence | how | sha256 |\n|---|---|---|---|---|";
  writeFileSync(join(shelf, "vendor", "VENDOR.md"), `${words}\n${head}\n${rows.join("\n")}\n`);
}

const copy = (from, to) => copyFileSync(from, join(shelf, to));

function remake() {
  for (const folder of ["css", "icons", "vendor"]) mkdirSync(join(shelf, folder), { recursive: true });
  ["ebb-patient", "ebb-clinic"].forEach(compile);
  const plotly = join(packages, "plotly.js-basic-dist-min");
  copy(join(plotly, "plotly-basic.min.js"), "vendor/plotly-basic.min.js");
  copy(join(plotly, "LICENSE"), "vendor/plotly.LICENSE.txt");
  copy(join(here, "licences", "nhsuk-frontend.txt"), "vendor/nhsuk-frontend.LICENSE.txt");
  copy(join(here, "icons", "ebb.svg"), "icons/ebb.svg");
  writePlotlyStyles(readFileSync(join(plotly, "plotly-basic.min.js"), "utf8"));
  writeVendorList();
}

try {
  remake();
} catch (wrong) {
  console.error(wrong.message);
  process.exit(1);
}
