"""Where a course stands on the day a forecast is made, and what was forecast for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from typing import Final

from diary.clinical.baseline import JudgedCourse
from diary.clinical.forecast import Forecast, forecast_of, losses_of
from diary.clinical.forecast.posterior import Losses
from diary.clinical.rules import DEFAULT_RULES, WEEK
from diary.validation.followed import DAY_0, Followed, FollowedDiary
from diary.validation.rivals import straight_line
from diary.validation.simulation import World, simulate_cohort

ORIGINS: Final = (21, 35, 56)
"""Days t on which forecasts are made; courses count there that are confirmed and were not due up to that day."""
BLOCK: Final = 100
"""Courses that are simulated from one seed, so that several processes make a cohort together."""
BLOCKS_APART: Final = 1000


@dataclass(frozen=True)
class Standing:
    """A relieved course on the day `origin`.

    Attributes:
        followed: the course, with what came later.
        origin: the day t of the forecast.
        losses: the futures behind the forecast, uncalibrated, also where the product is silent.
        forecast: what the product says.
        distance: how far the last weekly mean lies above the line (below it when negative), points.
        straight: day on which the straight line through the weekly means reaches the line.
    """

    followed: Followed
    origin: int
    losses: Losses
    forecast: Forecast
    distance: float
    straight: float


@dataclass(frozen=True)
class Cohort:
    """Followed courses, and where the relieved ones stood on the origins."""

    courses: tuple[Followed, ...]
    standings: tuple[Standing, ...] = ()

    @classmethod
    def joined(cls, blocks: Iterable["Cohort"]) -> "Cohort":
        """Make one cohort of several."""
        known = list(blocks)
        return cls(
            tuple(course for block in known for course in block.courses),
            tuple(standing for block in known for standing in block.standings),
        )


def followed_block(seed: int, block: int, size: int, world: World, origins: tuple[int, ...]) -> Cohort:
    """Simulate one block of a cohort, follow its courses, and forecast the relieved ones on each of `origins`.

    Courses without a usable baseline are left out, as nothing can be judged there.
    """
    courses, standings = [], []
    for place, simulated in enumerate(simulate_cohort(seed * BLOCKS_APART + block, size, world)):
        diary = FollowedDiary(block * BLOCK + place, simulated)
        followed = diary.follow()
        if followed is None:
            continue
        courses.append(followed)
        standings += [
            standing_on(origin, diary, followed) for origin in origins if followed.confirmed <= origin < followed.due
        ]
    return Cohort(tuple(courses), tuple(standings))


def standing_on(origin: int, diary: FollowedDiary, followed: Followed) -> Standing:
    """Return where the course stands on day `origin`, knowing nothing that came later."""
    judged = diary.judged_on(origin)
    means = weekly_means(judged[-1])
    return Standing(
        followed=followed,
        origin=origin,
        losses=losses_of(judged, diary.counting, rules=DEFAULT_RULES),
        forecast=forecast_of(judged, diary.counting, DAY_0 + timedelta(days=origin), rules=DEFAULT_RULES),
        distance=last_mean(judged[-1]) - followed.line,
        straight=straight_line(means, followed.line, origin=origin),
    )


def weekly_means(judged: JudgedCourse) -> list[float | None]:
    """Return the means of the weeks that end on days 7, 14, … of a course, None where there is none."""
    weeks = judged.timeline.weeks
    means = (weeks.mean(t) for t in range(WEEK, weeks.last + 1, WEEK))
    return [None if mean is None else float(mean) for mean in means]


def last_mean(judged: JudgedCourse) -> float:
    """Return the last weekly mean of a course that has one."""
    weeks = judged.timeline.weeks
    return next(float(mean) for t in range(weeks.last, 0, -1) if (mean := weeks.mean(t)) is not None)


def is_finished(day: float, until: float) -> bool:
    """Say whether a loss came by the end of the look at a course."""
    return isfinite(day) and day <= until
