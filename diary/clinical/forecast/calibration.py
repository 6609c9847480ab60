"""Calibration: where the days of loss of finished courses fell in what had been forecast for them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from diary.clinical.errors import ClinicalError

OWN_COURSES_NEEDED: Final = 50
"""Finished courses, one a patient, from which on a clinic's own calibration is used."""
STEPS: Final = 20
_SHARES: Final = tuple(step / STEPS for step in range(STEPS + 1))
_APART: Final = 1e-9


@dataclass(frozen=True)
class Calibration:
    """Split conformal calibration on the probability integral transform.

    Attributes:
        ranks: for each of 1/20 … 19/20 of the finished courses, the forecast chance by which the loss had come.
        courses: how many finished courses stand behind it; 0 for none.
    """

    ranks: tuple[float, ...]
    courses: int

    def forecast_chance(self, share: float) -> float:
        """Return the forecast chance by which a `share` of losses really has come."""
        return _along(share, _SHARES, (0.0, *self.ranks, 1.0))

    def true_chance(self, forecast: float) -> float:
        """Return the share of losses that really has come by a `forecast` chance."""
        return _along(forecast, (0.0, *self.ranks, 1.0), _SHARES)


AS_FORECAST: Final = Calibration(_SHARES[1:-1], 0)
SHIPPED: Final = AS_FORECAST
"""Over all courses better than one learned from simulated finished courses: `diary backtest --calibrate`."""


def calibrate(ranks: Sequence[float], *, courses: int) -> Calibration:
    """Return the calibration from the `ranks` of finished courses: each the forecast chance by which its loss came.

    Raises:
        ClinicalError: no rank, or one outside 0-1.
    """
    if not ranks or not all(0 <= rank <= 1 for rank in ranks):
        raise ClinicalError("A calibration needs ranks between 0 and 1.")
    ordered, number = sorted(ranks), len(ranks)
    at = [min(ceil((number + 1) * step / STEPS), number) - 1 for step in range(1, STEPS)]
    rising = []
    floor = 0.0
    for place, index in enumerate(at, 1):
        ceiling = 1 - (STEPS - place) * _APART
        floor = min(max(ordered[index], floor + _APART), ceiling)  # a hair apart, so that both ways are functions
        rising.append(floor)
    return Calibration(tuple(rising), courses)


def _along(value: float, knots: Sequence[float], heights: Sequence[float]) -> float:
    place = min(max(bisect_right(knots, value), 1), len(knots) - 1)
    left, right = knots[place - 1], knots[place]
    share = min(max((value - left) / (right - left), 0.0), 1.0)
    return heights[place - 1] + share * (heights[place] - heights[place - 1])
