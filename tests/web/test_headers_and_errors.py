"""What every answer carries, and the pages that say what went wrong and what to do."""

import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from diary import db as database
from diary.app import create_app
from diary.db import db
from diary.installation import Installation
from diary.schema import prepare_database
from diary.security.passwords import Passwords
from diary.settings import Settings
from tests.conftest import CHEAP, TestClock
from tests.web.doors import Street, a_street, rules_that_answer
from tests.web.people import House, a_house
from tests.web.visiting import Visitor

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
POLICY_OF_FILES = {"default-src": "'none'"}
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Ebb": "1",
}
KEPT_BY_PHONES = ("/manifest.webmanifest", "/service-worker.js", "/offline/")
"""What says nothing of anybody, and is asked about again each time."""


@pytest.fixture
def street(app: Flask, clock: TestClock, house: House) -> Street:
    """Two clinics with everybody in them."""
    return a_street(app, clock, house)


def made(app_settings: Settings, clock: TestClock, **changed: object) -> Flask:
    """Return another application on the same database."""
    app = create_app(replace(app_settings, **changed))  # type: ignore[arg-type]
    Installation(app.extensions["ebb"].settings, clock, Passwords(CHEAP)).put_into(app)
    return app


def missing_headers(visitor: Visitor, path: str, **options: object) -> list[str]:
    """Return what an answer should carry and does not."""
    answer = visitor.open(path, **options)
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers.get("Content-Security-Policy", "x y").split(";")
    )
    where = f"{options.get('method', 'GET')} {path} {answer.status_code}"
    wrong = [f"{where}: {name}" for name, value in ALWAYS.items() if answer.headers.get_all(name) != [value]]
    static = path.startswith("/static/") and answer.status_code in (200, 304)
    if policy != (POLICY_OF_FILES if static else POLICY):
        wrong.append(f"{where}: policy {policy}")
    kept = answer.headers.get("Cache-Control")
    public = path.startswith(KEPT_BY_PHONES) and answer.status_code == 200
    if not static and kept != ("no-cache" if public else "no-store"):
        wrong.append(f"{where}: kept {kept}")
    return wrong + [f"{where}: says {name}" for name in ("Server", "X-Powered-By") if name in answer.headers]


def test_every_answer_carries_its_headers(street: Street) -> None:
    wrong: list[str] = []
    for person in ("signed out", "the patient", "clinician"):
        visitor = street.people[person]
        for rule in rules_that_answer(street.app, "GET"):
            wrong += missing_headers(visitor, street.address_of(rule))
        for path in (
            "/nothing",
            "/static/nothing.css",
            "/static/../wsgi.py",
            "/clinic/nothing",
            "/sign-out",
            "//evil/",
        ):
            wrong += missing_headers(visitor, path)
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"):
            wrong += missing_headers(visitor, "/today", method=method)
        wrong += missing_headers(visitor, "/sign-in", method="POST", data={"email": "x" * 300_000})
    assert not wrong, "\n".join(wrong)


def test_a_static_file_carries_them_too_loads_nothing_by_itself_and_is_for_our_pages_alone(app: Flask) -> None:
    for name in ("js/today.js", "css/ebb-patient.css", "icons/ebb.svg", "vendor/plotly-basic.min.js"):
        assert missing_headers(Visitor(app), f"/static/{name}") == []
        assert "Access-Control-Allow-Origin" not in Visitor(app).open(f"/static/{name}").headers


def test_static_files_may_be_kept_and_their_addresses_change_with_them(app: Flask) -> None:
    page = Visitor(app).get("/sign-in")
    for link in page.all("link"):
        address = link.get("href") or ""
        if link.get("rel") in ("manifest", ["manifest"]):
            continue
        assert "?v=" in address
        answer = Visitor(app).open(address)
        assert answer.status_code == 200
        assert "max-age=" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers


def test_nothing_outside_the_static_folder_is_handed_out(app: Flask) -> None:
    visitor = Visitor(app)
    for path in (
        "../wsgi.py",
        "..%2fwsgi.py",
        "%2e%2e/wsgi.py",
        "css/../../wsgi.py",
        "/etc/passwd",
        "..\\wsgi.py",
        "..",
    ):
        answer = visitor.open(f"/static/{path}")
        assert answer.status_code in (301, 302, 308, 404), path
        assert b"create_app" not in answer.data
        assert b"root:" not in answer.data


def test_an_address_that_is_not_there_says_so_to_everybody(street: Street) -> None:
    for visitor in street.people.values():
        page = visitor.get("/nothing/here", 404)
        assert page.h1 == "There is nothing here"
        assert page.links["Go to the start page"] == "/"
    visitor.get("/clinic/patients/not-an-id", 404)


def test_a_form_without_its_token_says_to_reload(house: House) -> None:
    answer = house.sign_in_as(house.add_patient())
    page = Visitor(house.app)
    page.client = answer.client
    response = page.open("/today", method="POST", data={"score": "5"})
    assert response.status_code == 400
    assert page.page is not None
    assert page.page.h1 == "This form is too old"
    assert "Nothing was stored." in page.page.main


