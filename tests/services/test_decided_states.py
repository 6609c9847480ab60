"""A decision covers the state that was on the screen: what arrives later brings back whoever is in another one."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.worklist_order import FAR_AWAY, Band, LastDecision
from diary.db import transaction
from diary.services.digests import counts_of
from diary.services.tallies import refresh_tally
from diary.vocabulary import DecisionKind
from tests.clinic_builders import a_course, write_days
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
