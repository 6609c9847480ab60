"""Days of relief of each course: ended by a loss, still running, or not to be said."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from diary.clinical.baseline import JudgedCourse
from diary.clinical.courses import Course
from diary.clinical.rules import WEEK
from diary.clinical.states import State, Timeline, Why


class ReliefIs(StrEnum):
    """What can be said about the relief of a course on the last day looked at."""

    TOO_EARLY = "too_early"
    NONE = "none"
    RUNNING = "running"
    LOST = "lost"
    ENDED_BY_COURSE = "ended_by_course"
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True, slots=True)
class CourseRelief:
    """The relief of one course. Days are days t after its day 0.

    Attributes:
        course: the course.
        relief: what can be said about it; the next course ends the look at this one.
        days: days of relief of the loss in force; None otherwise.
        followed: last day of this course with a counting entry: up to there relief was watched. None without one.
        back_at_baseline: first day on which this week and the week before lay within half a point of the baseline
            (parameter `back_at_baseline`) after a confirmed response; None when that never was.
        came_and_went: there was a good week in time, but no response was confirmed: NEVER_SETTLED, told apart from
            NON_RESPONDER. Both are `NONE` for the figures of groups.
    """

    course: Course
    relief: ReliefIs
    days: int | None
    followed: int | None
    back_at_baseline: int | None
    came_and_went: bool = False


def relief_of_courses(judged: Sequence[JudgedCourse]) -> tuple[CourseRelief, ...]:
    """Return the relief of each started course in order; only the last one can still be running."""
    return tuple(_relief_of(course, course is judged[-1]) for course in judged)


def days_of_relief_before(relief: Sequence[CourseRelief], course: Course) -> tuple[int, ...]:
    """Return the days of relief of the finished courses before `course` with the same governing medicine, in order."""
    earlier = (one for one in relief if one.course.first_day < course.first_day)
    return tuple(one.days for one in earlier if one.days is not None and one.course.governing == course.governing)


def usual_days_of_relief(days: Sequence[int]) -> int | None:
    """Return the median of at least two finished courses, the earlier day of a tie, or None with fewer."""
    return int(median(days)) if len(days) >= 2 else None


def _relief_of(judged: JudgedCourse, is_last: bool) -> CourseRelief:
    timeline = judged.timeline
    loss = timeline.loss
    return CourseRelief(
        course=judged.course,
        relief=_what_can_be_said(timeline, is_last),
        days=loss.last_good if loss else None,
        followed=timeline.weeks.last_entry(),
        back_at_baseline=_back_at_baseline(judged),
        came_and_went=timeline.verdict_on(timeline.last)[0] is State.NEVER_SETTLED,
    )


def _what_can_be_said(timeline: Timeline, is_last: bool) -> ReliefIs:
    state, why = timeline.verdict_on(timeline.last)
    if timeline.unusable:
        return ReliefIs.CANNOT_SAY if timeline.last >= 1 else ReliefIs.TOO_EARLY
    if timeline.loss:
        return ReliefIs.LOST
    if timeline.confirmed is not None:
        if not is_last:
            return ReliefIs.ENDED_BY_COURSE
        return ReliefIs.CANNOT_SAY if why is Why.FEW_ENTRIES else ReliefIs.RUNNING
    if state in (State.NEVER_SETTLED, State.NON_RESPONDER):
        return ReliefIs.NONE
    return ReliefIs.CANNOT_SAY if state is State.NOT_ENOUGH_DATA else ReliefIs.TOO_EARLY


def _back_at_baseline(judged: JudgedCourse) -> int | None:
    timeline, baseline = judged.timeline, judged.baseline
    if baseline is None or timeline.confirmed is None:
        return None
    signs = timeline.weeks.against(baseline.value - timeline.rules.back_at_baseline)
    back = [sign is not None and sign >= 0 for sign in signs]
    days = range(timeline.confirmed, timeline.last + 1)
    return next((t for t in days if back[t] and back[t - WEEK]), None)
