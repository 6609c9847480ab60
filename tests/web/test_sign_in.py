"""Signing in and out, where it leads, and what the cookie is good for."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask

from diary.vocabulary import Role
from tests.conftest import TestClock
from tests.web.people import PASSWORD, House
from tests.web.visiting import Visitor

WRONG = "Name and password do not belong together. Check both and try again."
ELSEWHERE = (
    "https://evil.example/", "http://evil.example", "//evil.example", "///evil.example", "////evil.example",
    "/\\evil.example", "\\\\evil.example", "/\\/evil.example", "\\/evil.example", "/\t/evil.example",
    "/%09/evil.example\n", "\t//evil.example", " //evil.example", "javascript:alert(1)", "data:text/html,x",
    "evil.example", "/\u202e//evil", "http:evil.example", "http:/evil.example", "https:evil.example", "@evil.example",
    "/\r\nSet-Cookie: ebb=x", "/\x00/evil", "/.//evil.example", "/..//evil.example", "",
)  # fmt: skip


@pytest.fixture
def doctor(house: House) -> str:
    """The name that a clinician signs in with."""
    return "first@west.example"


def test_a_page_asked_for_before_signing_in_is_opened_after_it(house: House, doctor: str) -> None:
    visitor = Visitor(house.app)
    answer = visitor.open("/clinic/?state=HOLDING&search=Ana+R")
    assert answer.status_code == 303
    place = urlsplit(answer.headers["Location"])
    assert (place.netloc, place.path) == ("", "/sign-in")
    assert parse_qs(place.query) == {"next": ["/clinic/?state=HOLDING&search=Ana+R"]}
    visitor.sign_in(doctor, PASSWORD, path=answer.headers["Location"])
    assert visitor.response is not None
    assert visitor.response.request.full_path == "/clinic/?state=HOLDING&search=Ana+R"


def test_the_way_back_leads_to_own_paths_only(house: House, doctor: str) -> None:
    for target in ELSEWHERE:
        visitor = Visitor(house.app)
        form = visitor.get("/sign-in").form()
        data = {**form.fields, "email": doctor, "password": PASSWORD}
        answer = visitor.open("/sign-in", method="POST", data=data, query_string={"next": target})
        assert answer.status_code == 303, target
        for place in (answer.headers["Location"], f"/sign-in/code?{urlencode({'next': target})}"):
            assert place.startswith("/sign-in/code")
            asked = visitor.get(place)
        answer = visitor.open(asked.form().action, method="POST", data={**asked.form().fields, "code": visitor.code()})
        assert answer.status_code == 303, target
        place = answer.headers["Location"]
        assert place == "/" or (place.startswith(("/.", "/%")) and not urlsplit(place).netloc), target
        assert "Set-Cookie: ebb=x" not in str(answer.headers)


def test_a_path_that_browsers_fold_into_another_site_is_not_followed(house: House, doctor: str) -> None:
    for target in ("/.//evil.example", "/..//evil.example", "/x/..//evil.example"):
        visitor = Visitor(house.app)
        data = {**visitor.get("/sign-in").form().fields, "email": doctor, "password": PASSWORD}
        answer = visitor.open("/sign-in", method="POST", data=data, query_string={"next": target})
        assert not urlsplit(answer.headers["Location"]).netloc


def test_a_wrong_name_and_a_wrong_password_get_the_same_page(house: House, doctor: str) -> None:
    pages = []
    for email, password in ((doctor, "wrong password words"), ("nobody@west.example", PASSWORD), (doctor, "ß" * 300)):
        visitor = Visitor(house.app)
        page = visitor.send(visitor.get("/sign-in").form(), {"email": email, "password": password}, status=422)
        assert WRONG in page.main
        assert password not in page.html
        pages.append(page.main)
    assert len(set(pages)) == 1


def test_a_sign_in_with_fields_left_out_says_what_to_write(house: House) -> None:
    visitor = Visitor(house.app)
    page = visitor.send(visitor.get("/sign-in").form(), {"email": None, "password": None}, status=422)
    assert "Write your e-mail address or sign-in name." in page.errors_of("email")
    assert "Write your password." in page.errors_of("password")


def test_everybody_is_led_to_their_first_page(house: House) -> None:
    assert Visitor(house.app).get("/", follow=True).path == "/sign-in"
    for visitor, path in (
        (house.staff(), "/clinic/"),
        (house.staff(Role.NURSE), "/clinic/"),
        (house.staff(Role.ADMIN), "/clinic/settings"),
        (house.staff(Role.ADMIN, Role.CLINICIAN), "/clinic/"),
        (house.sign_in_as(house.add_patient()), "/today"),
    ):
        assert visitor.get("/", follow=True).path == path
        assert visitor.get("/sign-in", follow=True).path == path


def test_a_copied_cookie_is_dead_after_sign_out(house: House) -> None:
    visitor, copy = house.staff(), Visitor(house.app)
    copy.client.set_cookie("ebb", visitor.cookie() or "", domain="localhost")
    assert copy.open("/clinic/").status_code == 200
    visitor.send(visitor.get("/clinic/").form("/sign-out"))
    assert copy.open("/clinic/").status_code == 303
    assert copy.open("/").headers["Location"] == "/sign-in"
    assert visitor.open("/clinic/").status_code == 303


def test_signing_out_ends_one_sign_in_and_not_the_others(house: House, doctor: str) -> None:
    desk, tablet = (Visitor(house.app).sign_in(doctor, PASSWORD) for _ in range(2))
    desk.send(desk.get("/clinic/").form("/sign-out"))
    assert tablet.open("/clinic/").status_code == 200


def test_the_session_is_a_new_one_at_sign_in(house: House, doctor: str) -> None:
    visitor = Visitor(house.app)
    visitor.get("/sign-in")
    before = visitor.cookie()
    visitor.sign_in(doctor, PASSWORD)
    first = visitor.cookie()
    assert before != first
    visitor.send(visitor.get("/clinic/").form("/sign-out"))
    visitor.sign_in(doctor, PASSWORD)
    assert visitor.cookie() not in (before, first, None)


def test_a_cookie_planted_before_sign_in_is_worth_nothing_after_it(house: House, doctor: str) -> None:
    victim, thief = Visitor(house.app), Visitor(house.app)
    thief.get("/sign-in")
    victim.client.set_cookie("ebb", thief.cookie() or "", domain="localhost")
    victim.sign_in(doctor, PASSWORD)
    assert thief.open("/clinic/").status_code == 303


def test_staff_are_signed_out_after_a_quarter_of_an_hour_without_a_step(house: House, clock: TestClock) -> None:
    visitor = house.staff()
    for _ in range(4):
        clock.move(minutes=14)
        assert visitor.open("/clinic/").status_code == 200
    clock.move(minutes=16)
    assert visitor.open("/clinic/").status_code == 303


def test_staff_are_signed_out_after_twelve_hours_at_work(house: House, clock: TestClock) -> None:
    visitor = house.staff()
    for _ in range(51):
        clock.move(minutes=14)
        assert visitor.open("/clinic/settings").status_code == 200
    clock.move(minutes=14)
    assert visitor.open("/clinic/settings").status_code == 303


def test_patients_stay_signed_in_for_thirty_days_rolling(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(house.add_patient())
    for _ in range(3):
        clock.move(days=29)
        assert visitor.open("/today").status_code == 200
    clock.move(days=31)
    assert visitor.open("/today").status_code == 303


def test_the_cookie_is_for_this_site_only_and_says_nothing_of_health(app: Flask, house: House) -> None:
    from base64 import urlsafe_b64decode  # noqa: PLC0415

    house.sign_in_as(house.add_patient())
    email = next(reversed(house.known))
    cookie = Visitor(app).sign_in(email, PASSWORD).client.get_cookie("ebb", domain="localhost")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.secure, cookie.path) == (True, "Lax", False, "/")
    payload = cookie.value.lstrip(".").split(".")[0]
    plain = urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).lower()
    for word in (b"pain", b"score", b"patient", b"ana", b"clinic", b"west", b"m-1"):
        assert word not in plain


def test_signing_in_again_ends_the_session_before(house: House) -> None:
    visitor = house.staff()
    copied = Visitor(visitor.client.application)
    cookie = visitor.client.get_cookie("ebb")
    assert cookie
    copied.client.set_cookie("ebb", cookie.value)
    assert copied.open("/clinic/").status_code == 200
    email = next(iter(house.known))
    page = visitor.post("/sign-in", {"email": email, "password": PASSWORD})
    visitor.send(page.form(), {"code": visitor.code()})
    assert visitor.open("/clinic/").status_code == 200
    assert copied.open("/clinic/").status_code == 303
