"""A clinic's own calibration, learned from its finished courses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import nlargest
from typing import Final

from diary.clinical.baseline import judge_courses
from diary.clinical.courses import Course
from diary.clinical.forecast.calibration import OWN_COURSES_NEEDED, SHIPPED, Calibration, calibrate
from diary.clinical.forecast.outlook import losses_of, silent_before_looking
from diary.clinical.relief import relief_of_courses
from diary.clinical.rules import RuleSet

ORIGINS: Final = (21, 35, 56)
"""Days t on which a finished course is looked at again as if it were that day."""
MOST_COURSES: Final = 200
"""The latest finished courses that are looked at; more would hardly move a rank."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A course whose response was lost, with the courses before it and the counting scores of its patient.

    Attributes:
        courses: the patient's courses in order, this one last.
        counting: counting scores by ordinal of their day.
        days: its days of relief.
        lost_on: the day of loss as a calendar day.
    """

    courses: tuple[Course, ...]
    counting: Mapping[int, int]
    days: int
    lost_on: date


def finished_course(
    courses: Sequence[Course], counting: Mapping[int, int], today: date, rules: RuleSet
) -> Finished | None:
    """Return the latest finished course of a patient, or None: one course a patient, so that none weighs more."""
    relief = relief_of_courses(judge_courses(courses, counting, today, rules))
    for index in range(len(relief) - 1, -1, -1):
        days, course = relief[index].days, relief[index].course
        if days is not None:
            return Finished(tuple(courses[: index + 1]), counting, days, course.last_day + timedelta(days=days + 1))
    return None


def own_calibration(finished: Iterable[Finished], rules: RuleSet) -> Calibration:
    """Return the calibration from finished courses, one a patient; the shipped one with fewer than 50."""
    latest = nlargest(MOST_COURSES, finished, key=lambda one: one.lost_on)
    if len(latest) < OWN_COURSES_NEEDED:
        return SHIPPED
    ranks = [rank for one in latest for rank in ranks_of(one, rules)]
    return calibrate(ranks, courses=len(latest)) if len(ranks) >= OWN_COURSES_NEEDED else SHIPPED


def ranks_of(finished: Finished, rules: RuleSet) -> list[float]:
    """Return where its day of loss fell in what would have been forecast on the origins on which it was running."""
    ranks = []
    for origin in ORIGINS:
        then = finished.courses[-1].last_day + timedelta(days=origin)
        known = {day: score for day, score in finished.counting.items() if day <= then.toordinal()}
        judged = judge_courses(finished.courses, known, then, rules)
        if silent_before_looking(judged[-1]) is None:
            ranks.append(losses_of(judged, known, rules=rules).rank_of(finished.days + 1))
    return ranks
