"""The baseline of each course: measured before it, carried, kept, or set by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from diary.clinical.courses import Course, started_courses
from diary.clinical.rules import RuleSet
from diary.clinical.states import State, Timeline


class BaselineHow(StrEnum):
    """How a baseline came about."""

    WEEK = "7-day"
    FORTNIGHT = "14-day"
    CARRIED = "carried"
    KEPT = "kept"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The baseline in force for a course.

    Attributes:
        value: exact mean in points, 0-10.
        n: entries behind it, None when it was set by hand.
        how: how it came about.
        measured_on: last day of the measurement, or the day it was set.
        measured_for: first infusion day of the course it was measured for.
    """

    value: Fraction
    n: int | None
    how: BaselineHow
    measured_on: date
    measured_for: date

    def passed_on(self, how: BaselineHow) -> "Baseline":
        """Return the same measurement for a later course."""
        return Baseline(self.value, self.n, how, self.measured_on, self.measured_for)


@dataclass(frozen=True, slots=True)
class JudgedCourse:
    """A started course with the baseline in force and, where that can be used, its timeline."""

    course: Course
    baseline: Baseline | None
    timeline: Timeline


def judge_courses(
    courses: Iterable[Course], counting: Mapping[int, int], today: date, rules: RuleSet
) -> list[JudgedCourse]:
    """Return each started course judged up to the day before the next one, the last one up to `today`.

    Args:
        courses: the given courses in any order; those that start after `today` are left out.
        counting: counting scores by ordinal of their day.
        today: the day being judged.
        rules: the rule set in force.

    Raises:
        ClinicalError: courses that overlap.
    """
    started = started_courses(courses, today)
    ends = [*(following.first_day - timedelta(days=1) for following in started[1:]), today]
    judged: list[JudgedCourse] = []
    for course, last in zip(started, ends, strict=False):
        baseline = _in_force(course, judged[-1] if judged else None, counting, today, rules)
        timeline = Timeline.after(course, baseline.value if baseline else None, counting, last, rules)
        judged.append(JudgedCourse(course, baseline, timeline))
    return judged


def _in_force(
    course: Course, previous: JudgedCourse | None, counting: Mapping[int, int], today: date, rules: RuleSet
) -> Baseline | None:
    by_hand = _set_by_hand(course, today)
    if by_hand is not None:
        return by_hand
    measured = _measured(course, previous.course if previous else None, counting, rules)
    before = previous.baseline if previous else None
    if previous is None or before is None:
        return measured
    if measured is not None:
        return before.passed_on(BaselineHow.KEPT) if _keeps(previous, before, measured, rules) else measured
    if (course.first_day - before.measured_for).days <= rules.carried_days:
        return before.passed_on(BaselineHow.CARRIED)
    return None


def _set_by_hand(course: Course, today: date) -> Baseline | None:
    known = [given for given in course.set_baselines if given.set_on <= today]
    if not known or known[-1].value is None:
        return None
    return Baseline(known[-1].value, None, BaselineHow.SET, known[-1].set_on, course.first_day)


def _measured(course: Course, previous: Course | None, counting: Mapping[int, int], rules: RuleSet) -> Baseline | None:
    first = course.first_day.toordinal()
    earliest = (previous.last_day if previous else date.min).toordinal() + 1
    for how, days, minimum in (
        (BaselineHow.WEEK, rules.baseline_days, rules.baseline_minimum),
        (BaselineHow.FORTNIGHT, rules.long_baseline_days, rules.long_baseline_minimum),
    ):
        scores = [counting[day] for day in range(max(first - days, earliest), first) if day in counting]
        if len(scores) >= minimum:
            mean = Fraction(sum(scores), len(scores))
            return Baseline(mean, len(scores), how, date.fromordinal(first - 1), course.first_day)
    return None


def _keeps(previous: JudgedCourse, before: Baseline, measured: Baseline, rules: RuleSet) -> bool:
    """Say whether a patient treated again while still relieved keeps the baseline in force before."""
    if previous.timeline.confirmed is None or measured.value >= before.value - rules.kept_drop:
        return False
    relieved_then = previous.timeline.state in (State.HOLDING, State.DUE_SOON)
    return relieved_then or measured.value <= rules.line(before.value)
