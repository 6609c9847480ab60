"""The forecast of one patient: when it may speak, and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from diary.clinical.baseline import JudgedCourse
from diary.clinical.rules import RuleSet

FIRST_DAY: Final = 14
LAST_DAY: Final = 180


class Silent(StrEnum):
    """Why the forecast says nothing."""

    NO_COURSE = "no_course"
    NO_BASELINE = "no_baseline"
    NOT_CONFIRMED = "not_confirmed"
    LOST = "lost"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    UNLIKE_ANY_COURSE = "unlike_any_course"
    NO_RETURN_IN_SIGHT = "no_return_in_sight"
    WIDE_WINDOW = "wide_window"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected on `today`; days are days t after day 0, chances from 0 to 1.

    Attributes:
        today: the diary day it was made for.
        course_day_0: day 0 of the course it is about, None without a course.
        p10, p50, p90: days of loss that are reached with these chances; given together, and only when shown.
        p_loss_14d: chance that the response is lost within 14 days; also given when the window is too wide.
        beyond_horizon: chance that it is not lost within the horizon.
        silent: why no window is shown, or None when it is.
    """

    today: date
    course_day_0: date | None
    p10: int | None = None
    p50: int | None = None
    p90: int | None = None
    p_loss_14d: float | None = None
    beyond_horizon: float | None = None
    silent: Silent | None = None

    @property
    def shown(self) -> bool:
        """Say whether the window may be shown."""
        return self.silent is None

    @property
    def end(self) -> date | None:
        """The middle of the window as a calendar day, where it is shown."""
        if self.course_day_0 is None or self.p50 is None:
            return None
        return self.course_day_0 + timedelta(days=self.p50)


def forecast_of(
    judged: Sequence[JudgedCourse], counting: Mapping[int, int], today: date, *, rules: RuleSet
) -> Forecast:
    """Return the forecast for the last of `judged`.

    Args:
        judged: the started courses with their baselines, in order, judged up to `today`.
        counting: counting scores by ordinal of their day.
        today: the diary day.
        rules: the rule set in force.
    """
    if not judged:
        return Forecast(today, None, silent=Silent.NO_COURSE)
    timeline = judged[-1].timeline
    silent = _silent_before_looking(judged[-1])
    return Forecast(today, timeline.course.last_day, silent=silent or Silent.UNLIKE_ANY_COURSE)


def _silent_before_looking(judged: JudgedCourse) -> Silent | None:
    timeline = judged.timeline
    if timeline.response is None:
        return Silent.NO_BASELINE
    if timeline.loss is not None:
        return Silent.LOST
    if timeline.confirmed is None:
        return Silent.NOT_CONFIRMED
    if timeline.last < FIRST_DAY:
        return Silent.TOO_EARLY
    return Silent.TOO_LATE if timeline.last > LAST_DAY else None
