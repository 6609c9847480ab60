"""What is measured for hands that hurt, eyes that see little, and voices that say what stands on the screen."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.measures import CUT_OFF, WIDER_THAN_THE_WINDOW, barriers_on

SMALLEST = 56
"""CSS pixels of whatever is tapped, upwards; links in running text are as high as their line."""
NARROW, LOW = {"width": 320, "height": 640}, {"width": 320, "height": 256}
"""The narrowest phone, and a window of 1280 by 1024 at four hundred percent."""

GESTURES = {
    "contextmenu", "drag", "dragend", "dragover", "dragstart", "drop", "gesturestart", "mousedown", "mousemove",
    "pointerdown", "pointermove", "touchend", "touchmove", "touchstart", "wheel",
}  # fmt: skip
"""Events that only a steady hand sends; a click comes from fingers, keys, switches and voices alike."""

CONTROLS = """
const NAMES = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]";
const isShown = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled;
const isSkipLink = (one) => one.matches(".nhsuk-skip-link");
const controls = () => [...document.body.querySelectorAll(NAMES)].filter((one) => isShown(one) && !isSkipLink(one));
const wordsOf = (one) => (one.labels?.[0] ?? one).textContent.trim().replace(/\\s+/g, " ").slice(0, 50);
const said = (one) => `${one.tagName.toLowerCase()} "${wordsOf(one) || one.name || one.value}"`;
const isInWords = (one) => one.matches("a, button") && getComputedStyle(one).display === "inline"
  && one.closest("p, li, dd, td, div").textContent.trim().length > one.textContent.trim().length;
const controlAt = (x, y) => {
  const hit = document.elementFromPoint(x, y);
  return hit?.closest("label")?.control ?? hit?.closest(NAMES);
};
const boxOf = (one) => [one, ...(one.labels ?? [])].map((part) => part.getBoundingClientRect())
  .filter(({ width, height }) => width > 1 && height > 1);
"""

TOO_LOW = (
    CONTROLS
    + """
(() => {
  const reach = (one) => Math.max(0, ...boxOf(one).map((box) => {
    const x = box.left + Math.min(box.width / 2, 24), middle = Math.round(box.top + box.height / 2);
    if (controlAt(x, middle) !== one) return 0;
    let up = middle, down = middle;
    while (controlAt(x, up - 1) === one) up -= 1;
    while (controlAt(x, down + 1) === one) down += 1;
    return down - up + 1;
  }));
  scrollTo(0, 0);
  return controls().filter((one) => !isInWords(one)).map((one) => [one, reach(one)])
    .filter(([, height]) => height < SMALLEST).map(([one, height]) => `${height} px high to a finger: ${said(one)}`);
})()
""".replace("SMALLEST", str(SMALLEST))
)

COVERED = (
    CONTROLS
    + """
(() => controls().flatMap((one) => {
  one.scrollIntoView({ block: "nearest", inline: "nearest" });
  const [box] = boxOf(one);
  if (!box) return [];
  const low = Math.min(box.bottom, box.top + innerHeight) - 2;
  const at = [box.top + 2, (box.top + low) / 2, low];
  const isSeen = at.every((y) => controlAt(box.left + Math.min(box.width / 2, 24), y) === one) || isInWords(one);
  return isSeen ? [] : [`covered when it is come to: ${said(one)}`];
}))()
"""
)

OUT_OF_ORDER = (
    CONTROLS
    + """
