"""What a patient waits for and what it costs their line: `python -m bench.patient`.

A phone of Lighthouse's kind in Chromium, a processor four times slower, slow 4G (150 ms, 1.6 Mbps) on a line outside
the browser. A script in the page taps as soon as something can be tapped, so that what is printed is the machine's
time alone. Everything is done side by side with a bare Flask form on the same machine (bench/bare_form.py).
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import click
from playwright.sync_api import Browser, Page, sync_playwright

from bench.answers import server_times
from bench.bare_form import bare_form
from bench.demo_clinic import DemoClinic, demo_clinic
from tests.browser.slow_line import SLOW_4G, SlowLine, Speed, slow_line

CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75, "is_mobile": True, "has_touch": True,
    "locale": "en-GB",
}  # fmt: skip
SLOWER: Final = 4
"""Times; the page's own thread, as the browser can slow it."""
QUIET: Final = 1500
"""Milliseconds without a byte after which a visit is over."""

BYTES: Final = 60_000
LARGEST_PAINT: Final = 1200
INSTALLED: Final = 600
"""Budgets of the patient's app: bytes of the first visit, milliseconds."""

TAP = """
(() => {
  const now = () => performance.timeOrigin + performance.now();
  let largest = 0, answered = false;
  const take = (entries) => { for (const one of entries) largest = one.startTime; };
  const paints = new PerformanceObserver((list) => take(list.getEntries()));
  paints.observe({ type: "largest-contentful-paint", buffered: true });
  const painted = new Promise((done) => new PerformanceObserver((list, observer) => {
    if (list.getEntriesByName("first-contentful-paint").length) { observer.disconnect(); done(); }
  }).observe({ type: "paint", buffered: true }));
  const ready = new Promise((done) => addEventListener("DOMContentLoaded", done));
  const say = (what, ...more) => window.tell(what, now(), ...more);
  const fill = (field, words) => { field.value = words; field.dispatchEvent(new Event("input", { bubbles: true })); };
  const places = "[role=status], button[type=submit]";
  const isSaved = () => [...document.querySelectorAll(places)].some((one) => /saved/i.test(one.innerText));
  const act = () => {
    const password = document.querySelector("input[type=password]");
    const score = document.querySelector("input[name=score][value='6']");
    if (password && window.who) {
      fill(document.querySelector("input[name=email]"), window.who[0]);
      fill(password, window.who[1]);
      say("opened", performance.timeOrigin, "asked to sign in");
      password.form.querySelector("button[type=submit]:not([name])").click();
    } else if (score && !answered && !score.checkVisibility()) {
      new MutationObserver((_all, observer) => { if (score.checkVisibility()) { observer.disconnect(); act(); } })
        .observe(document.body, { attributes: true, subtree: true });
      return;
    } else if (score && !answered) {
      answered = true;
      say("opened", performance.timeOrigin, "asked");
      take(paints.takeRecords());
      say("asked", largest);
      score.click();
      score.form.querySelector("button").click();
      say("tapped");
    }
    if (isSaved()) requestAnimationFrame(() => requestAnimationFrame(() => say("saved")));
    else if (!password) new MutationObserver((_all, observer) => {
      if (isSaved()) { observer.disconnect(); requestAnimationFrame(() => requestAnimationFrame(() => say("saved"))); }
    }).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
  };
  Promise.all([painted, ready]).then(act);
})();
"""


@dataclass
class Visit:
    """One visit from opening to saved, in milliseconds and bytes."""

    moments: dict[str, float] = field(default_factory=dict)
    largest_paint: float = 0.0
    came: int = 0
    went: int = 0
    connections: int = 0

    @property
    def until_asked(self) -> float:
        """From opening until the number can be tapped."""
        return self.moments["asked"] - self.moments["opened"]

    @property
    def until_saved(self) -> float:
        """From Save until the page says that it is saved."""
        return self.moments["saved"] - self.moments["tapped"]

    @property
    def machine_time(self) -> float:
        """Everything that a person waits for."""
        return self.moments["saved"] - self.moments["opened"]

    def hear(self, what: str, at: float, *more: Any) -> None:
        """Take what the script in the page tells; the first opening and the first saying count."""
        if what == "opened":
            self.moments.setdefault("opened", more[0])
        elif what == "asked":
            self.largest_paint = more[0]
            self.moments["asked"] = at
        else:
            self.moments.setdefault(what, at)


@click.command()
@click.option("--times", type=click.IntRange(1), default=7, show_default=True, help="Visits; medians are printed.")
@click.option("--answers", type=click.IntRange(1), default=60, show_default=True, help="Requests without a browser.")
def bench(times: int, answers: int) -> None:
    """Print taps, machine time, bytes and the server's milliseconds beside those of a bare form."""
    with demo_clinic() as clinic, tempfile.TemporaryDirectory() as folder, bare_form(Path(folder)) as bare_port:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            with slow_line(clinic.port) as line, slow_line(bare_port) as bare_line:
                told_visits(browser, clinic, line, bare_line, times)
            browser.close()
        click.echo(server_times(clinic, bare_port, answers))


