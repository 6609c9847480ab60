"""A simulated course as the rules judged it, and beside it what was true of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diary.clinical.baseline import JudgedCourse, judge_courses
from diary.clinical.courses import Course
from diary.clinical.response import Response, is_good, is_lost
from diary.clinical.rules import DEFAULT_RULES, WEEK
from diary.validation.simulation import DAYS_AFTER, DAYS_BEFORE, SimulatedCourse

Floats = NDArray[np.float64]
Days = NDArray[np.intp]

DAY_0: Final = date(2025, 1, 1)
NEVER: Final = inf
FOLLOWED: Final = 150
"""Last day t that a course is usually watched: about then the next one is given."""


@dataclass(frozen=True)
class Truth:
    """What is true of a course, from its pain without the noise of single days; days are days t.

    Attributes:
        relief: share of the pain that is gone at first.
        lost: first day from which the 7-day mean stays above the clinic's line for 7 days, or NEVER.
        over: first day on which the 7-day mean lies above the line, or NEVER.
        relieved: whether every week that ends on the days that confirm a response is good.
    """

    relief: float
    lost: float
    over: float
    relieved: bool


@dataclass(frozen=True)
class Followed:
    """A course with what the rules said about it; days are days t, NEVER where it did not come.

    Attributes:
        number: which course of its cohort.
        truth: what is true of it.
        line: the clinic's line, from the measured baseline.
        confirmed: day the response was confirmed.
        confirmed_late: whether that was after the last day on which it is too early to say that nothing came of it.
        due: day the first loss became due.
        lost: first day of that loss by the rules, the day after the days of relief.
        close: first days of the runs of DUE_SOON before it.
        week_over: first day after the confirmation with a week over the line: what a rule of one week would report.
        day_over: first such day with a score over the line: what a rule of one day would report.
        good_week: whether one of the weeks up to the last day it is too early is good: a response by one good week.
    """

    number: int
    truth: Truth
    line: float
    confirmed: float
    confirmed_late: bool
    due: float
    lost: float
    close: tuple[int, ...]
    week_over: float
    day_over: float
    good_week: bool

    @property
    def confirmed_in_time(self) -> bool:
        """Say whether the response was confirmed while it was too early to say that nothing came of it."""
        return self.confirmed < NEVER and not self.confirmed_late


@dataclass(frozen=True)
class FollowedDiary:
    """The diary of one simulated course on the calendar, as the rules take it."""

    number: int
    simulated: SimulatedCourse

    @cached_property
    def counting(self) -> dict[int, int]:
        """Scores by ordinal of their day."""
        return {DAY_0.toordinal() + t: score for t, score in self.simulated.scores.items()}

    def judged_on(self, t: int) -> list[JudgedCourse]:
        """Return the course as judged on day `t`, knowing nothing that came later."""
        today = DAY_0 + timedelta(days=t)
        known = {day: score for day, score in self.counting.items() if day <= today.toordinal()}
        return judge_courses([Course((self.simulated.medicine,), DAY_0, DAY_0)], known, today, DEFAULT_RULES)

    def follow(self) -> Followed | None:
        """Return what the rules said to the end of the diary and what was true; None without a usable baseline."""
        judged = self.judged_on(DAYS_AFTER)[0]
        response, baseline = judged.timeline.response, judged.baseline
        if response is None or baseline is None:
            return None
        line = float(DEFAULT_RULES.line(baseline.value))
        medicine, scores = judged.timeline.medicine, self.simulated.scores
        confirmed = NEVER if response.confirmed is None else response.confirmed
        after = range(response.confirmed + 1, DAYS_AFTER + 1) if response.confirmed is not None else range(0)
        loss = response.losses[0] if response.losses else None
        return Followed(
            number=self.number,
            truth=truth_of(self.simulated, line, weeks=medicine.confirm_weeks),
            line=line,
            confirmed=confirmed,
            confirmed_late=medicine.eval_end < confirmed < NEVER,
            due=loss.due if loss else NEVER,
            lost=loss.last_good + 1 if loss else NEVER,
            close=tuple(_onsets(response, loss.due if loss else DAYS_AFTER + 1)),
            week_over=_first(after, lambda t: is_lost(response.signs[t])),
            day_over=_first(after, lambda t: scores.get(t, 0) > line),
            good_week=any(is_good(response.signs[t]) for t in range(WEEK, medicine.eval_end + 1, WEEK)),
        )


def truth_of(simulated: SimulatedCourse, line: float, *, weeks: int) -> Truth:
    """Return what is true of a course whose line the clinic knows; `weeks` good ones confirm a response (1 or 2)."""
    over = days_over(simulated.latent[DAYS_BEFORE + 1 :], line)
    first_days = np.arange(WEEK, CONFIRMING[weeks] + 1)
    return Truth(
        relief=simulated.relief,
        lost=lost_for_good(over),
        over=float(over[0]) if len(over) else NEVER,
        relieved=not np.isin(first_days, over).any(),
    )


CONFIRMING: Final[Mapping[int, int]] = {1: DEFAULT_RULES.short_confirm_last_day, 2: 2 * WEEK}
"""Last of the days from day 7 on whose weeks confirm a response with one or two good weeks."""


def days_over(latent: Floats, line: float) -> Days:
    """Return the days t on which the 7-day mean lies above the line, given the pain of days 1, 2, … without noise."""
    means = np.convolve(latent, np.full(WEEK, 1 / WEEK), "valid")
    return np.flatnonzero(means > line) + WEEK


def lost_for_good(over: Days) -> float:
    """Return the first of the days `over` the line that the next 6 days follow without a gap, or NEVER."""
    seventh = over[WEEK - 1 :] - over[: max(len(over) - WEEK + 1, 0)] == WEEK - 1
    return float(over[seventh.argmax()]) if seventh.any() else NEVER


def _onsets(response: Response, due: int) -> Iterator[int]:
    before = False
    for t in range(min(due, len(response.near))):
        if response.near[t] and not before:
            yield t
        before = response.near[t]


def _first(days: Iterable[int], holds: Callable[[int], bool]) -> float:
    return next((t for t in days if holds(t)), NEVER)
