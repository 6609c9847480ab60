"""What stands behind a number: the days whose entries were added up, and the weeks that led to days of relief."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from diary.clinical.baseline import BaselineHow, JudgedCourse
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.scores import DayScore


@dataclass(frozen=True, slots=True)
class Span:
    """Days whose counting entries are added up to a mean.

    Attributes:
        first: first day; last: last day.
        needed: counting entries that the mean needs.
        scores: the live scores of these days, those that do not count too.
        broken_by: last infusion day that lies within: then there is no mean. None where nothing breaks it.
    """

    first: date
    last: date
    needed: int
    scores: Mapping[date, DayScore]
    broken_by: date | None = None

    @property
    def days(self) -> list[date]:
        """Every day of the span, the latest first."""
        return [self.last - timedelta(days=back) for back in range((self.last - self.first).days + 1)]

    @property
    def counting(self) -> list[int]:
        """The scores that count, by day."""
        return [entry.score for _day, entry in sorted(self.scores.items()) if entry.counts]

    @property
    def mean(self) -> Fraction | None:
        """Their exact mean in points, 0-10, or None with too few of them or across a course."""
        counting = self.counting
        if self.broken_by is not None or len(counting) < self.needed or not counting:
            return None
        return Fraction(sum(counting), len(counting))


@dataclass(frozen=True, slots=True)
class WeekBehind:
    """The week that ends on day `t` after day 0: its mean in points (None where there is none) and its `n` entries."""

    t: int
    day: date
    mean: Fraction | None
    n: int


def span_of_week(day: date, judged: Sequence[JudgedCourse], scores: Mapping[date, DayScore], rules: RuleSet) -> Span:
    """Return the seven days up to `day`, which never reach across the last infusion day of a course."""
    first = day - timedelta(days=WEEK - 1)
    within = [one.course for one in judged if one.course.first_day <= day and one.course.last_day >= first]
    broken_by = within[-1].last_day if within else None
    return _span(first, day, rules.week_minimum, scores, broken_by)


def span_of_baseline(
    of: JudgedCourse, judged: Sequence[JudgedCourse], scores: Mapping[date, DayScore], rules: RuleSet
) -> Span | None:
    """Return the days that the baseline in force for a course was measured on, or None for one given by hand.

    A baseline that was carried or kept leads back to the course it was measured for. Without any baseline these are
    the days of the second, longer try.
    """
    measured_for = of.baseline.measured_for if of.baseline else of.course.first_day
    place = next(place for place, one in enumerate(judged) if one.course.first_day == measured_for)
    how = judged[place].baseline.how if judged[place].baseline else None  # type: ignore[union-attr]
    if how is BaselineHow.SET:
        return None
    short = how is BaselineHow.WEEK
    days = rules.baseline_days if short else rules.long_baseline_days
    needed = rules.baseline_minimum if short else rules.long_baseline_minimum
    first = measured_for - timedelta(days=days)
    if place:
        first = max(first, judged[place - 1].course.last_day + timedelta(days=1))
    return _span(first, measured_for - timedelta(days=1), needed, scores, None)


def weeks_behind(judged: JudgedCourse) -> Iterator[WeekBehind]:
    """Yield the weeks from day 7 on, up to the day on which the loss in force was confirmed or the last one looked at.

    Days of relief are read off them: the last day before the loss whose mean was at or below the line.
    """
    timeline = judged.timeline
    last = timeline.loss.due if timeline.loss else timeline.last
    for t in range(WEEK, last + 1):
        day = judged.course.last_day + timedelta(days=t)
        yield WeekBehind(t, day, timeline.weeks.mean(t), timeline.weeks.entries(t - WEEK + 1, t))


def _span(first: date, last: date, needed: int, scores: Mapping[date, DayScore], broken_by: date | None) -> Span:
    within = {day: entry for day, entry in scores.items() if first <= day <= last}
    return Span(first, last, needed, within, broken_by)
