"""The forecast of one patient: when it may speak, and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Final

from diary.clinical.baseline import JudgedCourse
from diary.clinical.forecast.calibration import SHIPPED, Calibration
from diary.clinical.forecast.horizon import FIRST_DAY, HORIZON, LAST_DAY, SOON
from diary.clinical.forecast.observed import observe
from diary.clinical.rules import RuleSet

if TYPE_CHECKING:
    from diary.clinical.forecast.posterior import Losses


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


WIDEST_WINDOW: Final = 90
FEWEST_CURVES: Final = 50
WINDOW: Final = (0.1, 0.5, 0.9)


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
    judged: Sequence[JudgedCourse],
    counting: Mapping[int, int],
    today: date,
    *,
    rules: RuleSet,
    calibration: Calibration = SHIPPED,
) -> Forecast:
    """Return the forecast for the last of `judged`.

    Args:
        judged: the started courses with their baselines, in order, judged up to `today`.
        counting: counting scores by ordinal of their day.
        today: the diary day.
        rules: the rule set in force.
        calibration: from finished courses: the clinic's own, or the one that comes with the product.
    """
    if not judged:
        return Forecast(today, None, silent=Silent.NO_COURSE)
    day_0 = judged[-1].course.last_day
    silent = silent_before_looking(judged[-1])
    if silent is not None:
        return Forecast(today, day_0, silent=silent)
    losses = losses_of(judged, counting, rules=rules)
    t = judged[-1].timeline.last
    soon = calibration.true_chance(losses.chance_by(t + SOON))
    beyond = 1 - calibration.true_chance(losses.chance_by(t + HORIZON))
    about = Forecast(today, day_0, p_loss_14d=soon, beyond_horizon=beyond)
    if losses.effective_curves < FEWEST_CURVES:
        return replace(about, p_loss_14d=None, beyond_horizon=None, silent=Silent.UNLIKE_ANY_COURSE)
    low, middle, high = (losses.day_by(calibration.forecast_chance(share)) for share in WINDOW)
    if not isfinite(middle):
        return replace(about, silent=Silent.NO_RETURN_IN_SIGHT)
    if high - low > WIDEST_WINDOW:
        return replace(about, silent=Silent.WIDE_WINDOW)
    return replace(about, p10=int(low), p50=int(middle), p90=int(high))


def losses_of(judged: Sequence[JudgedCourse], counting: Mapping[int, int], *, rules: RuleSet) -> "Losses":
    """Return the days of loss in the futures of the last of `judged`, which has a usable baseline, uncalibrated."""
    # Numerical packages are loaded by the first forecast, so that a server that makes none stays small.
    from diary.clinical.forecast.posterior import losses_ahead  # noqa: PLC0415
    from diary.clinical.forecast.relief_curves import curves_of  # noqa: PLC0415

    return losses_ahead(observe(judged, counting, rules), curves_of(judged[-1].timeline.medicine))


def silent_before_looking(judged: JudgedCourse) -> Silent | None:
    """Return why nothing can be forecast for a course, whatever its diary says."""
    timeline = judged.timeline
    if timeline.last < 1:
        return Silent.TOO_EARLY
    if timeline.response is None:
        return Silent.NO_BASELINE
    if timeline.loss is not None:
        return Silent.LOST
    if timeline.confirmed is None:
        return Silent.NOT_CONFIRMED
    if timeline.last < FIRST_DAY:
        return Silent.TOO_EARLY
    return Silent.TOO_LATE if timeline.last > LAST_DAY else None
