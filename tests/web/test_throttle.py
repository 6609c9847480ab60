"""Too many wrong passwords: the form says how long to wait, to everybody alike, and never to the owner's phone."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from diary.app import create_app
from diary.db import db
from diary.installation import Installation
from diary.security.passwords import Passwords
from diary.services import invites
from tests.clinic_builders import AGREED, subject
from tests.conftest import CHEAP, TestClock
from tests.web.pages import Page
from tests.web.people import PASSWORD, House, a_house
from tests.web.visiting import Visitor

DOCTOR = "first@west.example"
WRONG = "a wrong password"


def guess(visitor: Visitor, email: str = DOCTOR, password: str = WRONG, **options: object) -> int:
    """Send the form of signing in and return the status."""
    data = {**visitor.get("/sign-in").form().fields, "email": email, "password": password}
    return visitor.open("/sign-in", method="POST", data=data, **options).status_code


def page_of_waiting(visitor: Visitor, email: str = DOCTOR) -> Page:
    """Guess until one has to wait, and return the page that says so."""
    while guess(visitor, email) != 429:
        pass
    assert visitor.page is not None
    return visitor.page


def test_the_form_says_how_long_to_wait_and_keeps_the_name(house: House, clock: TestClock) -> None:
    visitor = Visitor(house.app)
    # Three seconds pass before each: the two to wait after the fifth are over, of the four after the sixth one is left.
    assert [guess(visitor) for _ in range(7)] == [422] * 6 + [429]
    page, answer = visitor.page, visitor.response
    assert page is not None
    assert answer is not None
    assert "Too many attempts. Try again in 1 second." in page.main
    assert answer.headers["Retry-After"] == "1"
    assert page.value_of("email") == DOCTOR
    assert WRONG not in page.html
    assert guess(visitor, password=PASSWORD) == 303


def test_a_long_wait_is_said_in_minutes_and_a_short_one_in_seconds(house: House, clock: TestClock) -> None:
    visitor, said = Visitor(house.app), {}
    for _ in range(16):
        page = page_of_waiting(visitor)
        assert visitor.response is not None
        seconds = int(visitor.response.headers["Retry-After"])
        said[seconds] = re.findall("Too many attempts. (Try again in [0-9]+ [a-z]+).", page.main)
        clock.move(seconds=seconds)
    assert said[1] == ["Try again in 1 second"]
    assert said[5] == ["Try again in 5 seconds"]
    assert said[61] == ["Try again in 2 minutes"]
    assert said[897] == ["Try again in 15 minutes"]


def test_nobody_learns_whether_a_name_is_known(house: House, clock: TestClock) -> None:
    answers = []
    for email in (DOCTOR, "other@west.example"):
        visitor = Visitor(house.app)
        page = page_of_waiting(visitor, email)
        assert visitor.response is not None
        headers = {
            name: value
            for name, value in visitor.response.headers
            if name not in ("Date", "Content-Length", "X-Request-ID")
        }
        headers.pop("Set-Cookie", None)
        answers.append((page.main.replace(email, ""), headers))
    assert answers[0] == answers[1]


def test_the_device_is_known_after_signing_in_and_stays_so_after_signing_out(house: House, clock: TestClock) -> None:
    owner, stranger = Visitor(house.app).sign_in(DOCTOR, PASSWORD), Visitor(house.app)
    cookie = owner.client.get_cookie("ebb-device")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.secure, cookie.path) == (True, "Lax", False, "/")
    assert cookie.max_age == 400 * 24 * 60 * 60
    owner.send(owner.get("/clinic/").form("/sign-out"))
    for _ in range(10):
        page_of_waiting(stranger)
    assert guess(stranger, password=PASSWORD) == 429
    assert guess(owner, password=PASSWORD) == 303
    assert owner.cookie("ebb-device") == cookie.value
    assert stranger.cookie("ebb-device") is None


def test_the_phone_on_which_an_invite_was_accepted_is_known(house: House, clock: TestClock) -> None:
    token = invites.invite_patient(house.clinician, subject(house.add_patient()), clock=clock)
    phone = Visitor(house.app)
    phone.send(phone.get(f"/invite/{token}").form(), {"email": "ana", "password": PASSWORD, "consent": AGREED})
    phone.client.delete_cookie("ebb")
    page_of_waiting(Visitor(house.app), "ana")
    assert guess(phone, "ana", PASSWORD) == 303


def test_over_https_the_devices_cookie_is_bound_to_the_host(app: Flask, clock: TestClock) -> None:
    https = made(app, clock, base_url="https://ebb.example")
    with https.app_context():
        a_house(https, clock)
        visitor = Visitor(https, base_url="https://ebb.example").sign_in(DOCTOR, PASSWORD)
        cookie = visitor.client.get_cookie("__Host-ebb-device", domain="ebb.example")
        assert cookie is not None
        assert (cookie.secure, cookie.http_only, cookie.same_site, cookie.path) == (True, True, "Lax", "/")
        assert cookie.domain == "ebb.example"
        db.engine.dispose()


@pytest.mark.parametrize(("hops", "status"), [(0, 429), (1, 422)])
def test_the_address_that_a_proxy_names_counts_only_where_a_proxy_is_configured(
    app: Flask, clock: TestClock, hops: int, status: int
) -> None:
    behind = made(app, clock, proxy_hops=hops)
    with behind.app_context():
        a_house(behind, clock)
        statuses = [
            guess(Visitor(behind), f"name{number}", headers={"X-Forwarded-For": f"10.0.{number}.1"})
            for number in range(34)
        ]
        assert statuses[:30] == [422] * 30
        assert statuses[-1] == status
        db.engine.dispose()


def test_an_invented_address_in_front_of_the_proxys_own_word_changes_nothing(app: Flask, clock: TestClock) -> None:
    behind = made(app, clock, proxy_hops=1)
    with behind.app_context():
        a_house(behind, clock)
        statuses = [
            guess(Visitor(behind), f"name{number}", headers={"X-Forwarded-For": f"10.0.{number}.1, 192.0.2.9"})
            for number in range(34)
        ]
        assert statuses[-1] == 429
        db.engine.dispose()


def test_links_tried_one_by_one_have_to_wait_and_the_right_one_does_not_count(house: House, clock: TestClock) -> None:
    token = invites.invite_patient(house.clinician, subject(house.add_patient()), clock=clock)
    visitor = Visitor(house.app)
    form = visitor.get(f"/invite/{token}").form()
    data = {**form.fields, "email": "ana", "password": "too short"}
    for _ in range(40):
        assert visitor.open(f"/invite/{token}", method="POST", data=data).status_code == 422
    statuses = [visitor.open(f"/invite/{token}{n}", method="POST", data=data).status_code for n in range(34)]
    assert statuses[:30] == [410] * 30
    assert statuses[-1] == 429
    assert visitor.response is not None
    assert visitor.page is not None
    assert int(visitor.response.headers["Retry-After"]) > 1
    assert "Try again in" in visitor.page.main


def test_a_password_that_everybody_tries_first_is_refused_beside_its_field(house: House, clock: TestClock) -> None:
    token = invites.invite_patient(house.clinician, subject(house.add_patient()), clock=clock)
    visitor = Visitor(house.app)
    form = visitor.get(f"/invite/{token}").form()
    page = visitor.send(form, {"email": "ana", "password": "Password1234!"}, status=422)
    assert "This password is among those tried first." in page.errors_of("password")


def made(app: Flask, clock: TestClock, **changed: object) -> Flask:
    """Return another application on the same database."""
    other = create_app(replace(app.extensions["ebb"].settings, **changed))
    Installation(other.extensions["ebb"].settings, clock, Passwords(CHEAP)).put_into(other)
    return other
