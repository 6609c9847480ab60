"""The strip of chairs likely needed, by week and medicine."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import url_for
from flask_babel import gettext as _

from diary.services.tallies import monday_of
from diary.web.medicines import medicine_name
from diary.web.words import short_day

WEEKS: Final = 8


@dataclass(frozen=True, slots=True)
class ChairsOfWeek:
    """The chairs of a week: its words, and number, medicine and address of each."""

    words: str
    needed: list[tuple[int, str, str]]


def chairs_in_words(chairs: Iterable[tuple[str, str, int]], *, today: date) -> list[ChairsOfWeek]:
    """Return the weeks from this one on in which a chair is likely needed; what is overdue stands in this week."""
    this_week = monday_of(today)
    by_week: dict[date, Counter[str]] = {}
    for monday, medicine, number in chairs:
        week = max(date.fromisoformat(monday), this_week)
        if week < this_week + timedelta(weeks=WEEKS):
            by_week.setdefault(week, Counter())[medicine] += number
    return [
        ChairsOfWeek(week_words(week, today=today), [_one(week, *one) for one in sorted(needed.items())])
        for week, needed in sorted(by_week.items())
    ]


def _one(week: date, medicine: str, number: int) -> tuple[int, str, str]:
    address = url_for("clinic.worklist", chairs=week.isoformat(), medicine=medicine)
    return number, medicine_name(medicine), address


def week_words(monday: date, *, today: date) -> str:
    """Return a week as "this week or before" or "week of 30 Nov"."""
    if monday <= monday_of(today):
        return _("this week or before")
    return _("week of %(day)s", day=short_day(monday))
