"""A visitor with a device that holds a passkey: what the script of a page does, done by hand."""

import json
import uuid
from typing import Any

from werkzeug.test import TestResponse

from tests.security.authenticator import Authenticator
from tests.web.pages import Page
from tests.web.visiting import Visitor

ORIGIN = "http://localhost"


def a_device(origin: str = ORIGIN) -> Authenticator:
    """Return a device without a past, whose passkey nobody else has."""
    device = Authenticator(host="localhost", origin=origin)
    device.credential_id = uuid.uuid4().bytes
    return device


def question(visitor: Visitor, path: str, sent: Any = None, **headers: str | None) -> TestResponse:
    """Ask for the questions as the script of the page last shown does; a header that is None is left out."""
    said = {"X-CSRFToken": visitor.csrf_token, "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}  # type: ignore[misc]
    kept = {name: value for name, value in said.items() if value is not None}
    return visitor.open(path, method="POST", json={} if sent is None else sent, headers=kept)


def answer(visitor: Visitor, device: Authenticator, path: str, sent: Any = None) -> dict[str, str]:
    """Return the fields that the script puts into the form: the device's answer to the questions at `path`."""
    asked = question(visitor, path, sent)
    assert asked.status_code == 200, (asked.status_code, asked.get_data(as_text=True)[:400])
    told = json.loads(asked.data)
    challenge = told["options"]["challenge"]
    said = device.register(challenge) if "user" in told["options"] else device.sign_in(challenge)
    return {"ceremony": told["ceremony"], "answer": said}


def add_passkey(visitor: Visitor, device: Authenticator, name: str = "My phone") -> Page:
    """Add a passkey on the page for it, by somebody who has just proved who they are."""
    page = visitor.get("/account/passkeys/add")
    fields = answer(visitor, device, "/account/passkeys/ask/new")
    return visitor.send(page.form("/account/passkeys/add"), {**fields, "name": name})


def sign_in_with(visitor: Visitor, device: Authenticator, *, status: int = 200, **fields: str) -> Page:
    """Sign in with a passkey alone, from the sign-in page."""
    visitor.get("/sign-in")
    given = answer(visitor, device, "/account/passkeys/ask/sign-in")
    return visitor.post("/sign-in/passkey", {**given, **fields}, status=status)
