"""Weekly means of a group: how high, how sure, and how many responded."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from diary.clinical.cohort.groups import SMALLEST_GROUP
from diary.clinical.cohort.outcome import PARTS

MISSING: Final = -1
RESPONDERS: Final = (30, 50)
"""Relief (%) from which a patient is a responder: much improved, and substantial (Farrar 2001, Dworkin 2008)."""

Parts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WeekOfGroup:
    """One week of a group; everything but the counts is None with fewer than 5 patients.

    Attributes:
        week: w, days 7w-6 … 7w after day 0.
        mean, se: mean of the patients' weekly means and its standard error, points.
        n: patients with that weekly mean.
        with_baseline: those of them with a baseline above 0, of whom responders are a share.
        responders30, responders50: share (0-1) with at least 30 or 50 % relief.
    """

    week: int
    mean: float | None
    se: float | None
    n: int
    with_baseline: int
    responders30: float | None
    responders50: float | None


def weekly_parts(patients: Sequence[Sequence[int | None]], weeks: int) -> Parts:
    """Return the weekly means in 1/420 points, a row for each patient and a column for each week; -1 is missing."""
    nothing = [MISSING] * weeks
    rows = [[MISSING if part is None else part for part in own[:weeks]] + nothing for own in patients]
    return np.array([row[:weeks] for row in rows], dtype=np.int64).reshape(len(rows), weeks)


def weeks_of_group(parts: Parts, baselines: Sequence[Fraction | None]) -> tuple[WeekOfGroup, ...]:
    """Return the weeks of a group whose patients have these weekly means and baselines, in the same order."""
    limits = [_most_pain(baselines, percent) for percent in RESPONDERS]
    return tuple(_week(number, column, limits) for number, column in enumerate(parts.T, 1))


def _most_pain(baselines: Sequence[Fraction | None], percent: int) -> Parts:
    """Return for each patient the highest weekly mean, in 1/420 points, that is `percent` relief: exact, by whole
    numbers; -1 without a baseline above 0."""
    left = 100 - percent
    limits = (b.numerator * left * PARTS // (b.denominator * 100) if b else MISSING for b in baselines)
    return np.fromiter(limits, dtype=np.int64, count=len(baselines))


def _week(number: int, column: Parts, limits: Sequence[Parts]) -> WeekOfGroup:
    there = column >= 0
    means, n = column[there], int(there.sum())
    judgeable = there & (limits[0] >= 0)
    with_baseline = int(judgeable.sum())
    mean = se = None
    if n >= SMALLEST_GROUP:
        mean, se = _mean_and_error(means)
    shares: list[float | None] = [None] * len(limits)
    if with_baseline >= SMALLEST_GROUP:
        shares = [int((column <= limit)[judgeable].sum()) / with_baseline for limit in limits]
    return WeekOfGroup(number, mean, se, n, with_baseline, *shares)


def _mean_and_error(means: Parts) -> tuple[float, float]:
    """Return mean and standard error in points, from exact sums: the order of the patients changes no digit."""
    n, total, squares = len(means), int(means.sum()), int((means * means).sum())
    scatter = n * squares - total * total
    return total / (n * PARTS), sqrt(scatter / (n * n * (n - 1))) / PARTS
