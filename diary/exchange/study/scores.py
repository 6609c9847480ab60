"""scores.csv: the diaries, read as a stream because they may be long."""

from array import array
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from heapq import nsmallest
from typing import NamedTuple

from diary.exchange.study.cells import day_of, moment_of, score_of, source_of, text_of
from diary.exchange.study.lines import LineSource
from diary.exchange.study.patients import Roster
from diary.exchange.study.problems import MOST_KEPT, CellError, Findings
from diary.exchange.study.table import Row, Table

SCORES_FILE = "scores.csv"
SCORE_COLUMNS = ("patient", "day", "score")
WRITING_COLUMNS = ("entered_at", "source")
BUCKETS = 64
SCORE_BITS, DAY_BITS = 4, 20


class StudyScore(NamedTuple):
    """The score of a patient's day; `entered_at` and `source` are None where the study does not say.

    `entered_at` is the moment of its first writing by a clock that is right: the day is as late as that.
    """

    patient: str
    day: date
    score: int
    entered_at: datetime | None
    source: str | None


def read_scores(source: LineSource, roster: Roster) -> Iterator[StudyScore]:
    """Every right score as the file has it, one at a time; the order of the file."""
    for score, _ in _judged_rows(_score_table(source), roster):
        yield score


def check_scores(source: LineSource, roster: Roster) -> None:
    """Note everything that is wrong with the file, days given twice too."""
    table = _score_table(source)
    seen = _DaysSeen()
    for score, row in _judged_rows(table, roster):
        number = roster.numbers.get(score.patient)
        if number is not None:
            seen.add(number, score, line=row.number)
    if table.has_header:
        _refuse_doubled(table, seen)


def _score_table(source: LineSource) -> Table:
    return Table(source, SCORE_COLUMNS, optional=WRITING_COLUMNS)


def _judged_rows(table: Table, roster: Roster) -> Iterator[tuple[StudyScore, Row]]:
    for row in table.rows():
        patient, day, score, entered_at, source = row.cells
        try:
            roster.number_of(patient)
            one = StudyScore(text_of(patient), day_of(day), score_of(score), moment_of(entered_at), source_of(source))
        except CellError:
            table.refuse_cells(row, (roster.number_of, day_of, score_of, moment_of, source_of))
            continue
        # One day of grace: the offset may be that of another place than the patient's.
        if one.entered_at is not None and one.entered_at.date() < one.day - timedelta(days=1):
            reason = f"the moment {entered_at} is before the day {day} it is about: correct one of them"
            table.refuse_cell(row, "entered_at", reason)
            continue
        yield one, row


def _refuse_doubled(table: Table, seen: "_DaysSeen") -> None:
    """Note every day given again; the file is read once more, for the columns where the days stand."""
    findings = table.source.findings
    reasons = {line: _why_doubled(above, is_same) for line, above, is_same in nsmallest(MOST_KEPT, seen.doubled())}
    findings.further += seen.found - len(reasons)
    if reasons:
        for row in _score_table(LineSource(table.source.path, Findings())).rows():
            if row.number in reasons:
                table.refuse_cell(row, "day", reasons.pop(row.number))
    for line, reason in reasons.items():
        table.refuse(line, 1, reason)


def _why_doubled(above: int, is_same: bool) -> str:
    if is_same:
        return f"line {above} gives the same score for this day already: keep one row a patient and day"
    return f"line {above} gives another score for this day: keep one row a patient and day"


class _DaysSeen:
    """Every patient and day with score and line, to find those given twice.

    Twelve bytes a row, where a row of the file has at least fifteen, plus one dict for a 64th of the rows at
    a time: about 50 MB for the three million shortest rows of a 50 MB file, whatever days they name.
    """

    def __init__(self) -> None:
        self.found = 0
        self._keys = [array("Q") for _ in range(BUCKETS)]
        self._lines = [array("I") for _ in range(BUCKETS)]

    def add(self, number: int, score: StudyScore, *, line: int) -> None:
        key = (number << DAY_BITS) | score.day.toordinal()
        bucket = (key ^ number) % BUCKETS
        self._keys[bucket].append((key << SCORE_BITS) | score.score)
        self._lines[bucket].append(line)

    def doubled(self) -> Iterator[tuple[int, int, bool]]:
        """The line that gives a day again, the line that gave it first, whether the scores are the same."""
        for keys, lines in zip(self._keys, self._lines, strict=True):
            first: dict[int, tuple[int, int]] = {}
            for key, line in zip(keys, lines, strict=True):
                day, score = key >> SCORE_BITS, key & ((1 << SCORE_BITS) - 1)
                above = first.setdefault(day, (line, score))
                if above[0] != line:
                    self.found += 1
                    yield line, above[0], above[1] == score
