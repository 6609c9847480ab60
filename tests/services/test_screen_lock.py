"""The screen lock: a PIN before one session, tried five times, that nothing but PIN or password opens."""

import pytest
from sqlalchemy import select

from diary.access.policy import CONFIRMED_FOR
from diary.db import snapshot
from diary.errors import ConfirmFirst, Expired, Invalid, NotThere, Refused
from diary.installation import installation
from diary.models import SignedInSession
from diary.services import screen_lock, sign_in
from diary.services.live_sessions import Standing
from diary.vocabulary import Proof
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.side_by_side import side_by_side
from tests.services.signing_in import a_doctors_account, a_patients_account, enter, who_is

PIN = "739182"


@pytest.fixture
def patient(clinic, clock):
    return a_patients_account(clinic, clock)[1]


@pytest.fixture
def token(patient, clock):
    """A session with a PIN."""
    token = enter(patient, clock)
    put(token, clock)
    return token


def put(token, clock, pin=PIN):
    screen_lock.set_lock(who_is(token, clock), token, pin, passwords=installation().passwords, clock=clock)


def unlock(token, clock, pin=PIN):
    return screen_lock.unlock(token, pin, passwords=installation().passwords, clock=clock)


def standing(token, clock):
    held = sign_in.session_behind(token, clock=clock)
    return held and held.standing


def test_the_lock_shuts_after_five_minutes_without_a_step(token, clock):
    clock.move(minutes=4, seconds=59)
    assert standing(token, clock) is Standing.SIGNED_IN
    clock.move(minutes=4, seconds=59)
    assert standing(token, clock) is Standing.SIGNED_IN
    clock.move(minutes=5)
    assert standing(token, clock) is Standing.LOCKED
    assert who_is(token, clock) is None


def test_what_is_shut_stays_shut_however_often_one_knocks_and_wherever_the_clock_goes(token, clock):
    clock.move(minutes=6)
    for step in (0, 1, -3, -3, 60, 60 * 24 * 29):
        clock.move(minutes=step)
        assert standing(token, clock) is Standing.LOCKED, step


def test_a_clock_that_goes_back_shuts_the_lock(token, clock):
    clock.move(minutes=-5)
    assert standing(token, clock) is Standing.LOCKED


def test_it_is_shut_by_hand_at_once(token, clock):
    screen_lock.lock_now(token, clock=clock)
    assert standing(token, clock) is Standing.LOCKED


def test_a_session_without_a_pin_is_not_shut(patient, clock):
    token = enter(patient, clock)
    stored = everything_stored()
    screen_lock.lock_now(token, clock=clock)
    assert everything_stored() == stored
    clock.move(days=3)
    assert standing(token, clock) is Standing.SIGNED_IN


def test_the_right_pin_opens_the_same_session_with_a_new_token(token, clock):
    held = sign_in.session_behind(token, clock=clock)
    screen_lock.lock_now(token, clock=clock)
    clock.move(days=2)
    new = unlock(token, clock)
    assert new != token
    assert standing(new, clock) is Standing.SIGNED_IN
    assert sign_in.session_behind(new, clock=clock).id == held.id
    assert who_is(token, clock) is None
    clock.move(minutes=6)
    assert standing(new, clock) is Standing.LOCKED


def test_five_wrong_pins_end_the_session_and_the_right_one_comes_too_late(clinic, token, clock):
    screen_lock.lock_now(token, clock=clock)
    before = len(audit_rows(clinic.clinic_id))
    for left in (4, 3, 2, 1):
        with pytest.raises(Invalid, match=f"Tries left: {left}"):
            unlock(token, clock, "000000")
    with pytest.raises(Expired, match="Sign in again"):
        unlock(token, clock, "000000")
    assert sign_in.session_behind(token, clock=clock) is None
    with pytest.raises(Expired):
        unlock(token, clock)
    assert [row.action for row in audit_rows(clinic.clinic_id, since=before)] == ["signed_out"]


def test_the_right_pin_gives_all_five_tries_back(token, clock):
    for _ in range(3):
        screen_lock.lock_now(token, clock=clock)
        for _wrong in range(4):
            with pytest.raises(Invalid):
                unlock(token, clock, "000000")
        token = unlock(token, clock)


