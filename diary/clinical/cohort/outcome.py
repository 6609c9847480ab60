"""What came of one course: its weekly means and its days of relief, exact, as they are stored for the groups."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from diary.clinical.baseline import JudgedCourse
from diary.clinical.courses import Course
from diary.clinical.relief import CourseRelief, relief_of_courses
from diary.clinical.rules import WEEK
from diary.clinical.weeks import Weeks

PARTS: Final = 420
"""Parts of a point in which weekly means are kept: the mean of 1 to 7 whole scores is a whole number of them."""
FURTHEST_WEEK: Final = 52
FURTHEST_DAY: Final = 365
"""Days of relief are followed up to this day t; section 6 of the rules."""


@dataclass(frozen=True, slots=True)
class CourseOutcome:
    """One started course as it stands on the day looked at.

    Attributes:
        course: the course.
        judged: whether it is the latest of its patient that has started.
        baseline: the baseline in force, exact, 0-10 points; None without one.
        weeks: mean of days 7w-6 … 7w for w = 1 … 52 in 1/420 points, None without enough counting entries; ends with
            the last week that has a mean.
        confirmed: day t on which the response was confirmed, or None.
        relief: what can be said about its days of relief.
    """

    course: Course
    judged: bool
    baseline: Fraction | None
    weeks: tuple[int | None, ...]
    confirmed: int | None
    relief: CourseRelief


class CohortCourse(NamedTuple):
    """What the groups need of one course.

    Attributes:
        patient: whose course it is.
        medicine: the governing medicine.
        judged, baseline, weeks: as in `CourseOutcome`.
        relieved: days (1-365) during which the confirmed response was seen to last; None without a confirmed one.
        lost: whether it ended there by a loss; otherwise the look at it ended.
    """

    patient: Hashable
    medicine: str
    judged: bool
    baseline: Fraction | None
    weeks: Sequence[int | None]
    relieved: int | None
    lost: bool


@dataclass(frozen=True, slots=True)
class Courses:
    """Many courses, a list for each field of `CohortCourse`: tens of thousands of objects would keep Python's garbage
    collector busier than the figures take."""

    patients: list[Hashable] = field(default_factory=list)
    medicines: list[str] = field(default_factory=list)
    judged: list[bool] = field(default_factory=list)
    baselines: list[Fraction | None] = field(default_factory=list)
    weeks: list[Sequence[int | None]] = field(default_factory=list)
    relieved: list[int | None] = field(default_factory=list)
    lost: list[bool] = field(default_factory=list)

    @classmethod
    def of(cls, courses: Iterable[CohortCourse]) -> "Courses":
        """Take them one after the other."""
        columns = cls()
        for one in courses:
            columns.patients.append(one.patient)
            columns.medicines.append(one.medicine)
            columns.judged.append(one.judged)
            columns.baselines.append(one.baseline)
            columns.weeks.append(one.weeks)
            columns.relieved.append(one.relieved)
            columns.lost.append(one.lost)
        return columns


def outcomes_of(judged: Sequence[JudgedCourse]) -> list[CourseOutcome]:
    """Return what came of each started course of one patient, in order."""
    return [
        CourseOutcome(
            course=one.course,
            judged=one is judged[-1],
            baseline=one.baseline.value if one.baseline else None,
            weeks=_weekly_means(one.timeline.weeks),
            confirmed=one.timeline.confirmed,
            relief=relief,
        )
        for one, relief in zip(judged, relief_of_courses(judged), strict=True)
    ]


def cohort_course(patient: Hashable, outcome: CourseOutcome) -> CohortCourse:
    """Return what the groups need of `outcome`."""
    relief = outcome.relief
    return CohortCourse(
        patient,
        outcome.course.governing,
        outcome.judged,
        outcome.baseline,
        outcome.weeks,
        *days_relieved(outcome.confirmed, relief.days, relief.followed),
    )


def days_relieved(confirmed: int | None, days: int | None, followed: int | None) -> tuple[int | None, bool]:
    """Return how long a confirmed response was seen to last, and whether it ended by a loss.

    Args:
        confirmed: day t of confirmation; without it there are no days of relief.
        days: days of relief of the loss in force.
        followed: last day t of the course with a counting entry: the next course or the silence of the diary ends the
            look at it.

    Source: section 6 of the rules; a loss after day 365 is a look that ended on day 365.
    """
    if confirmed is None:
        return None, False
    if days is not None and days <= FURTHEST_DAY:
        return days, True
    return min(confirmed if followed is None else followed, FURTHEST_DAY), False


def _weekly_means(weeks: Weeks) -> tuple[int | None, ...]:
    means = [weeks.mean(last) for last in range(WEEK, min(weeks.last, FURTHEST_WEEK * WEEK) + 1, WEEK)]
    while means and means[-1] is None:
        means.pop()
    return tuple(None if mean is None else int(mean * PARTS) for mean in means)
