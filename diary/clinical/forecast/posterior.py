"""What a diary says about the curves, and the days on which the response is lost in the futures that remain."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diary.clinical.forecast import noise
from diary.clinical.forecast.horizon import HORIZON
from diary.clinical.forecast.observed import Observed
from diary.clinical.forecast.relief_curves import ReliefCurves
from diary.clinical.rules import WEEK

Floats = NDArray[np.float64]

FUTURES: Final = 600
SEED: Final = 19
OWN_COURSES_LOG_SD: Final = 0.35
LOOKS_BACK: Final = 13
"""Days before today on which relief may have gone already without being due."""
NEVER: Final = np.inf


@dataclass(frozen=True)
class Losses:
    """Days of loss of the futures in order, NEVER where none comes within the horizon.

    `effective_curves` says how many curves carry them: 1 to the number drawn.
    """

    days: Floats
    effective_curves: float

    def chance_by(self, day: float) -> float:
        """Return the share of futures that are lost on `day` or before."""
        return float(np.searchsorted(self.days, day, side="right") / len(self.days))

    def rank_of(self, day: float) -> float:
        """Return the share of futures that are lost before `day`, those on the day itself by half."""
        return (self.chance_by(day) + self.chance_by(day - 1)) / 2

    def day_by(self, chance: float) -> float:
        """Return the day by which `chance` of the futures are lost, NEVER when they are not."""
        place = int(np.ceil(chance * len(self.days) - 1e-9)) - 1
        return float(self.days[min(max(place, 0), len(self.days) - 1)])


def losses_ahead(observed: Observed, curves: ReliefCurves) -> Losses:
    """Return the days of loss in futures drawn from the curves as weighed by the diary.

    The level of pain is integrated out for each curve; the noise is Gaussian and shared, so one Cholesky serves all.
    A day of loss is the first from which the latent 7-day mean stays above the line for 7 days.
    """
    days = np.array(sorted(observed.scores), dtype=np.float64)
    scores = np.array([observed.scores[int(day)] for day in days], dtype=np.float64)
    covariance = noise.lasting(days, days) + np.diag(noise.of_single_days(days, scores))
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    shapes = pain_on(curves, days)
    white_shapes, white_scores = whiten.astype(np.float32) @ shapes, whiten @ scores
    level = _level(white_shapes, white_scores, observed)
    weights = _weights(level, observed, curves)
    chance = np.random.default_rng(SEED)
    at = (np.arange(FUTURES) + chance.random()) / FUTURES
    chosen = np.minimum(np.searchsorted(np.cumsum(weights), at), len(weights) - 1)
    baselines = level.mean[chosen] + chance.standard_normal(FUTURES) / np.sqrt(level.precision[chosen])
    strayed = whiten @ (scores[:, None] - shapes[:, chosen] * baselines)
    ahead = np.arange(max(1, observed.t - LOOKS_BACK - WEEK + 1), observed.t + HORIZON + WEEK, dtype=np.float64)
    latent = pain_on(curves, ahead)[:, chosen] * baselines + _strays(chance, ahead, days, whiten, strayed)
    lost = _first_lost_day(np.clip(latent, 0, 10), ahead, observed)
    return Losses(np.sort(lost), float(1 / np.sum(weights**2)))


def pain_on(curves: ReliefCurves, days: Floats) -> NDArray[np.float32]:
    """Return the share of the baseline left as pain on `days`, one row a day; before the course it is all there."""
    shapes: NDArray[np.float32] = curves.pain[np.maximum(days, 0).astype(np.intp)]
    shapes[days < 0] = 1
    return shapes


@dataclass(frozen=True, slots=True)
class _Level:
    """The Gaussian posterior of the baseline under each curve, and the log evidence for the curve."""

    mean: Floats
    precision: Floats
    evidence: Floats


def _level(white_shapes: NDArray[np.float32], white_scores: Floats, observed: Observed) -> _Level:
    middle, sd = observed.baseline
    before = sd**-2
    precision = before + np.einsum("ij,ij->j", white_shapes, white_shapes).astype(np.float64)
    mean = (middle * before + white_scores @ white_shapes) / precision
    return _Level(mean, precision, 0.5 * (mean**2 * precision - np.log(precision)))


def _weights(level: _Level, observed: Observed, curves: ReliefCurves) -> Floats:
    log_weights = level.evidence
    if observed.own_days:
        usual = np.log(max(float(np.median(observed.own_days)), 1))
        log_weights = log_weights - 0.5 * ((np.log(np.maximum(curves.crossing, 1)) - usual) / OWN_COURSES_LOG_SD) ** 2
    likely: Floats = np.exp(log_weights - log_weights.max())
    weights: Floats = likely / likely.sum()
    return weights


def _strays(chance: np.random.Generator, ahead: Floats, days: Floats, whiten: Floats, strayed: Floats) -> Floats:
    """Return what carries over and drifts on the days `ahead`, given how the diary strayed from each curve."""
    link = noise.lasting(ahead, days) @ whiten.T
    left = noise.lasting(ahead, ahead) - link @ link.T
    root = np.linalg.cholesky(left + 1e-6 * np.eye(len(ahead)))
    strays: Floats = link @ strayed + root @ chance.standard_normal((len(ahead), strayed.shape[1]))
    return strays


def _first_lost_day(latent: Floats, days: Floats, observed: Observed) -> Floats:
    lost = _sums_of_7(latent) > WEEK * observed.line
    stays = _sums_of_7(lost.astype(np.float64)) == WEEK
    first_day = days[WEEK - 1 : len(days) - WEEK + 1]
    return np.where(stays.any(axis=0), first_day[stays.argmax(axis=0)], NEVER)


def _sums_of_7(rows: Floats) -> Floats:
    sums = np.cumsum(np.vstack([np.zeros((1, rows.shape[1])), rows]), axis=0)
    of_7: Floats = sums[WEEK:] - sums[:-WEEK]
    return of_7
