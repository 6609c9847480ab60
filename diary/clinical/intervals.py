"""Minimum intervals and yearly limits: the arithmetic that marks a verdict and warns of a plan."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from diary.clinical.courses import Course
from diary.clinical.rule_changes import status_of
from diary.clinical.rules import RuleSet

YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class Interval:
    """A minimum interval that is not over: of `medicine` in `course`, over on the day `until`."""

    until: date
    substance: str
    medicine: str
    course: Course


@dataclass(frozen=True, slots=True)
class YearlyLimit:
    """A limit that is reached: `courses` with the substance of `medicine` began within 365 days."""

    substance: str
    medicine: str
    courses: tuple[Course, ...]


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """What stands against beginning a course on a planned day, with the number of the rules and its status.

    Attributes:
        code: the mark that says the same: inside_minimum_interval or yearly_limit.
        substance, medicine: what is meant; `medicine` is the code whose number counts.
        until: first day on which the interval is over; None for the limit.
        courses: the course whose interval runs, or those that count against the limit.
        number: days of the interval, or courses a year.
        status: V, S or O: how sure that number is.
    """

    code: str
    substance: str
    medicine: str
    until: date | None
    courses: tuple[Course, ...]
    number: int
    status: str


def interval_on(courses: Iterable[Course], day: date, rules: RuleSet) -> Interval | None:
    """Return the minimum interval that ends last among those not over on `day`, of any medicine in any course.

    Args:
        courses: those that have started by `day`.
        day: the day looked at.
        rules: the numbers in force; intervals are days from day 0 of a course.
    """
    running = (
        Interval(until, medicine.substance, code, course)
        for course in courses
        for code in course.medicines
        for medicine in (rules.medicine(code),)
        for until in (course.last_day + timedelta(days=medicine.minimum_interval),)
        if until > day
    )
    return max(running, key=lambda one: (one.until, one.substance), default=None)


def limit_on(medicines: Iterable[str], courses: Sequence[Course], day: date, rules: RuleSet) -> YearlyLimit | None:
    """Return the first yearly limit of `medicines` that courses begun within 365 days before `day` reach.

    Args:
        medicines: ordered codes of the course whose limit is asked for.
        courses: those that have started by `day`.
        day: the day looked at.
        rules: the numbers in force.
    """
    this_year = [course for course in courses if course.first_day > day - timedelta(days=YEAR)]
    for code in medicines:
        medicine = rules.medicine(code)
        counted = tuple(course for course in this_year if medicine.substance in substances(course, rules))
        if len(counted) >= medicine.courses_a_year:
            return YearlyLimit(medicine.substance, code, counted)
    return None


def warnings_of_plan(
    medicines: Sequence[str], first_day: date, courses: Iterable[Course], rules: RuleSet
) -> tuple[PlanWarning, ...]:
    """Return what the rules say against a course of `medicines` that begins on `first_day`.

    Args:
        medicines: ordered codes of the planned course.
        first_day: its expected first infusion day.
        courses: the other courses of the patient, given and planned; those that begin after `first_day` are left out.
        rules: the numbers in force.
    """
    begun = [course for course in courses if course.first_day <= first_day]
    interval, limit = interval_on(begun, first_day, rules), limit_on(medicines, begun, first_day, rules)
    warnings = []
    if interval:
        number = rules.medicine(interval.medicine).minimum_interval
        status = status_of(rules, f"{interval.medicine}.minimum_interval")
        of_course = (interval.course,)
        code = "inside_minimum_interval"
        warnings.append(
            PlanWarning(code, interval.substance, interval.medicine, interval.until, of_course, number, status)
        )
    if limit:
        number = rules.medicine(limit.medicine).courses_a_year
        status = status_of(rules, f"{limit.medicine}.courses_a_year")
        warnings.append(
            PlanWarning("yearly_limit", limit.substance, limit.medicine, None, limit.courses, number, status)
        )
    return tuple(warnings)


def substances(course: Course, rules: RuleSet) -> set[str]:
    """Return what is counted together for intervals, limits and liver tests in a course."""
    return {rules.medicine(code).substance for code in course.medicines}
