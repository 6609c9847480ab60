"""It is wearing off: said once until the clinic has decided, also in a race of twenty, and taken back within a day."""

from datetime import date
from functools import partial

import pytest
from sqlalchemy import select

from diary.db import snapshot
from diary.errors import Changed, Refused
from diary.models import EventWithdrawal, PatientEvent
from diary.services.patients import change_life_cycle
from diary.services.rules import rules_in_force
from diary.services.wearing_off import say_wearing_off, take_back_wearing_off
from tests.clinic_builders import a_clinic, a_course, a_patient, subject
from tests.services.deciding import decide
from tests.services.looking_in import audit_rows, diary_of, everything_stored, summary_of_row
from tests.services.side_by_side import side_by_side

MARK = "patient_says_wearing_off"


@pytest.fixture
def clinic(app, clock):
    return a_clinic(clock)


@pytest.fixture
def patient(clinic, clock):
    patient = a_patient(clinic, clock)
    a_course(clinic, patient, date(2026, 3, 2), clock)
    return patient


def say(patient, clock):
    return partial(say_wearing_off, patient, subject(patient), clock=clock)


def take_back(patient, clock):
    return partial(take_back_wearing_off, patient, subject(patient), clock=clock)


def said():
    with snapshot() as session:
        return list(session.scalars(select(PatientEvent).order_by(PatientEvent.recorded_at)))


def marks(patient):
    return [mark["code"] for mark in summary_of_row(patient).shown["verdict"]["marks"]]


def test_twenty_taps_at_once_tell_the_clinic_once(app, patient, clock):
    assert side_by_side(app, [say(patient, clock)] * 20) == [None] * 20
    (event,) = said()
    assert event.recorded_by == patient.account_id
    assert [row.action for row in audit_rows(patient.clinic_id)].count("event.recorded") == 1
    assert MARK in marks(patient)


def test_said_again_before_the_decision_it_stays_one_and_after_it_it_is_said_anew(clinic, patient, clock):
    for _ in range(3):
        say(patient, clock)()
        clock.move(days=1)
    assert len(said()) == 1
    decide(clinic.clinician, patient, "wait", clock)
    assert MARK not in marks(patient)
    clock.move(minutes=1)
    say(patient, clock)()
    say(patient, clock)()
    assert len(said()) == 2
    assert MARK in marks(patient)


def test_it_is_taken_back_within_a_day_once_and_may_be_said_again(app, patient, clock):
    say(patient, clock)()
    clock.move(hours=23)
    assert side_by_side(app, [take_back(patient, clock)] * 10) == [None] * 10
    with snapshot() as session:
        assert len(list(session.scalars(select(EventWithdrawal)))) == 1
    assert MARK not in marks(patient)
    clock.move(minutes=1)
    say(patient, clock)()
    assert len(said()) == 2
    assert MARK in marks(patient)


def test_after_a_day_it_stands(patient, clock):
    say(patient, clock)()
    clock.move(hours=24, seconds=1)
    before = everything_stored()
    with pytest.raises(Changed, match="more than a day ago"):
        take_back(patient, clock)()
    assert everything_stored() == before


def test_nothing_said_is_nothing_to_take_back(patient, clock):
    before = everything_stored()
    take_back(patient, clock)()
    assert everything_stored() == before


@pytest.mark.parametrize("gone", ["discharged", "moved", "died"])
def test_whom_the_clinic_does_not_treat_any_more_is_told_to_call(clinic, patient, clock, gone):
    change_life_cycle(clinic.nurse, subject(patient), gone, clock=clock)
    before = everything_stored()
    with pytest.raises(Refused, match="Call them"):
        say(patient, clock)()
    assert everything_stored() == before


def test_an_older_verdict_is_what_was_known_then(patient, clock):
    say(patient, clock)()
    clock.move(hours=20)
    take_back(patient, clock)()
    with snapshot() as session:
        rules = rules_in_force(session, patient.clinic_id)
    diary = diary_of(patient)
    then, now = (MARK in [mark.code for mark in diary.verdict(date(2026, 3, day), rules).marks] for day in (20, 21))
    assert (then, now) == (True, False)
