"""From the lines of a file to rows of cells under a header."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from diary.exchange.study.lines import LineSource
from diary.exchange.study.problems import CellError, shown


class Row(NamedTuple):
    """One line with its cells in the order of the table's columns; an optional column not there is empty."""

    number: int
    text: str
    cells: tuple[str, ...]


class LineError(ValueError):
    """Raised when a line cannot be taken apart into cells."""

    def __init__(self, column: int, reason: str) -> None:
        super().__init__(reason)
        self.column = column


class Table:
    """A CSV file whose header names every one of `columns` and may name the `optional` ones, in any order."""

    def __init__(self, source: LineSource, columns: Sequence[str], *, optional: Sequence[str] = ()) -> None:
        self.source = source
        self.columns = tuple(columns)
        self.optional = tuple(optional)
        self._named: tuple[str, ...] = ()

    @property
    def has_header(self) -> bool:
        """Whether a right header was read."""
        return bool(self._named)

    def rows(self) -> Iterator[Row]:
        """Every row with the right number of cells; other lines become findings."""
        lines = self.source.lines()
        first = next(lines, None)
        if first is None or first[0] != 1 or not self._read_header(first[1]):
            return
        width = len(self._named)
        places = [self._named.index(name) if name in self._named else -1 for name in self.columns + self.optional]
        pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*places)
        for number, text in lines:
            try:
                cells = text.split(",") if '"' not in text else [cell for _, cell in _quoted_cells(text)]
            except LineError as refusal:
                self.refuse(number, refusal.column, str(refusal))
                continue
            if len(cells) != width:
                self._refuse_width(number, text, len(cells))
                continue
            cells.append("")  # place -1: what an absent optional column holds
            yield Row(number, text, pick(cells))

    def refuse(self, number: int, column: int, reason: str) -> None:
        """Note a finding of this file."""
        self.source.findings.add(self.source.path.name, number, column=column, reason=reason)

    def refuse_cell(self, row: Row, column: str, reason: str) -> None:
        """Note a finding where the cell of `column` starts."""
        place = self._named.index(column)
        self.refuse(row.number, _starts(row.text)[place], reason)

    def refuse_cells(self, row: Row, checks: Sequence[Callable[[str], object]]) -> None:
        """Note every cell of `row` that its check refuses; `checks` stand in the order of the columns."""
        for column, cell, check in zip(self.columns + self.optional, row.cells, checks, strict=True):
            try:
                check(cell)
            except CellError as refusal:
                self.refuse_cell(row, column, str(refusal))

    def _read_header(self, text: str) -> bool:
        try:
            cells = _quoted_cells(text)
        except LineError as refusal:
            self.refuse(1, refusal.column, str(refusal))
            return False
        wrong = list(self._wrong_names(cells, len(text) + 1))
        for column, reason in wrong:
            self.refuse(1, column, reason)
        if not wrong:
            self._named = tuple(name for _, name in cells)
        return not wrong

    def _wrong_names(self, cells: list[tuple[int, str]], end: int) -> Iterator[tuple[int, str]]:
        names = [name for _, name in cells]
        if len(names) == 1 and any(sign in names[0] for sign in ";\t"):
            yield 1, f"the header {shown(names[0])} has no commas: separate the columns with commas"
            return
        for place, (column, name) in enumerate(cells):
            if name in names[:place]:
                yield column, f"the column {shown(name)} is there twice: name it once"
            elif name not in self.columns + self.optional:
                yield column, f"unknown column {shown(name)}: {self._allowed()}"
        missing = [name for name in self.columns if name not in names]
        if missing:
            yield end, f"the header lacks the column {', '.join(missing)}: {self._allowed()}"

    def _allowed(self) -> str:
        optional = f", and {', '.join(self.optional)} if you have them" if self.optional else ""
        return f"the columns are {', '.join(self.columns)}{optional}"

    def _refuse_width(self, number: int, text: str, found: int) -> None:
        width = len(self._named)
        if not text:
            self.refuse(number, 1, "an empty line: delete it")
        elif found < width:
            reason = f"the line is short: {found} of {width} cells, {self._named[found]} is missing"
            self.refuse(number, len(text) + 1, reason)
        else:
            reason = f"the line is long: {found} cells instead of {width}, put a cell with a comma in quotes"
            self.refuse(number, _starts(text)[width], reason)


def _starts(text: str) -> list[int]:
    return [column for column, _ in _quoted_cells(text)]


def _quoted_cells(text: str) -> list[tuple[int, str]]:
    """Every cell of a line with the column where it starts (at its quote, when it has one)."""
    cells = []
    start = 0
    while True:
        if text.startswith('"', start):
            cell, end = _quoted_cell(text, start)
        else:
            cell, end = _bare_cell(text, start)
        cells.append((start + 1, cell))
        if end == len(text):
            return cells
        start = end + 1


def _bare_cell(text: str, start: int) -> tuple[str, int]:
    end = text.find(",", start)
    end = len(text) if end == -1 else end
    cell = text[start:end]
    if '"' in cell:
        raise LineError(start + 1, "a quote inside a cell: put the whole cell in quotes and double the quote")
    return cell, end


def _quoted_cell(text: str, start: int) -> tuple[str, int]:
    end = start + 1
    while (end := text.find('"', end)) != -1:
        if not text.startswith('"', end + 1):
            break
        end += 2
    else:
        raise LineError(start + 1, "a quote that is not closed on its line: close it, a cell holds no line end")
    if end + 1 < len(text) and text[end + 1] != ",":
        raise LineError(start + 1, "text behind a closing quote: double every quote that belongs to the cell")
    return text[start + 1 : end].replace('""', '"'), end + 1
