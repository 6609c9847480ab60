"""Many at the same moment, each behind the wall that their request would stand behind: what holds, holds for all."""

import uuid
from datetime import date, timedelta
from functools import partial

import pytest

from diary.attempt import until_done
from diary.db import snapshot
from diary.errors import Invalid
from diary.services import patients, saved_views, tags, throttle
from diary.services.audit import verify_chain
from diary.services.entries import Stored, record_entry
from diary.services.staff_notes import write_note
from diary.wall import standing, wall_of, whole_house
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.looking_in import audit_rows, revisions_of
from tests.services.side_by_side import side_by_side

TODAY = date(2026, 3, 20)


@pytest.fixture
def clinic(app, clock):
    return a_clinic(clock)


@pytest.fixture
def patient(clinic, clock):
    return a_patient(clinic, clock)


def as_asked_by(who, act):
    """Return `act` as a request of `who` does it: behind their wall, and again where the database turns it away."""

    def do():
        with standing(wall_of(who.clinic_id, patient_id=who.patient_id)):
            return until_done(act)

    return do


def kinds(answers):
    return {type(answer).__name__ for answer in answers}


def test_of_twenty_patients_with_one_reference_one_is_added(app, clinic, clock):
    wanted = patients.Particulars("M-77", "Ramirez, Ana", "UTC")
    add = partial(patients.add_patient, clinic.nurse, clinic.clinic_id, wanted, clock=clock)
    answers = side_by_side(app, [as_asked_by(clinic.nurse, add)] * 20)
    assert sorted(isinstance(answer, Invalid) for answer in answers) == [False] + [True] * 19, answers


def test_of_twenty_patients_whose_references_differ_in_capitals_alone_one_is_added(app, clinic, clock):
    def add(number):
        wanted = patients.Particulars(("M-77", "m-77", "m- 77")[number % 3], "Ramirez, Ana", "UTC")
        return partial(patients.add_patient, clinic.nurse, clinic.clinic_id, wanted, clock=clock)

    answers = side_by_side(app, [as_asked_by(clinic.nurse, add(number)) for number in range(20)])
    assert sorted(isinstance(answer, Invalid) for answer in answers) == [False] + [True] * 19, answers


def test_of_two_who_give_a_tag_in_capitals_and_without_one_word_is_kept(app, clinic, clock):
    people = [a_patient(clinic, clock, f"M-{number}") for number in range(8)]
    give = [
        partial(tags.give_tag, clinic.nurse, subject(one), ("Lower Limb", "lower limb")[number % 2], clock=clock)
        for number, one in enumerate(people)
    ]
    answers = side_by_side(app, [as_asked_by(clinic.nurse, act) for act in give])
    assert answers == [None] * 8
    assert len(tags.known_tags(clinic.nurse, clinic.clinic_id)) == 1


def test_of_twenty_views_of_one_name_one_is_kept(app, clinic, clock):
    def save(number):
        filters = {"tag": f"tag {number}"}
        return partial(saved_views.save_view, clinic.nurse, clinic.clinic_id, "mine", filters, clock=clock)

    answers = side_by_side(app, [as_asked_by(clinic.nurse, save(number)) for number in range(20)])
    assert kinds(answers) == {"NoneType", "Invalid"}, answers
    assert len(saved_views.own_views(clinic.nurse, clinic.clinic_id)) == 1


def test_staff_and_patient_who_write_at_once_wait_for_each_other_and_never_in_a_ring(app, clinic, patient, clock):
    days = [TODAY - timedelta(days=number % 3) for number in range(12)]
    entries = [
        partial(record_entry, patient, subject(patient), day=day, score=5, client_ref=uuid.uuid4(), clock=clock)
        for day in days
    ]
    notes = [
        partial(write_note, clinic.nurse, subject(patient), f"note {number}", client_ref=uuid.uuid4(), clock=clock)
        for number in range(8)
    ]
    acts = [as_asked_by(patient, act) for act in entries] + [as_asked_by(clinic.nurse, act) for act in notes]
    answers = side_by_side(app, acts)
    assert all(isinstance(answer, Stored) for answer in answers[:12]), answers
    assert not [answer for answer in answers[12:] if isinstance(answer, Exception)]
    assert len(revisions_of(patient)) == 12
    with snapshot() as session:
        links = verify_chain(session, clinic.clinic_id)
    assert links == len(audit_rows(clinic.clinic_id))


def test_twenty_attempts_at_once_are_twenty_and_those_beyond_the_free_ones_wait(app, clock):
    counters = [throttle.Counted(throttle.ACCOUNT, "ana@home.example")]

    def attempt():
        with whole_house():
            return throttle.begin_attempt(counters, clock=clock)

    answers = side_by_side(app, [attempt] * 20)
    assert kinds(answers) == {"NoneType", "Throttled"}
    assert sum(answer is None for answer in answers) == throttle.ACCOUNT.free
