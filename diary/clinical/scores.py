"""Entries as the rules see them: which revision of a day is live, and whether it counts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from diary.clinical.calendar_days import check_day, check_moment
from diary.clinical.errors import ClinicalError
from diary.clinical.rules import RuleSet

LOWEST_SCORE: Final = 0
HIGHEST_SCORE: Final = 10
SCORES: Final = range(LOWEST_SCORE, HIGHEST_SCORE + 1)


class Source(StrEnum):
    """How an entry came in."""

    SELF = "self"
    LATE = "late"
    STAFF = "staff"
    PAPER = "paper"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Revision:
    """One writing of the score of a day.

    Attributes:
        day: diary day it is about.
        score: 0-10, or None when the day was withdrawn.
        written_day: diary day of the moment of writing (device time corrected by the known clock error).
        written_at: that moment, UTC.
        received_at: moment of arrival, UTC.
        client_ref: what the phone called it; the last tie-breaker.
        source: how it came in.
    """

    day: date
    score: int | None
    written_day: date
    written_at: datetime
    received_at: datetime
    client_ref: str
    source: Source = Source.SELF

    def __post_init__(self) -> None:
        check_day(self.day, "The day of a score")
        check_day(self.written_day, "The day on which a score is written")
        check_moment(self.written_at, "The time at which a score is written")
        check_moment(self.received_at, "The time at which a score arrives")
        if self.score is not None:
            _check_score(self.score)
        if not isinstance(self.source, Source):
            raise ClinicalError(f"A score comes in in a way that the rules know, not by {self.source!r}.")

    @property
    def days_late(self) -> int:
        """How many days after its day it was written."""
        return (self.written_day - self.day).days

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """The order of writing; the last one is live."""
        return (self.written_at, self.received_at, self.client_ref)


@dataclass(frozen=True, slots=True)
class DayScore:
    """The live score of a diary day, as late as the first revision of that day."""

    score: int
    days_late: int
    source: Source
    counts: bool

    def __post_init__(self) -> None:
        _check_score(self.score)


class Alone(NamedTuple):
    """The only writing of a day: nothing else is needed to know what is live.

    Attributes:
        day: diary day it is about.
        score: 0-10, or None when the day was withdrawn.
        days_late: diary day of the moment of writing minus `day`.
        source: how it came in.
    """

    day: date
    score: int | None
    days_late: int
    source: Source


def live_scores(
    revisions: Iterable[Revision], today: date, rules: RuleSet, *, alone: Iterable[Alone] = ()
) -> dict[date, DayScore]:
    """Return the live score of each day up to `today`, as if nothing after `today` had been written.

    Args:
        revisions: writings in any order.
        today: diary day being judged.
        rules: the rules in force.
        alone: writings of further days, each the only one of its day.

    Raises:
        ClinicalError: two writings of a day differ and nothing tells which of them came first.
    """
    check_day(today, "The day judged")
    written: dict[date, list[Revision]] = defaultdict(list)
    for revision in revisions:
        if revision.day <= today and revision.written_day <= today:
            written[revision.day].append(revision)
    live: dict[date, DayScore] = {}
    for day, writings in written.items():
        _put_in_order(writings)
        if (score := writings[-1].score) is not None:
            live[day] = _corrected(score, writings, rules)
    last_day = today.toordinal()
    for day, score, days_late, source in alone:
        if score is not None and day.toordinal() + max(days_late, 0) <= last_day:
            live[day] = _day_score(score, source, days_late, rules)
    return live


def _put_in_order(writings: list[Revision]) -> None:
    writings.sort(key=lambda revision: revision.order)
    for one, other in pairwise(writings):
        if one.order == other.order and one != other:
            raise ClinicalError(f"Two writings of {one.day} have the same moment and name: their order is not known.")


def _check_score(score: object) -> None:
    if type(score) is not int or score not in SCORES:
        raise ClinicalError(f"A score is a whole number from 0 to 10, not {score!r}.")


def _corrected(score: int, writings: list[Revision], rules: RuleSet) -> DayScore:
    """Return the live score of a day from its writings in order.

    Where paper does not count, a sheet that was first lends its lateness to no correction: the first writing that is
    not from paper has to be in time itself.
    """
    first, last = writings[0], writings[-1]
    if rules.paper_counts or first.source is not Source.PAPER or last.source is Source.PAPER:
        return _day_score(score, last.source, first.days_late, rules)
    own = next(writing for writing in writings if writing.source is not Source.PAPER)
    counts = _day_score(score, own.source, own.days_late, rules).counts
    return _one_of_few(score, first.days_late, last.source, counts)


def _day_score(score: int, source: Source, days_late: int, rules: RuleSet) -> DayScore:
    on_time = 0 <= days_late <= rules.late_days_counting
    return _one_of_few(score, days_late, source, rules.paper_counts if source is Source.PAPER else on_time)


_one_of_few = lru_cache(maxsize=4096)(DayScore)
"""Every day's score is one of a few hundred values, made once each."""


def counting_scores(scores: Mapping[date, DayScore]) -> dict[int, int]:
    """Return the counting scores by the ordinal of their day."""
    return {day.toordinal(): entry.score for day, entry in scores.items() if entry.counts}
