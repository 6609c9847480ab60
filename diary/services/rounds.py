"""A round: from patient to patient who needs someone, in the order of the worklist, until the list ends."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.worklist_order import Band
from diary.clock import Clock
from diary.db import snapshot
from diary.models import ClinicTally, Decision, PatientSummary
from diary.services.fresh_lines import make_right, remake_lines
from diary.services.worklist_finding import WorklistFilter, in_order, is_open_to, key_of, lines_of, places, read_key

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
        decided: patients about whom the member has decided since it began.
        to_come: patients behind the place who need someone, at most `MOST_TO_COME` + 1.
        passed_over: patients of the round who still need someone, at most `MOST_TO_COME` + 1.
        nothing: patients who need nothing; None where nobody has counted so many.
    """

    decided: int
    to_come: int
    passed_over: int
    nothing: int | None


def next_in_round(who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, *, clock: Clock) -> NextPatient | None:
    """Return who needs someone next behind the key in `wanted`, right for their diary day, or None at the end."""
    require(who, Permission.WORKLIST_READ, Subject(clinic_id))
    make_right(clinic_id, clock=clock)
    for _look in range(LOOKS):
        with snapshot() as session:
            found = places(session, who, clinic_id, wanted, limit=1, band=Band.NEEDS_YOU)
            if not found:
                return None
            line = session.get_one(PatientSummary, (clinic_id, found[0].patient_id))
            if line.true_until > clock():
                break
        remake_lines(clinic_id, [found[0].patient_id], clock=clock)
    return NextPatient(found[0].patient_id, key_of(found[0]))


def read_round(
    who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, *, began: datetime, clock: Clock
) -> RoundStands:
    """Return how the round that began then stands behind the key in `wanted`; nobody is named."""
    require(who, Permission.WORKLIST_READ, Subject(clinic_id))
    make_right(clinic_id, clock=clock)
    with snapshot() as session:
        decided = _decided(session, who, clinic_id, began)
        return RoundStands(
            decided=len(decided),
            to_come=_counted(session, who, clinic_id, wanted, band=Band.NEEDS_YOU, most=MOST_TO_COME, behind=True),
            passed_over=_counted(session, who, clinic_id, wanted, band=Band.NEEDS_YOU, most=MOST_TO_COME),
            nothing=_nothing(session, who, clinic_id, wanted, decided),
        )


def _decided(session: Session, who: Identity, clinic_id: uuid.UUID, began: datetime) -> set[uuid.UUID]:
    own = select(Decision.patient_id).where(
        Decision.clinic_id == clinic_id, Decision.member_id == who.member_id, Decision.decided_at >= began
    )
    return set(session.scalars(own))


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
    lines, conditions = lines_of(session, clinic_id, wanted)
    found: Any = select(lines.patient_id).where(*conditions, is_open_to(who, lines), lines.band == int(band))
    if without:
        found = found.where(lines.patient_id.not_in(without))
    key = read_key(session, clinic_id, wanted.after) if behind else None
    if key:
        found = found.where(tuple_(*in_order(lines)) > tuple_(*key))
    return session.scalar(select(func.count()).select_from(found.limit(most + 1).subquery())) or 0
