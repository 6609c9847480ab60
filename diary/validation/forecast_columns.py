"""Forecasts of many courses as columns, so that every figure and its resamples are a few sums."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from diary.clinical.forecast.calibration import SHIPPED, Calibration
from diary.clinical.forecast.horizon import HORIZON, SOON
from diary.clinical.forecast.outlook import WINDOW
from diary.validation.followed import FOLLOWED, NEVER, Followed
from diary.validation.resampling import Floats, Rows
from diary.validation.rivals import last_relieved
from diary.validation.standings import Standing

DayOfLoss = Callable[[Followed], float]


def true_loss(followed: Followed) -> float:
    """Return the true day of loss."""
    return followed.truth.lost


def loss_by_the_rules(followed: Followed) -> float:
    """Return the day of loss that the rules find in the whole diary."""
    return followed.lost


def due_day(followed: Followed) -> float:
    """Return the day on which the rules say REPEAT_DUE."""
    return followed.due


class ForecastColumns:
    """Forecasts and what came of them.

    Attributes:
        rows: how often each counts in each resample.
        origin, lost: day of the forecast, and day of loss: NEVER where it came after the end of the look.
        finished: whether it came by then.
        window: days by which 10, 50 and 90 % of losses are forecast, one column each, also where the product is
            silent; NEVER is the end of the horizon here.
        soon: forecast chance of a loss within 14 days.
        shown: whether the product shows the window.
    """

    def __init__(
        self,
        standings: Sequence[Standing],
        *,
        loss: DayOfLoss = true_loss,
        until: float = FOLLOWED,
        calibration: Calibration = SHIPPED,
    ) -> None:
        """Take `standings`; a `loss` after `until` was not seen."""
        levels = [calibration.forecast_chance(share) for share in WINDOW]
        self.standings, self.loss, self.until = standings, loss, until
        self.rows = Rows([one.followed.number for one in standings])
        self.origin = np.array([one.origin for one in standings], dtype=np.float64)
        days = np.array([loss(one.followed) for one in standings], dtype=np.float64)
        self.lost = np.where(days <= until, days, NEVER)
        self.finished = self.lost < NEVER
        ahead = [[one.losses.day_by(level) for level in levels] for one in standings]
        self.window = np.minimum(np.reshape(ahead, (len(standings), len(WINDOW))), self.origin[:, None] + HORIZON)
        self.soon = np.array([calibration.true_chance(one.losses.chance_by(one.origin + SOON)) for one in standings])
        self.shown = np.array([one.forecast.shown for one in standings], dtype=np.bool_)

    @property
    def lost_soon(self) -> NDArray[np.bool_]:
        """Whether the loss came within 14 days of the forecast."""
        soon: NDArray[np.bool_] = self.lost <= self.origin + SOON
        return soon

    @property
    def distance(self) -> Floats:
        """How far the last weekly mean lies above the line, points."""
        return np.array([one.distance for one in self.standings], dtype=np.float64)

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Whether the loss came within the window."""
        covered: NDArray[np.bool_] = (self.window[:, 0] <= self.lost) & (self.lost <= self.window[:, 2])
        return covered

    def coverage(self, where: NDArray[np.bool_]) -> Floats:
        """Return the share of the windows `where` that cover the loss."""
        return self.rows.mean(self.covered, where)

    def error(self, middle: Floats | float, where: NDArray[np.bool_]) -> Floats:
        """Return the mean distance of `middle` from the day of loss of finished courses `where`, days."""
        return self.rows.mean(np.abs(middle - np.where(self.finished, self.lost, 0)), where)

    def pinball(self, window: Floats, where: NDArray[np.bool_]) -> Floats:
        """Return the mean pinball loss of the 10, 50 and 90 % days of `window` in finished courses `where`, days."""
        return self.rows.mean(pinball(np.where(self.finished, self.lost, 0), window), where)

    def last_relieved(self, others: Sequence[Standing]) -> Floats:
        """Return the Kaplan-Meier window of `others` on the same origins, given that they had lasted so far."""
        found: Floats = np.empty_like(self.window)
        for origin in np.unique(self.origin):
            days = np.array([self.loss(one.followed) for one in others if one.origin == origin], dtype=np.float64)
            days = np.where(days <= self.until, days, NEVER)
            found[self.origin == origin] = [last_relieved(days, share, origin=int(origin)) for share in WINDOW]
        return found


def pinball(lost: Floats, window: Floats) -> Floats:
    """Return for each row the mean pinball loss of its forecast days, days.

    A day of loss after the q-quantile costs q of the distance, one before it 1 - q; the mean is over 10, 50 and 90 %.

    Args:
        lost: the days of loss, one for each row.
        window: the forecast quantiles, a column for each of 10, 50 and 90 %.
    """
    shares = np.array(WINDOW)
    late = lost[:, None] - window
    loss: Floats = np.where(late >= 0, shares * late, (shares - 1) * late).mean(axis=1)
    return loss
