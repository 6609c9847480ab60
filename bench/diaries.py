"""Made-up diaries to time: a course every 120 days, relief that goes in an S-shape, days left out."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, Final

from diary.clinical.courses import Course
from diary.clinical.scores import DayScore, Revision, Source

TODAY: Final = date(2026, 10, 31)
BETWEEN: Final = 120
MISSING: Final = 0.13


@dataclass(frozen=True)
class Made:
    """A diary that ends on `TODAY`, as the rules take it."""

    scores: dict[date, DayScore]
    courses: list[Course]

    @property
    def revisions(self) -> list[Revision]:
        """The same days as they lie in the database, one writing each."""
        return [
            Revision(day, one.score, day, noon(day), noon(day), f"{day.toordinal():032x}", Source.SELF)
            for day, one in self.scores.items()
        ]


def noon(day: date) -> datetime:
    """Return the moment in which a day is written."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def made(seed: int, days: int, *, t: int | None = None, half: float | None = None) -> Made:
    """Return a diary of `days` days; the last course ended `t` days ago, half of its relief goes by day `half`."""
    chance = random.Random(seed)  # noqa: S311 (made-up diaries need no secrecy)
    last = chance.randrange(20, 100) if t is None else t
    ended = [ago for ago in range(last, days, BETWEEN) if ago + 12 < days or ago == last]
    halves = {ago: half or chance.lognormvariate(4.1, 0.5) for ago in ended}
    courses = [
        Course(("ketamine",), TODAY - timedelta(days=ago + 4), TODAY - timedelta(days=ago)) for ago in reversed(ended)
    ]
    scores: dict[date, DayScore] = {}
    for ago in range(days - 1, -1, -1):
        if chance.random() < MISSING:
            continue
        since = min((one for one in ended if one >= ago), default=None)
        left = 0.0 if since is None else 0.65 / (1 + 2 ** ((since - ago - halves[since]) / 10.9))
        score = round(7.2 * (1 - left) + chance.gauss(0, 1.2))
        scores[TODAY - timedelta(days=ago)] = DayScore(min(max(score, 0), 10), 0, Source.SELF, counts=True)
    return Made(scores, courses)


def timed(act: Callable[[], Any], times: int) -> float:
    """Return the median of `times` runs in milliseconds, after one that does not count."""
    act()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - start))
    return median(taken)
