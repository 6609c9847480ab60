"""Minimum intervals and yearly limits: the arithmetic that marks a verdict and warns of a plan."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from diary.clinical.courses import Course
from diary.clinical.rule_changes import status_of
from diary.clinical.rules import RuleSet

YEAR: Final = 365
KETAMINE: Final = "ketamine"
"""The substance that asks for liver tests."""
BEFORE_NEXT: Final = "interval_before_next"
"""The code of a warning about a course that begins inside the interval of the planned one."""


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
    """What stands against a planned course, with the number of the rules and its status.

    Attributes:
        code: the mark that says the same, inside_minimum_interval or yearly_limit, or `BEFORE_NEXT`.
        substance, medicine: what is meant; `medicine` is the code whose number counts.
        until: first day on which the interval is over; None for the limit.
        courses: the course whose interval runs, those that count against the limit, or the one that begins too early.
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


@dataclass(frozen=True, slots=True)
class LiverWarning:
    """What stands against repeating `medicine`: the last liver test is `age` days old, or none is known.

    Attributes:
        age: days since the last known liver test; None where none is known.
        number, status: days for which one counts, and how sure that number is: V, S or O.
    """

    medicine: str
    age: int | None
    number: int
    status: str
    code: str = "liver_test_missing"
    substance: str = KETAMINE


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


def warnings_of_plan(plan: Course, courses: Iterable[Course], rules: RuleSet) -> tuple[PlanWarning, ...]:
    """Return what the rules say against a planned course, and against the others because of it.

    Args:
        plan: the planned course on its expected days.
        courses: the other courses of the patient, given and planned; the yearly limit leaves out those that begin
            after the plan.
        rules: the numbers in force.
    """
    in_order = sorted(courses, key=lambda course: course.first_day)
    begun = [course for course in in_order if course.first_day <= plan.first_day]
    warnings = []
    if interval := interval_on(begun, plan.first_day, rules):
        warnings.append(_of_interval("inside_minimum_interval", interval, interval.course, rules))
    if limit := limit_on(plan.medicines, begun, plan.first_day, rules):
        number = rules.medicine(limit.medicine).courses_a_year
        status = status_of(rules, f"{limit.medicine}.courses_a_year")
        warnings.append(
            PlanWarning("yearly_limit", limit.substance, limit.medicine, None, limit.courses, number, status)
        )
    warnings += (
        _of_interval(BEFORE_NEXT, interval, later, rules)
        for later in in_order[len(begun) :]
        if (interval := interval_on([plan], later.first_day, rules))
    )
    return tuple(warnings)


def _of_interval(code: str, interval: Interval, course: Course, rules: RuleSet) -> PlanWarning:
    number = rules.medicine(interval.medicine).minimum_interval
    status = status_of(rules, f"{interval.medicine}.minimum_interval")
    return PlanWarning(code, interval.substance, interval.medicine, interval.until, (course,), number, status)


def warning_of_liver(
    medicines: Iterable[str], liver_tests: Iterable[date], today: date, rules: RuleSet
) -> LiverWarning | None:
    """Return what stands against repeating `medicines` as long as no liver test is known that counts on `today`."""
    governing = next((code for code in medicines if rules.medicine(code).substance == KETAMINE), None)
    age = age_of_liver_test(liver_tests, today)
    if governing is None or (age is not None and age <= rules.liver_test_days):
        return None
    return LiverWarning(governing, age, rules.liver_test_days, status_of(rules, "liver_test_days"))


def age_of_liver_test(liver_tests: Iterable[date], today: date) -> int | None:
    """Return the days since the last liver test known by `today`, or None without one."""
    last = max((day for day in liver_tests if day <= today), default=None)
    return (today - last).days if last else None


def substances(course: Course, rules: RuleSet) -> set[str]:
    """Return what is counted together for intervals, limits and liver tests in a course."""
    return {rules.medicine(code).substance for code in course.medicines}
