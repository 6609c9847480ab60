"""courses.csv: which medicines were given to whom, and when."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from diary.exchange.study.cells import day_of, medicines_of, text_of
from diary.exchange.study.lines import LineSource
from diary.exchange.study.patients import Roster
from diary.exchange.study.problems import CellError
from diary.exchange.study.table import Row, Table

COURSES_FILE = "courses.csv"
COURSE_COLUMNS = ("patient", "medicine", "first_day", "last_day")
# All courses are held in memory, a few hundred bytes each.
MOST_COURSES = 500_000


class StudyCourse(NamedTuple):
    """A course of infusions from its first to its last day; the medicine named first governs."""

    patient: str
    medicines: tuple[str, ...]
    first_day: date
    last_day: date


def read_courses(source: LineSource, roster: Roster) -> list[StudyCourse]:
    """All courses in the order of the file."""
    table = Table(source, COURSE_COLUMNS)
    courses: list[tuple[StudyCourse, Row]] = []
    for row in table.rows():
        if len(courses) >= MOST_COURSES:
            table.refuse(row.number, 1, f"more than {MOST_COURSES:,} courses: split the study")
            break
        course = _read_course(table, row, roster)
        if course is not None:
            courses.append((course, row))
    _refuse_overlaps(table, courses)
    return [course for course, _ in courses]


def _read_course(table: Table, row: Row, roster: Roster) -> StudyCourse | None:
    patient, medicine, first, last = row.cells
    try:
        roster.number_of(patient)
        course = StudyCourse(text_of(patient), medicines_of(medicine), day_of(first), day_of(last))
    except CellError:
        table.refuse_cells(row, (roster.number_of, medicines_of, day_of, day_of))
        return None
    if course.last_day < course.first_day:
        reason = f"the last day {last} is before the first day {first}: correct one of them"
        table.refuse_cell(row, "last_day", reason)
        return None
    return course


def _refuse_overlaps(table: Table, courses: Iterable[tuple[StudyCourse, Row]]) -> None:
    """Note every course that shares a day with another of its patient, on the later of the two lines."""
    by_patient: dict[str, list[tuple[StudyCourse, Row]]] = defaultdict(list)
    for course, row in courses:
        by_patient[course.patient].append((course, row))
    for theirs in by_patient.values():
        theirs.sort(key=lambda one: (one[0].first_day, one[1].number))
        longest = theirs[0]
        for following in theirs[1:]:
            if following[0].first_day <= longest[0].last_day:
                _refuse_overlap(table, longest, following)
            longest = max(longest, following, key=lambda one: one[0].last_day)


def _refuse_overlap(table: Table, one: tuple[StudyCourse, Row], other: tuple[StudyCourse, Row]) -> None:
    (earlier, above), (_, below) = sorted((one, other), key=lambda each: each[1].number)
    days = f"{earlier.first_day} to {earlier.last_day}"
    reason = f"the course shares a day with the one on line {above.number} ({days}): correct or delete one"
    table.refuse_cell(below, "first_day", reason)
