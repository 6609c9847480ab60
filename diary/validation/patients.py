"""Simulated patients with several courses in one diary, and untreated ones with none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from diary.clinical.courses import Course
from diary.clinical.rules import DEFAULT_RULES
from diary.validation.followed import FOLLOWED
from diary.validation.simulation import (
    DAYS_AFTER,
    DAYS_BEFORE,
    DEFAULT_WORLD,
    SHAPES,
    Floats,
    Shape,
    World,
    baseline_from,
    fade_from,
    half_time_from,
    missing_days,
    relief_from,
    relief_left,
    shape_from,
    with_noise,
)

FIRST: Final = date(2024, 1, 1)
COURSES: Final = 3
OWN_LOG_SD: Final = 0.2
"""How much the half times of one patient's courses vary, SD of the natural logarithm: an assumption."""
UNTIL_THE_NEXT: Final = 42
"""Days between the loss of one course and the next one: two weeks to the verdict, four to a chair."""
RELIEVED: Final = 0.3
RETURNING: Final[Mapping[Shape, float]] = {
    shape: share for shape, share in SHAPES.items() if shape is not Shape.LASTING
}
"""Patients whose relief lasts do not come back for a third course."""


@dataclass(frozen=True)
class SimulatedPatient:
    """A patient who comes back for more courses of one medicine.

    Attributes:
        number: which patient of the simulation.
        courses: given courses in order.
        counting: scores by ordinal of their day, to a year after the last course.
        latent: pain of days 1 … 365 after the last course without the noise of single days.
    """

    number: int
    courses: tuple[Course, ...]
    counting: Mapping[int, int]
    latent: Floats


def simulate_patient(seed: int, number: int, world: World = DEFAULT_WORLD) -> SimulatedPatient:
    """Return a responder with three courses, whose relief goes in the same shape at about the same time each time.

    The next course comes six weeks after the last one was lost, never within its minimum interval, and at the latest
    when courses are no longer watched.
    """
    chance = np.random.default_rng((seed, number))
    baseline, shape = baseline_from(chance), shape_from(chance, RETURNING)
    usual = half_time_from(chance, world)
    reliefs = [_relief(chance, shape, float(chance.lognormal(np.log(usual), OWN_LOG_SD))) for _ in range(COURSES)]
    interval = DEFAULT_RULES.medicine(world.medicine).minimum_interval
    days = [*(_days_to_the_next(relief, interval) for relief in reliefs[:-1]), DAYS_AFTER]
    pain = [np.full(DAYS_BEFORE + 1, baseline)]
    for relief, watched in zip(reliefs, days, strict=True):
        pain += [baseline * (1 - relief[:watched]), np.full(1, baseline)]
    latent, observed = with_noise(chance, np.concatenate(pain)[:-1], world.noise)
    written = ~missing_days(chance, latent, chance.uniform(*world.missing))
    day_0s = DAYS_BEFORE + np.concatenate([[0], np.cumsum(np.array(days[:-1]) + 1)])
    written[day_0s] = False
    return SimulatedPatient(
        number=number,
        courses=tuple(Course((world.medicine,), one, one) for one in (FIRST + timedelta(days=int(d)) for d in day_0s)),
        counting={FIRST.toordinal() + int(day): int(observed[day]) for day in np.flatnonzero(written)},
        latent=latent[-DAYS_AFTER:],
    )


def _relief(chance: np.random.Generator, shape: Shape, half_time: float) -> Floats:
    return relief_from(chance, responds=True) * relief_left(shape, half_time, fade_from(chance))


def _days_to_the_next(relief: Floats, interval: int) -> int:
    lost = np.flatnonzero(relief < RELIEVED)
    return FOLLOWED if not len(lost) else int(np.clip(lost[0] + 1 + UNTIL_THE_NEXT, interval, FOLLOWED))


UNTREATED_DAYS: Final = 720


def untreated_diary(seed: int, number: int) -> dict[int, int]:
    """Return two years of scores, by ordinal of their day, of a patient to whom nothing is given."""
    chance = np.random.default_rng((seed, number))
    latent, observed = with_noise(chance, np.full(UNTREATED_DAYS, baseline_from(chance)))
    written = ~missing_days(chance, latent, chance.uniform(*DEFAULT_WORLD.missing))
    return {FIRST.toordinal() + int(day): int(observed[day]) for day in np.flatnonzero(written)}