(() => {
  scrollTo(0, 0);
  const isFixed = (one) => one.closest("nav") && getComputedStyle(one.closest("nav")).position === "fixed";
  const reached = controls().filter((one) => one.tabIndex >= 0 && !isFixed(one) && boxOf(one).length);
  const jumps = reached.slice(1).filter((one, place) => boxOf(one)[0].bottom <= boxOf(reached[place])[0].top + 1
    && boxOf(one)[0].left <= boxOf(reached[place])[0].left);
  return [...jumps.map((one) => `the keyboard jumps back up to ${said(one)}`),
    ...reached.filter((one) => one.tabIndex > 0).map((one) => `has a place of its own in the order: ${said(one)}`)];
})()
"""
)

HEADINGS = """() => {
  const shown = [...document.querySelectorAll("h1")].filter((one) => one.checkVisibility());
  const first = shown.map((one) => one.textContent.trim());
  return first.length === 1 ? [] : [`one heading says what the page is, here are: ${first.join(", ") || "none"}`];
}"""

MOVES = """() => {
  const lasts = (one, ...parts) => ["", "::before", "::after"].some((part) => {
    const style = getComputedStyle(one, part || null);
    return parts.some((name) => style[name].split(",").some((time) => parseFloat(time) > 0.001));
  });
  const all = [...document.querySelectorAll("*")];
  return [...document.getAnimations().map((one) => `moves: ${one.animationName ?? one.transitionProperty}`),
    ...all.filter((one) => lasts(one, "transitionDuration") || (lasts(one, "animationDuration")
      && getComputedStyle(one).animationName !== "none")).map((one) => `would move: ${one.className || one.tagName}`)];
}"""

EDGELESS = (
    CONTROLS
    + """
(() => {
  const hasEdge = (one, part) => {
    const style = getComputedStyle(one, part);
    return (style.borderTopStyle !== "none" && parseFloat(style.borderTopWidth) > 0)
      || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
  };
  const isWords = (one) => one.matches("a:not(.nhsuk-button), summary, .ebb-link-button");
  const isSeen = (one) => hasEdge(one, null) || [...(one.labels ?? [])].some((label) => hasEdge(label, "::before"));
  return controls().filter((one) => !isWords(one) && !isSeen(one))
    .map((one) => `no edge in forced colours: ${said(one)}`);
})()
"""
)

SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
UNSPACED = "() => { document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1); }"
HEIGHT = "() => document.scrollingElement.scrollHeight"


def is_for_patients(page: Page) -> bool:
    """Say whether a page is laid out for a phone in one hand; the pages of the desk are not."""
    return page.locator("body.ebb-phone, body.ebb-plain").count() > 0


def faults_for_hands(page: Page) -> list[str]:
    """Return what is wrong with a patient's page, as it stands now, for whoever taps, zooms, tabs or speaks badly."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)
    found = [*page.evaluate(HEADINGS), *page.evaluate(OUT_OF_ORDER), *page.evaluate(COVERED), *page.evaluate(MOVES)]
    found += [*gestures_on(page), *barriers_on(page, rules=["label-content-name-mismatch"])]
    page.evaluate(SPACED)
    found += [f"with wide spacing: {fault}" for fault in reflow_faults(page)]
    page.evaluate(UNSPACED)
    page.emulate_media(forced_colors="active")
    found += page.evaluate(EDGELESS)
    page.emulate_media(forced_colors="none")
    page.set_viewport_size(LOW)
    found += [f"at 400 %: {fault}" for fault in [*reflow_faults(page), *page.evaluate(COVERED)]]
    return found + targets_too_low(page)


def reflow_faults(page: Page) -> list[str]:
    """Return what is cut off or runs out of the window."""
    return [*page.evaluate(WIDER_THAN_THE_WINDOW), *page.evaluate(CUT_OFF)]


def targets_too_low(page: Page) -> list[str]:
    """Return what a finger finds too low, on a window as high as the page, so that all of it can be felt at once."""
    page.set_viewport_size(NARROW)
    page.set_viewport_size({"width": NARROW["width"], "height": page.evaluate(HEIGHT) + 80})
    found: list[str] = page.evaluate(TOO_LOW)
    page.set_viewport_size(NARROW)
    return found


def gestures_on(page: Page) -> list[str]:
    """Return listeners for more than a click anywhere on the page."""
    wire = page.context.new_cdp_session(page)
    found: set[str] = set()
    for root in ("window", "document"):
        known: dict[str, Any] = wire.send("Runtime.evaluate", {"expression": root})
        asked = {"objectId": known["result"]["objectId"], "depth": -1, "pierce": True}
        found |= {one["type"] for one in wire.send("DOMDebugger.getEventListeners", asked)["listeners"]}
    wire.detach()
    return [f"listens to {name}" for name in sorted(found & GESTURES)]