def test_a_method_that_a_page_does_not_take_says_what_to_do(house: House) -> None:
    visitor = house.staff()
    response = visitor.open("/clinic/", method="DELETE")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert visitor.page is not None
    assert "use the buttons of the page" in visitor.page.main


def test_more_than_a_form_may_hold_is_refused_with_a_page(house: House) -> None:
    visitor = house.staff()
    form = visitor.get("/clinic/patients/new").form()
    for size in (300 * 1024, 3 * 1024 * 1024):
        page = visitor.send(form, {"name": "x" * size}, status=413)
        assert page.h1 == "This is too long"


def test_a_body_that_is_no_form_is_refused_with_a_page(house: House) -> None:
    visitor = house.staff()
    for kind, body in (
        ("application/json", b'{"name": "x"}'),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("text/xml", b"<x/>"),
    ):
        response = visitor.open("/clinic/patients/new", method="POST", data=body, content_type=kind)
        assert response.status_code == 400, kind


def test_an_error_of_ours_says_that_nothing_was_stored(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = house.staff()
    monkeypatch.setattr(sys.modules["diary.web.clinic.patients"], "read_patient_page", lambda *_a, **_k: 1 / 0)
    path = f"/clinic/patients/{house.add_patient().patient_id}"
    page = visitor.get(path, 500)
    assert page.h1 == "Something went wrong on our side"
    assert "ZeroDivision" not in page.html
    assert "Traceback" not in page.html


@pytest.fixture
def locked(
    app: Flask, clock: TestClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[tuple[Flask, Path]]:
    """An application that waits a moment only for a database that another program holds."""
    monkeypatch.setattr(database, "BUSY_MILLISECONDS", 50)
    impatient = made(app.extensions["ebb"].settings, clock)
    with impatient.app_context():
        prepare_database(impatient)
        yield impatient, Path(db.engine.url.database or "")
        db.engine.dispose()


@pytest.mark.about_sqlite(reason="one program writes at a time; PostgreSQL's time-outs have tests of their own")
def test_a_database_that_is_held_by_another_program_is_said_and_nothing_is_lost(
    locked: tuple[Flask, Path], clock: TestClock
) -> None:
    app, file = locked
    house = a_house(app, clock)
    visitor = house.sign_in_as(house.add_patient())
    form = visitor.get("/today").form()
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        for path in ("/today", "/diary"):
            answer = visitor.open(path)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        page = visitor.send(form, {"score": "6"}, status=503)
        assert page.h1 == "Ebb is busy for a moment"
        assert "send it again" in page.main
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert "Saved: 6 for today" in visitor.send(form, {"score": "6"}).text


@pytest.mark.about_sqlite(reason="one program writes at a time; PostgreSQL's readers wait for nobody")
def test_a_reader_at_work_is_not_held_up_by_a_writer_for_long(locked: tuple[Flask, Path], clock: TestClock) -> None:
    app, file = locked
    house = a_house(app, clock)
    visitor = house.sign_in_as(house.add_patient())
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        assert visitor.open("/today").status_code == 200
        other.execute("ROLLBACK")
    finally:
        other.close()


def test_over_https_the_cookie_is_bound_to_the_host_and_transport_is_strict(app: Flask, clock: TestClock) -> None:
    https = made(app.extensions["ebb"].settings, clock, base_url="https://ebb.example")
    with https.app_context():
        house = a_house(https, clock)
        assert house
        visitor = Visitor(https, base_url="https://ebb.example").sign_in("first@west.example", "four plain small words")
        cookie = visitor.client.get_cookie("__Host-ebb", domain="ebb.example")
        assert cookie is not None
        assert (cookie.secure, cookie.http_only, cookie.same_site, cookie.path) == (True, True, "Lax", "/")
        assert cookie.domain == "ebb.example"
        for path in ("/clinic/", "/static/css/ebb-clinic.css", "/static/nothing.css"):
            header = visitor.open(path).headers
            assert header["Strict-Transport-Security"].startswith("max-age=63072000"), path
        db.engine.dispose()


def test_a_host_that_is_not_ours_is_refused(app: Flask, clock: TestClock) -> None:
    known = made(app.extensions["ebb"].settings, clock, trusted_hosts=("ebb.example",))
    with known.app_context():
        assert Visitor(known, base_url="http://ebb.example").open("/sign-in").status_code == 200
        for host in ("evil.example", "ebb.example.evil.example", "localhost", "ebb.example@evil.example"):
            stranger = Visitor(known, base_url=f"http://{host}")
            answer = stranger.open("/sign-in", headers={"Host": host})
            assert answer.status_code == 400, host
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        db.engine.dispose()


def test_machines_are_told_that_it_lives_and_is_ready(app: Flask) -> None:
    visitor = Visitor(app)
    assert visitor.open("/healthz").json == {"status": "ok"}
    assert visitor.open("/readyz").json == {"status": "ready"}
