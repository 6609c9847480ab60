"""What was in a backup, held against what is in the database now: facts are the same, or somebody was erased."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from diary.migrations.append_only import FACTS
from diary.security.erasure_files import Tombstone
from diary.services.backup_tables import Layout, Row, layouts, rows_of
from diary.services.backup_values import Written

NAMED_AT_MOST: Final = 20
COURSES: Final = "course"
LINKS: Final = "audit_event"
EMPTIED: Final = ("content", "salt")
"""What an erasure takes out of a link of the audit, which stays."""


@dataclass(slots=True)
class Compared:
    """How many facts of a backup are in the database as they were, and which are not."""

    same: int = 0
    entries: int = 0
    erased: int = 0
    missing: int = 0
    changed: int = 0
    named: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Say whether every fact is there, or was erased."""
        return not self.missing and not self.changed

    def name(self, what: str) -> None:
        """Keep the first few by name."""
        if len(self.named) < NAMED_AT_MOST:
            self.named.append(what)


def compare_facts(before: Connection, now: Connection, stones: Iterable[Tombstone]) -> Compared:
    """Compare every row that is never changed, one by one.

    Args:
        before: on the backup, made a database again.
        now: on a still copy of the database.
        stones: of those who were erased; what was theirs may be gone.
    """
    compared, erased = Compared(), _Erased(stones, before)
    for layout in layouts():
        if layout.name in FACTS:
            _compare_table(compared, layout, rows_of(before, layout), rows_of(now, layout), erased)
    return compared


class _Erased:
    """Whom the tombstones name, and which courses of the backup were theirs."""

    def __init__(self, stones: Iterable[Tombstone], before: Connection) -> None:
        self._patients = {(stone.clinic_id.hex, stone.patient_id.hex) for stone in stones if stone.proven}
        self._courses = {
            (course["clinic_id"], course["id"])
            for layout in layouts()
            if layout.name == COURSES and self._patients
            for course in (_held(layout, row) for row in rows_of(before, layout))
            if (course["clinic_id"], course["patient_id"]) in self._patients
        }

    def took(self, layout: Layout, row: Row, there: Row | None) -> bool:
        """Say whether an erasure did this to a row: the links about somebody are emptied, their other rows are gone."""
        held = _held(layout, row)
        clinic = held.get("clinic_id")
        if layout.name == LINKS:
            theirs = {(clinic, held["patient_id"]), (clinic, held["actor_id"])} & self._patients
            return bool(theirs) and there is not None and _is_emptied(layout, row, there)
        if there is not None:
            return False
        if "patient_id" in held:
            return (clinic, held["patient_id"]) in self._patients
        return "course_id" in held and (clinic, held["course_id"]) in self._courses


def _compare_table(
    compared: Compared, layout: Layout, before: Iterator[Row], now: Iterator[Row], erased: _Erased
) -> None:
    """Walk both in the order of their keys; what is only there now was written since."""
    places = [number for number, (name, _kind) in enumerate(layout.columns) if name in layout.key]
    standing = next(now, None)
    for row in before:
        while standing is not None and _key(standing, places) < _key(row, places):
            standing = next(now, None)
        there = standing if standing is not None and _key(standing, places) == _key(row, places) else None
        _judge(compared, layout, row, there, erased)


def _judge(compared: Compared, layout: Layout, row: Row, there: Row | None, erased: _Erased) -> None:
    if there == row:
        compared.same += 1
        compared.entries += layout.name == "entry"
    elif erased.took(layout, row, there):
        compared.erased += 1
    elif there is None:
        compared.missing += 1
        compared.name(f"{layout.name} {_named(layout, row)} is missing")
    else:
        compared.changed += 1
        compared.name(f"{layout.name} {_named(layout, row)} was changed")


def _held(layout: Layout, row: Row) -> dict[str, Written]:
    return dict(zip((name for name, _kind in layout.columns), row, strict=True))


def _is_emptied(layout: Layout, row: Row, there: Row) -> bool:
    pairs = zip(layout.columns, row, there, strict=True)
    return all(was == now or (name in EMPTIED and now is None) for (name, _kind), was, now in pairs)


def _named(layout: Layout, row: Row) -> str:
    return " ".join(str(value) for (name, _kind), value in zip(layout.columns, row, strict=True) if name in layout.key)


def _key(row: Row, places: list[int]) -> list[str | int]:
    return [value if isinstance(value, int) else str(value) for value in (row[place] for place in places)]
