"""Everything the backtest measures, made from seeds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from typing import Any, Final

from diary.validation.booking import Chairs, chairs_by_forecast, chairs_by_own_courses
from diary.validation.sham import Sham, simulated_shams
from diary.validation.simulation import DEFAULT_WORLD, World
from diary.validation.speed import time_of_forecasts, time_of_verdicts
from diary.validation.standings import BLOCK, ORIGINS, Cohort, followed_block
from diary.validation.trial import TrialResult, trial_result
from diary.validation.workers import Later, Progress, Workers, workers
from diary.validation.worlds import WORLDS

SHORT_ACTING: Final = World(medicine="lidocaine")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is simulated: courses of each cohort, patients, diaries, trials, cases that are timed."""

    cohort: int = 2400
    world: int = 600
    short_acting: int = 2400
    returning: int = 1200
    first_courses: int = 600
    untreated: int = 400
    trials: int = 1000
    timed: int = 200


FULL: Final = Sizes()
QUICK: Final = Sizes(
    cohort=60, world=12, short_acting=30, returning=10, first_courses=6, untreated=12, trials=3, timed=3
)
"""Enough to see that everything runs, too little to say anything."""


class Part(IntEnum):
    """Parts of the backtest; each has a seed of its own, so that no two share a course."""

    KNOWN = 1
    TEST = 2
    THIRD = 3
    SHORT_ACTING = 4
    RETURNING = 5
    FIRST_COURSES = 6
    UNTREATED = 7
    TIMED = 8
    TRIALS = 9
    WORLDS = 20

    def seed(self, first: int, place: int = 0) -> int:
        """Return the seed of this part of the backtest that starts from the seed `first`."""
        return first * PARTS_APART + self + place


PARTS_APART: Final = 100
TRIALS_APART: Final = 10_000


@dataclass(frozen=True)
class Cohorts:
    """The three cohorts of the forecast.

    Attributes:
        known: the one from which the rivals and a calibration learn.
        third: the one on which it is decided whether that calibration is used.
        test: the one that the figures are about.
    """

    known: Cohort
    third: Cohort
    test: Cohort


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        cohorts: the cohorts of the forecast.
        short_acting: courses of a medicine that one good week confirms.
        worlds: cohorts that are not as the forecast expects them, by name.
        chairs, shams, trials: booking, sham courses of untreated diaries, simulated trials.
        verdict, forecast: median times, milliseconds.
    """

    cohorts: Cohorts
    short_acting: Cohort
    worlds: Mapping[str, Cohort]
    chairs: Sequence[Chairs]
    shams: Sequence[Sham]
    trials: Sequence[TrialResult]
    verdict: float
    forecast: float


def measure(sizes: Sizes, *, seed: int, processes: int, progress: Progress) -> Measured:
    """Return all that is measured in a backtest of these sizes."""
    with workers(processes) as some:
        cohorts = _cohorts(some, sizes, seed)
        short_acting = _cohort(some, Part.SHORT_ACTING.seed(seed), sizes.short_acting, SHORT_ACTING, ())
        worlds = {
            name: _cohort(some, Part.WORLDS.seed(seed, place), sizes.world, world)
            for place, (name, world) in enumerate(WORLDS.items())
        }
        chairs = [
            _in_lists(some, chairs_by_own_courses, Part.RETURNING.seed(seed), sizes.returning),
            _in_lists(some, chairs_by_forecast, Part.FIRST_COURSES.seed(seed), sizes.first_courses),
        ]
        shams = _in_lists(some, simulated_shams, Part.UNTREATED.seed(seed), sizes.untreated)
        seeds = [(Part.TRIALS.seed(seed) * TRIALS_APART + number,) for number in range(sizes.trials)]
        trials = some.ask(trial_result, seeds, list)
        some.wait(progress)
        verdict, forecast = _timed(some, Part.TIMED.seed(seed), sizes.timed)
        return Measured(
            cohorts=cohorts(),
            short_acting=short_acting.get(),
            worlds={name: world.get() for name, world in worlds.items()},
            chairs=[one for part in chairs for one in part.get()],
            shams=shams.get(),
            trials=trials.get(),
            verdict=verdict,
            forecast=forecast,
        )


def measure_cohorts(sizes: Sizes, *, seed: int, processes: int, progress: Progress) -> Cohorts:
    """Return the three cohorts of the forecast alone."""
    with workers(processes) as some:
        cohorts = _cohorts(some, sizes, seed)
        some.wait(progress)
        return cohorts()


def _cohorts(some: Workers, sizes: Sizes, seed: int) -> Callable[[], Cohorts]:
    known, third, test = (_cohort(some, part.seed(seed), sizes.cohort) for part in (Part.KNOWN, Part.THIRD, Part.TEST))
    return lambda: Cohorts(known.get(), third.get(), test.get())


def _cohort(
    some: Workers, seed: int, size: int, world: World = DEFAULT_WORLD, origins: tuple[int, ...] = ORIGINS
) -> Later[Cohort]:
    blocks = [(seed, block, count, world, origins) for block, count in enumerate(_blocks(size))]
    return some.ask(followed_block, blocks, Cohort.joined)


def _in_lists(some: Workers, act: Callable[[int, int, int], list[Any]], seed: int, size: int) -> Later[list[Any]]:
    """Ask for `act(seed, first, count)` in pieces, `first` the number of the first one of each."""
    pieces = [(seed, block * BLOCK, count) for block, count in enumerate(_blocks(size))]
    return some.ask(act, pieces, _chained)


def _chained(lists: Iterable[list[Any]]) -> list[Any]:
    return list(chain.from_iterable(lists))


def _blocks(size: int) -> Iterator[int]:
    for first in range(0, size, BLOCK):
        yield min(BLOCK, size - first)


def _timed(some: Workers, seed: int, cases: int) -> tuple[float, float]:
    """Return the times of a verdict and of a forecast, measured one after the other while nothing else runs here."""
    verdict = some.ask(time_of_verdicts, [(seed, cases)], list).get()
    forecast = some.ask(time_of_forecasts, [(seed, cases)], list).get()
    return verdict[0], forecast[0]
