"""A decision to repeat: what the rules say against its date is asked first, whatever the state, and kept."""

from datetime import date, timedelta

import pytest

from diary.errors import ConfirmFirst, Invalid
from diary.services import courses
from diary.services.asking_again import AskAgain
from diary.services.decisions import record_decision
from diary.services.planning import Plan, plan_course
from diary.vocabulary import DecisionKind, EventKind
from tests.clinic_builders import a_course, confirmed, subject, write_days
from tests.services.deciding import shown_digest
from tests.services.looking_in import audit_rows, diary_of, everything_stored

FIRST = date(2026, 1, 8)
OVER = date(2026, 2, 20)
"""The course ends on 9 January: the minimum interval of 42 days is over on 20 February."""


@pytest.fixture
def no_response(clinic, patient, clock):
    """A patient with no response seen, 31 days after ketamine, and with a liver test of today."""
    write_days(patient, [7] * 7, clock, first_day=date(2026, 1, 1))
    a_course(clinic, patient, FIRST, clock, days=2)
    write_days(patient, [7] * 31, clock, first_day=date(2026, 1, 10))
    courses.record_event(clinic.nurse, subject(patient), EventKind.LIVER_TEST, clock=clock)
    return patient


def repeat(clinic, patient, clock, next_step, *, accepted="", who=None, kind=DecisionKind.REPEAT):
    return record_decision(
        who or confirmed(clinic.clinician, clock),
        subject(patient),
        kind,
        reason="talked on the phone",
        next_step=next_step,
        shown_digest=shown_digest(patient, clock),
        clock=clock,
        accepted=accepted,
    )


def test_inside_the_interval_it_is_recorded_only_after_what_is_said_was_seen(clinic, no_response, clock):
    stored = everything_stored()
    with pytest.raises(AskAgain) as asked:
        repeat(clinic, no_response, clock, OVER - timedelta(days=1))
    assert everything_stored() == stored
    (warning,) = asked.value.found
    assert (warning.code, warning.substance, warning.until) == ("inside_minimum_interval", "ketamine", OVER)
    with pytest.raises(AskAgain):
        repeat(clinic, no_response, clock, OVER - timedelta(days=1), accepted="another token")
    made = repeat(clinic, no_response, clock, OVER - timedelta(days=1), accepted=asked.value.token)
    *_, recorded, anyway = audit_rows(clinic.clinic_id)
    assert (recorded.action, anyway.action) == ("decision.recorded", "decision.recorded_anyway")
    assert anyway.content == {
        "decision": str(made),
        "warnings": [
            {
                "code": "inside_minimum_interval",
                "substance": "ketamine",
                "medicine": "ketamine",
                "until": "2026-02-20",
                "courses": ["2026-01-08/2026-01-09"],
                "number": 42,
                "status": "O",
            }
        ],
    }


def test_from_the_day_on_which_the_interval_is_over_nothing_is_asked(clinic, no_response, clock):
    repeat(clinic, no_response, clock, OVER)
    assert audit_rows(clinic.clinic_id)[-1].action == "decision.recorded"


@pytest.mark.parametrize("kind", [kind for kind in DecisionKind if kind is not DecisionKind.REPEAT])
def test_any_other_decision_is_asked_nothing(clinic, no_response, clock, kind):
    repeat(clinic, no_response, clock, OVER - timedelta(days=1), kind=kind)
    assert len(diary_of(no_response).decisions) == 1


def test_at_the_yearly_limit_it_asks(clinic, patient, clock):
    for first in (date(2025, 6, 1), date(2025, 12, 1)):
        a_course(clinic, patient, first, clock, medicines=("bisphosphonate",), days=1)
    with pytest.raises(AskAgain) as asked:
        repeat(clinic, patient, clock, date(2026, 5, 31))
    assert [warning.code for warning in asked.value.found] == ["yearly_limit"]
    repeat(clinic, patient, clock, date(2026, 6, 2))


@pytest.mark.parametrize("days_ago", [None, 31])
def test_ketamine_without_a_liver_test_asks_where_no_mark_says_it(clinic, patient, clock, days_ago):
    write_days(patient, [7] * 7, clock, first_day=date(2026, 1, 1))
    a_course(clinic, patient, FIRST, clock, days=2)
    write_days(patient, [7] * 31, clock, first_day=date(2026, 1, 10))
    if days_ago:
        day = clock().date() - timedelta(days=days_ago)
        courses.record_event(clinic.nurse, subject(patient), EventKind.LIVER_TEST, clock=clock, day=day)
    with pytest.raises(AskAgain) as asked:
        repeat(clinic, patient, clock, OVER)
    (warning,) = asked.value.found
    assert (warning.code, warning.age) == ("liver_test_missing", days_ago)
    repeat(clinic, patient, clock, OVER, accepted=asked.value.token)
    (kept,) = audit_rows(clinic.clinic_id)[-1].content["warnings"]
    assert kept == {
        "code": "liver_test_missing",
        "substance": "ketamine",
        "medicine": "ketamine",
        "age": days_ago,
        "number": 30,
        "status": "O",
    }


def test_a_liver_test_that_a_mark_asks_for_is_not_asked_for_again(clinic, patient, clock):
    write_days(patient, [7] * 7, clock, first_day=date(2026, 1, 1))
    a_course(clinic, patient, FIRST, clock, days=2)
    write_days(patient, [2] * 21 + [7] * 20, clock, first_day=date(2026, 1, 10))
    repeat(clinic, patient, clock, date(2026, 3, 1))
    assert [mark["code"] for mark in diary_of(patient).decisions[0].shown["marks"]].count("liver_test_missing") == 1


def test_after_another_medicine_no_liver_test_is_asked_for(clinic, patient, clock):
    a_course(clinic, patient, FIRST, clock, days=1, medicines=("lidocaine",))
    repeat(clinic, patient, clock, date(2026, 6, 1))


def test_the_plan_that_the_decision_is_about_is_not_held_against_it(clinic, no_response, clock):
    plan = Plan(("ketamine",), OVER, OVER + timedelta(days=4))
    plan_course(clinic.nurse, subject(no_response), plan, clock=clock)
    repeat(clinic, no_response, clock, OVER)


def test_before_any_course_nothing_stands_against_it(clinic, patient, clock):
    repeat(clinic, patient, clock, clock().date())


def test_who_they_are_is_asked_only_once_all_else_is_right(clinic, no_response, clock):
    passed = clock().date() - timedelta(days=1)
    with pytest.raises(Invalid):
        repeat(clinic, no_response, clock, passed, who=clinic.clinician)
    with pytest.raises(AskAgain) as asked:
        repeat(clinic, no_response, clock, OVER - timedelta(days=1), who=clinic.clinician)
    stored = everything_stored()
    early, token = OVER - timedelta(days=1), asked.value.token
    with pytest.raises(ConfirmFirst):
        repeat(clinic, no_response, clock, early, who=clinic.clinician, accepted=token)
    assert everything_stored() == stored
