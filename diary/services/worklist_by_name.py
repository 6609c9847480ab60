"""Who stands by name behind the last summary of the worklist: found although gone from it, or closed to who asks."""

import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.models import Patient, PatientSummary
from diary.services.worklist_finding import Lines, WorklistFilter, is_closed_to, is_open_to, lines_of

_KEY: Final = re.compile(r"(?P<part>gone|closed)-(?P<patient>[0-9a-f]{32})")
_ALL: Final = (True, False)
_GONE: Final = (False,)


@dataclass(frozen=True, slots=True)
class ClosedRow:
    """A protected diary as everybody but the responsible clinician sees it in the list."""

    patient_id: uuid.UUID
    name: str
    reference: str


@dataclass(frozen=True, slots=True)
class GoneRow:
    """A patient whom a search found and who is no longer on the list, with where they stand: their life cycle."""

    patient_id: uuid.UUID
    name: str
    reference: str
    life_cycle: str


@dataclass(frozen=True, slots=True)
class ByName:
    """A page of those who are listed by name, first who is gone, then what is closed, and the key of the next."""

    gone: list[GoneRow] = field(default_factory=list)
    closed: list[ClosedRow] = field(default_factory=list)
    next_key: str | None = None


def is_by_name(wanted: WorklistFilter) -> bool:
    """Say whether the page that is asked for begins behind the last summary."""
    return _place(wanted) is not None


def read_by_name(
    session: Session, who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, *, limit: int
) -> ByName:
    """Return the next of those who are listed by name, at most `limit` of each kind."""
    gone: list[GoneRow] = []
    if wanted.looks_for_somebody and _after(wanted, "closed") is None:
        found = _found(session, who, clinic_id, wanted, "gone", limit)
        gone = _with_life_cycles(session, clinic_id, found[:limit])
        if len(found) > limit:
            return ByName(gone, next_key=f"gone-{found[limit - 1].patient_id.hex}")
    if wanted.looks_inside:
        return ByName(gone)
    found = _found(session, who, clinic_id, wanted, "closed", limit)
    closed = [ClosedRow(*row) for row in found[:limit]]
    more = len(found) > limit
    return ByName(gone, closed, f"closed-{closed[-1].patient_id.hex}" if more else None)


def _place(wanted: WorklistFilter) -> re.Match[str] | None:
    """Return the key that a page by name gave; among those who are gone there is a place in a search alone."""
    read = _KEY.fullmatch(wanted.after)
    return None if read and read["part"] == "gone" and not wanted.looks_for_somebody else read


def _after(wanted: WorklistFilter, part: str) -> uuid.UUID | None:
    read = _place(wanted)
    return uuid.UUID(read["patient"]) if read and read["part"] == part else None


def _found(
    session: Session, who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, part: str, limit: int
) -> list[Any]:
    """Return id, name and reference of the next in a part, one more than `limit` where there are more."""
    lines, conditions = lines_of(session, clinic_id, wanted, listed=_listed(wanted, part))
    page = select(lines.patient_id, lines.name, lines.reference).where(*conditions, _of_part(who, lines, part))
    last = _after(wanted, part)
    after = session.get(PatientSummary, (clinic_id, last)) if last else None
    if after is not None:
        page = page.where(tuple_(lines.search_name, lines.patient_id) > tuple_(after.search_name, after.patient_id))
    return list(session.execute(page.order_by(lines.search_name, lines.patient_id).limit(limit + 1)))


def _listed(wanted: WorklistFilter, part: str) -> Collection[bool]:
    """Return which lines a part is chosen from: a closed diary is told the same, on the list or gone from it."""
    if part == "gone":
        return _GONE
    return _ALL if wanted.looks_for_somebody else (True,)


def _of_part(who: Identity, lines: Lines, part: str) -> ColumnElement[bool]:
    return is_open_to(who, lines) if part == "gone" else is_closed_to(who, lines)


def _with_life_cycles(session: Session, clinic_id: uuid.UUID, found: list[Any]) -> list[GoneRow]:
    stand = select(Patient.id, Patient.life_cycle).where(
        Patient.clinic_id == clinic_id, Patient.id.in_([row.patient_id for row in found])
    )
    life_cycles: dict[uuid.UUID, str] = {row.id: row.life_cycle for row in session.execute(stand)} if found else {}
    return [GoneRow(row.patient_id, row.name, row.reference, life_cycles[row.patient_id]) for row in found]
