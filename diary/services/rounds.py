"""A round: from patient to patient who needs someone, in the order of the worklist, until the list ends."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.worklist_order import Band
from diary.clock import Clock
from diary.db import snapshot
from diary.models import ClinicTally, Decision, PatientSummary
from diary.services.fresh_lines import MOST_FAILED, make_right, remake_lines
from diary.services.worklist_finding import (
    Lines,
    WorklistFilter,
    in_order,
    is_open_to,
    key_of,
    lines_of,
    places,
    read_key,
)

LONGEST: Final = timedelta(hours=24)
"""A round is a morning's; an older one begins again."""
LOOKS: Final = 5
MOST_TO_COME: Final = 99
MOST_COUNTED: Final = 2000


@dataclass(frozen=True, slots=True)
class NextPatient:
    """Whom the round leads to, and the key of their place."""

    patient_id: uuid.UUID
    key: str


@dataclass(frozen=True, slots=True)
class RoundStands:
    """How a round stands.

    Attributes:
        decided: patients about whom the member has decided since it began, decisions taken back left out.
        to_come: patients behind the place who need someone, at most `MOST_TO_COME` + 1.
    """

    decided: int
    to_come: int


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """How a round ended.

    Attributes:
        decided: patients about whom the member has decided since it began, decisions taken back left out.
        passed_over: patients of the round who still need someone, at most `MOST_TO_COME` + 1.
        unknown: those of them whose diary cannot be judged: a round does not lead to them.
        nothing: patients who need nothing; None where nobody has counted so many.
    """

    decided: int
    passed_over: int
    unknown: int
    nothing: int | None


def next_in_round(who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, *, clock: Clock) -> NextPatient | None:
    """Return who needs someone next behind the key in `wanted`, right for their diary day, or None at the end.

    Whose line cannot be made again is passed over: their page could not be shown either.
    """
    require(who, Permission.WORKLIST_READ, Subject(clinic_id))
    make_right(clinic_id, clock=clock)
    looks = failed = 0
    while True:
        with snapshot() as session:
            found = places(session, who, clinic_id, wanted, limit=1, band=Band.NEEDS_YOU)
            if not found:
                return None
            here = NextPatient(found[0].patient_id, key_of(found[0]))
            line = session.get_one(PatientSummary, (clinic_id, here.patient_id))
            is_right = line.true_until > clock()
        if is_right or looks == LOOKS or failed == MOST_FAILED:
            return here
        if remake_lines(clinic_id, [here.patient_id], clock=clock):
            wanted, failed = replace(wanted, after=here.key), failed + 1
        else:
            looks += 1


def read_round(
    who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, *, began: datetime, clock: Clock
) -> RoundStands:
    """Return how the round that began then stands behind the key in `wanted`; nobody is named."""
    require(who, Permission.WORKLIST_READ, Subject(clinic_id))
    make_right(clinic_id, clock=clock)
    with snapshot() as session:
        return RoundStands(
            decided=len(_decided(session, who, clinic_id, began)),
            to_come=_counted(session, who, clinic_id, wanted, band=Band.NEEDS_YOU, most=MOST_TO_COME, behind=True),
        )


def read_end(who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, *, began: datetime, clock: Clock) -> RoundEnd:
    """Return how the round that began then ended; nobody is named."""
    require(who, Permission.WORKLIST_READ, Subject(clinic_id))
    make_right(clinic_id, clock=clock)
    with snapshot() as session:
        stale = _stale(session, who, clinic_id, wanted, now=clock())
    failed = remake_lines(clinic_id, stale, clock=clock)
    with snapshot() as session:
        decided = _decided(session, who, clinic_id, began)
        return RoundEnd(
            decided=len(decided),
            passed_over=_counted(session, who, clinic_id, wanted, band=Band.NEEDS_YOU, most=MOST_TO_COME),
            unknown=len(failed),
            nothing=_nothing(session, who, clinic_id, wanted, decided),
        )


def _decided(session: Session, who: Identity, clinic_id: uuid.UUID, began: datetime) -> set[uuid.UUID]:
    since = (Decision.clinic_id == clinic_id, Decision.decided_at >= began)
    taken_back = select(Decision.reverses).where(*since, Decision.reverses.is_not(None))
    own = select(Decision.patient_id).where(
        *since, Decision.member_id == who.member_id, Decision.reverses.is_(None), Decision.id.not_in(taken_back)
    )
    return set(session.scalars(own))


def _stale(
    session: Session, who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, *, now: datetime
) -> list[uuid.UUID]:
    """Return who needs someone and whose line is out of date, at most `MOST_TO_COME` + 1 of them."""
    (_lines, found), row = _found(session, who, clinic_id, wanted, Band.NEEDS_YOU), aliased(PatientSummary)
    stale = select(row.patient_id).where(row.clinic_id == clinic_id, row.true_until <= now, row.patient_id.in_(found))
    return list(session.scalars(stale.limit(MOST_TO_COME + 1)))


def _nothing(
    session: Session, who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, decided: set[uuid.UUID]
) -> int | None:
    """Return how many need nothing; who was decided about in the round is told already."""
    number = _counted(session, who, clinic_id, wanted, band=Band.NOTHING_TO_DO, most=MOST_COUNTED, without=decided)
    if number <= MOST_COUNTED:
        return number
    tally = session.get(ClinicTally, clinic_id)
    return None if tally is None or wanted.narrows else tally.counts.get(f"band-{Band.NOTHING_TO_DO:d}")


def _counted(
    session: Session,
    who: Identity,
    clinic_id: uuid.UUID,
    wanted: WorklistFilter,
    *,
    band: Band,
    most: int,
    behind: bool = False,
    without: Collection[uuid.UUID] = (),
) -> int:
    """Return how many there are, one more than `most` where there are more."""
    lines, found = _found(session, who, clinic_id, wanted, band)
    if without:
        found = found.where(lines.patient_id.not_in(without))
    key = read_key(session, clinic_id, wanted.after) if behind else None
    if key:
        found = found.where(tuple_(*in_order(lines)) > tuple_(*key))
    return session.scalar(select(func.count()).select_from(found.limit(most + 1).subquery())) or 0


def _found(
    session: Session, who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, band: Band
) -> tuple[Lines, Select[Any]]:
    """Return the lines of a band that are open to the member, and how their patients are asked for."""
    lines, conditions = lines_of(session, clinic_id, wanted)
    return lines, select(lines.patient_id).where(*conditions, is_open_to(who, lines), lines.band == int(band))
