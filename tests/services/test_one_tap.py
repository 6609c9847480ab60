"""The link of a reminder beside whatever else comes in its moment: the look and the writing are one unit."""

import uuid
from datetime import date, timedelta
from functools import partial
from threading import Event

import pytest

from diary.db import transaction
from diary.errors import Expired
from diary.models import Reminder
from diary.services import consents, one_tap, patients
from diary.services.consent_texts import REQUIRED
from diary.services.entries import record_entry
from diary.services.one_tap import answer_day
from diary.services.reminder_links import new_link
from diary.vocabulary import Channel, LifeCycle
from diary.wall import standing, wall_of
from tests.clinic_builders import subject
from tests.services.looking_in import audit_rows, revisions_of
from tests.services.side_by_side import side_by_side

TODAY = date(2026, 3, 20)
A_MOMENT = 0.5
"""Seconds in which somebody else would be done, if they could come between the look and the writing."""


def a_link(patient, clock, *, number):
    """Return the token of the link in a reminder of today."""
    address, hashed = new_link(patient.clinic_id, "/t/")
    reminder = Reminder(
        clinic_id=patient.clinic_id,
        id=uuid.uuid4(),
        patient_id=patient.patient_id,
        day=TODAY,
        number=number,
        channel=Channel.MAIL,
        link_hash=hashed,
        made_at=clock(),
        expires_at=clock() + timedelta(hours=6),
    )
    with transaction() as session:
        session.add(reminder)
    return address.rpartition("/")[2]


def scores(patient):
    return [one.score for one in revisions_of(patient)]


@pytest.fixture
def answer_and(app, patient, clock, monkeypatch):
    """Answer by a link with 6 while somebody else acts right after its look; what came of both is returned."""
    looked, done, look = Event(), Event(), one_tap._open_day

    def look_and_wait(*about):
        seen = look(*about)
        if not looked.is_set():
            looked.set()
            done.wait(A_MOMENT)
        return seen

    monkeypatch.setattr(one_tap, "_open_day", look_and_wait)

    def do(act):
        def act_then():
            assert looked.wait(60)
            try:
                return act()
            finally:
                done.set()

        answer = partial(answer_day, a_link(patient, clock, number=1), 6, address=None, clock=clock)
        return side_by_side(app, [answer, act_then])

    return do


def test_two_links_of_a_day_that_are_answered_at_once_store_one_score(answer_and, patient, clock):
    second = a_link(patient, clock, number=2)
    answered, turned_away = answer_and(partial(answer_day, second, 3, address=None, clock=clock))
    assert (answered.again, type(turned_away)) == (False, Expired)
    assert scores(patient) == [6]


def test_one_link_that_is_tapped_by_many_at_once_stores_one_score(app, patient, clock):
    token = a_link(patient, clock, number=1)
    told = side_by_side(app, [partial(answer_day, token, 6, address=None, clock=clock)] * 6)
    assert sorted(one.again for one in told) == [False, True, True, True, True, True], told
    assert scores(patient) == [6]


def test_links_of_a_day_that_are_all_answered_at_once_store_one_score(app, patient, clock):
    tokens = [a_link(patient, clock, number=1 + number % 2) for number in range(6)]
    acts = [partial(answer_day, token, score, address=None, clock=clock) for score, token in enumerate(tokens)]
    told = side_by_side(app, acts)
    assert sorted(type(one).__name__ for one in told) == ["Answered"] + ["Expired"] * 5, told
    assert len(scores(patient)) == 1


def test_an_answer_in_the_app_does_not_come_between_look_and_writing(answer_and, patient, clock):
    ref = uuid.uuid4()
    write = partial(record_entry, patient, subject(patient), day=TODAY, score=4, client_ref=ref, clock=clock)
    answered, _written = answer_and(in_the_app(patient, write))
    assert answered.again is False
    assert scores(patient) == [6, 4]  # the app corrects the link, and the link never the app


def test_a_diary_that_ends_in_that_moment_is_written_before_or_not_at_all(answer_and, clinic, patient, clock):
    discharge = partial(patients.change_life_cycle, clinic.clinician, subject(patient), LifeCycle.DISCHARGED)
    answer_and(partial(discharge, clock=clock))
    assert actions(patient)[-2:] == ["entry.recorded", "patient.changed"]


def test_a_consent_that_is_taken_back_in_that_moment_is_obeyed_from_then_on(answer_and, patient, clock):
    withdraw = partial(consents.withdraw_consent, patient, subject(patient), REQUIRED, clock=clock)
    answered, _none = answer_and(in_the_app(patient, withdraw))
    assert answered.again is False
    assert actions(patient).index("entry.recorded") < actions(patient).index("consent.withdrawn")


def in_the_app(patient, act):
    """Return `act` as a request of the patient does it: behind their wall."""

    def do():
        with standing(wall_of(patient.clinic_id, patient_id=patient.patient_id)):
            return act()

    return do


def actions(patient):
    return [row.action for row in audit_rows(patient.clinic_id)]
