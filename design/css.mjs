// What is done to compiled CSS: cut what no page uses, put properties in place of placeholder colours.

// Parts of the component library that Ebb has no use for.
const UNUSED = new RegExp(
  [
    "--(reverse|login|brand|secondary-solid|large|code|link|xl|width-30|icon)\\b",
    "\\.nhsuk-(icon|list|body|heading|caption|label-wrapper|input-wrapper|frontend-supported|link)\\b",
    "__(divider|conditional|prefix|suffix|heading)\\b",
    "\\[type=\"?search\"?\\]|::-ms-|:-ms-|::-moz-focus-inner|nhsuk-button--search|\\.nhsuk-(input|button)__",
    "^(ol|ul|h[1-4]|p)\\b|\\+h[1-4]\\b",
    "\\[href\\]:not\\(:focus\\) \\.nhsuk-icon|^screen\\\\0",
  ].join("|"),
);

// The first of our own rules: what stands before it comes from the component library.
const OURS = ":root{color-scheme";

/** Return `css` without those rules of the component library that are `UNUSED`. */
export function pruned(css) {
  const ours = css.indexOf(OURS);
  if (ours === -1) throw new Error(`The compiled style sheet has no ${OURS}: tell css.mjs where our own rules begin.`);
  return cut(css.slice(0, ours)) + css.slice(ours);
}

function cut(css) {
  return blocks(css)
    .map(({ head, body }) => kept(head, body))
    .join("");
}

function kept(head, body) {
  if (body === null) return head;
  if (/^@(media|supports)/.test(head)) {
    const inner = cut(body);
    return inner && !/screen\\0/.test(head) ? `${head}{${inner}}` : "";
  }
  const selectors = head.startsWith("@") ? [head] : split(head).filter((selector) => !UNUSED.test(selector));
  return selectors.length ? `${selectors.join(",")}{${body}}` : "";
}

// Commas inside brackets do not part selectors.
const split = (head) => head.match(/(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|[^,(])+/g) ?? [];

function* walk(css) {
  let start = 0;
  while (start < css.length) {
    const open = css.indexOf("{", start);
    const end = css.indexOf(";", start);
    if (end !== -1 && (open === -1 || end < open)) {
      yield { head: css.slice(start, end + 1), body: null };
      start = end + 1;
    } else if (open === -1) {
      return;
    } else {
      const close = closing(css, open);
      yield { head: css.slice(start, open), body: css.slice(open + 1, close) };
      start = close + 1;
    }
  }
}

const blocks = (css) => [...walk(css)];

function closing(css, open) {
  let depth = 0;
  for (let at = open; at < css.length; at += 1) {
    if (css[at] === "{") depth += 1;
    if (css[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error("The compiled style sheet has an open brace.");
}

// Colours the component library takes from its own palette, whatever its settings say.
const PALETTE = {
  "#000": "ink",
  "#fff": "card",
  "#005eb8": "brand",
  "#212b32": "ink",
  "#4c6272": "soft",
  "#a50013": "due",
  "#aeb7bd": "edge",
  "#d8dde0": "rule",
};

/** Return `css` with a custom property for each placeholder colour and each stray colour of the library. */
export function withProperties(css, placeholders) {
  const named = { ...PALETTE, ...placeholders };
  const property = (colour) => (named[colour] ? `var(--ebb-${named[colour]})` : colour);
  const declared = (text) => text.replaceAll("rgba(0,0,0,0)", "transparent").replaceAll(/#[0-9a-f]{3,8}\b/g, property);
  return css.replaceAll(/(?<=[{;])(?!--)([\w-]+):([^;{}]+)(?=[;}])/g, (_, name, value) => `${name}:${declared(value)}`);
}

/** Return `css` with the strong focus for the keyboard only: a tapped button must not stay yellow. */
export const withVisibleFocus = (css) => css.replaceAll(/:focus(?![\w-])/g, ":focus-visible");

/** Raise an error when `css` holds a colour that is no token, a foreign font or an address. */
export function refuseStrangers(name, css) {
  const body = css.replaceAll(/--ebb-[\w-]+:[^;}]+/g, "");
  const strays = body.match(/#[0-9a-f]{3,8}\b(?=[^{}]*[;}])|rgba?\([^)]*\)|Frutiger|https?:|url\([^)]*\)|\bNHS\b/g);
  if (strays) throw new Error(`${name} holds ${[...new Set(strays)].join(", ")}: give it a token or take it out.`);
}
