"""People in front of a real browser, and the ear that hears every complaint their pages make."""

import asyncio
from contextlib import suppress
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from tests.browser.served import Served

PHONE = {"width": 360, "height": 640}
DESK = {"width": 1280, "height": 900}
CLOSED_WITHIN = 20
"""Seconds; it takes one at most where it ends at all."""

HEAR_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`Content policy: ${event.violatedDirective} refuses ${event.blockedURI} ${event.sample}`));
"""


class Visitors:
    """Opens pages for people; at the end nobody may have heard a complaint that was not expected."""

    def __init__(self, browser: Browser, served: Served) -> None:
        self.browser, self.served = browser, served
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._expected: list[str] = ["Service Worker registration blocked"]  # by `open_context`
        self._contexts: list[BrowserContext] = []
        self._cookies: dict[str, Any] = {}

    def arrive(self, role: str | None = None, *, size: dict[str, int] | None = None, **how: Any) -> Page:
        """Return a page in a browser of its own, of somebody signed in as `role` or of a stranger."""
        state = self.cookies_of(role) if role else None
        return self.open_context(size=size, storage_state=state, **how).new_page()

    def with_a_phone(self, role: str | None = None, **how: Any) -> Page:
        """Return a page on a small phone that is touched."""
        return self.arrive(role, size=PHONE, has_touch=True, is_mobile=True, **how)

    def open_context(self, *, size: dict[str, int] | None = None, **how: Any) -> BrowserContext:
        """Return a browser without a past."""
        # Without motion a page looks at once as it will look.
        how = {"reduced_motion": "reduce", "locale": "en-GB", "base_url": self.served.address} | how
        how = {"service_workers": "block"} | how  # a page of the app's shell comes only where a test asks for it
        context = self.browser.new_context(viewport=size or DESK, **how)
        context.set_default_timeout(15_000)
        context.add_init_script(HEAR_VIOLATIONS)
        context.on("console", self._hear_console)
        context.on("weberror", lambda error: self.complaints.append(f"Script: {error.error}"))
        context.on("request", self._see_request)
        context.on("response", self._see_response)
        self._contexts.append(context)
        return context

    def expect(self, *words: str) -> None:
        """Take complaints that hold any of `words` as part of the story."""
        self._expected += words

    def share_cookies(self, cookies: dict[str, Any]) -> None:
        """Take the cookies of who signed in for an earlier test, and leave them to the next."""
        self._cookies = cookies

    def cookies_of(self, role: str) -> Any:
        """Return the cookies of somebody who signed in through the page."""
        if role not in self._cookies:
            page = self.arrive()
            self.sign_in(page, role)
            self._cookies[role] = page.context.storage_state()
            close(page.context)
        return self._cookies[role]

    def sign_in(self, page: Page, role: str) -> None:
        """Fill in the form as a person would."""
        known = self.served.sign_in_of(role)
        page.goto("/sign-in")
        page.get_by_label("E-mail address or sign-in name").fill(known["email"])
        page.get_by_label("Password").fill(known["password"])
        page.get_by_role("button", name="Sign in", exact=True).click()
        if known["totp_secret"]:
            page.wait_for_url("**/sign-in/code**")
            page.get_by_label("Code").fill(self.served.code_of(known))
            page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda address: "/sign-in" not in address)

    def leave(self) -> None:
        """Close every browser that was opened for this test."""
        for context in self._contexts:
            close(context)

    @property
    def unexpected(self) -> list[str]:
        """Return the complaints that nothing explains."""
        return [words for words in self.complaints if not any(known in words for known in self._expected)]

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"Console: {message.text} ({message.location.get('url', '')})")

    def _see_request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((self.served.address, "blob:", "data:")):
            self.complaints.append(f"A request left the host: {request.url}")

    def _see_response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"Answer: {response.status} for {response.url}")


def close(context: BrowserContext) -> None:
    """Close a browser; one with a service worker now and then never says that it is closed, and is left behind."""
    with suppress(TimeoutError):
        context._sync(asyncio.wait_for(context._impl_obj.close(None), CLOSED_WITHIN))
