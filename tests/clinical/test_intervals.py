"""Minimum intervals and yearly limits of a plan: worked by hand from clinical-rules.md section 4."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.clinical.courses import Course
from diary.clinical.intervals import PlanWarning, interval_on, warnings_of_plan
from diary.clinical.rules import DEFAULT_RULES, RuleSet

LAST = date(2026, 3, 6)


def a_course(*medicines: str, last: date = LAST, days: int = 5) -> Course:
    return Course(medicines, last - timedelta(days=days - 1), last)


def said_of(
    medicines: tuple[str, ...], first_day: date, courses: Sequence[Course], rules: RuleSet = DEFAULT_RULES
) -> tuple[PlanWarning, ...]:
    """Return what is said of a plan of five days."""
    return warnings_of_plan(Course(medicines, first_day, first_day + timedelta(days=4)), courses, rules)


def codes(medicines: tuple[str, ...], first_day: date, *courses: Course, rules: RuleSet = DEFAULT_RULES) -> list[str]:
    return [warning.code for warning in said_of(medicines, first_day, courses, rules)]


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
    warnings = said_of((planned,), LAST + timedelta(days=days_after), [a_course(*before)])
    found = [one.until for one in warnings if one.code == "inside_minimum_interval"]
    assert found == ([] if until is None else [LAST + timedelta(days=until)])


def test_ketamine_in_a_row_and_on_single_days_are_one_substance():
    (warning,) = said_of(("ketamine-single",), LAST + timedelta(days=16), [a_course("ketamine")])
    assert (warning.substance, warning.medicine, warning.number, warning.status) == ("ketamine", "ketamine", 42, "O")
    assert warning.courses == (a_course("ketamine"),)


def test_the_interval_that_ends_last_is_named_with_its_own_course():
    ketamine, lidocaine = a_course("ketamine"), a_course("lidocaine", last=LAST + timedelta(days=10), days=1)
    running = interval_on([ketamine, lidocaine], LAST + timedelta(days=20), DEFAULT_RULES)
    assert running is not None
    assert (running.until, running.course) == (LAST + timedelta(days=42), ketamine)  # 10 + 28 is 38


def test_the_status_of_a_number_is_published_opinion_or_the_clinics():
    day = LAST + timedelta(days=10)
    (published,) = said_of(("immunoglobulin",), day, [a_course("immunoglobulin")])
    assert (published.number, published.status) == (21, "V")
    own = replace(
        DEFAULT_RULES,
        medicines=tuple(
            replace(one, minimum_interval=25) if one.code == "immunoglobulin" else one
            for one in DEFAULT_RULES.medicines
        ),
    )
    (changed,) = said_of(("immunoglobulin",), day, [a_course("immunoglobulin")], own)
    assert (changed.number, changed.status) == (25, "O")


def test_the_yearly_limit_counts_the_substance_in_365_days_of_any_course():
    first = date(2026, 12, 1)
    # Two bisphosphonate courses a year; the earlier one began 365 days before and is no longer counted.
    old = a_course("bisphosphonate", last=first - timedelta(days=365), days=1)
    one = a_course("bisphosphonate", last=first - timedelta(days=364), days=1)
    two = a_course("lidocaine", "bisphosphonate", last=first - timedelta(days=190), days=1)
    assert codes(("bisphosphonate",), first, old, two) == []
    (warning,) = said_of(("bisphosphonate",), first, [one, two])
    assert (warning.code, warning.courses, warning.number) == ("yearly_limit", (one, two), 2)


def test_six_ketamine_courses_of_either_kind_reach_the_limit_of_ketamine_and_not_of_single_days():
    first = date(2026, 12, 1)
    kinds = ("ketamine", "ketamine-single") * 3
    before = [a_course(code, last=first - timedelta(days=50 * (n + 1)), days=1) for n, code in enumerate(kinds)]
    assert codes(("ketamine",), first, *before) == ["yearly_limit"]
    assert codes(("ketamine-single",), first, *before) == []  # 12 a year


def test_a_course_that_begins_after_the_interval_of_the_planned_one_says_nothing():
    # Planned for 5 May to 9 May; 42 days of ketamine are over on 20 June.
    first = date(2026, 5, 5)
    assert codes(("ketamine",), first, a_course("lidocaine", last=date(2026, 6, 20), days=1)) == []
    assert codes(("lidocaine",), first, a_course("ketamine", last=date(2026, 6, 10))) == []  # 28 days: from 6 June


def test_a_plan_before_a_course_that_is_planned_already_is_warned_of_like_the_other_way_round():
    early, late = (
        Course(("ketamine",), date(2026, 5, 5), date(2026, 5, 9)),
        a_course("lidocaine", last=date(2026, 6, 23)),
    )
    (late_asked,) = warnings_of_plan(late, [early], DEFAULT_RULES)
    (early_asked,) = warnings_of_plan(early, [late], DEFAULT_RULES)
    assert (late_asked.code, late_asked.courses) == ("inside_minimum_interval", (early,))
    assert early_asked == replace(late_asked, code="interval_before_next", courses=(late,))
    assert (early_asked.medicine, early_asked.until, early_asked.number) == ("ketamine", date(2026, 6, 20), 42)


def test_every_course_that_the_plan_comes_too_close_to_is_named_and_limits_count_only_what_was_before():
    plan = Course(("bisphosphonate",), date(2026, 5, 5), date(2026, 5, 5))
    second, first = (a_course("bisphosphonate", last=plan.last_day + timedelta(days=n), days=1) for n in (179, 90))
    far = a_course("bisphosphonate", last=plan.last_day + timedelta(days=180), days=1)
    found = warnings_of_plan(plan, [second, far, first], DEFAULT_RULES)
    assert [(one.code, one.courses) for one in found] == [
        ("interval_before_next", (first,)),
        ("interval_before_next", (second,)),
    ]


def test_another_course_that_begins_on_the_planned_day_counts():
    first = LAST + timedelta(days=60)
    (interval,) = said_of(("ketamine",), first, [a_course("lidocaine", last=first, days=1)])
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
