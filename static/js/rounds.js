// Single keys: n leads on, j and k go from line to line; arrows do so only inside the list. They can be switched off.

const KEPT = "ebb-single-keys";
const FIELDS = "input, select, textarea, [contenteditable]";
const STEPS = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };

/** Return what a key asks for: { step } from line to line, { go } to the link of that key, or null. */
export function asked({ key, hasModifier, inField, inList, areOn }) {
  if (hasModifier || inField) return null;
  if (key.startsWith("Arrow")) return inList && key in STEPS ? { step: STEPS[key] } : null;
  if (!areOn) return null;
  return key in STEPS ? { step: STEPS[key] } : key.length === 1 ? { go: key } : null;
}

/** Return the place of the line to go to among `number`, from `place` (-1 for none). */
export function nextPlace(place, step, number) {
  if (place < 0) return step > 0 ? 0 : number - 1;
  return Math.min(Math.max(place + step, 0), number - 1);
}

const kept = {
  read: () => { try { return localStorage.getItem(KEPT) !== "off"; } catch { return true; } },
  write: (areOn) => { try { localStorage.setItem(KEPT, areOn ? "on" : "off"); } catch { /* for this page only */ } },
};

function start() {
  let areOn = kept.read();
  const links = [...document.querySelectorAll("[data-line] th a")];
  const list = document.querySelector("[data-lines]");
  for (const part of document.querySelectorAll("[data-single-keys]")) {
    const button = part.querySelector("button");
    part.hidden = false;
    button.setAttribute("aria-pressed", String(areOn));
    button.addEventListener("click", () => {
      areOn = !areOn;
      kept.write(areOn);
      button.setAttribute("aria-pressed", String(areOn));
    });
  }
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const wanted = asked({
      key,
      hasModifier: event.ctrlKey || event.metaKey || event.altKey || event.isComposing,
      inField: target.closest?.(FIELDS) !== null && target !== document.body,
      inList: Boolean(list?.contains(target)),
      areOn,
    });
    if (wanted?.step && links.length) {
      const here = links.indexOf(target.closest?.("[data-line]")?.querySelector("th a"));
      links[nextPlace(here, wanted.step, links.length)].focus();
      event.preventDefault();
    } else if (wanted?.go) {
      const link = document.querySelector(`[data-key="${CSS.escape(wanted.go)}"]`);
      if (link) { event.preventDefault(); link.click(); }
    }
  });
}

if (typeof document !== "undefined") start();
