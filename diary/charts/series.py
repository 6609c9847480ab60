"""What charts draw: scored days, courses, and the weekly mean that never crosses a course."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final, Literal

Kind = Literal["counts", "late", "paper"]

DAYS_OF_A_MEAN: Final = 7
COUNTING: Final[frozenset[str]] = frozenset({"counts", "paper"})


@dataclass(frozen=True, slots=True)
class DayPoint:
    """The live score (0-10) of a diary day, and what kind of entry it is."""

    day: date
    score: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class CourseBand:
    """A course from its first to its last infusion day, named as the reader knows it."""

    label: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class WeekPoint:
    """The mean of the week that ends on `day`, None for a gap, with the `n` entries behind it."""

    day: date
    mean: float | None
    n: int


def weekly_means(
    points: Iterable[DayPoint],
    *,
    since: date | None,
    minimum: int = 4,
    bands: Sequence[CourseBand] = (),
    until: date | None = None,
    counting: Collection[str] = COUNTING,
) -> list[WeekPoint]:
    """Return the trailing 7-day mean of each day from the first point to the last one, or to `until`.

    A week never mixes days from before and after a course: it starts after the last course day behind it, and
    there is none on a course day.

    Args:
        points: scored days in any order, one a day.
        since: day 0 of a course; only the days after it are averaged. None averages all days.
        minimum: counting entries of 7 days that a mean needs, else the day is a gap.
        bands: further courses that no week may cross.
        until: last day to report, when that is not the day of the last point.
        counting: kinds of entry that count.
    """
    scores: dict[int, int | None] = {
        point.day.toordinal(): point.score if point.kind in counting else None for point in points
    }
    if not scores:
        return []
    last = until.toordinal() if until else max(scores)
    courses = sorted((band.first_day.toordinal(), band.last_day.toordinal()) for band in bands)
    edge = since.toordinal() if since else 0
    return list(_walked(scores, min(scores), last, courses, edge=edge, minimum=minimum))


def _walked(
    scores: dict[int, int | None], first: int, last: int, courses: list[tuple[int, int]], *, edge: int, minimum: int
) -> Iterator[WeekPoint]:
    """Yield the week of each day, with sum and number carried along and begun anew behind every course."""
    total = number = 0
    for day in range(first, last + 1):
        leaves = day - DAYS_OF_A_MEAN
        if leaves > edge and (left := scores.get(leaves)) is not None:
            total, number = total - left, number - 1
        while courses and courses[0][0] <= day:
            edge, total, number = max(edge, courses.pop(0)[1]), 0, 0
        if day > edge and (score := scores.get(day)) is not None:
            total, number = total + score, number + 1
        mean = total / number if leaves >= edge and number >= minimum else None
        yield WeekPoint(date.fromordinal(day), mean, number)


def unbroken_runs(places: Iterable[tuple[int, float]]) -> list[list[tuple[int, float]]]:
    """Return `places` (day number, value; ordered by day) cut wherever a day is missing."""
    runs = groupby(enumerate(places), key=lambda numbered: numbered[1][0] - numbered[0])
    return [[place for _, place in run] for _, run in runs]


def cut(label: str, longest: int) -> str:
    """Return `label`, ended by an ellipsis when it has more than `longest` letters."""
    return label if len(label) <= longest else label[: longest - 1].rstrip() + "…"
