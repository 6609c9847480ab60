"""Where I am signed in: the page, ending a sign-in, a shared phone that signs out by itself."""

import uuid
from urllib.parse import urlsplit

import pytest
from flask import Flask

from diary.vocabulary import Role
from diary.web.account.session_words import place_words
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import PASSWORD, House, treated
from tests.web.visiting import Visitor

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SESSIONS = "/account/sessions"
SHARED_LINE = "Shared phone: signs out after 5 minutes"


def a_doctor(house: House, **how: str) -> Visitor:
    """Return a clinician who signed in under a name that is known."""
    visitor = Visitor(house.app)
    visitor.client.environ_base.update(how)
    return visitor.sign_in("first@west.example", PASSWORD)


def cards(page: Page) -> list[str]:
    """Return the words of the cards of sign-ins."""
    return [words_of(card) for card in page.all("section", class_="ebb-card") if "Signed in with" in words_of(card)]


def copy_of(visitor: Visitor) -> Visitor:
    """Return a thief who holds a copy of the cookie."""
    thief = Visitor(visitor.app)
    thief.client.set_cookie("ebb", visitor.cookie() or "", domain="localhost")
    return thief


def shared(house: House, email: str) -> Visitor:
    """Return somebody who ticked that others use this phone too."""
    visitor = Visitor(house.app)
    page = visitor.send(visitor.get("/sign-in").form(), {"email": email, "password": PASSWORD, "shared": "y"})
    if urlsplit(page.path).path == "/sign-in/code":
        visitor.send(page.form(), {"code": visitor.code()})
    return visitor


@pytest.fixture
def ana(house: House, clock: TestClock) -> str:
    """The name that a patient with a diary signs in with."""
    house.sign_in_as(treated(house, clock))
    return list(house.known)[-1]


def test_the_page_tells_device_place_proof_and_times(house: House, clock: TestClock) -> None:
    desk = a_doctor(house, HTTP_USER_AGENT=WINDOWS)
    clock.move(minutes=5)
    page = a_doctor(house).get(SESSIONS)
    this, other = cards(page)
    assert "this one" in this
    assert "Firefox, Windows" in other
    assert "From this computer Signed in with password and code of the app Since 20 Mar 2026, 12:00" in other
    assert "Worklist" in desk.get(SESSIONS).links


def test_it_is_reached_from_the_settings_and_from_me(house: House, ana: str) -> None:
    assert house.staff(Role.NURSE).get("/clinic/settings").links["Where I am signed in"] == SESSIONS
    patient = Visitor(house.app).sign_in(ana, PASSWORD)
    assert patient.get("/me").links["Where I am signed in"] == SESSIONS
    assert "My diary" in patient.get(SESSIONS).links


def test_ending_one_sign_in_kills_its_copied_cookie_at_once(house: House) -> None:
    desk, tablet = a_doctor(house), a_doctor(house)
    thief = copy_of(tablet)
    assert thief.open("/clinic/").status_code == 200
    page = desk.get(SESSIONS)
    form = next(form for form in page.forms if form.action.endswith("/end"))
    assert "That sign-in is ended" in desk.send(form).text
    assert (thief.open("/clinic/").status_code, tablet.open("/clinic/").status_code) == (303, 303)
    assert desk.open("/clinic/").status_code == 200


def test_signing_out_everywhere_else_keeps_this_one(house: House) -> None:
    desk, *others = (a_doctor(house) for _ in range(3))
    thief = copy_of(others[0])
    page = desk.send(desk.get(SESSIONS).form(f"{SESSIONS}/end-others"))
    assert "You are signed out everywhere else." in page.text
    assert "You are signed in nowhere else." in page.text
    assert {visitor.open("/clinic/").status_code for visitor in (*others, thief)} == {303}
    assert desk.open("/clinic/").status_code == 200


def test_known_devices_are_listed_and_forgotten(house: House) -> None:
    desk = a_doctor(house)
    page = desk.get(SESSIONS)
    assert "Known since 20 Mar 2026, 12:00, last signed in on 20 Mar 2026, 12:00 · this one" in page.text
    page = desk.send(page.form(f"{SESSIONS}/forget-devices"))
    assert "No device is known any more." in page.text
    assert "No device is known." in page.text


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ("127.0.0.0/24", "this computer"), ("::/48", "this computer"), ("nowhere", "a network that is not known"),
        ("10.1.2.0/24", "this network"), ("192.168.178.0/24", "a home or clinic network"),
        ("172.20.1.0/24", "a home or clinic network"), ("fd00:1:2::/48", "a home or clinic network"),
        ("8.8.8.0/24", "another network (8.8.8.…)"), ("2a02:26f0:17::/48", "another network (2a02:26f0:17:…)"),
        ("", "a network that is not known"),
    ],
)  # fmt: skip
def test_places_are_said_in_words_and_nobody_is_asked(app: Flask, network: str, words: str) -> None:
    with app.test_request_context():
        assert place_words(network, "10.1.2.0/24") == words


