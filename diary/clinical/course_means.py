"""What a course gave back, in plain numbers for the patient: the means of the weeks before it and after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from diary.clinical.courses import Course
from diary.clinical.rules import WEEK, RuleSet

DAYS_BEFORE: Final = WEEK
AFTER: Final = ((1, 4 * WEEK), (4 * WEEK + 1, 8 * WEEK))
"""Days t of the periods after a course: weeks 1-4 and weeks 5-8."""


@dataclass(frozen=True, slots=True)
class PlainMean:
    """The plain mean of the counting scores of a period, as far as it goes.

    Attributes:
        first: first day of the period.
        last: its last day; before `first` where another course left no day of it.
        past: days of it that have come, today included.
        entries: counting entries among those days.
        needed: entries that a mean of so many days needs, see `entries_needed`.
        mean: exact mean in points (0-10), None with fewer entries than needed.
        is_cut: another course took days of it away.
    """

    first: date
    last: date
    past: int
    entries: int
    needed: int
    mean: Fraction | None
    is_cut: bool

    @property
    def days(self) -> int:
        """Days that the period has altogether."""
        return max((self.last - self.first).days + 1, 0)

    @property
    def is_over(self) -> bool:
        """Say whether all of its days have come."""
        return self.past == self.days


@dataclass(frozen=True, slots=True)
class CourseMeans:
    """The plain means around one course: the week before it, and each period of `AFTER`."""

    before: PlainMean
    after: tuple[PlainMean, ...]


def course_means(
    course: Course,
    counting: Mapping[int, int],
    today: date,
    *,
    rules: RuleSet,
    previous: Course | None = None,
    following: Course | None = None,
) -> CourseMeans:
    """Return the plain means of the week before `course`, of weeks 1-4 and of weeks 5-8 after it, in points.

    Nothing is judged here: no baseline, no line, no state. A day belongs to one course: the week before begins after
    the last infusion day of the one before it, the weeks after it end with the day before the next one.

    Args:
        course: a course that has started.
        counting: counting scores (0-10) by ordinal of their day.
        today: the diary day on which it is asked; nothing later is read.
        rules: how many entries of 7 days a mean needs (`week_minimum`).
        previous: the course before it.
        following: the next course that has started by `today`.

    Source:
        Heapy 2014, J Pain 15:1360: the mean of five days reaches a reliability above 0.90; 4 of 7 is the clinic's rule.
    """
    earliest = previous.last_day + timedelta(days=1) if previous else date.min
    latest = following.first_day - timedelta(days=1) if following else date.max
    week = (course.first_day - timedelta(days=DAYS_BEFORE), course.first_day - timedelta(days=1))
    spans = [week, *((_day_t(course, first), _day_t(course, last)) for first, last in AFTER)]
    before, *after = (_plain_mean(span, (earliest, latest), counting, today, rules) for span in spans)
    return CourseMeans(before, tuple(after))


def entries_needed(days: int, rules: RuleSet) -> int:
    """Return how many entries a mean of `days` days needs: `week_minimum` of 7, in proportion and rounded up.

    A period of less than a week needs as many as a week.
    """
    return max(rules.week_minimum, -(-rules.week_minimum * days // WEEK))


def _day_t(course: Course, t: int) -> date:
    return course.last_day + timedelta(days=t)


def _plain_mean(
    span: tuple[date, date], limits: tuple[date, date], counting: Mapping[int, int], today: date, rules: RuleSet
) -> PlainMean:
    first, last = max(span[0], limits[0]), min(span[1], limits[1])
    past = max((min(last, today) - first).days + 1, 0)
    begins = first.toordinal()
    scores = [counting[day] for day in range(begins, begins + past) if day in counting]
    needed = entries_needed(past, rules)
    mean = Fraction(sum(scores), len(scores)) if len(scores) >= needed else None
    return PlainMean(first, last, past, len(scores), needed, mean, is_cut=(first, last) != span)