@pytest.mark.parametrize("pin", ["", " ", "73918", "7391820", "x" * 300, "７３９１８２", "\0", "\ud800"])
def test_no_other_words_open_it(token, clock, pin):
    screen_lock.lock_now(token, clock=clock)
    with pytest.raises(Invalid):
        unlock(token, clock, pin)
    assert standing(token, clock) is Standing.LOCKED


def test_of_twenty_wrong_pins_at_once_five_are_looked_at(app, token, clock, monkeypatch):
    screen_lock.lock_now(token, clock=clock)
    looked, passwords = [], installation().passwords
    verify = type(passwords).verify
    monkeypatch.setattr(
        type(passwords), "verify", lambda self, stored, pin: looked.append(pin) or verify(self, stored, pin)
    )
    told = side_by_side(app, [lambda n=n: unlock(token, clock, f"00000{n % 10}") for n in range(20)])
    assert all(isinstance(one, (Invalid, Expired)) for one in told)
    assert len(looked) == 5
    assert sign_in.session_behind(token, clock=clock) is None


def test_of_twenty_right_pins_at_once_one_opens_it_and_nobody_fails(app, token, clock):
    screen_lock.lock_now(token, clock=clock)
    told = side_by_side(app, [lambda: unlock(token, clock)] * 4)
    new = [one for one in told if isinstance(one, str)]
    assert len(new) == 1
    assert all(isinstance(one, (str, Expired)) for one in told)
    assert standing(new[0], clock) is Standing.SIGNED_IN


@pytest.mark.parametrize("proof", [Proof.PASSWORD, Proof.PASSKEY])
def test_the_password_or_a_passkey_opens_it_too(token, clock, proof):
    screen_lock.lock_now(token, clock=clock)
    with pytest.raises(Invalid):
        unlock(token, clock, "000000")
    new = sign_in.prove(token, proof, clock=clock)
    assert standing(new, clock) is Standing.SIGNED_IN
    with snapshot() as session:
        assert session.scalars(select(SignedInSession.lock_failures)).all() == [0]


def test_a_lock_is_before_one_session_only(patient, token, clock):
    other = enter(patient, clock)
    clock.move(minutes=10)
    assert standing(token, clock) is Standing.LOCKED
    assert standing(other, clock) is Standing.SIGNED_IN


def test_whoever_proved_it_too_long_ago_confirms_first(patient, token, clock):
    other = enter(patient, clock)
    who = who_is(other, clock)
    clock.now += CONFIRMED_FOR
    put(other, clock)
    clock.move(seconds=1)
    stored = everything_stored()
    for act in (
        lambda: screen_lock.ask_for_lock(who, clock=clock),
        lambda: screen_lock.set_lock(who, other, "5820", passwords=installation().passwords, clock=clock),
        lambda: screen_lock.remove_lock(who, other, clock=clock),
    ):
        with pytest.raises(ConfirmFirst):
            act()
    assert everything_stored() == stored


def test_setting_and_removing_it_are_written_and_a_pin_never_is(clinic, token, clock):
    screen_lock.remove_lock(who_is(token, clock), token, clock=clock)
    rows = audit_rows(clinic.clinic_id)
    assert [row.action for row in rows[-2:]] == ["screen_lock.set", "screen_lock.removed"]
    stored = everything_stored()
    screen_lock.remove_lock(who_is(token, clock), token, clock=clock)
    assert everything_stored() == stored
    put(token, clock, "582047")
    assert "582047" not in repr(everything_stored())


def test_a_pin_that_is_tried_first_is_refused_and_the_one_before_stays(token, clock):
    stored = everything_stored()
    for pin in ("1234", "0000", "abcd"):
        with pytest.raises(Invalid) as refusal:
            put(token, clock, pin)
        assert list(refusal.value.fields) == ["pin"]
    assert everything_stored() == stored


def test_staff_and_somebody_elses_session_get_none(clinic, token, clock):
    doctor = enter(a_doctors_account(clock), clock, proof=Proof.CODE)
    with pytest.raises(Refused):
        put(doctor, clock)
    _who, other = a_patients_account(clinic, clock, "jo@home.example", "M-2")
    theirs = who_is(enter(other, clock), clock)
    stored = everything_stored()
    with pytest.raises(NotThere):
        screen_lock.set_lock(theirs, token, PIN, passwords=installation().passwords, clock=clock)
    assert everything_stored() == stored
