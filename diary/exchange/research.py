"""Diaries for research: the study format without anything that says who, where or when."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from diary.exchange.study.cells import cell_of

ABOUT: Final = """Diaries of people with pain, taken out for research.

patients.csv  patient, born, tags
courses.csv   patient, medicine, first_day, last_day
scores.csv    patient, day, score, source

patient  a random name, made anew each time diaries are taken out: two files cannot be put together by it
born     ten years of birth, or nothing where fewer than 5 people of the file were born in them
tags     only those chosen when the file was made, each used by 5 people of the file or more, joined by |
days     whole diary days from day 0, the last infusion day of the person's first course; before it, negative
medicine the medicines of a course, the governing one first, joined by +
score    average pain in the last 24 hours, 0 to 10, as it was said last; days that were withdrawn are left out
source   who entered it: self, late, staff, paper or import

Left out: names, references, dates, days of the week, times, places and time zones, notes, doses, and everybody who did
not agree to research, whose diary is protected, or who has had no course.
"""


class ResearchPatient(NamedTuple):
    """A person under a random name; `born` is ten years, or empty."""

    patient: str
    born: str
    tags: tuple[str, ...]


class ResearchCourse(NamedTuple):
    """A course in days since the person's day 0."""

    patient: str
    medicines: tuple[str, ...]
    first_day: int
    last_day: int


class ResearchScore(NamedTuple):
    """A score, 0 to 10, of a day since the person's day 0."""

    patient: str
    day: int
    score: int
    source: str


def research_zip(
    patients: Iterable[ResearchPatient], courses: Iterable[ResearchCourse], scores: Iterable[ResearchScore]
) -> bytes:
    """Return the files as one archive, in the order of the random names, without the moment at which it was made."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, text in (
            ("README.txt", ABOUT),
            ("patients.csv", _sheet(("patient", "born", "tags"), map(_patient_cells, sorted(patients)))),
            ("courses.csv", _sheet(("patient", "medicine", "first_day", "last_day"), _course_rows(courses))),
            ("scores.csv", _sheet(("patient", "day", "score", "source"), sorted(scores))),
        ):
            info = ZipInfo(name)  # dated 1980, as all such files
            info.external_attr = 0o600 << 16
            archive.writestr(info, text, ZIP_DEFLATED)
    return packed.getvalue()


def _patient_cells(patient: ResearchPatient) -> tuple[str, ...]:
    return patient.patient, patient.born, cell_of("|".join(patient.tags))


def _course_rows(courses: Iterable[ResearchCourse]) -> Iterable[Sequence[object]]:
    ordered = sorted(courses, key=lambda one: (one.patient, one.first_day))
    return ((one.patient, "+".join(one.medicines), one.first_day, one.last_day) for one in ordered)


def _sheet(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(columns)
    lines.writerows(rows)
    return text.getvalue()
