"""The screen lock on the pages: set after a proof, opened with one hand, and no score is lost before it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from diary.access.identity import Identity
from diary.access.policy import CONFIRMED_FOR
from tests.conftest import TestClock
from tests.services.looking_in import everything_stored, revisions_of
from tests.web.pages import words_of
from tests.web.people import PASSWORD, House, treated
from tests.web.visiting import Visitor

SESSIONS, UNLOCK = "/account/sessions", "/account/unlock"


@pytest.fixture
def patient(house: House, clock: TestClock) -> Identity:
    """A patient with a diary, whose day is still open."""
    return treated(house, clock, after=(2,) * 13 + (None,))


@pytest.fixture
def ana(house: House, patient: Identity) -> Visitor:
    """The patient, on a phone with a PIN."""
    visitor = house.sign_in_as(patient)
    visitor.set_pin()
    return visitor


def locked(ana: Visitor) -> Visitor:
    """Shut the lock by hand."""
    ana.send(ana.get(SESSIONS).form("/account/lock/now"))
    return ana


def place_of(answer) -> str:  # type: ignore[no-untyped-def]
    """Return where an answer leads."""
    return urlsplit(answer.headers["Location"]).path


def test_a_pin_is_set_after_a_proof(house: House, patient: Identity, clock: TestClock) -> None:
    visitor = house.sign_in_as(patient)
    clock.now += 2 * CONFIRMED_FOR
    page = visitor.get("/account/lock", follow=True)
    assert page.h1 == "Confirm that it is you"
    page = visitor.send(page.form("/account/confirm"), {"confirm-password": PASSWORD})
    assert page.h1 == "PIN for this phone"
    page = visitor.send(page.form(), {"pin": "739182", "again": "739182"})
    assert "Your PIN is set." in page.text
    assert "asked for after 5 minutes" in page.text


def test_a_pin_that_is_guessed_first_or_written_in_two_ways_is_refused_beside_the_field(
    house: House, patient: Identity
) -> None:
    visitor = house.sign_in_as(patient)
    form = visitor.get("/account/lock").form()
    assert "among those tried first" in visitor.send(form, {"pin": "1234", "again": "1234"}, status=422).errors_of(
        "pin"
    )
    assert "4 to 8 digits" in visitor.send(form, {"pin": "x", "again": "x"}, status=422).errors_of("pin")
    assert "4 to 8 digits" in visitor.send(form, {}, status=422).errors_of("pin")
    page = visitor.send(form, {"pin": "739182", "again": "739183"}, status=422)
    assert "The two are not the same" in page.errors_of("again")
    assert "7391" not in page.html


def test_every_page_leads_to_the_pin_and_after_it_to_where_one_wanted_to_go(ana: Visitor, clock: TestClock) -> None:
    clock.move(minutes=5)
    for path in ("/", "/diary?all=1", "/today", "/me", SESSIONS, "/sign-in"):
        page = ana.get(path, follow=True)
        assert (page.h1, urlsplit(page.path).path) == ("Locked", UNLOCK), path
    page = ana.unlock(ana.get("/diary?all=1", follow=True))
    assert (page.h1, page.path) == ("My diary", "/diary?all=1")


def test_the_page_of_the_pin_names_nobody_and_shows_nothing(ana: Visitor) -> None:
    page = locked(ana).get("/diary", follow=True)
    for word in ("Ramirez", "Ana", "clinic", "Clinic", "pain", "M-1", "0555"):
        assert word not in page.text
    assert [words_of(button) for button in page.all("button")] == ["Open", "Open with the password", "Sign out instead"]


def test_lock_now_shuts_the_lock_from_me_too(ana: Visitor) -> None:
    assert ana.send(ana.get("/me").form("/account/lock/now")).h1 == "Locked"
    assert ana.open("/diary").status_code == 303


def test_the_score_of_the_day_is_kept_behind_a_shut_lock(ana: Visitor, patient: Identity, clock: TestClock) -> None:
    form = ana.get("/today").form()
    clock.move(hours=1)
    before = len(revisions_of(patient))
    page = ana.send(form, {"score": "8"}, status=403)
    assert page.h1 == "Locked"
    assert "What you sent is kept and saved after the PIN." in page.text
    assert len(revisions_of(patient)) == before
    page = ana.unlock(page, status=422, pin="000000")
    assert "Tries left: 4" in page.errors_of("unlock-pin")
    page = ana.unlock(page)
    assert "Saved: 8 for today" in page.text
    assert [entry.score for entry in revisions_of(patient)][-1] == 8
    assert len(revisions_of(patient)) == before + 1


def test_a_score_sent_twice_before_the_lock_is_stored_once(ana: Visitor, patient: Identity, clock: TestClock) -> None:
    form = ana.get("/today").form()
    clock.move(hours=1)
    before, pages = len(revisions_of(patient)), [ana.send(form, {"score": "8"}, status=403) for _ in range(2)]
    ana.unlock(pages[0])
    ana.send(form, {"score": "8"})
    assert len(revisions_of(patient)) == before + 1


def test_the_pin_sent_twice_loses_nothing(ana: Visitor, patient: Identity) -> None:
    form = ana.get("/today").form()
    before = len(revisions_of(patient))
    page = locked(ana).send(form, {"score": "8"}, status=403)
    filled = {**page.form("/account/unlock").fields, "unlock-pin": "739182"}
    for _ in range(2):
        answer = ana.open("/account/unlock", method="POST", data=filled)
        assert (answer.status_code, answer.headers["Location"]) == (307, "/today")
    ana.open("/today", method="POST", data=filled)
    assert len(revisions_of(patient)) == before + 1


def test_the_pin_is_not_carried_on_to_what_comes_next(ana: Visitor, clock: TestClock) -> None:
    form = ana.get("/account/lock").form()
    clock.move(hours=1)
    page = ana.send(form, {"pin": "582047", "again": "582047"}, status=403)
    page = ana.unlock(page, status=403)
    assert page.h1 == "Confirm that it is you"
    names = {name for form in page.forms for name in form.fields}
    assert {"pin", "again"} <= names
    assert not [name for name in names if name.startswith("unlock-")]


def test_the_password_opens_it_too_and_a_wrong_one_does_not(ana: Visitor) -> None:
    page = locked(ana).get(UNLOCK)
    page = ana.unlock(page, status=422, password="four other words")
    assert "This is not your password" in page.errors_of("unlock-password")
    assert ana.unlock(page, password=PASSWORD).path == "/today"


def test_the_right_pin_gives_a_new_token_and_a_copied_one_is_dead(ana: Visitor) -> None:
    locked(ana)
    thief = Visitor(ana.app)
    thief.client.set_cookie("ebb", ana.cookie() or "", domain="localhost")
    ana.unlock(ana.get(UNLOCK))
    assert ana.open("/diary").status_code == 200
    assert place_of(thief.open("/diary")) == "/sign-in"


def test_five_wrong_pins_sign_out(ana: Visitor) -> None:
    page = locked(ana).get(UNLOCK)
    for _ in range(4):
        page = ana.unlock(page, status=422, pin="000000")
    page = ana.unlock(page, status=403, pin="000000")
    assert (page.h1, page.links["Sign in"]) == ("You are signed out", "/sign-in")
    assert "Sign in again" in page.text
    assert "was not stored" not in page.text
    assert place_of(ana.open(UNLOCK)) == "/sign-in"


def test_a_score_that_never_met_the_right_pin_is_said_to_be_lost(ana: Visitor, patient: Identity) -> None:
    form = ana.get("/today").form()
    before = len(revisions_of(patient))
    page = locked(ana).send(form, {"score": "8"}, status=403)
    for status in (422, 422, 422, 422, 403):
        page = ana.unlock(page, status=status, pin="000000")
    assert "What you sent last was not stored: write it again." in page.text
    assert len(revisions_of(patient)) == before


def test_whoever_is_signed_in_or_nobody_finds_no_lock(ana: Visitor) -> None:
    assert place_of(ana.open(UNLOCK)) == "/"
    assert place_of(Visitor(ana.app).open(UNLOCK)) == "/sign-in"


def test_a_script_that_meets_a_shut_lock_is_told_to_keep_what_it_sends(ana: Visitor) -> None:
    token = ana.get("/me").form("/sign-out").fields["csrf_token"]
    locked(ana)
    stored = everything_stored()
    told = ana.open("/today", method="POST", json={"score": 8}, headers={"X-CSRFToken": token})
    assert told.status_code == 401
    assert "locked" in told.json["words"]
    assert everything_stored() == stored


def test_pages_behind_a_pin_leave_by_themselves_but_for_those_where_a_score_is_chosen(ana: Visitor) -> None:
    assert ana.open("/diary?all=1").headers["Refresh"] == "300; url=/at-rest?next=/diary?all%3D1"
    assert "Refresh" not in ana.open("/today").headers
    ana.send(ana.get("/today").form(), {"score": "9"})
    for shows_it in ("/today", "/diary/2026-03-20"):
        assert "Refresh" in ana.open(shows_it).headers
    answer = ana.open("/at-rest?next=/diary")
    assert answer.status_code == 200
    answer = locked(ana).open("/at-rest?next=/diary")
    assert (place_of(answer), parse_qs(urlsplit(answer.headers["Location"]).query)) == (UNLOCK, {"next": ["/diary"]})


def test_the_way_on_leads_to_own_paths_only(ana: Visitor) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        page = locked(ana).open(UNLOCK, query_string={"next": target})
        assert b"evil" not in page.data
        page = ana.get(UNLOCK)
        assert ana.unlock(page, pin="739182", then=target).path == "/today"


def test_the_pin_is_removed_after_a_proof(ana: Visitor, clock: TestClock) -> None:
    page = ana.send(ana.get("/account/lock").form("/account/lock/remove"))
    assert "Ebb asks for no PIN on this device any more." in page.text
    clock.move(days=3)
    assert ana.open("/diary").status_code == 200


def test_signing_out_at_a_shut_lock_ends_the_session(ana: Visitor) -> None:
    page = locked(ana).get(UNLOCK)
    ana.send(page.form("/sign-out"))
    assert place_of(ana.open(UNLOCK)) == "/sign-in"


def test_no_pin_is_offered_on_a_shared_phone_or_to_staff(house: House, ana: Visitor) -> None:
    assert "PIN" not in house.staff().get(SESSIONS).text
    page = ana.send(ana.get(SESSIONS).form(f"{SESSIONS}/share"))
    assert "/account/lock" not in page.links.values()
