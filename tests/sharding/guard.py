"""Listens to every statement that the code emits in any test, and fails the test in which one does not fit shards."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

from sqlalchemy import Engine, event

from diary.models.placement import DISTRIBUTED
from tests.sharding.across import ACROSS
from tests.sharding.judging import Fault, faults_of

ROOT: Final = Path(__file__).resolve().parents[2]
PRODUCT: Final = f"{ROOT / 'diary'}/"
TESTS: Final = f"{ROOT / 'tests'}/"
BELOW: Final = ("attempt.py", "db.py", "postgres.py", "prepared.py", "statements.py", "wall.py")
"""Parts that hand statements on for others."""
MIGRATING: Final = ("migrations/", "schema.py")
"""Migrations change all clinics at once, and are run by hand."""
IDS: Final = re.compile(r"'[0-9a-f-]{36}'")
"""Written into the text with which a unit begins on PostgreSQL: without them it is the same for everybody."""
WITHIN: Final = re.compile(r"\.<locals>.*")


class Guard:
    """What was seen so far in this process."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.by_text: dict[str, frozenset[Fault]] = {}
        self.needed: set[str] = set()
        self.unfit: list[str] = []

    def listen(self) -> None:
        """Hear every statement of every engine from now on."""
        event.listen(Engine, "before_cursor_execute", self.hear)

    def hear(self, connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        """Judge a statement, or each of those with which a unit begins; each text is read once."""
        for one in IDS.sub("'…'", statement).split("; ") if statement.startswith("BEGIN") else (statement,):
            faults = self.by_text.get(one)
            if faults is None:
                faults = self.by_text[one] = faults_of(one, connection.dialect.name, DISTRIBUTED)
            if faults:
                self.blame(one, faults)

    def blame(self, statement: str, faults: frozenset[Fault]) -> None:
        """Find out who emitted it, and keep what that place is not allowed."""
        place = place_of(sys._getframe(1))
        if place is None:
            return
        name = next((one for one in (place, place.partition(":")[0]) if one in ACROSS), None)
        if name is not None:
            self.needed.add(name)
        left = faults - (ACROSS[name].faults if name else frozenset())
        if left:
            self.unfit.append(f"{place} {'; '.join(sorted(left))}:\n{statement}")

    def take_unfit(self) -> list[str]:
        """Return what did not fit since the last time."""
        unfit, self.unfit = self.unfit, []
        return unfit


def place_of(frame: FrameType | None) -> str | None:
    """Return file and function of the product that a statement comes from; None: from a test or a migration."""
    for file, function in _callers(frame):
        if file.startswith(TESTS) and not file.endswith("sharding/guard.py"):
            return None
        if file.startswith(PRODUCT):
            part = file[len(PRODUCT) :]
            if part.startswith(MIGRATING):
                return None
            if part not in BELOW:
                return f"{part}:{WITHIN.sub('', function)}"
    return None


def _callers(frame: FrameType | None) -> Iterator[tuple[str, str]]:
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_code.co_qualname
        frame = frame.f_back


GUARD: Final = Guard()
"""The one of this process."""
