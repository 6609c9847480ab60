"""What is measured on a page in the browser: accessibility, edges and words that are cut off."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules of axe whose answer changes with the colours alone."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

RUN_AXE = """(rules) => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then((found) =>
  found.violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, any }) =>
    `${id}: ${help}: ${target.join(" ")}: ${any.map((one) => one.message).join("; ")}`)))"""

WIDER_THAN_THE_WINDOW = """() => {
  const width = document.scrollingElement.scrollWidth;
  if (width <= innerWidth) return [];
  const isOutside = (one) => one.getBoundingClientRect().right > innerWidth + 1;
  const boxes = [...document.body.querySelectorAll("*")].filter(isOutside);
  return [`the page is ${width} px wide: ${boxes.slice(0, 4).map((one) => one.className || one.tagName).join(", ")}`];
}"""

CUT_OFF = """() => {
  const scrolls = (one) => ["auto", "scroll"].includes(one);
  const hides = (one) => ["hidden", "clip"].includes(one);
  const said = (element) => `${element.className || element.tagName}: ${element.textContent.trim().slice(0, 60)}`;
  return [...document.body.querySelectorAll("*")].filter((element) => {
    if (element.closest("svg, [aria-hidden=true], option") || !element.textContent.trim()) return false;
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1 || style.visibility === "hidden") return false;
    return (hides(style.overflowX) && element.scrollWidth > element.clientWidth + 1)
      || (hides(style.overflowY) && !scrolls(style.overflowX) && element.scrollHeight > element.clientHeight + 2);
  }).map((element) => `words are cut off: ${said(element)}`);
}"""


@cache
def axe_source() -> str:
    """Return axe-core."""
    return AXE.read_text(encoding="utf-8")


def faults_of(page: Page, *, rules: Sequence[str] = TAGS) -> list[str]:
    """Return what is wrong with a page as it stands in its window now."""
    return [*page.evaluate(WIDER_THAN_THE_WINDOW), *page.evaluate(CUT_OFF), *barriers_on(page, rules=rules)]


def barriers_on(page: Page, *, rules: Sequence[str] = TAGS) -> list[str]:
    """Return what axe finds by `rules`; its own script stands beside the page's, whose content policy stays on."""
    if not rules:
        return []
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(axe_source() + "; 0")
    found: list[str] = page.evaluate(RUN_AXE, list(rules))
    return found


WORDS_ON_THE_CHART = """(drawing) => {
  const frame = drawing.getBoundingClientRect();
  const texts = [...drawing.querySelectorAll("svg.main-svg text")].filter((one) => one.textContent.trim())
    .map((one) => ({ words: one.textContent, box: one.getBoundingClientRect() })).filter(({ box }) => box.width > 0);
  const cut = texts.filter(({ box }) => box.left < frame.left - 1 || box.right > frame.right + 1
    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1).map(({ words }) => `cut off: ${words}`);
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  const over = texts.flatMap((one, place) => texts.slice(place + 1).filter((other) => meet(one.box, other.box))
    .map((other) => `on top of each other: ${one.words} / ${other.words}`));
  return [...cut, ...over];
}"""


def faults_of_the_chart(page: Page) -> list[str]:
    """Return words of the chart that run out of it or stand on top of each other."""
    found: list[str] = page.locator(".js-plotly-plot").evaluate(WORDS_ON_THE_CHART)
    return found


def layout_shift(page: Page) -> float:
    """Return how far the page has jumped so far (cumulative layout shift)."""
    shift: Any = page.evaluate("() => window.jumped ?? -1")
    return float(shift)


MEASURE_JUMPS = """
window.jumped = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.jumped += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


FOCUS = """() => {
  const focused = document.activeElement;
  const width = () => (({ outlineStyle, outlineWidth }) =>
    outlineStyle === "none" ? 0 : parseFloat(outlineWidth))(getComputedStyle(focused));
  const ring = () => getComputedStyle(focused).boxShadow;
  const [outlined, ringed] = [width(), ring()];
  focused.blur();
  const seen = [outlined > width(), ringed !== ring()];
  focused.focus({ focusVisible: true });
  return seen;
}"""


def focus_is_seen(page: Page) -> bool:
    """Say whether the element with the focus has an outline or a ring that it loses with the focus."""
    return any(page.evaluate(FOCUS))
