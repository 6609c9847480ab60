"""A visitor with a cookie jar, who inspects every page that is handed out."""

import re
from collections.abc import Mapping
from contextvars import Context
from copy import copy
from http.cookies import SimpleCookie
from typing import Any, Self
from urllib.parse import urlsplit

import pyotp
from flask import Flask
from flask_wtf.csrf import generate_csrf
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from diary.db import snapshot
from diary.models import OneTimeCodes
from diary.security.one_time_codes import STEP_SECONDS
from diary.services import sign_in
from diary.vocabulary import Proof
from diary.wall import whole_house
from diary.web import sessions
from tests.web.pages import Form, Page

Fields = Mapping[str, Any]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""What the authenticator apps of all staff in these tests hold."""
PIN = "739182"
"""The PIN of every screen lock."""

TOKEN = re.compile(rb'name="csrf_token"[^>]* value="[^"]*"')


def without_token(answer: TestResponse) -> bytes:
    """Return the page without the tokens of its forms, which name the second in which they were made."""
    return TOKEN.sub(b"", answer.data)


class Visitor:
    """Somebody with a browser of their own; every page they are shown is inspected."""

    def __init__(self, app: Flask, *, base_url: str = "http://localhost") -> None:
        self.app = app
        self.client = app.test_client()
        self.base_url = base_url
        self._page: Page | None = None
        self.response: TestResponse | None = None

    @property
    def page(self) -> Page | None:
        """The page last shown; somebody who has just come in stands on their first one."""
        if self._page is None and self.cookie():
            self.get("/", follow=True)
        return self._page

    def open(self, path: str, **options: Any) -> TestResponse:
        """Send any request as it is and return the answer, its page inspected."""
        options.setdefault("base_url", self.base_url)
        options.setdefault("buffered", True)
        if options.get("method") == "POST":
            self.app.extensions["ebb"].clock.move(seconds=3)  # nobody reads and sends within one moment
        # A request of its own never sees the application context that the test stands in.
        response: TestResponse = Context().run(self.client.open, path, **options)
        self.response = response
        if response.mimetype == "text/html" and response.data:
            shown = Page(response.get_data(as_text=True), self.app, path=path)
            if response.status_code not in range(300, 400):
                shown.inspect()
                self._page = shown
        return response

    def get(self, path: str, status: int = 200, *, follow: bool = False) -> Page:
        """Open a page, expect its status, and return it."""
        return self._shown(self.open(path), status, follow=follow)

    def send(self, form: Form, fields: Fields | None = None, *, status: int = 200, follow: bool = True) -> Page:
        """Send a form as it stands on the page with `fields` filled in; None leaves a field out."""
        filled = {name: value for name, value in {**form.fields, **(fields or {})}.items() if value is not None}
        return self._shown(self.open(form.action, method="POST", data=filled), status, follow=follow)

    def post(self, path: str, fields: Fields | None = None, *, status: int = 200, follow: bool = True) -> Page:
        """Post `fields` with the token of the last page that had a form."""
        data = {"csrf_token": self.csrf_token, **(fields or {})}
        return self._shown(self.open(path, method="POST", data=data), status, follow=follow)

    @property
    def csrf_token(self) -> str:
        """The token that stands in the forms of the page last shown."""
        assert self.page is not None
        return next(form.fields["csrf_token"] for form in self.page.forms if "csrf_token" in form.fields)

    def sign_in(
        self, email: str, password: str, *, path: str = "/sign-in", status: int = 200, secret: str = SECRET
    ) -> Self:
        """Sign in through the form, and with the code of the app where one is asked for."""
        page = self.send(self.get(path).form(), {"email": email, "password": password}, status=status)
        if urlsplit(page.path).path == "/sign-in/code":
            self.send(page.form(), {"code": self.code(secret)}, status=status)
        return self

    def come_in(self, email: str, password: str) -> Self:
        """Sign in without the pages that ask: for tests of what comes after them."""
        return Context().run(self._come_in, email, password)

    def _come_in(self, email: str, password: str) -> Self:
        made, held = self.app.extensions["ebb"], SimpleCookie()
        with self.app.test_request_context("/sign-in", base_url=self.base_url), whole_house():
            token = sign_in.sign_in(
                email, password, visit=sessions.visit(), passwords=made.passwords, clock=made.clock, shared=False
            )
            assert token is not None, f"{email} cannot sign in."
            sessions.begin(token)
            if sessions.halfway():
                sessions.go_on(sign_in.prove(token, Proof.CODE, clock=made.clock))
            generate_csrf()  # as the pages that ask for name and password would have
            for line in self.app.process_response(self.app.make_response("")).headers.getlist("Set-Cookie"):
                held.load(line)
        for name, cookie in held.items():
            self.client.set_cookie(name, cookie.value)
        return self

    def code(self, secret: str = SECRET) -> str:
        """Return a code that was not used yet: the app shows a new one after half a minute."""
        clock = self.app.extensions["ebb"].clock
        with snapshot() as session:
            used = session.scalar(select(func.max(OneTimeCodes.last_step))) or 0
        while clock().timestamp() // STEP_SECONDS <= used:
            clock.move(seconds=STEP_SECONDS)
        return str(pyotp.TOTP(secret).at(int(clock().timestamp())))

    def confirm(self, page: Page, *, status: int = 200) -> Page:
        """Prove again who one is on the page that asks for it, and go on as a browser does."""
        form = page.form("/account/confirm")
        filled = {**form.fields, "confirm-code": self.code()}
        answer = self.open(form.action, method="POST", data=filled)
        if answer.status_code == 307:
            answer = self.open(answer.headers["Location"], method="POST", data=filled)
        return self._shown(answer, status, follow=True)

    def set_pin(self, pin: str = PIN) -> Page:
        """Put a PIN before this session, as a patient does who has just signed in."""
        return self.send(self.get("/account/lock").form(), {"pin": pin, "again": pin})

    def unlock(self, page: Page, *, status: int = 200, **fields: str) -> Page:
        """Open the screen lock on the page that asks for it, by PIN or otherwise, and go on as a browser does."""
        form = page.form("/account/unlock")
        filled = {**form.fields, **{f"unlock-{name}": value for name, value in (fields or {"pin": PIN}).items()}}
        answer = self.open(form.action, method="POST", data=filled)
        if answer.status_code == 307:
            answer = self.open(answer.headers["Location"], method="POST", data=filled)
        return self._shown(answer, status, follow=True)

    def cookie(self, name: str = "ebb") -> str | None:
        """Return the value of the session cookie."""
        held = self.client.get_cookie(name, domain=urlsplit(self.base_url).hostname or "localhost")
        return held.value if held else None

    def _shown(self, response: TestResponse, status: int, *, follow: bool) -> Page:
        turns = 0
        while follow and response.status_code == 303:
            turns += 1
            assert turns < 5, "The answers lead round in a circle."
            response = self.open(response.headers["Location"])
        html, path = response.get_data(as_text=True), response.request.full_path.rstrip("?")
        if self._page is None or self._page.html != html:
            shown = Page(html, self.app, path=path)
        else:
            shown = copy(self._page)  # parsed already
            shown.path = path
        assert response.status_code == status, f"{path}: {response.status_code}, {words_at_first(response, shown)}"
        return shown


def words_at_first(response: TestResponse, shown: Page) -> str:
    """Return how a page begins, for who reads why a test failed."""
    return shown.text[:400] if response.mimetype == "text/html" and response.data else ""
