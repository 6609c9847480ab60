"""Days of relief of a group: Kaplan-Meier curve, median with its limits, and the log-rank test between groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

CONFIDENCE: Final = 0.95
HALF: Final = 0.5
ROUNDING: Final = 1e-9
"""A share that misses one half by less is one half."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Watched:
    """How long courses were watched, day t, and whether each ended there by a loss."""

    days: npt.NDArray[np.int64]
    lost: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, days: Sequence[int], lost: Sequence[bool]) -> "Watched":
        """Make it from one value for each course."""
        return cls(np.array(days, dtype=np.int64), np.array(lost, dtype=np.bool_))

    @property
    def censored(self) -> stats.CensoredData:
        """The same as scipy wants it."""
        return stats.CensoredData(uncensored=self.days[self.lost], right=self.days[~self.lost])

    def at_risk(self, days: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return how many courses were still watched on each of `days`."""
        return len(self.days) - np.searchsorted(np.sort(self.days), days, side="left")

    def losses(self, days: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return how many courses were lost on each of `days`."""
        lost = np.sort(self.days[self.lost])
        return np.searchsorted(lost, days, side="right") - np.searchsorted(lost, days, side="left")


class WatchedDay(NamedTuple):
    """A day t on which a course was lost or the look at one ended, and the share still relieved from it on."""

    day: int
    at_risk: int
    lost: int
    censored: int
    share: float


@dataclass(frozen=True, slots=True)
class ReliefCurve:
    """The share of courses still relieved, by day t.

    Attributes:
        steps: each day with a loss and the share from that day on.
        days: every day on which something is known to end, ordered.
        median: first day on which at most half are still relieved, None when that is never seen.
        low, high: its 95 % limits from log(-log) limits of the curve; None where they are never reached.
    """

    steps: tuple[tuple[int, float], ...]
    days: tuple[WatchedDay, ...]
    median: int | None
    low: int | None
    high: int | None

    def at_risk(self, day: int) -> int:
        """Return how many courses were still watched on `day`, counted as t."""
        return next((one.at_risk for one in self.days if one.day >= day), 0)


def relief_curve(watched: Watched) -> ReliefCurve:
    """Return the Kaplan-Meier curve of `watched`.

    Source: Kaplan and Meier 1958; limits as in Brookmeyer and Crowley 1982 on the log(-log) scale.
    """
    curve = stats.ecdf(watched.censored).sf
    days, share = np.asarray(curve.quantiles, dtype=np.int64), np.asarray(curve.probabilities, dtype=np.float64)
    every_day = _watched_days(watched, days, share)
    with_loss = watched.losses(days) > 0
    days, share = days[with_loss], share[with_loss]
    lower, upper = _limits(share, watched.at_risk(days), watched.losses(days))
    return ReliefCurve(
        steps=tuple((int(day), float(left)) for day, left in zip(days, share, strict=True)),
        days=every_day,
        median=_first_at_half(days, share),
        low=_first_at_half(days, lower),
        high=_first_at_half(days, upper),
    )


def log_rank(groups: Sequence[Watched]) -> float | None:
    """Return the P of the log-rank test that days of relief are alike in all groups, or None where it says nothing.

    Source: Mantel 1966; Peto and Peto 1972 for more than two groups.
    """
    if len(groups) < 2:
        return None
    if len(groups) == 2:
        first, second = groups
        with np.errstate(divide="ignore", invalid="ignore"):
            tested = stats.logrank(first.censored, second.censored)
        return float(tested.pvalue) if np.isfinite(tested.statistic) else None
    return _log_rank_of_several(groups)


def _watched_days(watched: Watched, days: npt.NDArray[np.int64], share: Values) -> tuple[WatchedDay, ...]:
    at_risk, losses = watched.at_risk(days), watched.losses(days)
    ended = at_risk - np.append(at_risk[1:], 0)
    columns = (days.tolist(), at_risk.tolist(), losses.tolist(), (ended - losses).tolist(), share.tolist())
    return tuple(WatchedDay(*each) for each in zip(*columns, strict=True))


def _limits(share: Values, at_risk: npt.NDArray[np.int64], losses: npt.NDArray[np.int64]) -> tuple[Values, Values]:
    """Return the limits of each share (Greenwood on the log(-log) scale); NaN once nobody is left."""
    lower = np.full(len(share), np.nan)
    upper = lower.copy()
    some = losses < at_risk
    spread = np.sqrt(np.cumsum(losses[some] / (at_risk[some] * (at_risk[some] - losses[some]))))
    scale = np.log(share[some])
    reach = np.exp(stats.norm.ppf((1 + CONFIDENCE) / 2) * spread / -scale)
    lower[some], upper[some] = np.exp(scale * reach), np.exp(scale / reach)
    return lower, upper


def _first_at_half(days: npt.NDArray[np.int64], share: Values) -> int | None:
    reached = days[share <= HALF + ROUNDING]
    return int(reached[0]) if len(reached) else None


def _log_rank_of_several(groups: Sequence[Watched]) -> float | None:
    days = np.unique(np.concatenate([group.days[group.lost] for group in groups]))
    at_risk = np.array([group.at_risk(days) for group in groups], dtype=np.float64)
    losses = np.array([group.losses(days) for group in groups], dtype=np.float64)
    risk, lost = at_risk.sum(axis=0), losses.sum(axis=0)
    expected = at_risk * (lost / risk)
    known = expected.sum(axis=1) > 0
    share = at_risk[known] / risk
    weight = lost * (risk - lost) / np.maximum(risk - 1, 1)
    covariance = np.diag((share * weight).sum(axis=1)) - (share * weight) @ share.T
    excess = (losses - expected)[known].sum(axis=1)
    freedom = int(known.sum()) - 1
    if freedom < 1 or np.linalg.matrix_rank(covariance[:-1, :-1]) < freedom:
        return None
    chi_square = float(excess[:-1] @ np.linalg.solve(covariance[:-1, :-1], excess[:-1]))
    return float(stats.chi2.sf(chi_square, freedom))
