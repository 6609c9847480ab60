"""patients.csv: who is in the study."""

from dataclasses import dataclass, field
from typing import NamedTuple

from diary.exchange.study.cells import LONGEST_NAME, reference_of, tags_of, text_of, timezone_of
from diary.exchange.study.lines import LineSource
from diary.exchange.study.problems import CellError, shown
from diary.exchange.study.table import Row, Table

PATIENTS_FILE = "patients.csv"
PATIENT_COLUMNS = ("patient", "timezone", "tags")
# All patients are held in memory, a few hundred bytes each.
MOST_PATIENTS = 200_000


class StudyPatient(NamedTuple):
    """A patient by the clinic's own reference, with an IANA time zone."""

    reference: str
    timezone: str
    tags: tuple[str, ...]


@dataclass
class Roster:
    """Who belongs to the study: a number for every reference, the line of patients.csv where it stands.

    Without a readable patients.csv nobody is unknown; the first references met get numbers as they come, so
    that the other rules can still be checked.
    """

    numbers: dict[str, int] = field(default_factory=dict)
    complete: bool = False

    def number_of(self, cell: str) -> int | None:
        """The number of the patient a cell names, None for one too many of an unreadable patients.csv."""
        number = self.numbers.get(text_of(cell))
        if number is not None:
            return number
        reference = reference_of(cell)
        if self.complete:
            raise CellError(f"the patient {shown(reference)} is not in patients.csv: add or correct the reference")
        if len(self.numbers) < MOST_PATIENTS:
            self.numbers[reference] = len(self.numbers) + 1
        return self.numbers.get(reference)


def read_patients(source: LineSource) -> tuple[list[StudyPatient], Roster]:
    """All patients in the order of the file, and the roster that the other two files are checked against."""
    table = Table(source, PATIENT_COLUMNS)
    patients: list[StudyPatient] = []
    lines: dict[str, int] = {}
    for row in table.rows():
        if len(lines) >= MOST_PATIENTS:
            table.refuse(row.number, 1, f"more than {MOST_PATIENTS:,} patients: split the study")
            return [], Roster()
        patient = _read_patient(table, row)
        reference = text_of(row.cells[0])
        first = lines.setdefault(reference, row.number) if 0 < len(reference) <= LONGEST_NAME else row.number
        if first != row.number:
            reason = f"the patient {shown(reference)} is on line {first} already: keep one line for each patient"
            table.refuse_cell(row, "patient", reason)
        elif patient is not None:
            patients.append(patient)
    return patients, Roster(lines, complete=table.has_header)


def _read_patient(table: Table, row: Row) -> StudyPatient | None:
    reference, timezone, tags = row.cells
    try:
        return StudyPatient(reference_of(reference), timezone_of(timezone), tags_of(tags))
    except CellError:
        table.refuse_cells(row, (reference_of, timezone_of, tags_of))
        return None
