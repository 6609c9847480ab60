"""Book by: the day to ask for a chair, so that it is free when relief is expected to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from diary.clinical.courses import Course
from diary.clinical.relief import CourseRelief, days_of_relief_before, usual_days_of_relief
from diary.clinical.rules import RuleSet
from diary.clinical.states import State


class ExpectedFrom(StrEnum):
    """Where the expected end of relief comes from."""

    OWN_COURSES = "own_courses"
    FORECAST = "forecast"


@dataclass(frozen=True, slots=True)
class BookBy:
    """Advice on booking with its arithmetic: `day` = later of (`allowed_from`, `expected_end`) - `waiting_time`.

    Attributes:
        day: last day to ask for a chair.
        expected_end: the day on which relief is expected to end; `expected_from` says how that is known.
        own_days: days of relief of the finished courses behind it, in order; empty with a forecast.
        allowed_from: first day the minimum intervals of all courses allow.
        waiting_time: days, set by the clinic for the medicine.
    """

    day: date
    expected_end: date
    expected_from: ExpectedFrom
    own_days: tuple[int, ...]
    allowed_from: date
    waiting_time: int


def book_by(
    relief: Sequence[CourseRelief],
    state: State,
    *,
    forecast_end: date | None,
    planned_day: date | None,
    today: date,
    rules: RuleSet,
) -> BookBy | None:
    """Return the advice for the last course, or None where nothing can be said.

    Silent without a course, without a waiting time, in a state that is not about relief, when a course is planned
    already, and when neither two finished courses of the same medicine nor the forecast tell when relief ends.

    Args:
        relief: every started course in order.
        state: the state of the last one.
        forecast_end: the middle of the forecast window, when the forecast speaks.
        planned_day: first day of a planned course; one that has passed without an infusion books nothing.
        today: the day being judged.
        rules: the rule set in force, with the clinic's waiting times.
    """
    if not relief or state not in (State.HOLDING, State.DUE_SOON, State.REPEAT_DUE):
        return None
    if planned_day is not None and planned_day >= today:
        return None
    course = relief[-1].course
    waiting_time = rules.medicine(course.governing).waiting_time
    if waiting_time is None:
        return None
    own_days = days_of_relief_before(relief, course)
    usual = usual_days_of_relief(own_days)
    expected_end = course.last_day + timedelta(days=usual) if usual is not None else forecast_end
    if expected_end is None:
        return None
    allowed_from = first_day_allowed([one.course for one in relief], rules)
    return BookBy(
        day=max(allowed_from, expected_end) - timedelta(days=waiting_time),
        expected_end=expected_end,
        expected_from=ExpectedFrom.FORECAST if usual is None else ExpectedFrom.OWN_COURSES,
        own_days=() if usual is None else own_days,
        allowed_from=allowed_from,
        waiting_time=waiting_time,
    )


def first_day_allowed(courses: Sequence[Course], rules: RuleSet) -> date:
    """Return the first day that no minimum interval of any medicine in `courses` (at least one) forbids."""
    return max(
        course.last_day + timedelta(days=rules.medicine(code).minimum_interval)
        for course in courses
        for code in course.medicines
    )
