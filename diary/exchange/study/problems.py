"""What is wrong with a study, told so that the person who made the file can mend it."""

from dataclasses import dataclass

MOST_KEPT = 1_000
MOST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `line` of the physical file and `column` (a character of that line), both from 1."""

    file: str
    line: int
    column: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.reason}"


class StudyRefused(Exception):
    """Raised when a study has at least one fault; nothing of it may be used."""

    def __init__(self, problems: list[Problem], further: int = 0) -> None:
        super().__init__(f"{len(problems) + further} problems in the study")
        self.problems = problems
        self.further = further

    def __str__(self) -> str:
        more = [f"and {self.further} further problems"] if self.further else []
        return "\n".join([*map(str, self.problems), *more])


class CellError(ValueError):
    """Raised by the reading of one cell, with the words for the person who wrote it."""


class Findings:
    """Gathers the problems of a study: keeps the first thousand, counts the rest."""

    def __init__(self) -> None:
        self.further = 0
        self._kept: list[Problem] = []
        self._files: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._kept)

    def add(self, file: str, line: int, *, column: int = 1, reason: str) -> None:
        """Keep one problem, or only count it when enough are kept."""
        self._files.setdefault(file, len(self._files))
        if len(self._kept) < MOST_KEPT:
            self._kept.append(Problem(file, line, column, reason))
        else:
            self.further += 1

    def refuse(self) -> None:
        """Raise `StudyRefused` when there is any problem, sorted as the files were read and by line."""
        if self._kept:
            order = self._files
            kept = sorted(self._kept, key=lambda one: (order[one.file], one.line, one.column))
            raise StudyRefused(kept, self.further)


def shown(text: str) -> str:
    """The text as it may stand in a reason: short, in quotes, nothing in it can steer a terminal."""
    return repr(text) if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]!r}…"
