"""What the forecast and the rules must beat: simpler ways to say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diary.clinical.forecast.horizon import HORIZON, LAST_DAY

Floats = NDArray[np.float64]

ALWAYS: Final = 84
"""Week 12, where the trial of 2009 lost its difference, said of everybody."""
LATEST: Final = LAST_DAY
"""A straight line that reaches the clinic's line later, or never, is taken to say this day t."""


def last_relieved(days_lost: ArrayLike, share: float, *, origin: int) -> float:
    """Return the Kaplan-Meier day by which a `share` of courses is lost, given that they lasted up to `origin`.

    Courses that are not lost by the end of the look at them have an infinite day; all are looked at for as long, so
    that the curve is the plain share of those lost. A day beyond the horizon of the forecast is its last one.

    Args:
        days_lost: day of loss of finished and unfinished courses that were relieved on the day `origin`.
        share: share of courses, more than 0.
        origin: the day t of the forecast.
    """
    day = float(np.quantile(np.asarray(days_lost, dtype=np.float64), share, method="inverted_cdf"))
    return min(day, origin + HORIZON)


def straight_line(weekly_means: Sequence[float | None], line: float, *, origin: int) -> float:
    """Return the day on which the straight line through the weekly means reaches the clinic's line.

    Args:
        weekly_means: means of the weeks that end on days 7, 14, …, None where there is none.
        line: the clinic's line, points.
        origin: the day t of the forecast, on which relief is not yet lost.
    """
    known = [(7.0 * week, mean) for week, mean in enumerate(weekly_means, 1) if mean is not None]
    days, means = (np.array(part) for part in zip(*known, strict=True)) if known else (np.empty(0), np.empty(0))
    if len(known) < 2:
        return LATEST
    slope = float((days - days.mean()) @ (means - means.mean()) / ((days - days.mean()) ** 2).sum())
    if slope <= 0:
        return LATEST
    return float(np.clip(days.mean() + (line - means.mean()) / slope, origin, LATEST))


@dataclass(frozen=True, slots=True)
class Logistic:
    """The chance of something by one number: 1 / (1 + exp(-(level + slope · number)))."""

    level: float
    slope: float

    @classmethod
    def fitted(cls, numbers: ArrayLike, happened: ArrayLike) -> "Logistic":
        """Fit by maximum likelihood, in Newton's steps; a hair of shrinkage gives an answer to small cohorts too."""
        design = np.column_stack([np.ones(np.size(numbers)), np.asarray(numbers, dtype=np.float64)])
        so = np.asarray(happened, dtype=np.float64)
        found = np.zeros(2)
        for _ in range(STEPS):
            chances = _logistic(design @ found)
            curvature = design.T @ (design * (chances * (1 - chances))[:, None]) + SHRINKAGE * np.eye(2)
            found = found + np.linalg.solve(curvature, design.T @ (so - chances) - SHRINKAGE * found)
        return cls(float(found[0]), float(found[1]))

    def chances(self, numbers: ArrayLike) -> Floats:
        """Return the chance for each of `numbers`."""
        return _logistic(self.level + self.slope * np.asarray(numbers, dtype=np.float64))


STEPS: Final = 25
SHRINKAGE: Final = 1e-3


def _logistic(values: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return chances
