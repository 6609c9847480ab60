"""One figure of the backtest: what was measured, what it must reach, and what it must beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isnan

from diary.validation.resampling import Estimate, Floats


@dataclass(frozen=True, slots=True)
class Unit:
    """How a figure is written: times `factor`, with `digits` behind the point, and a word after it."""

    word: str = ""
    digits: int = 2
    factor: float = 1

    @property
    def bare(self) -> "Unit":
        """The same without the word."""
        return Unit("", self.digits, self.factor)

    def written(self, value: float) -> str:
        """Return `value` as text."""
        return "none" if isnan(value) else f"{value * self.factor:.{self.digits}f}{self.word}"


SHARE = Unit()
FINE_SHARE = Unit(digits=3)
DAYS = Unit(" d", 1)
FINE_DAYS = Unit(" d", 2)
PERCENT = Unit(" %", 1, 100)
MILLISECONDS = Unit(" ms", 2)
POINTS = Unit(" points", 2)


@dataclass(frozen=True, slots=True)
class Target:
    """The values that a figure may have, both ends included."""

    low: float = -inf
    high: float = inf

    def holds(self, value: float) -> bool:
        """Say whether `value` reaches the target; what could not be measured does not."""
        return self.low <= value <= self.high

    def written(self, unit: Unit) -> str:
        """Return the target as text."""
        if self.low == -inf:
            return f"≤ {unit.written(self.high)}"
        if self.high == inf:
            return f"≥ {unit.written(self.low)}"
        return f"{unit.bare.written(self.low)}-{unit.written(self.high)}"


@dataclass(frozen=True, slots=True)
class Rival:
    """A simpler way to say the same, with its figure on the same rows."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the table of section 5 of the clinical rules.

    Attributes:
        name: what it is, in words.
        estimate: the figure with its interval; the limits are NaN where there is no sample to draw again.
        unit: how it is written.
        target: what it must reach.
        rivals: what it must beat.
        smaller_wins: whether less is better than more, as with errors.
    """

    name: str
    estimate: Estimate
    unit: Unit
    target: Target
    rivals: Sequence[Rival] = ()
    smaller_wins: bool = True

    @property
    def reached(self) -> bool:
        """Say whether the figure itself, not only its interval, reaches the target and beats every rival."""
        value = self.estimate.value
        wins = all(value < rival.value if self.smaller_wins else value > rival.value for rival in self.rivals)
        return self.target.holds(value) and wins

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The figure as one row: name, value with interval, target, rivals, reached."""
        rivals = ", ".join(f"{rival.name} {self.unit.written(rival.value)}" for rival in self.rivals)
        return (
            self.name,
            written(self.estimate, self.unit),
            self.target.written(self.unit),
            rivals or "-",
            "yes" if self.reached else "MISSED",
        )


HEADER = ("figure", "value (95 % interval)", "target", "must beat", "reached")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of further figures, as text."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def written(estimate: Estimate, unit: Unit) -> str:
    """Return a figure and its interval as text."""
    if isnan(estimate.low):
        return unit.written(estimate.value)
    low, high = unit.bare.written(estimate.low), unit.bare.written(estimate.high)
    return f"{unit.written(estimate.value)} ({low} to {high})"


def told(values: Floats, unit: Unit) -> str:
    """Return a figure as it is in the cohort and in its resamples as text."""
    return written(Estimate.of(values), unit)
