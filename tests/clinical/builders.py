"""Short ways to write down a diary, a course and the verdict on them.

Unless a test says otherwise the baseline is 10: the line lies at 7, near begins at 6.5 and ends below 6.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from diary.clinical.circumstances import NOTHING_RECORDED, Circumstances
from diary.clinical.courses import Course, SetBaseline
from diary.clinical.response import Response, follow
from diary.clinical.rules import DEFAULT_RULES, RuleSet
from diary.clinical.scores import DayScore, Revision, Source
from diary.clinical.verdict import Verdict, judge
from diary.clinical.weeks import Weeks

DAY_0 = date(2026, 3, 2)
TENS = (10,) * 7
SEVENS = (7,) * 7
SEVEN = Fraction(7)

Scores = dict[date, DayScore]
Level = int | None


def run(score: Level, days: int) -> list[Level]:
    """Return the same score on `days` days; None is a day without an entry."""
    return [score] * days


def weeks(*levels: Level) -> list[Level]:
    """Return a week of each level, one after the other."""
    return [level for level in levels for _ in range(7)]


def day(t: int, *, day_0: date = DAY_0) -> date:
    """Return the date of day t."""
    return day_0 + timedelta(days=t)


def score_of(score: int, *, counts: bool = True) -> DayScore:
    """Return a live score, written on its own day or five days late."""
    return DayScore(score, 0 if counts else 5, Source.SELF, counts)


def scores_from(first: date, levels: Iterable[Level]) -> Scores:
    """Return the live scores of the days from `first` on."""
    days = ((first + timedelta(days=step), level) for step, level in enumerate(levels))
    return {on: score_of(level) for on, level in days if level is not None}


def scores_before(end: date, levels: Sequence[Level]) -> Scores:
    """Return the live scores of the days before `end`, the last level on the day before it."""
    return scores_from(end - timedelta(days=len(levels)), levels)


def diary(after: Iterable[Level], *, before: Sequence[Level] = TENS) -> Scores:
    """Return a diary around one infusion on day 0: `before` ends on day -1, `after` starts on day 1."""
    return {**scores_before(DAY_0, before), **scores_from(day(1), after)}


def course(
    medicines: str = "ketamine",
    *,
    day_0: date = DAY_0,
    days: int = 1,
    set_baselines: Iterable[SetBaseline] = (),
) -> Course:
    """Return a course of `days` infusion days that ends on `day_0`; medicines are joined by +."""
    first_day = day_0 - timedelta(days=days - 1)
    return Course(tuple(medicines.split("+")), first_day, day_0, tuple(set_baselines))


def by_hand(value: Fraction | int | None, *, on: date = DAY_0) -> SetBaseline:
    """Return a baseline that a clinician set on `on`; None takes it back."""
    return SetBaseline(None if value is None else Fraction(value), on)


def response(after: Sequence[Level], medicine: str = "ketamine", *, line: Fraction = SEVEN, scale: int = 1) -> Response:
    """Return the response to a course; `after` holds scores of 1/`scale` points from day 1 on."""
    scores = {t: level for t, level in enumerate(after, 1) if level is not None}
    walked = Weeks(scores, last=len(after), minimum=4, scale=scale)
    return follow(walked, line, DEFAULT_RULES.medicine(medicine), DEFAULT_RULES)


def dues(found: Response) -> list[int]:
    """Return the days on which a loss became due."""
    return [loss.due for loss in found.losses]


def verdict_of(
    after: Sequence[Level],
    medicines: str = "ketamine",
    *,
    before: Sequence[Level] = TENS,
    t: int | None = None,
    circumstances: Circumstances = NOTHING_RECORDED,
    rules: RuleSet = DEFAULT_RULES,
) -> Verdict:
    """Return the verdict on day t (the last day of `after` unless given) after one infusion."""
    today = day(len(after) if t is None else t)
    return judge(diary(after, before=before), [course(medicines)], today, rules=rules, circumstances=circumstances)


def verdict_on(
    today: date,
    scores: Mapping[date, DayScore],
    *courses: Course,
    circumstances: Circumstances = NOTHING_RECORDED,
    rules: RuleSet = DEFAULT_RULES,
) -> Verdict:
    """Return the verdict on `today` for these scores and courses."""
    return judge(scores, courses, today, rules=rules, circumstances=circumstances)


def marks(verdict: Verdict) -> set[str]:
    """Return the codes of the marks."""
    return {mark.code for mark in verdict.marks}


def value(verdict: Verdict, code: str) -> object:
    """Return the number of a mark that must be there."""
    mark = verdict.mark(code)
    assert mark is not None, f"{code} is not among {marks(verdict)}"
    return mark.value


def revision(
    about: date,
    score: int | None,
    *,
    late: int = 0,
    hour: int = 20,
    received: int = 0,
    client_ref: str = "a",
    source: Source = Source.SELF,
) -> Revision:
    """Return a revision written `late` days after its day at `hour` UTC, received `received` hours later."""
    written_day = about + timedelta(days=late)
    written_at = datetime.combine(written_day, time(hour), tzinfo=UTC)
    received_at = written_at + timedelta(hours=received)
    return Revision(about, score, written_day, written_at, received_at, client_ref, source)


LOST_ON_26 = [*run(5, 14), *run(8, 12)]
"""Confirmed on day 14; good to day 18, (3·5 + 4·8)/7 = 47/7; lost from day 19, 50/7; due on 19 + 7 = 26."""