def test_every_page_of_a_shared_phone_says_so_and_leaves_by_itself(house: House, ana: str) -> None:
    for visitor, pages in (
        (shared(house, ana), ("/today", "/diary", "/me", "/about", SESSIONS, "/diary/2026-04-01")),
        (
            shared(house, "first@west.example"),
            ("/clinic/", "/clinic/settings", SESSIONS, f"/clinic/patients/{uuid.uuid4()}"),
        ),
    ):
        for path in pages:
            answer = visitor.open(path)
            assert visitor.page
            assert SHARED_LINE in visitor.page.text, path
            assert any(form.action == "/sign-out" for form in visitor.page.forms), path
            assert answer.headers["Refresh"] == "300; url=/at-rest", path


def test_pages_of_an_own_phone_stay(house: House, ana: str) -> None:
    visitor = Visitor(house.app).sign_in(ana, PASSWORD)
    answer = visitor.open("/diary")
    assert "Refresh" not in answer.headers
    assert SHARED_LINE not in answer.get_data(as_text=True)
    assert "Refresh" not in Visitor(house.app).open("/sign-in").headers


def test_a_shared_phone_is_signed_out_after_five_minutes_and_is_not_known(
    house: House, ana: str, clock: TestClock
) -> None:
    visitor = shared(house, ana)
    cookie = visitor.client.get_cookie("ebb", domain="localhost")
    assert cookie is not None
    assert cookie.expires is None
    assert cookie.max_age is None
    assert visitor.cookie("ebb-device") is None
    clock.move(minutes=5)
    assert visitor.open("/diary").status_code == 200
    clock.move(minutes=5, seconds=1)
    assert visitor.open("/diary").status_code == 303


def test_the_page_it_comes_to_is_no_use_of_the_session(house: House, ana: str, clock: TestClock) -> None:
    """Two pages that stand open would otherwise keep each other signed in for ever."""
    visitor = shared(house, ana)
    visitor.get("/diary")
    for _ in range(2):
        clock.move(minutes=2)
        page = visitor.get("/at-rest")
        assert (page.h1, page.links["Go on"]) == ("This page was closed", "/")
        assert "Ramirez" not in page.text
    clock.move(minutes=2)
    page = visitor.get("/at-rest")
    assert (page.h1, page.links["Sign in"]) == ("You are signed out", "/sign-in")
    assert visitor.open("/diary").status_code == 303


def test_the_page_it_comes_to_leads_to_own_paths_only(house: House, ana: str) -> None:
    visitor = shared(house, ana)
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        page = visitor.open("/at-rest", query_string={"next": target})
        assert b"evil" not in page.data
        assert b"javascript:" not in page.data


def test_a_phone_is_made_a_shared_one_later_and_stays_one(house: House, ana: str, clock: TestClock) -> None:
    visitor = Visitor(house.app).sign_in(ana, PASSWORD)
    thief = copy_of(visitor)
    page = visitor.get(SESSIONS)
    assert "this one" in page.text[page.text.index("Known devices") :]
    page = visitor.send(page.form(f"{SESSIONS}/share"))
    assert "This is a shared phone from now on" in page.text
    assert SHARED_LINE in page.text
    assert not [form for form in page.forms if form.action.endswith("/share")]
    assert "this one" not in page.text[page.text.index("Known devices") :]
    cookie = visitor.client.get_cookie("ebb", domain="localhost")
    assert cookie is not None
    assert cookie.expires is None
    assert thief.open("/diary").status_code == 303
    clock.move(minutes=5, seconds=1)
    assert visitor.open("/diary").status_code == 303


def test_the_cookie_of_a_patient_begins_its_thirty_days_again_once_a_day(
    house: House, ana: str, clock: TestClock
) -> None:
    """Each answer that sets it anew could put back an old token that another page has just replaced."""
    visitor = Visitor(house.app).sign_in(ana, PASSWORD)
    assert "Set-Cookie" in visitor.open("/diary").headers
    assert "Set-Cookie" not in visitor.open("/diary").headers
    clock.move(days=1)
    assert "ebb=" in visitor.open("/diary").headers["Set-Cookie"]
    assert "Set-Cookie" not in visitor.open("/diary").headers
