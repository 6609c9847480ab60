"""Minimum intervals and yearly limits of a plan: worked by hand from clinical-rules.md section 4."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.clinical.courses import Course
from diary.clinical.intervals import interval_on, warnings_of_plan
from diary.clinical.rules import DEFAULT_RULES, RuleSet

LAST = date(2026, 3, 6)


def a_course(*medicines: str, last: date = LAST, days: int = 5) -> Course:
    return Course(medicines, last - timedelta(days=days - 1), last)


def codes(medicines: tuple[str, ...], first_day: date, *courses: Course, rules: RuleSet = DEFAULT_RULES) -> list[str]:
    return [warning.code for warning in warnings_of_plan(medicines, first_day, courses, rules)]


@pytest.mark.parametrize(
    ("before", "planned", "days_after", "until"),
    [
        (("ketamine",), "ketamine", 41, 42),
        (("ketamine",), "ketamine", 42, None),
        (("ketamine",), "ketamine-single", 41, 42),
        (("ketamine-single",), "ketamine", 20, 21),
        (("ketamine-single",), "ketamine", 21, None),
        (("ketamine",), "lidocaine", 30, 42),
        (("lidocaine",), "ketamine", 27, 28),
        (("lidocaine",), "ketamine", 28, None),
        (("lidocaine", "ketamine"), "magnesium", 35, 42),
        (("immunoglobulin",), "immunoglobulin", 20, 21),
        (("immunoglobulin",), "immunoglobulin", 21, None),
        (("bisphosphonate",), "bisphosphonate", 179, 180),
        (("bisphosphonate",), "clonidine", 100, 180),
    ],
)
def test_an_interval_runs_from_the_last_day_of_whatever_was_given(before, planned, days_after, until):
    warnings = warnings_of_plan((planned,), LAST + timedelta(days=days_after), [a_course(*before)], DEFAULT_RULES)
    found = [one.until for one in warnings if one.code == "inside_minimum_interval"]
    assert found == ([] if until is None else [LAST + timedelta(days=until)])


def test_ketamine_in_a_row_and_on_single_days_are_one_substance():
    (warning,) = warnings_of_plan(
        ("ketamine-single",), LAST + timedelta(days=16), [a_course("ketamine")], DEFAULT_RULES
    )
    assert (warning.substance, warning.medicine, warning.number, warning.status) == ("ketamine", "ketamine", 42, "O")
    assert warning.courses == (a_course("ketamine"),)


def test_the_interval_that_ends_last_is_named_with_its_own_course():
    ketamine, lidocaine = a_course("ketamine"), a_course("lidocaine", last=LAST + timedelta(days=10), days=1)
    running = interval_on([ketamine, lidocaine], LAST + timedelta(days=20), DEFAULT_RULES)
    assert running is not None
    assert (running.until, running.course) == (LAST + timedelta(days=42), ketamine)  # 10 + 28 is 38


def test_the_status_of_a_number_is_published_opinion_or_the_clinics():
    day = LAST + timedelta(days=10)
    (published,) = warnings_of_plan(("immunoglobulin",), day, [a_course("immunoglobulin")], DEFAULT_RULES)
    assert (published.number, published.status) == (21, "V")
    own = replace(
        DEFAULT_RULES,
        medicines=tuple(
            replace(one, minimum_interval=25) if one.code == "immunoglobulin" else one
            for one in DEFAULT_RULES.medicines
        ),
    )
    (changed,) = warnings_of_plan(("immunoglobulin",), day, [a_course("immunoglobulin")], own)
    assert (changed.number, changed.status) == (25, "O")


def test_the_yearly_limit_counts_the_substance_in_365_days_of_any_course():
    first = date(2026, 12, 1)
    # Two bisphosphonate courses a year; the earlier one began 365 days before and is no longer counted.
    old = a_course("bisphosphonate", last=first - timedelta(days=365), days=1)
    one = a_course("bisphosphonate", last=first - timedelta(days=364), days=1)
    two = a_course("lidocaine", "bisphosphonate", last=first - timedelta(days=190), days=1)
    assert codes(("bisphosphonate",), first, old, two) == []
    (warning,) = warnings_of_plan(("bisphosphonate",), first, [one, two], DEFAULT_RULES)
    assert (warning.code, warning.courses, warning.number) == ("yearly_limit", (one, two), 2)


def test_six_ketamine_courses_of_either_kind_reach_the_limit_of_ketamine_and_not_of_single_days():
    first = date(2026, 12, 1)
    kinds = ("ketamine", "ketamine-single") * 3
    before = [a_course(code, last=first - timedelta(days=50 * (n + 1)), days=1) for n, code in enumerate(kinds)]
    assert codes(("ketamine",), first, *before) == ["yearly_limit"]
    assert codes(("ketamine-single",), first, *before) == []  # 12 a year


def test_courses_after_the_planned_day_say_nothing():
    first = LAST + timedelta(days=60)
    assert codes(("ketamine",), first, a_course("ketamine", last=first + timedelta(days=5))) == []  # begins a day later


def test_another_course_that_begins_on_the_planned_day_counts():
    first = LAST + timedelta(days=60)
    (interval,) = warnings_of_plan(("ketamine",), first, [a_course("lidocaine", last=first, days=1)], DEFAULT_RULES)
    assert (interval.code, interval.until) == ("inside_minimum_interval", first + timedelta(days=28))
    old = a_course("bisphosphonate", last=first - timedelta(days=190), days=1)
    same_day = a_course("bisphosphonate", last=first, days=1)
    assert codes(("bisphosphonate",), first, old, same_day) == ["inside_minimum_interval", "yearly_limit"]


@settings(max_examples=40)
@given(
    medicine=st.sampled_from([one.code for one in DEFAULT_RULES.medicines]),
    planned=st.sampled_from([one.code for one in DEFAULT_RULES.medicines]),
    after=st.integers(1, 400),
)
def test_a_plan_is_warned_of_exactly_while_the_interval_of_the_course_before_runs(medicine, planned, after):
    warned = "inside_minimum_interval" in codes((planned,), LAST + timedelta(days=after), a_course(medicine))
    assert warned is (after < DEFAULT_RULES.medicine(medicine).minimum_interval)
