"""Simulated courses with the noise and the gaps of real diaries, and what is true of each [clinical rules, 9]."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diary.clinical.rules import DEFAULT_RULES

DAYS_BEFORE: Final = 14
DAYS_AFTER: Final = 365

Floats = NDArray[np.float64]


class Shape(StrEnum):
    """How relief goes."""

    SIGMOID = "sigmoid"
    EXPONENTIAL = "exponential"
    LINEAR = "linear"
    ABRUPT = "abrupt"
    LASTING = "lasting"


SHAPES: Final[Mapping[Shape, float]] = {
    Shape.SIGMOID: 0.55,
    Shape.EXPONENTIAL: 0.20,
    Shape.LINEAR: 0.10,
    Shape.ABRUPT: 0.05,
    Shape.LASTING: 0.10,
}
"""Shares of the shapes in a cohort that is wider than any model."""


@dataclass(frozen=True)
class World:
    """What a cohort is drawn from.

    Attributes:
        medicine: code of the medicine; its half time is the middle of the cohort's half times.
        responders: lowest and highest share of responders; each cohort has one share between them.
        shapes: share of each shape among the responders.
        half_time_factor: times the medicine's half time.
        half_time_log_sd: spread of the half times, SD of the natural logarithm.
        missing: lowest and highest share of days without an entry; each patient has one between them.
        noise: times the noise of real diaries.
    """

    medicine: str = "ketamine"
    responders: tuple[float, float] = (0.60, 0.67)
    shapes: Mapping[Shape, float] = field(default_factory=lambda: SHAPES)
    half_time_factor: float = 1.0
    half_time_log_sd: float = 0.5
    missing: tuple[float, float] = (0.10, 0.16)
    noise: float = 1.0


DEFAULT_WORLD: Final = World()


@dataclass(frozen=True)
class SimulatedCourse:
    """One simulated course; arrays hold days t from -14 to 365, index t + 14.

    Attributes:
        baseline: pain before the course.
        relief: share of it that is gone at first; below 0.3 no response is there to be found.
        half_time: day t on which half of the relief is gone.
        shape: how it goes.
        latent: pain without the noise of single days.
        scores: score by day t, days without an entry left out.
    """

    medicine: str
    baseline: float
    relief: float
    half_time: float
    shape: Shape
    latent: Floats
    scores: Mapping[int, int]


def simulate_cohort(seed: int, size: int, world: World = DEFAULT_WORLD) -> list[SimulatedCourse]:
    """Return `size` courses drawn from `world`; the same seed gives the same courses."""
    chance = np.random.default_rng(seed)
    share = chance.uniform(*world.responders)
    return [_course(chance, world, responds=chance.random() < share) for _ in range(size)]


def _course(chance: np.random.Generator, world: World, *, responds: bool) -> SimulatedCourse:
    baseline = baseline_from(chance)
    relief = relief_from(chance, responds=responds)
    half_time = half_time_from(chance, world)
    shape = shape_from(chance, world.shapes)
    left = relief_left(shape, half_time, fade_from(chance))
    expected = np.concatenate([np.full(DAYS_BEFORE + 1, baseline), baseline * (1 - relief * left)])
    latent, observed = with_noise(chance, expected, world.noise)
    written = ~missing_days(chance, latent, chance.uniform(*world.missing))
    written[DAYS_BEFORE] = False  # the day of the infusion itself
    scores = {int(i) - DAYS_BEFORE: int(observed[i]) for i in np.flatnonzero(written)}
    return SimulatedCourse(world.medicine, baseline, relief, half_time, shape, latent, scores)


def baseline_from(chance: np.random.Generator) -> float:
    """Return the pain of one patient before a course, points."""
    return float(np.clip(chance.normal(7.1, 1.2), 4, 9.5))


def relief_from(chance: np.random.Generator, *, responds: bool) -> float:
    """Return the share of the pain that is gone at first, of a responder or of another patient."""
    return float(chance.beta(9, 1.5) if responds else chance.uniform(-0.05, 0.2))


def half_time_from(chance: np.random.Generator, world: World) -> float:
    """Return the day t on which half of the relief is gone."""
    middle = DEFAULT_RULES.medicine(world.medicine).prior_t50 * world.half_time_factor
    return float(chance.lognormal(np.log(middle), world.half_time_log_sd))


def shape_from(chance: np.random.Generator, shapes: Mapping[Shape, float]) -> Shape:
    """Return one of `shapes`, each as likely as its share of them all."""
    shares = np.array(list(shapes.values()))
    return list(shapes)[int(chance.choice(len(shares), p=shares / shares.sum()))]


def fade_from(chance: np.random.Generator) -> float:
    """Return the half-life of an S-shape in days."""
    return float(chance.lognormal(np.log(10.9), 0.4))


EXPONENTIAL_HALF_LIFE: Final = 0.6


def relief_left(shape: Shape, half_time: float, fade: float) -> Floats:
    """Return the share of the first relief that is left on days 1 … 365.

    Half of it is left on day `half_time`; only the exponential shape is there sooner, so that a usual response crosses
    the line about as late as with the other shapes.

    `fade` is the half-life in days of the S-shape once relief goes [Dahan and Olofsen 2011: 10.9].
    """
    t = np.arange(1, DAYS_AFTER + 1, dtype=np.float64)
    if shape is Shape.EXPONENTIAL:
        return np.exp2(-t / (EXPONENTIAL_HALF_LIFE * half_time))
    if shape is Shape.LINEAR:
        return np.clip(1 - t / (2 * half_time), 0, 1)
    if shape is Shape.ABRUPT:
        return (t < half_time).astype(np.float64)
    if shape is Shape.LASTING:
        return np.ones_like(t)
    s_shaped: Floats = (1 + np.exp2(-half_time / fade)) / (1 + np.exp2((t - half_time) / fade))
    return s_shaped


DAY_SD: Final = 1.2
DAY_SD_BY_LEVEL: Final = (0.85, 1.58, 1.37, 1.10, 0.97)
"""SD of a day at levels 0-2, 2-4, 4-6, 6-8, 8-10, as on real diaries."""
CARRY, CARRY_SD = 0.64, 0.6
DRIFT_A_DAY, DRIFT_RETURN = 0.02, 0.02
"""Slow drift: an Ornstein-Uhlenbeck process with this variance a day, drawn back by this share a day."""


def with_noise(chance: np.random.Generator, expected: Floats, times: float = 1.0) -> tuple[Floats, Floats]:
    """Return the latent pain (with what carries over and drifts) and the score of each day, whole and from 0 to 10."""
    days = len(expected)
    carried, drift = np.empty(days), np.empty(days)
    carried[0] = chance.normal(0, CARRY_SD)
    drift[0] = chance.normal(0, (DRIFT_A_DAY / (2 * DRIFT_RETURN)) ** 0.5)
    for day in range(1, days):
        carried[day] = CARRY * carried[day - 1] + chance.normal(0, CARRY_SD * (1 - CARRY**2) ** 0.5)
        drift[day] = (1 - DRIFT_RETURN) * drift[day - 1] + chance.normal(0, DRIFT_A_DAY**0.5)
    latent = np.clip(expected + times * (carried + drift), 0, 10)
    spread = np.asarray(DAY_SD_BY_LEVEL)[np.clip(latent // 2, 0, 4).astype(int)]
    heavy_tails = chance.standard_t(5, days) / (5 / 3) ** 0.5
    return latent, np.clip(np.rint(latent + times * spread * heavy_tails), 0, 10)


GAPS: Final = ((1, 0.80), (2, 0.10), (3, 0.035), (4, 0.02))
"""Lengths of gaps in days with their shares; the rest lasts 6 to 30 days."""


def missing_days(chance: np.random.Generator, latent: Floats, share: float) -> NDArray[np.bool_]:
    """Return which days have no entry: about `share` of them, slightly more on worse days."""
    lengths = list(_lengths(chance, len(latent)))
    begin = share / max(float(np.mean(lengths)), 1) / (1 - share)
    missing = np.zeros(len(latent), dtype=np.bool_)
    day = 0
    while day < len(latent):
        worse = 1 + 0.06 * (float(latent[day]) - 5)
        if chance.random() < begin * worse:
            length = lengths[day]
            missing[day : day + length] = True
            day += length
        day += 1
    return missing


def _lengths(chance: np.random.Generator, number: int) -> Iterator[int]:
    short = sum(share for _, share in GAPS)
    for _ in range(number):
        at = chance.random()
        if at >= short:
            yield int(chance.integers(6, 31))
            continue
        reached = 0.0
        for length, share in GAPS:
            reached += share
            if at < reached:
                yield length
                break
