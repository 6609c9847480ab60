"""What would change the state: the fewest coming days, and the mildest scores on them, that lead to another one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Final

from diary.clinical.baseline import JudgedCourse
from diary.clinical.errors import ClinicalError
from diary.clinical.scores import SCORES
from diary.clinical.states import State, StateAndWhy, Timeline, Why

LOOK_AHEAD: Final = 21
"""Coming days looked at: two weeks that end a loss, and the week they must follow."""


class By(StrEnum):
    """What brings a change about."""

    ANY_SCORE = "any_score"
    THIS_HIGH = "this_high"
    THIS_LOW = "this_low"


@dataclass(frozen=True, slots=True)
class Change:
    """One way to another state.

    Attributes:
        days: coming days with an entry, one after the other.
        by: what is on them: any score, `score` or higher, `score` or lower.
        score: the mildest score that does it, 0-10; None with any score.
        state: the state it leads to; `why` where it then cannot be said.
        on: the day of that state.
    """

    days: int
    by: By
    score: int | None
    state: State
    why: Why | None
    on: date


def what_would_change(judged: JudgedCourse, counting: Mapping[int, int], today: date) -> tuple[Change, ...]:
    """Return the nearest changes of the state of the last course by higher and by lower scores, the sooner one first.

    Looks at 21 coming days that all have an entry, from today on where today has none yet. Empty where no score can
    change the state in that time: during the course, without a usable baseline, after a course judged for good.

    Args:
        judged: the last course with its baseline, judged up to `today`.
        counting: counting scores by ordinal of their day.
        today: the diary day.

    Raises:
        ClinicalError: the course is judged up to another day.
    """
    if judged.course.last_day + timedelta(days=judged.timeline.last) != today:
        raise ClinicalError(f"What would change is asked on {today}, but the course is judged up to another day.")
    if judged.timeline.response is None or judged.timeline.last < 1:
        return ()
    future = _Future(judged, counting, today)
    higher, lower = future.nearest(By.THIS_HIGH), future.nearest(By.THIS_LOW)
    if higher and lower and (higher.days, higher.state, higher.why) == (lower.days, lower.state, lower.why):
        return (Change(higher.days, By.ANY_SCORE, None, higher.state, higher.why, higher.on),)
    return tuple(sorted((change for change in (higher, lower) if change), key=lambda change: change.days))


class _Future:
    """The coming days of a course, filled with the same score."""

    def __init__(self, judged: JudgedCourse, counting: Mapping[int, int], today: date) -> None:
        self.judged, self.counting = judged, counting
        self.now = judged.timeline.verdict_on(judged.timeline.last)
        self.first = today.toordinal() + (today.toordinal() in counting)

    def nearest(self, by: By) -> Change | None:
        """Return the change that the strongest scores in this direction bring first, with the mildest that bring it."""
        strongest, *milder = reversed(SCORES) if by is By.THIS_HIGH else SCORES
        for days in range(1, LOOK_AHEAD + 1):
            then = self._state_after(days, strongest)
            if then != self.now:
                mildest = [strongest, *self._as_strong(milder, days, then)][-1]
                return Change(days, by, mildest, *then, on=date.fromordinal(self.first + days - 1))
        return None

    def _as_strong(self, milder: Iterable[int], days: int, then: StateAndWhy) -> Iterator[int]:
        return takewhile(lambda score: self._state_after(days, score) == then, milder)

    def _state_after(self, days: int, score: int) -> StateAndWhy:
        filled = {**self.counting, **dict.fromkeys(range(self.first, self.first + days), score)}
        baseline, last_day = self.judged.baseline, date.fromordinal(self.first + days - 1)
        course, rules = self.judged.course, self.judged.timeline.rules
        timeline = Timeline.after(course, baseline.value if baseline else None, filled, last_day, rules)
        return timeline.verdict_on(timeline.last)
