"""The state of a course on each of its days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from diary.clinical.courses import Course
from diary.clinical.medicines import Medicine
from diary.clinical.response import Loss, Response, follow, is_good, is_lost
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.weeks import Weeks


class State(StrEnum):
    """The verdict of the rules for one day."""

    NO_COURSE = "NO_COURSE"
    IN_COURSE = "IN_COURSE"
    SETTLING = "SETTLING"
    AWAITING_RESPONSE = "AWAITING_RESPONSE"
    HOLDING = "HOLDING"
    DUE_SOON = "DUE_SOON"
    REPEAT_DUE = "REPEAT_DUE"
    NEVER_SETTLED = "NEVER_SETTLED"
    NON_RESPONDER = "NON_RESPONDER"
    NOT_ENOUGH_DATA = "NOT_ENOUGH_DATA"


class Why(StrEnum):
    """Why it cannot be said; given with NOT_ENOUGH_DATA only."""

    NO_BASELINE = "no_baseline"
    BASELINE_BELOW_MINIMUM = "baseline_below_minimum"
    FEW_ENTRIES = "few_entries"
    FEW_WEEKS = "few_weeks"


StateAndWhy = tuple[State, Why | None]


@dataclass(frozen=True)
class Timeline:
    """A course from its day 0 to the last day looked at.

    Attributes:
        course: the course.
        last: last day looked at, in days t; 0 or less while the course runs.
        weeks: weekly means of days 1 … last.
        medicine: numbers of the governing medicine.
        rules: the rule set in force.
        unusable: why no baseline can be used, or None.
        response: what the walk found, or None without a usable baseline.
    """

    course: Course
    last: int
    weeks: Weeks
    medicine: Medicine
    rules: RuleSet
    unusable: Why | None
    response: Response | None

    @classmethod
    def after(
        cls,
        course: Course,
        baseline: Fraction | None,
        counting: Mapping[int, int],
        last_day: date,
        rules: RuleSet,
    ) -> "Timeline":
        """Follow `course` to `last_day` with the counting scores by ordinal of their day."""
        day_0 = course.last_day.toordinal()
        last = last_day.toordinal() - day_0
        scores = {t: counting[day_0 + t] for t in range(1, last + 1) if day_0 + t in counting}
        weeks = Weeks(scores, last=last, minimum=rules.week_minimum)
        return cls.of_weeks(course, baseline, weeks, last, rules)

    @classmethod
    def of_weeks(cls, course: Course, baseline: Fraction | None, weeks: Weeks, last: int, rules: RuleSet) -> "Timeline":
        """Follow `course` on weekly means that are already there."""
        medicine = rules.medicine(course.governing)
        unusable = _unusable(baseline, rules)
        response = None
        if unusable is None and baseline is not None:
            response = follow(weeks, rules.line(baseline), medicine, rules)
        return cls(course, last, weeks, medicine, rules, unusable, response)

    @property
    def state(self) -> State:
        """The state on the last day."""
        return self.verdict_on(self.last)[0]

    @property
    def confirmed(self) -> int | None:
        """The day t the response was confirmed."""
        return self.response.confirmed if self.response else None

    @property
    def loss(self) -> Loss | None:
        """The loss in force on the last day."""
        return self.response.loss_on(self.last) if self.response else None

    @property
    def over_since(self) -> date | None:
        """The first day with a lost week after the last good one, where a loss is in force and this week is lost."""
        if self.response is None or self.loss is None or not is_lost(self.response.signs[self.last]):
            return None
        since = self.last
        for t in range(self.last - 1, -1, -1):
            if is_good(self.response.signs[t]):
                break
            since = t if is_lost(self.response.signs[t]) else since
        return self.course.last_day + timedelta(days=since)

    @property
    def over_without_break(self) -> date | None:
        """The first day of the unbroken run of lost weeks up to the last day; None where this week is not lost."""
        since = None
        for t in range(self.last, -1, -1):
            if self.response is None or not is_lost(self.response.signs[t]):
                break
            since = self.course.last_day + timedelta(days=t)
        return since

    def verdict_on(self, t: int) -> StateAndWhy:
        """Return the state on day `t` with the entries known now, and why where it cannot be said."""
        if t < 1:
            return State.IN_COURSE, None
        if self.response is None:
            return State.NOT_ENOUGH_DATA, self.unusable
        if t < WEEK:
            return State.SETTLING, None
        if self.response.loss_on(t) is not None:
            return State.REPEAT_DUE, None
        if self.response.signs[t] is None:
            return State.NOT_ENOUGH_DATA, Why.FEW_ENTRIES
        if self.response.confirmed_by(t):
            return (State.DUE_SOON if self.response.near[t] else State.HOLDING), None
        if t <= self.medicine.eval_end:
            return State.AWAITING_RESPONSE, None
        return self._without_response

    @cached_property
    def _without_response(self) -> StateAndWhy:
        """The state once it is no longer too early and nothing was confirmed."""
        signs = self.response.signs[WEEK : self.medicine.eval_end + 1] if self.response else []
        defined = sum(sign is not None for sign in signs)
        if defined * 100 < self.rules.weeks_percent * len(signs):
            return State.NOT_ENOUGH_DATA, Why.FEW_WEEKS
        if any(is_good(sign) for sign in signs):
            return State.NEVER_SETTLED, None
        return State.NON_RESPONDER, None

    def state_began(self) -> date:
        """Return the first day of the unbroken run of days in the state, and for the reason, of the last day."""
        now = self.verdict_on(self.last)
        if self.last < 1:
            return self.course.first_day
        t = self.last
        while self.verdict_on(t - 1) == now:
            t -= 1
        return date.fromordinal(self.course.last_day.toordinal() + t)


def _unusable(baseline: Fraction | None, rules: RuleSet) -> Why | None:
    if baseline is None:
        return Why.NO_BASELINE
    return Why.BASELINE_BELOW_MINIMUM if baseline < rules.lowest_baseline else None
