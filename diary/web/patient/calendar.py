"""One month of the own diary as a calendar: weeks of days, each with what it says to eye and ear."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from babel.dates import get_day_names
from flask_babel import gettext as _

from diary.charts.series import CourseBand
from diary.clinical.calendar_days import is_plausible
from diary.services.own_diary import OwnDiary
from diary.web.medicines import course_name
from diary.web.spoken import reading_locale
from diary.web.words import long_day

WEEK: Final = 7
_MONTH: Final = re.compile(r"[12][0-9]{3}-(?:0[1-9]|1[0-2])")


class Act(StrEnum):
    """What a day of the calendar leads to."""

    FILL_IN = "fill in"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class WeekDay:
    """The head of a column: the day of the week in a few letters, and in full."""

    short: str
    full: str


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of the month.

    Attributes:
        score: its live score, None where there is no entry.
        late: the entry was written two or three days after its day.
        course: name of the course given on that day, "" for none.
        said: everything about it in words, as it is read out.
        act: what can be done there, None where nothing is offered.
    """

    day: date
    score: int | None
    late: bool
    course: str
    is_today: bool
    lies_ahead: bool
    said: str
    act: Act | None


@dataclass(frozen=True, slots=True)
class Month:
    """A month, laid out from the first day of the week of the reader's language on; None is a day of another month.

    `earlier`, `later`, `year_earlier` and `year_later` are the first days of the months one can go to, or None.
    """

    first: date
    week_days: tuple[WeekDay, ...]
    weeks: tuple[tuple[CalendarDay | None, ...], ...]
    courses: tuple[str, ...]
    has_late: bool
    has_open: bool
    earlier: date | None
    later: date | None
    year_earlier: date | None
    year_later: date | None


def month_asked(text: str) -> date | None:
    """Return the first day of the month that an address names ("2026-03"), or None for anything else."""
    if not _MONTH.fullmatch(text):
        return None
    year, number = map(int, text.split("-"))
    first = date(year, number, 1)
    return first if is_plausible(first) else None


def last_of_month(day: date) -> date:
    """Return the last day of the month of `day`."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def month_of(own: OwnDiary, first: date) -> Month:
    """Return the month that begins on `first` as it stands in the diary."""
    starts = reading_locale().first_week_day
    days = [_day(own, first + timedelta(days=number)) for number in range(last_of_month(first).day)]
    cells = [*[None] * ((first.weekday() - starts) % WEEK), *days]
    cells += [None] * (-len(cells) % WEEK)
    this, earliest = own.today.replace(day=1), (own.first_day or own.today).replace(day=1)
    return Month(
        first=first,
        week_days=tuple(_week_days(starts)),
        weeks=tuple(tuple(cells[start : start + WEEK]) for start in range(0, len(cells), WEEK)),
        courses=tuple(dict.fromkeys(day.course for day in days if day.course)),
        has_late=any(day.late for day in days),
        has_open=any(day.act is Act.FILL_IN for day in days),
        earlier=_if_within(_months_from(first, -1), earliest, this),
        later=_if_within(_months_from(first, 1), earliest, this),
        year_earlier=_if_within(_months_from(first, -12), earliest, this),
        year_later=_if_within(_months_from(first, 12), earliest, this),
    )


def _week_days(starts: int) -> Iterator[WeekDay]:
    short = get_day_names("abbreviated", context="stand-alone", locale=reading_locale())
    full = get_day_names("wide", context="stand-alone", locale=reading_locale())
    for place in range(starts, starts + WEEK):
        yield WeekDay(short[place % WEEK], full[place % WEEK])


def _day(own: OwnDiary, day: date) -> CalendarDay:
    point, ahead = own.point_of(day), day > own.today
    score, late = (point.score, point.kind == "late") if point else (None, False)
    course = next((_called(band) for band in own.bands if band.first_day <= day <= band.last_day), "")
    is_today = day == own.today
    return CalendarDay(
        day=day,
        score=score,
        late=late,
        course=course,
        is_today=is_today,
        lies_ahead=ahead,
        said=_said(day, [] if ahead else list(_facts(score, late=late, course=course, is_today=is_today))),
        act=_act(own, day, score),
    )


def _called(band: CourseBand) -> str:
    return course_name(band.label.split(" + "))


def _facts(score: int | None, *, late: bool, course: str, is_today: bool) -> Iterator[str]:
    yield _("score %(score)s", score=score) if score is not None else _("no entry")
    if late:
        yield _("written late")
    if course:
        yield _("course: %(medicine)s", medicine=course)
    if is_today:
        yield _("today")


def _said(day: date, facts: list[str]) -> str:
    return _("%(day)s: %(facts)s", day=long_day(day), facts=", ".join(facts)) if facts else long_day(day)


def _act(own: OwnDiary, day: date, score: int | None) -> Act | None:
    if own.stopped:
        return None
    if score is not None:
        return Act.CORRECT
    return Act.FILL_IN if own.may_be_filled_in(day) else None


def _months_from(first: date, months: int) -> date:
    year, number = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, number + 1, 1)


def _if_within(month: date, earliest: date, latest: date) -> date | None:
    return month if earliest <= month <= latest else None
