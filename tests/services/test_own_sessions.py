"""Where I am signed in: seen by its owner alone, ended at once, made short on a shared phone."""

import uuid

import pytest

from diary.db import snapshot
from diary.errors import NotThere
from diary.models import KnownDevice
from diary.services import own_sessions, sign_in
from diary.services.devices import Visit, remember_device
from diary.vocabulary import Proof
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.signing_in import a_doctors_account, a_patients_account, enter, who_is


@pytest.fixture
def patient(clinic, clock):
    return a_patients_account(clinic, clock)[1]


def seen(token, clock):
    return own_sessions.read_own_sessions(who_is(token, clock), token, clock=clock)


def test_the_own_session_stands_first_then_the_one_used_last(patient, clock):
    tablet, phone, desk = (enter(patient, clock, visit=Visit(browser=name)) for name in ("tablet", "phone", "desk"))
    clock.move(minutes=5)
    who_is(desk, clock)
    clock.move(minutes=5)
    listed = seen(tablet, clock)
    assert [(one.device, one.is_this) for one in listed] == [("tablet", True), ("desk", False), ("phone", False)]
    assert phone


def test_what_is_told_of_a_session(patient, clock):
    token = enter(patient, clock, visit=Visit("203.0.113.7", None, "Firefox, Windows"), shared=True)
    (one,) = seen(token, clock)
    assert (one.device, one.network, one.proven_by) == ("Firefox, Windows", "203.0.113.0/24", Proof.PASSWORD)
    assert (one.shared, one.has_lock) == (True, False)
    assert one.began_at.isoformat() == "2026-03-20T13:00:00+01:00"


def test_what_ended_or_idled_out_and_what_is_somebody_elses_is_not_listed(clinic, patient, clock):
    _other, neighbour = a_patients_account(clinic, clock, "jo@home.example", "M-2")
    enter(neighbour, clock)
    ended, idled, token = enter(patient, clock), enter(patient, clock, shared=True), enter(patient, clock)
    sign_in.sign_out(ended, clock=clock)
    clock.move(minutes=6)
    assert idled
    assert [one.is_this for one in seen(token, clock)] == [True]


def test_a_session_that_is_ended_is_dead_at_once_in_every_copy(clinic, patient, clock):
    here, there = enter(patient, clock), enter(patient, clock)
    other = seen(here, clock)[1]
    before = len(audit_rows(clinic.clinic_id))
    own_sessions.end_own_session(patient, other.id, clock=clock)
    assert who_is(there, clock) is None
    assert who_is(here, clock)
    assert [row.action for row in audit_rows(clinic.clinic_id, since=before)] == ["signed_out"]
    stored = everything_stored()
    own_sessions.end_own_session(patient, other.id, clock=clock)
    assert everything_stored() == stored


def test_somebody_elses_session_is_not_there_to_be_ended(clinic, patient, clock):
    doctor = a_doctors_account(clock)
    theirs = enter(doctor, clock, proof=Proof.CODE)
    token = enter(patient, clock)
    stored = everything_stored()
    for session_id in (seen(theirs, clock)[0].id, uuid.uuid4()):
        with pytest.raises(NotThere):
            own_sessions.end_own_session(patient, session_id, clock=clock)
    assert everything_stored() == stored
    assert who_is(theirs, clock)
    assert token


def test_signing_out_everywhere_else_leaves_this_one(patient, clock):
    here, *others = (enter(patient, clock) for _ in range(4))
    sign_in.end_sessions(patient, but=here, clock=clock)
    assert who_is(here, clock)
    assert not any(who_is(token, clock) for token in others)


def test_a_session_is_made_one_of_a_shared_phone_for_good(clinic, patient, clock):
    device = remember_device(patient, None, clock=clock)
    other = remember_device(patient, None, clock=clock)
    old, before = enter(patient, clock), len(audit_rows(clinic.clinic_id))
    token = own_sessions.share_session(old, device, clock=clock)
    assert who_is(old, clock) is None
    assert [row.action for row in audit_rows(clinic.clinic_id, since=before)] == ["session.shared"]
    known = own_sessions.read_known_devices(who_is(token, clock), other)
    assert [one.is_this for one in known] == [True]
    again = own_sessions.share_session(token, device, clock=clock)
    assert len(audit_rows(clinic.clinic_id, since=before)) == 1
    clock.move(minutes=5, seconds=1)
    assert who_is(again, clock) is None
    with pytest.raises(NotThere):
        own_sessions.share_session(again, device, clock=clock)


def test_known_devices_are_forgotten_for_this_account_alone(clinic, patient, clock):
    _other, neighbour = a_patients_account(clinic, clock, "jo@home.example", "M-2")
    tablet = remember_device(patient, None, clock=clock)
    assert remember_device(neighbour, tablet, clock=clock) == tablet
    before = len(audit_rows(clinic.clinic_id))
    own_sessions.forget_devices(patient, clock=clock)
    with snapshot() as session:
        assert [row.account_id for row in session.query(KnownDevice)] == [neighbour]
    assert [row.action for row in audit_rows(clinic.clinic_id, since=before)] == ["devices.forgotten"]
