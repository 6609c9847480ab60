"""Courses and entries as a study folder has them, and the means of their scores."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

Row = Mapping[str, str]
Scores = Mapping[date, Fraction]
Means = dict[int, Fraction | None]


class Medicine(NamedTuple):
    """One line of the table of medicines."""

    eval_end: int
    confirm_weeks: int
    interval: int
    a_year: int


MEDICINES = {
    "ketamine": Medicine(28, 2, 42, 6),
    "ketamine-single": Medicine(21, 2, 21, 12),
    "lidocaine": Medicine(14, 1, 28, 12),
    "immunoglobulin": Medicine(28, 2, 21, 6),
    "bisphosphonate": Medicine(90, 2, 180, 2),
    "magnesium": Medicine(28, 2, 28, 6),
    "clonidine": Medicine(14, 1, 28, 12),
    "dexmedetomidine": Medicine(14, 1, 28, 12),
    "other": Medicine(28, 2, 28, 12),
}


class Course(NamedTuple):
    """A course as the study folder has it."""

    medicine: str
    first: date
    last: date

    @property
    def codes(self) -> list[str]:
        """The medicines of the course, the governing one first."""
        return self.medicine.split("+")

    @property
    def rules(self) -> Medicine:
        """The line of the governing medicine."""
        return MEDICINES[self.codes[0]]


class Entry(NamedTuple):
    """The live score of one diary day."""

    day: date
    score: int
    counts: bool


def diary_day(moment: datetime, zone: str) -> date:
    """The patient's calendar date, the day turning at 04:00."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.date() if local.hour >= 4 else local.date() - timedelta(days=1)


def known_entries(rows: Iterable[Row], zone: str, as_of: date) -> list[Entry]:
    """Entries for days up to `as_of` that were written by then."""
    known = []
    for row in rows:
        day = date.fromisoformat(row["day"])
        entered_at = (row.get("entered_at") or "").strip()
        written = diary_day(datetime.fromisoformat(entered_at), zone) if entered_at else day
        if day > as_of or written > as_of:
            continue
        paper = (row.get("source") or "").strip() == "paper"
        counts = paper or (written - day).days in (0, 1)
        known.append(Entry(day, int(row["score"]), counts))
    return known


def mean(scores: list[Fraction]) -> Fraction:
    """The exact mean."""
    return sum(scores, Fraction(0)) / len(scores)


def between(counting: Scores, first: date, last: date) -> list[Fraction]:
    """The scores of the days `first` … `last`."""
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    return [counting[day] for day in days if day in counting]


def course_days(course: Course, counting: Scores, first: int, last: int) -> list[Fraction]:
    """The scores of the days t = `first` … `last` of a course, never of a day before its end."""
    first = max(first, 1)
    return between(counting, course.last + timedelta(days=first), course.last + timedelta(days=last))


def weekly_mean(course: Course, counting: Scores, t: int) -> Fraction | None:
    """M(t), or None before day 7 or with fewer than four entries."""
    if t < 7:
        return None
    week = course_days(course, counting, t - 6, t)
    return mean(week) if len(week) >= 4 else None


def read_study(folder: Path) -> tuple[list[Row], list[Row], list[Row]]:
    """The rows of patients.csv, courses.csv and scores.csv."""
    tables: list[list[Row]] = []
    for name in ("patients", "courses", "scores"):
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            tables.append(list(csv.DictReader(file)))
    return tables[0], tables[1], tables[2]