def told_visits(browser: Browser, clinic: DemoClinic, line: SlowLine, bare_line: SlowLine, times: int) -> None:
    """Make every kind of visit `times` times, taking turns, and print what they cost."""
    kinds: dict[str, Callable[[], Iterator[Visit]]] = {
        "first visit": lambda: first_and_next(browser, clinic, line, "/sign-in"),
        "bare": lambda: first_and_next(browser, None, bare_line, "/"),
        "without": lambda: first_and_next(browser, clinic, line, "/sign-in", service_workers="block"),
    }
    made: dict[str, list[Visit]] = {}
    for _time in range(times):
        for kind, visits in kinds.items():
            for place, visit in enumerate(visits()):
                made.setdefault(f"{kind} {place}", []).append(visit)
    click.echo(f"slow 4G, processor {SLOWER} times slower, medians of {times} visits; milliseconds of machine time")
    click.echo(f"{'':<44}{'to question':>12}{'to saved':>10}{'all':>8}{'/ bare':>8}{'came':>9}{'went':>8}{'taps':>6}")
    floors = [figures(made[f"bare {place}"]) for place in (0, 1)]
    for words, kind, place, taps in (
        ("first visit, with signing in", "first visit", 0, 5),
        ("a day's entry, installed", "first visit", 1, 2),
        ("a day's entry, no service worker", "without", 1, 2),
        ("bare form, first visit", "bare", 0, 2),
        ("bare form, a day's entry", "bare", 1, 2),
    ):
        one = figures(made[f"{kind} {place}"])
        ratio = one["all"] / floors[place]["all"]
        click.echo(
            f"{words:<44}{one['asked']:>12.0f}{one['saved']:>10.0f}{one['all']:>8.0f}{ratio:>8.2f}"
            f"{one['came']:>9,.0f}{one['went']:>8,.0f}{taps:>6}"
        )
    first, installed = figures(made["first visit 0"]), figures(made["first visit 1"])
    for words, value, budget in (
        ("bytes that came in the first visit", first["came"], BYTES),
        ("largest paint of the question, first visit, ms", first["paint"], LARGEST_PAINT),
        ("opening to saved when installed, ms", installed["all"], INSTALLED),
    ):
        click.echo(f"{words:<50}{value:>10,.0f}   budget {budget:,}{'' if value <= budget else '   OVER'}")


def figures(visits: list[Visit]) -> dict[str, float]:
    """Return the medians of visits of one kind."""
    read: dict[str, Callable[[Visit], float]] = {
        "asked": lambda one: one.until_asked,
        "saved": lambda one: one.until_saved,
        "all": lambda one: one.machine_time,
        "paint": lambda one: one.largest_paint,
        "came": lambda one: one.came,
        "went": lambda one: one.went,
    }
    return {name: median(figure(one) for one in visits) for name, figure in read.items()}


def first_and_next(
    browser: Browser, clinic: DemoClinic | None, line: SlowLine, opens: str, **how: Any
) -> Iterator[Visit]:
    """Make a first visit in a browser without a past, and the next one; each entry is taken back afterwards."""
    context = browser.new_context(base_url=line.address, **PHONE, **how)
    context.set_default_timeout(60_000)
    heard: list[Visit] = []
    context.expose_function("tell", partial(hear, heard))
    for path in (opens, "/today" if clinic else "/"):
        heard.append(Visit())
        page = context.new_page()
        page.add_init_script((f"window.who = {[clinic.email, clinic.password]!r};" if clinic else "") + TAP)
        with slowed(page, line):
            visited(page, line, path, heard[-1])
        if clinic:
            take_back(page)
        page.close()
        yield heard[-1]
    context.close()


def hear(heard: list[Visit], *told: Any) -> None:
    """Take what the page of the last visit tells."""
    heard[-1].hear(*told)


@contextmanager
def slowed(page: Page, line: SlowLine) -> Iterator[None]:
    """Slow line and processor down until the block ends."""
    wire = page.context.new_cdp_session(page)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    line.speed = SLOW_4G
    yield
    line.speed = Speed()
    wire.send("Emulation.setCPUThrottlingRate", {"rate": 1})


def visited(page: Page, line: SlowLine, path: str, visit: Visit) -> None:
    """Open `path`, wait until the page says that the score is saved, and until nothing comes any more."""
    line.count_anew()
    page.goto(path, wait_until="commit")
    until = time.monotonic() + 60
    while "saved" not in visit.moments:
        page.wait_for_timeout(50)
        if time.monotonic() > until:
            raise RuntimeError(f"Nothing was saved from {path}: {visit.moments}, {page.url}")
    before = -1
    while before != line.came:
        before = line.came
        page.wait_for_timeout(QUIET)
    visit.came, visit.went, visit.connections = line.came, line.went, line.opened


def take_back(page: Page) -> None:
    """Undo the entry, so that the question is asked again, and let the phone hear of it as it has by the next day."""
    page.wait_for_url("**/diary?saved=*")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/diary?undone=*")
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    bench()
