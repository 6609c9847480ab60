"""Possible courses of relief, drawn once for each medicine: the particles that a diary then weighs."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diary.clinical.forecast.horizon import LAST_DAY_SEEN
from diary.clinical.medicines import Medicine

NUMBER: Final = 4000
SEED: Final = 20110614
FIRST_RELIEF: Final = (7.0, 1.4)
"""Beta distribution of the relief at first, as a share of the baseline, among responders."""
S_SHAPED: Final = 0.65
"""Share of S-shaped courses; the rest goes like 2^(-(t/t50)^k), from exponential (k = 1) to abrupt (k large)."""
FADE: Final = (10.9, 0.6)
"""Half-life of the S-shape in days and its log SD [Dahan and Olofsen 2011: 10.9]."""
STEEPNESS: Final = (2.0, 0.8)
"""Middle of k and its log SD."""
SMALLEST: Final = -60.0

Particles = NDArray[np.float32]


@dataclass(frozen=True)
class ReliefCurves:
    """Curves of one medicine.

    Attributes:
        pain: share of the baseline that is left as pain; row t is day t (0 … LAST_DAY_SEEN), one column a particle.
        crossing: first day t on which less than 30 % of relief is left, LAST_DAY_SEEN + 1 where none.
    """

    pain: Particles
    crossing: NDArray[np.float64]


def curves_of(medicine: Medicine) -> ReliefCurves:
    """Return the curves for a medicine's prior half time; the same numbers always give the same curves."""
    return _curves(medicine.prior_t50, medicine.prior_log_sd)


@lru_cache(maxsize=16)
def _curves(half_time: float, log_sd: float) -> ReliefCurves:
    chance = np.random.default_rng(SEED)
    first = chance.beta(*FIRST_RELIEF, NUMBER)
    t50 = chance.lognormal(np.log(half_time), log_sd, NUMBER)
    fade = chance.lognormal(np.log(FADE[0]), FADE[1], NUMBER)
    steepness = chance.lognormal(np.log(STEEPNESS[0]), STEEPNESS[1], NUMBER)
    t = np.arange(LAST_DAY_SEEN + 1, dtype=np.float64)[:, None]
    s_shaped = (1 + np.exp2(-t50 / fade)) / (1 + np.exp2(np.clip((t - t50) / fade, SMALLEST, -SMALLEST)))
    with np.errstate(over="ignore"):  # a steep curve long after its half time is simply gone
        gone = np.exp2(np.maximum(-((t / t50) ** steepness), SMALLEST))
    left = np.where(chance.random(NUMBER) < S_SHAPED, s_shaped, gone)
    relief = first * left
    lost = relief < 0.3
    crossing = np.where(lost.any(axis=0), lost.argmax(axis=0), LAST_DAY_SEEN + 1)
    return ReliefCurves((1 - relief).astype(np.float32), crossing.astype(np.float64))
