"""What strays around the latent pain: single days, what carries over from day to day, and slow drift."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS: Final = (1.0, 3.0, 5.0, 7.0, 9.0)
DAY_SD: Final = (0.85, 1.58, 1.37, 1.10, 0.97)
"""SD of a single day at these levels of pain, fitted on real diaries (clinical rules, section 9)."""
ROUNDING_VARIANCE: Final = 1 / 12
CARRY, CARRY_VARIANCE = 0.64, 0.36
DRIFT_RETURN, DRIFT_VARIANCE = 0.02, 0.5
"""An Ornstein-Uhlenbeck process: 0.02 a day of variance, drawn back by 0.02 a day, varies by 0.02 / (2 · 0.02)."""
SMOOTHING_DAYS: Final = 4.0


def lasting(days: Floats, others: Floats) -> Floats:
    """Return the covariance of what carries over and drifts between `days` and `others`, in points²."""
    apart = np.abs(days[:, None] - others[None, :])
    covariance: Floats = CARRY_VARIANCE * CARRY**apart + DRIFT_VARIANCE * np.exp(-DRIFT_RETURN * apart)
    return covariance


def of_single_days(days: Floats, scores: Floats) -> Floats:
    """Return the variance of each day by itself, at the level of the diary around it."""
    near = np.exp(-0.5 * ((days[:, None] - days[None, :]) / SMOOTHING_DAYS) ** 2)
    level = near @ scores / near.sum(axis=1)
    variance: Floats = np.interp(level, LEVELS, DAY_SD) ** 2 + ROUNDING_VARIANCE
    return variance
