"""Possible courses of relief, drawn once for each medicine: the particles that a diary then weighs."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diary.clinical.forecast.horizon import LAST_DAY_SEEN
from diary.clinical.medicines import Medicine

NUMBER: Final = 3000
SEED: Final = 20110614
FIRST_RELIEF: Final = (7.0, 1.4)
"""Beta distribution of the relief at first, as a share of the baseline, among responders."""
S_SHAPED: Final = 0.65
"""Share of S-shaped courses; the rest goes like 2^(-(t/t50)^k), from exponential (k = 1) to abrupt (k large)."""
FADE: Final = (10.9, 0.6)
"""Half-life of the S-shape in days and its log SD [Dahan and Olofsen 2011: 10.9]."""
STEEPNESS: Final = (2.0, 0.8)
"""Middle of k and its log SD."""
LEAST_RELIEF: Final = 0.3
LARGEST: Final = 60.0
TINY: Final = 1e-9

Floats = NDArray[np.float64]
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
    drawn = _Drawn(
        first=chance.beta(*FIRST_RELIEF, NUMBER),
        t50=chance.lognormal(np.log(half_time), log_sd, NUMBER),
        fade=chance.lognormal(np.log(FADE[0]), FADE[1], NUMBER),
        steepness=chance.lognormal(np.log(STEEPNESS[0]), STEEPNESS[1], NUMBER),
        s_shaped=chance.random(NUMBER) < S_SHAPED,
    )
    pain = np.empty((LAST_DAY_SEEN + 1, NUMBER), dtype=np.float32)
    crossing = np.full(NUMBER, LAST_DAY_SEEN + 1.0)
    for t in range(LAST_DAY_SEEN, -1, -1):  # a day at a time: all days at once would take fifteen times the memory
        relief = drawn.relief_on(t)
        pain[t] = 1 - relief
        crossing[relief < LEAST_RELIEF] = t
    return ReliefCurves(pain, crossing)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The numbers of each curve."""

    first: Floats
    t50: Floats
    fade: Floats
    steepness: Floats
    s_shaped: NDArray[np.bool_]

    def relief_on(self, t: int) -> Floats:
        """Return the relief that is left on day t, as a share of the baseline."""
        s_shape = (1 + np.exp2(-self.t50 / self.fade)) / (1 + np.exp2(_bounded((t - self.t50) / self.fade)))
        other = np.exp2(-np.minimum(np.exp(self.steepness * np.log(np.maximum(t, TINY) / self.t50)), LARGEST))
        relief: Floats = self.first * np.where(self.s_shaped, s_shape, other)
        return relief


def _bounded(exponent: Floats) -> Floats:
    return np.clip(exponent, -LARGEST, LARGEST)
