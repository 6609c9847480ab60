"""Phones with the app on them, and what can happen to their line."""

import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Error, Page, expect

from tests.browser.served import Served
from tests.browser.visitors import Visitors

WORDS_OF_A_LINE = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource", "Failed to fetch", "Answer:", "ERR_FAILED")
"""What a browser complains of when its line is away."""

TODAY = "2026-03-20"
NOON = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
"""What the served clinic's clock shows when a test begins."""
QUESTION = "On average, how strong was your pain over the last 24 hours?"
UNSENT = "Answered, not sent"

LONGEST_SENDING = 30
"""Seconds; a phone whose first try is lost waits up to five before the next."""
NO_SYNC = {"permission": {"name": "background-sync"}, "setting": "denied"}
WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]

EVERYTHING_KEPT = """async () => {
  const said = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      said.push(request.url, await (await cache.match(request)).text());
    }
  }
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((found) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => found(asked.result);
    });
    for (const store of database.objectStoreNames) {
      const rows = await new Promise((found) => {
        const asked = database.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => found(asked.result);
      });
      said.push(...rows.map((row) => `${name}/${store}: ${JSON.stringify(row)}`));
    }
    database.close();
  }
  return said;
}"""
READY = """async () => {
  const isActive = async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated";
  const isReady = async () => (await isActive()) && (await indexedDB.databases()).length;
  for (let tries = 0; tries < 300; tries += 1) {
    if (await isReady()) return;
    await new Promise((found) => setTimeout(found, 50));
  }
  throw new Error("the app was not installed");
}"""


def a_phone(visitors: Visitors, role: str = "patient", *, at: datetime | None = None, **how: Any) -> Page:
    """Return the page of a phone with the app, on which somebody has signed in; `at`: what its clock shows."""
    visitors.expect(*WORDS_OF_A_LINE)
    page = visitors.with_a_phone(service_workers="allow", **how)
    if at:
        page.clock.set_fixed_time(at)
        leave_sending_to_pages(page, visitors.served.address)
    come_in(visitors, page, role)
    return page


def leave_sending_to_pages(page: Page, origin: str) -> None:
    """Let a phone's service worker send nothing by itself: it cannot be given another clock, as pages can."""
    seen = page.context.new_cdp_session(page)
    own = seen.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
    seen.detach()
    # What a session sets holds as long as it lasts, and a page's ends with the page.
    wire = page.context.browser.new_browser_cdp_session()
    wire.send("Browser.setPermission", NO_SYNC | {"origin": origin, "browserContextId": own})


def come_in(visitors: Visitors, page: Page, role: str) -> None:
    """Sign in and wait until the phone keeps the app."""
    visitors.sign_in(page, role)
    page.goto("/today")
    page.evaluate(READY)
    status_of(page).filter(has_text="sent").wait_for()


def status_of(page: Page) -> Any:
    """Return the place that says what is sent."""
    return page.locator("[data-outbox]")


def heading(page: Page) -> Any:
    """Return the page's first heading."""
    return page.get_by_role("heading", level=1)


def go_although_it_leads_on(page: Page, address: str) -> None:
    """Open an address from a page that may just be opening another one by itself, since the line is back."""
    for tries in range(3):
        try:
            page.goto(address)
        except Error as aborted:
            is_led_on = any(words in str(aborted) for words in ("ERR_ABORTED", "interrupted by another navigation"))
            if not is_led_on or tries == 2:
                raise
            page.wait_for_load_state()
        else:
            return


def say(page: Page, score: int) -> None:
    """Make the two taps of an entry."""
    number = page.locator(f"input[name=score][value='{score}']")
    number.wait_for()  # the page without a network shows its question when its script has read what is kept
    number.tap(force=True)
    page.get_by_role("button", name="Save").tap()


def say_offline(page: Page, score: int) -> None:
    """Make an entry without a line."""
    page.context.set_offline(True)
    page.goto("/today")
    say(page, score)
    expect(heading(page)).to_have_text(UNSENT)


def rows_on(page: Page, store: str = "outbox") -> list[dict[str, Any]]:
    """Return the rows of a store on the phone."""
    kept = page.evaluate(EVERYTHING_KEPT)
    return [json.loads(said.split(": ", 1)[1]) for said in kept if said.startswith(f"ebb/{store}: ")]


def portal(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer everything as the network of a hotel does before somebody has agreed to its rules."""
    start_response("200 OK", [("Content-Type", "text/html")])
    return [b"<!doctype html><title>Welcome</title><h1>Accept our terms</h1>"]


def leading_portal(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Lead everything elsewhere, as other such networks do."""
    if environ["PATH_INFO"] == "/hotel":
        return portal(environ, start_response)
    start_response("302 Found", [("Location", "/hotel"), ("Content-Type", "text/html")])
    return []


def away(app: WSGI, path: str) -> WSGI:
    """Let a portal answer for whatever begins with `path`."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return (portal if environ["PATH_INFO"].startswith(path) else app)(environ, start_response)

    return answer


class LosingFirst:
    """Let a portal answer the first time that somebody asks for `path`; `asked`: how often anybody did."""

    def __init__(self, app: WSGI, path: str) -> None:
        self.app, self.path, self.asked = app, path, 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer as the application does, but for the first time."""
        if environ["PATH_INFO"] != self.path:
            return self.app(environ, start_response)
        self.asked += 1
        return (portal if self.asked == 1 else self.app)(environ, start_response)


def slow(app: WSGI, path: str, seconds: float) -> WSGI:
    """Let answers for `path` take so long."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == path:
            time.sleep(seconds)
        return app(environ, start_response)

    return answer


def losing_answers(app: WSGI, path: str) -> WSGI:
    """Do what is asked at `path` and lose the answer on the way back, as a proxy between does."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != path:
            return app(environ, start_response)
        for _part in app(environ, lambda *_said: None):
            pass
        start_response("502 Bad Gateway", [("Content-Type", "text/html")])
        return [b"<h1>Bad gateway</h1>"]

    return answer


def wait_for_entries(served: Served, reference: str, day: str, entries: list[tuple[Any, ...]]) -> None:
    """Wait until the database holds these revisions."""
    wait_until(lambda: served.entries_of(reference, day) == entries)
    assert served.entries_of(reference, day) == entries


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until it is so, or longer than any sending takes."""
    until = time.monotonic() + LONGEST_SENDING
    while time.monotonic() < until and not is_so():
        time.sleep(0.05)
