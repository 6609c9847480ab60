"""A decision covers the state that was on the screen: what arrives later brings back whoever is in another one."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.worklist_order import FAR_AWAY, Band, LastDecision
from diary.db import transaction
from diary.services.digests import counts_of
from diary.services.tallies import refresh_tally
from diary.services.wearing_off import say_wearing_off
from diary.vocabulary import DecisionKind
from tests.clinic_builders import a_course, subject, write_days
from tests.services.deciding import decide
from tests.services.looking_in import diary_of, summary_of_row
from tests.services.test_sync import an_entry, send

DAY_0 = date(2026, 1, 10)
GAP = range(30, 42)
"""Days on which the phone had no network."""


def day(t):
    return DAY_0 + timedelta(days=t)


@pytest.fixture
def silent(clinic, patient, clock):
    """A patient who had relief until day 22; the days since 30 are on the phone, and it is day 41."""
    clock.now = datetime.combine(day(-20), time(12), UTC)
    write_days(patient, [7] * 7, clock, first_day=day(-11))
    a_course(clinic, patient, day(-4), clock)
    write_days(patient, [*[3] * 22, *[5] * 7], clock, first_day=day(1))
    clock.now = datetime.combine(day(41), time(12), UTC)
    return patient


def arrive(patient, clock, score=5):
    """Let the days without a network arrive, each written on its own day."""
    written = [an_entry(day(t), score, datetime.combine(day(t), time(9), UTC)) for t in GAP]
    assert {told.status for told in send(patient, clock, *written)} == {"stored"}


def stands(patient):
    line = summary_of_row(patient)
    return Band(line.band).name, line.shown["reason"]


def test_a_loss_that_was_hidden_while_days_were_missing_needs_someone_when_they_arrive(clinic, silent, clock):
    assert stands(silent) == ("NEEDS_YOU", "stopped_near_line")
    decide(clinic.clinician, silent, DecisionKind.WAIT, clock, in_days=30)
    assert stands(silent) == ("DECIDED", "stopped_near_line")
    clock.move(days=1)
    arrive(silent, clock)
    assert stands(silent) == ("NEEDS_YOU", "REPEAT_DUE")
    verdict = diary_of(silent).verdict(day(42), DEFAULT_RULES)
    assert verdict.since is not None
    assert verdict.since < day(41)  # by the dates alone the decision would be the younger one
    with transaction() as session:
        refresh_tally(session, clinic.clinic_id, now=clock())
        assert counts_of(session, clinic.clinic_id)[0] == (1, 0, 0)  # the mail of the morning says so too
    decide(clinic.clinician, silent, DecisionKind.WAIT, clock, in_days=30)
    assert stands(silent) == ("DECIDED", "REPEAT_DUE")


def test_the_same_state_after_days_that_arrive_late_goes_on_waiting(clinic, silent, clock):
    clock.move(days=1)
    arrive(silent, clock)
    decide(clinic.clinician, silent, DecisionKind.WAIT, clock, in_days=30)
    clock.move(days=1)
    late = an_entry(day(42), 5, clock() - timedelta(days=1))
    send(silent, clock, late)
    assert stands(silent) == ("DECIDED", "REPEAT_DUE")


def test_what_a_decision_was_about_is_the_state_that_was_shown_or_why_it_could_not_be_said(clinic, silent, clock):
    today = day(41)
    assert diary_of(silent).decided(today) is None
    decide(clinic.clinician, silent, DecisionKind.WAIT, clock, in_days=30)
    diary = diary_of(silent)
    assert diary.decided(today) == LastDecision(today, day(71), "few_entries", FAR_AWAY)
    (decision,) = diary.decisions
    for shown, about, booked in (
        (decision.shown | {"state": "DUE_SOON", "why": None}, "DUE_SOON", FAR_AWAY),
        ({}, None, None),
        ([], None, None),  # a row that was damaged
    ):
        decision.shown = shown
        assert diary.decided(today) == LastDecision(today, day(71), about, booked)


def test_a_decision_keeps_the_last_day_to_book_that_was_shown_with_it(clinic, silent, clock):
    decide(clinic.clinician, silent, DecisionKind.WAIT, clock, in_days=30)
    diary = diary_of(silent)
    (decision,) = diary.decisions
    for marks, booked in (
        ([{"code": "over_the_line", "value": None}, {"code": "book_by", "value": "2026-03-02"}], date(2026, 3, 2)),
        ([{"code": "over_the_line", "value": None}], FAR_AWAY),
        ([{"code": "book_by", "value": "soon"}], None),  # rows that were damaged
        ([{"code": "book_by"}], None),
        (["book_by"], None),
        (None, None),
    ):
        decision.shown = decision.shown | {"marks": marks}
        told = diary.decided(day(41))
        assert told is not None
        assert told.book_by == booked


@pytest.fixture
def relieved(clinic, patient, clock):
    """A patient whose relief lasts, on day 30."""
    clock.now = datetime.combine(day(-20), time(12), UTC)
    write_days(patient, [8] * 7, clock, first_day=day(-11))
    a_course(clinic, patient, day(-4), clock)
    write_days(patient, [3] * 30, clock, first_day=day(1))
    clock.now = datetime.combine(day(30), time(12), UTC)
    return patient


def on_each_day(patient, clock, *days, score=3):
    """Return where the patient stands on each of these days, having written until then."""
    places = {}
    for t in range(days[0], days[-1] + 1):
        clock.now = datetime.combine(day(t), time(12), UTC)
        write_days(patient, [score], clock, first_day=day(t))
        if t in days:
            places[t] = stands(patient)
    return places


def test_a_patient_who_said_that_it_wears_off_waits_for_the_next_step_and_is_back_after_it(clinic, relieved, clock):
    say_wearing_off(relieved, subject(relieved), clock=clock)
    assert stands(relieved) == ("NEEDS_YOU", "patient_says_wearing_off")
    clock.move(minutes=1)
    decide(clinic.clinician, relieved, DecisionKind.WAIT, clock, in_days=10)
    assert stands(relieved) == ("DECIDED", "patient_says_wearing_off")
    assert on_each_day(relieved, clock, 31, 40, 41) == {
        31: ("DECIDED", "patient_says_wearing_off"),
        40: ("DECIDED", "patient_says_wearing_off"),
        41: ("NEEDS_YOU", "patient_says_wearing_off"),
    }
    decide(clinic.clinician, relieved, DecisionKind.WAIT, clock, in_days=5)  # put off once more
    assert on_each_day(relieved, clock, 42, 47) == {
        42: ("DECIDED", "patient_says_wearing_off"),
        47: ("NEEDS_YOU", "patient_says_wearing_off"),
    }
    decide(clinic.clinician, relieved, DecisionKind.OTHER, clock, in_days=None)
    assert stands(relieved) == ("NOTHING_TO_DO", "HOLDING")
    clock.move(minutes=1)
    decide(clinic.clinician, relieved, DecisionKind.WAIT, clock, in_days=5)
    assert stands(relieved) == ("NOTHING_TO_DO", "HOLDING")  # what was closed stays closed


def test_a_course_ends_what_waited_since_the_one_before(clinic, relieved, clock):
    say_wearing_off(relieved, subject(relieved), clock=clock)
    clock.move(minutes=1)
    decide(clinic.clinician, relieved, DecisionKind.WAIT, clock, in_days=10)
    assert stands(relieved) == ("DECIDED", "patient_says_wearing_off")
    a_course(clinic, relieved, day(31), clock, days=1)
    clock.move(days=1)
    write_days(relieved, [3], clock, first_day=day(31))
    assert stands(relieved) == ("NOTHING_TO_DO", "IN_COURSE")


def test_very_high_scores_wait_for_the_next_step_too(clinic, relieved, clock):
    write_days(relieved, [9], clock, first_day=day(30))
    assert stands(relieved) == ("NEEDS_YOU", "high_scores")
    clock.move(minutes=1)
    decide(clinic.clinician, relieved, DecisionKind.WAIT, clock, in_days=3)
    assert stands(relieved) == ("DECIDED", "high_scores")
    assert on_each_day(relieved, clock, 31, 33, 34) == {
        31: ("DECIDED", "high_scores"),
        33: ("DECIDED", "high_scores"),
        34: ("NEEDS_YOU", "high_scores"),
    }
