"""Two groups side by side, week by week: analysis of covariance, Holm's adjustment, and Welch's test beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats

from diary.clinical.cohort.groups import SMALLEST_GROUP
from diary.clinical.cohort.outcome import PARTS
from diary.clinical.cohort.weekly import Parts

NOTHING_LEFT: Final = 1e-12
"""Share of a sum of squares below which only rounding is left."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WeekCompared:
    """One week of two groups; P values are None where they cannot be said.

    Attributes:
        week: w, days 7w-6 … 7w after day 0.
        p_ancova: two-sided P of the group in weekly mean ~ group + baseline (ordinary least squares).
        p_holm: the same, adjusted for all weeks that were tested (Holm 1979).
        p_welch: Welch's t test of the same patients' weekly means.
        n: patients of both groups with that weekly mean and a baseline.
    """

    week: int
    p_ancova: float | None
    p_holm: float | None
    p_welch: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Arm:
    """One of two groups: its patients' weekly means in 1/420 points, and their baselines in points, NaN for none."""

    parts: Parts
    baselines: Values

    @classmethod
    def of(cls, parts: Parts, baselines: Sequence[Fraction | None]) -> "Arm":
        """Make it from the patients' weekly means and baselines, in the same order."""
        points = (np.nan if baseline is None else float(baseline) for baseline in baselines)
        return cls(parts, np.fromiter(points, dtype=np.float64, count=len(baselines)))

    def week(self, number: int) -> tuple[Values, Values]:
        """Return weekly means and baselines of the patients who have both, in points.

        They are put in order, so that no rounding depends on the order of the patients.
        """
        column = self.parts[:, number - 1]
        both = (column >= 0) & ~np.isnan(self.baselines)
        means, baselines = column[both] / PARTS, self.baselines[both]
        in_order = np.lexsort((baselines, means))
        return means[in_order], baselines[in_order]


def compare(first: Arm, second: Arm, weeks: int) -> tuple[WeekCompared, ...]:
    """Compare two groups of different patients in weeks 1 … `weeks`.

    A week is not tested with fewer than 5 patients in a group, or where all weekly means of a group are the same.
    """
    compared = []
    for week in range(1, weeks + 1):
        (means, baselines), (other_means, other_baselines) = first.week(week), second.week(week)
        p_ancova = p_welch = None
        if _can_be_tested(means) and _can_be_tested(other_means):
            p_ancova = ancova(means, baselines, other_means, other_baselines)
            p_welch = float(stats.ttest_ind(means, other_means, equal_var=False).pvalue)
        compared.append((week, p_ancova, p_welch, len(means) + len(other_means)))
    adjusted = holm([p for _, p, _, _ in compared])
    return tuple(
        WeekCompared(week, p, holm_p, welch, n) for (week, p, welch, n), holm_p in zip(compared, adjusted, strict=True)
    )


def ancova(means: Values, baselines: Values, other_means: Values, other_baselines: Values) -> float | None:
    """Return the two-sided P of the group in mean ~ group + baseline, by ordinary least squares.

    Group and weekly mean are first freed of what the baseline explains (Frisch and Waugh 1933, Lovell 1963), which
    leaves one slope; baselines that are all the same explain nothing and cost no degree of freedom.

    Returns:
        None where the baseline tells the groups apart by itself, or nothing is left to estimate the noise from.
    """
    pain, baseline = np.concatenate([means, other_means]), np.concatenate([baselines, other_baselines])
    group = np.concatenate([np.ones(len(means)), np.zeros(len(other_means))])
    pain_left, group_left = _freed_of(baseline, pain), _freed_of(baseline, group)
    spread = float(group_left @ group_left)
    if spread <= NOTHING_LEFT * len(group):
        return None
    slope = float(group_left @ pain_left) / spread
    noise = pain_left - slope * group_left
    noise_squares, freedom = float(noise @ noise), len(pain) - 2 - (np.ptp(baseline) > 0)
    if noise_squares <= NOTHING_LEFT * float(pain @ pain):
        return None
    return float(2 * stats.t.sf(abs(slope) / sqrt(noise_squares / freedom / spread), freedom))


def holm(raw: Sequence[float | None]) -> list[float | None]:
    """Return Holm's adjusted P values in the order of `raw`; what was not tested costs nothing.

    Source: Holm 1979, Scand J Stat 6:65.
    """
    tested = sorted((p, place) for place, p in enumerate(raw) if p is not None)
    adjusted: list[float | None] = [None] * len(raw)
    highest = 0.0
    for rank, (p, place) in enumerate(tested):
        highest = max(highest, min(1.0, p * (len(tested) - rank)))
        adjusted[place] = highest
    return adjusted


def _can_be_tested(means: Values) -> bool:
    return len(means) >= SMALLEST_GROUP and bool(np.ptp(means) > 0)


def _freed_of(baseline: Values, values: Values) -> Values:
    """Return what is left of `values` without their mean and their slope on `baseline`."""
    centred: Values = values - values.mean()
    along: Values = baseline - baseline.mean()
    slope = 0.0 if np.ptp(baseline) == 0 else float(along @ centred) / float(along @ along)
    left: Values = centred - slope * along
    return left
