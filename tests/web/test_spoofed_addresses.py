"""Hosts and proxies that are only claimed change nothing: no link, no redirect, no cookie, no right."""

from collections.abc import Iterator
from typing import Final

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from diary.db import db
from tests.conftest import TestClock
from tests.web.people import PASSWORD, House, a_house
from tests.web.test_headers_and_errors import made
from tests.web.visiting import Visitor

OURS: Final = "https://ebb.example"
CLAIMED: Final = (
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Host": "ebb.example, evil.example"},
    {"X-Forwarded-Server": "evil.example", "X-Host": "evil.example", "X-HTTP-Host-Override": "evil.example"},
    {"X-Forwarded-Proto": "http"},
    {"X-Forwarded-Port": "666", "X-Forwarded-Prefix": "//evil.example"},
    {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Client-IP": "127.0.0.1"},
    {"Forwarded": "for=127.0.0.1;host=evil.example;proto=http"},
    {"X-Original-URL": "/clinic/", "X-Rewrite-URL": "/clinic/"},
    {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "PUT"},
    {"X-Forwarded-User": "first@west.example", "X-Remote-User": "first@west.example", "Authorization": "Basic YTpi"},
)
HOSTS: Final = (
    "evil.example", "ebb.example.evil.example", "evil-ebb.example", "ebb.example@evil.example", "ebb.example:80@evil",
    "ebb.example evil.example", "ebb.example/evil", "ebb.example\\evil", "[::1]", "127.0.0.1", "", ".", "ebb.example#",
)  # fmt: skip


@pytest.fixture(params=[0, 1], ids=["no proxy", "one proxy"])
def served(
    app: Flask, clock: TestClock, compiled_templates: FileSystemBytecodeCache, request: pytest.FixtureRequest
) -> Iterator[tuple[House, int]]:
    """A clinic at an address of its own, behind as many proxies as its settings say."""
    known = made(
        app.extensions["ebb"].settings,
        clock,
        base_url=OURS,
        trusted_hosts=("ebb.example",),
        proxy_hops=request.param,
    )
    known.jinja_env.bytecode_cache = compiled_templates
    with known.app_context():
        yield a_house(known, clock), request.param
        db.engine.dispose()


def a_clinician(house: House) -> Visitor:
    """Return a signed-in clinician at the clinic's own address."""
    return Visitor(house.app, base_url=OURS).sign_in(f"first@{house.word}.example", PASSWORD)


def test_a_claimed_proxy_names_no_host_in_links_and_redirects(served: tuple[House, int]) -> None:
    house, hops = served
    about = house.add_patient()
    visitor = a_clinician(house)
    path = f"/clinic/patients/{about.patient_id}"
    for headers in CLAIMED:
        form = visitor.get(path).form(f"{path}/invite")
        for answer in (
            visitor.open("/", headers=headers),
            visitor.open("/clinic/", headers=headers),
            visitor.open(form.action, method="POST", data=form.fields, headers={**headers, "Referer": OURS}),
            Visitor(house.app, base_url=OURS).open("/clinic/", headers=headers),
        ):
            assert "evil" not in f"{answer.headers}{answer.get_data(as_text=True)}", headers
            assert answer.status_code in ((200, 303, 400) if hops else (200, 303)), headers


def test_an_invite_carries_the_address_of_the_settings(served: tuple[House, int]) -> None:
    house, _hops = served
    path = f"/clinic/patients/{house.add_patient().patient_id}"
    visitor = a_clinician(house)
    form = visitor.get(path).form(f"{path}/invite")
    answer = visitor.open(form.action, method="POST", data=form.fields, headers={"X-Forwarded-Host": "ebb.example"})
    assert f"{OURS}/invite/" in answer.get_data(as_text=True)


def test_nobody_is_signed_in_by_a_header(served: tuple[House, int]) -> None:
    house, hops = served
    for headers in CLAIMED:
        for path in ("/clinic/", "/today", "/clinic/settings"):
            answer = Visitor(house.app, base_url=OURS).open(path, headers=headers)
            refused = hops and "evil" in headers.get("X-Forwarded-Host", "")
            assert answer.status_code == (400 if refused else 303), (path, headers)


def test_a_claimed_host_is_refused_before_anything_is_shown(served: tuple[House, int]) -> None:
    house, _hops = served
    visitor = a_clinician(house)
    for host in HOSTS:
        for path in ("/sign-in", "/clinic/", "/nothing", "/healthz"):
            answer = visitor.open(path, headers={"Host": host})
            assert answer.status_code == 400, (host, path)
            assert "Location" not in answer.headers
            assert "evil" not in f"{answer.headers}{answer.get_data(as_text=True)}"


def test_the_cookie_stays_secure_whatever_a_proxy_claims(served: tuple[House, int]) -> None:
    house, _hops = served
    for headers in CLAIMED:
        answer = Visitor(house.app, base_url=OURS).open("/sign-in", headers=headers)
        for cookie in answer.headers.get_all("Set-Cookie"):
            assert cookie.startswith("__Host-ebb=")
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
            assert "Domain" not in cookie
