"""Figures with intervals: the percentile bootstrap over patients.

Every figure is computed from rows, a patient may have several, and from how often each patient counts: once as the
cohort is, and as often as drawn in each resample. So a figure and its resamples come from one computation.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]

RESAMPLES: Final = 1000
LIMITS: Final = (2.5, 97.5)
SEED: Final = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the limits of its 95 % interval; NaN where there is nothing to compute it from."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Floats) -> "Estimate":
        """Make it from the figure as the cohort is and in each resample, in this order."""
        known = values[1:][np.isfinite(values[1:])]
        low, high = np.percentile(known, LIMITS) if len(known) else (np.nan, np.nan)
        return cls(float(values[0]), float(low), float(high))


class Rows:
    """Rows of a table, each of one patient, with how often they count: a line of weights for each resample."""

    def __init__(self, patients: ArrayLike) -> None:
        """Take the number of the patient of each row, from 0 on; the same patients are always resampled alike."""
        self.patients = np.asarray(patients, dtype=np.intp)
        number = int(self.patients.max()) + 1 if len(self.patients) else 0
        self.weights = _counts(number)[:, self.patients]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.patients)

    def mean(self, values: ArrayLike, where: ArrayLike = True) -> Floats:
        """Return the mean of `values` over the rows `where`, in the cohort and in each resample."""
        chosen = np.broadcast_to(np.asarray(where, dtype=bool), len(self))
        weights = self.weights[:, chosen]
        with np.errstate(invalid="ignore"):
            found: Floats = weights @ np.asarray(values, dtype=np.float64)[chosen] / weights.sum(axis=1)
        return found

    def quantile(self, values: ArrayLike, share: float, where: ArrayLike = True) -> Floats:
        """Return the lowest of `values` that a `share` of the rows `where` does not exceed."""
        chosen = np.broadcast_to(np.asarray(where, dtype=bool), len(self))
        ordered = np.asarray(values, dtype=np.float64)[chosen]
        order = np.argsort(ordered, kind="stable")
        reached = np.cumsum(self.weights[:, chosen][:, order], axis=1)
        if not reached.shape[1]:
            return np.full(len(self.weights), np.nan)
        needed = share * reached[:, -1:]
        found: Floats = ordered[order][(reached >= needed - 1e-9).argmax(axis=1)]
        return np.where(reached[:, -1] > 0, found, np.nan)

    def brier(self, happened: ArrayLike, chances: ArrayLike) -> Floats:
        """Return the mean squared distance between chances and what happened."""
        return self.mean((np.asarray(chances) - np.asarray(happened, dtype=np.float64)) ** 2)

    def brier_skill(self, happened: ArrayLike, chances: ArrayLike) -> Floats:
        """Return the share of the Brier score that is gained on always giving the share of the cohort."""
        usual = self.mean(np.asarray(happened, dtype=np.float64))
        with np.errstate(invalid="ignore", divide="ignore"):
            skill: Floats = 1 - self.brier(happened, chances) / (usual * (1 - usual))
        return skill

    def auc(self, happened: ArrayLike, chances: ArrayLike) -> Floats:
        """Return how often a row where it happened has the higher chance than one where it did not, ties by half."""
        levels, place = np.unique(np.asarray(chances, dtype=np.float64), return_inverse=True)
        so = np.asarray(happened, dtype=bool)
        at_level = np.zeros((2, len(self.weights), len(levels)))
        for found, rows in zip(at_level, (so, ~so), strict=True):
            np.add.at(found.T, place[rows], self.weights[:, rows].T)
        yes, no = at_level
        below = np.cumsum(no, axis=1) - no / 2
        with np.errstate(invalid="ignore"):
            area: Floats = (yes * below).sum(axis=1) / (yes.sum(axis=1) * no.sum(axis=1))
        return area


def _counts(patients: int) -> Floats:
    """Return how often each patient counts: once, and in each resample as often as drawn with replacement."""
    chance = np.random.default_rng(SEED)
    counts = np.ones((RESAMPLES + 1, patients))
    if patients:
        counts[1:] = chance.multinomial(patients, np.full(patients, 1 / patients), size=RESAMPLES)
    return counts
