"""The verdict behind a decision is made again identically, whatever is written, corrected or changed after it."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from diary.clinical.states import State
from diary.db import snapshot
from diary.errors import DiaryError, Invalid, NotThere, Refused
from diary.installation import installation
from diary.models import Decision
from diary.services import courses, entries
from diary.services.evidence_of_decisions import verdict_behind
from diary.services.rules import change_rules, read_rules
from diary.vocabulary import CourseStatus, DecisionKind, EventKind
from tests.clinic_builders import a_clinic, a_course, a_patient, subject, write_days
from tests.services.deciding import decide
from tests.services.tampering import tamper
from tests.services.test_projection_history import History, steps


@pytest.fixture(scope="module")
def kept(keep):
    def make(clock):
        clinic = a_clinic(clock)
        return clinic, a_decided_patient(clinic, clock)

    return keep(make)


@pytest.fixture
def clinic(app, clock, kept):
    return kept.put_into_place(clock)[0]


@pytest.fixture
def decided(clinic, kept):
    return kept.made[1]


def a_decided_patient(clinic, clock):
    """Add a patient with two courses, the second with a baseline by hand, and a decision when its response was lost."""
    patient = a_patient(clinic, clock)
    write_days(patient, [7] * 7, clock, first_day=date(2026, 1, 1))
    a_course(clinic, patient, date(2026, 1, 8), clock, days=1, medicines=("lidocaine",))
    write_days(patient, [3] * 20, clock, first_day=date(2026, 1, 9))
    second = a_course(clinic, patient, date(2026, 1, 29), clock, days=2)
    give(clinic, patient, second, "6.75", clock)
    write_days(patient, [2] * 21 + [None, None] + [8] * 19, clock, first_day=date(2026, 1, 31))
    courses.record_event(clinic.nurse, subject(patient), EventKind.LIVER_TEST, clock=clock, day=date(2026, 3, 1))
    made = decide(clinic.clinician, patient, DecisionKind.WAIT, clock)
    clock.move(minutes=1)
    return patient, second, made


def give(clinic, patient, course_id, value, clock):
    courses.give_baseline(
        clinic.clinician, subject(patient), course_id, value=Decimal(value), reason="notes", clock=clock
    )


def behind(clinic, patient, decision_id):
    return verdict_behind(clinic.clinician, subject(patient), decision_id, clock=installation().clock)


def write(patient, day, score, clock):
    entries.record_entry(patient, subject(patient), day=day, score=score, client_ref=uuid.uuid4(), clock=clock)


def test_the_verdict_is_made_again_as_it_was_shown(clinic, decided):
    patient, _, made = decided
    again = behind(clinic, patient, made)
    assert (again.entries_proven, again.as_shown, again.intact) == (True, True, True)
    assert again.verdict.state is State.REPEAT_DUE
    assert (again.verdict.line, again.verdict.ruleset) == (Decimal("4.725"), "1")
    assert {mark.code for mark in again.verdict.marks} >= {"baseline_set"}


def test_whatever_happens_after_it_the_verdict_is_made_again_as_it_was(clinic, decided, clock):
    patient, second, made = decided
    first = behind(clinic, patient, made)
    today = date(2026, 3, 13)
    after = [
        lambda: write(patient, today, 0, clock),  # a correction on the same day
        lambda: write(patient, today - timedelta(days=40), 10, clock),  # of a day that counted
        lambda: give(clinic, patient, second, "9.5", clock),
        lambda: courses.record_event(clinic.nurse, subject(patient), EventKind.INTERCURRENT, clock=clock, day=today),
        lambda: courses.correct_course(
            clinic.clinician,
            second,
            subject(patient),
            courses.CourseDays(("magnesium",), CourseStatus.GIVEN, date(2026, 1, 28), date(2026, 2, 6)),
            reason="the wrong medicine",
            clock=clock,
        ),
        lambda: a_course(clinic, patient, date(2026, 3, 20), clock, status=CourseStatus.PLANNED),
        lambda: change_rules(
            clinic.admin,
            clinic.clinic_id,
            {"relief_percent": 50, "week_minimum": 6, "ketamine.minimum_interval": 100},
            reason="to try",
            base_version=1,
            clock=clock,
        ),
        lambda: decide(clinic.clinician, patient, DecisionKind.STOP, clock),
        lambda: write_days(patient, [1] * 30, clock, first_day=today + timedelta(days=1)),
    ]
    for act in after:
        act()
        clock.move(minutes=1)
        assert behind(clinic, patient, made) == first
    assert (first.entries_proven, first.as_shown) == (True, True)


def test_a_course_that_was_cancelled_later_is_still_behind_the_decision(clinic, decided, clock):
    patient, second, made = decided
    cancelled = courses.CourseDays(("ketamine",), CourseStatus.CANCELLED, date(2026, 1, 29), date(2026, 1, 30))
    courses.correct_course(clinic.nurse, second, subject(patient), cancelled, reason="mistake", clock=clock)
    assert behind(clinic, patient, made).as_shown


def test_an_entry_that_is_no_longer_there_is_found_out(clinic, decided):
    patient, _, made = decided
    tamper(f"DELETE FROM entry WHERE day = '2026-03-10' AND patient_id = '{patient.patient_id.hex}'")
    again = behind(clinic, patient, made)
    assert not again.entries_proven
    assert not again.as_shown
    assert again.intact


def test_what_was_kept_with_a_decision_cannot_be_changed_unseen(clinic, decided):
    patient, _, made = decided
    tamper("UPDATE decision SET shown = replace(shown, '6.75', '6.85')")
    assert not behind(clinic, patient, made).intact


def test_a_decision_from_before_inputs_were_kept_is_told_apart(clinic, decided):
    patient, _, made = decided
    tamper("UPDATE decision SET shown = replace(shown, 'inputs', 'nothing')")
    with pytest.raises(Invalid, match="before what it was made from was kept"):
        behind(clinic, patient, made)


def test_the_evidence_of_a_decision_is_for_those_who_may_read_the_patient(clinic, decided, clock):
    patient, _, made = decided
    elsewhere = a_clinic(clock, "Pain clinic East")
    for who in (elsewhere.clinician, patient):
        with pytest.raises((NotThere, Refused)):
            verdict_behind(who, subject(patient), made, clock=clock)
    with pytest.raises(Refused):
        verdict_behind(clinic.admin, subject(patient), made, clock=clock)
    with pytest.raises(NotThere):
        behind(clinic, a_patient(clinic, clock, "M-2"), made)
    with pytest.raises(NotThere):
        behind(clinic, patient, uuid.uuid4())


@dataclass
class ChangingHistory(History):
    """A history in which the clinic changes its rules, too."""

    def change_rules(self, percent, minimum):
        page = read_rules(self.clinic.admin, self.clinic.clinic_id)
        change_rules(
            self.clinic.admin,
            self.clinic.clinic_id,
            {"relief_percent": percent, "week_minimum": minimum, "lidocaine.waiting_time": minimum},
            reason="to try",
            base_version=int(page.rules.version),
            clock=self.clock,
        )


many_steps = st.lists(
    steps | st.tuples(st.just("change_rules"), st.sampled_from([20, 30, 50]), st.integers(3, 5)),
    min_size=4,
    max_size=14,
)


@settings(max_examples=25)
@given(history=many_steps)
def test_after_any_history_every_decision_is_made_again_as_it_was(app, clock, history):
    clock.now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    clinic = a_clinic(clock)
    lived = ChangingHistory(clinic, a_patient(clinic, clock), clock)
    for name, *values in [*history[:2], ("decide", DecisionKind.OTHER, 3), *history[2:]]:
        clock.now += timedelta(milliseconds=1)  # no two things happen within one moment
        try:
            getattr(lived, name)(*values)
        except DiaryError:
            continue
    with snapshot() as session:
        made = list(session.scalars(select(Decision.id).where(Decision.clinic_id == clinic.clinic_id)))
    assert made
    for decision_id in made:
        again = behind(clinic, lived.patient, decision_id)
        assert (again.entries_proven, again.as_shown, again.intact) == (True, True, True)
