"""Break-glass: a protected diary opened for an hour by one member, for a reason that is told and reviewed."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, glass_of, is_closed_to, may, require, require_confirmed
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import NotThere
from diary.models import BreakGlass, Clinic, Member, Patient
from diary.services import audit
from diary.services.courses import lock_patient
from diary.services.protection import check_reason, looked_up

OPEN_FOR: Final = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class ClosedDiary:
    """What everybody on the clinic's staff may know of a protected diary: whose it is, and who answers for it."""

    patient_id: uuid.UUID
    name: str
    reference: str
    responsible: str


@dataclass(frozen=True, slots=True)
class OpenGlass:
    """Broken glass, as long as it lasts: who broke it, why, and until when, in the clinic's zone."""

    patient_id: uuid.UUID
    member: str
    reason: str
    ends_at: datetime


def read_closed_diary(who: Identity, patient: Subject, *, clock: Clock) -> ClosedDiary:
    """Return whose diary is closed to `who`.

    Raises:
        NotThere: the clinic has no such patient, or the diary is not closed to them.
    """
    with snapshot() as session:
        about = looked_up(session, patient, now=clock())
        require(who, Permission.GLASS_BREAK, about)
        row = session.get(Patient, (patient.clinic_id, patient.patient_id))
        if row is None or not is_closed_to(who, about):
            raise NotThere
        responsible = session.get(Member, (row.clinic_id, row.responsible_id)) if row.responsible_id else None
        return ClosedDiary(row.id, row.name, row.reference, responsible.name if responsible else "")


def break_glass(who: Identity, patient: Subject, *, reason: str, clock: Clock) -> bool:
    """Open a protected diary to `who` for 60 minutes; False where it is open to them already and nothing is written.

    Raises:
        NotThere: the clinic has no such patient.
        Invalid: the reason is shorter than ten characters or longer than 500.
        ConfirmFirst: it is longer than five minutes ago that `who` proved who they are.
    """
    with transaction() as session:
        now = clock()
        lock_patient(session, patient)
        about = looked_up(session, patient, now=now)
        require_confirmed(who, Permission.GLASS_BREAK, about, now=now)
        if patient.patient_id is None or who.member_id is None or not is_closed_to(who, about):
            return False
        glass = BreakGlass(
            clinic_id=patient.clinic_id,
            id=uuid.uuid4(),
            patient_id=patient.patient_id,
            member_id=who.member_id,
            reason=check_reason(reason),
            broken_at=now,
            ends_at=now + OPEN_FOR,
        )
        session.add(glass)
        said = {"glass": str(glass.id), "reason": glass.reason, "ends_at": glass.ends_at.isoformat()}
        audit.write(session, who, "glass.broken", about=patient, at=now, content=said)
        return True


def close_glass(who: Identity, patient: Subject, *, clock: Clock) -> None:
    """Close the glass that `who` broke before this diary, if it is still open.

    Raises:
        NotThere: the clinic has no such patient.
    """
    with transaction() as session:
        now = clock()
        lock_patient(session, patient)
        about = looked_up(session, patient, now=now)
        require(who, Permission.GLASS_BREAK, about)
        glass = _open_glass(session, who, about)
        if glass is None:
            return
        glass.closed_at = now
        audit.write(session, who, "glass.closed", about=patient, at=now, content={"glass": str(glass.id)})


def own_glass(who: Identity, patient: Subject, *, clock: Clock) -> OpenGlass | None:
    """Return the glass through which `who` sees this diary now, or None: also for whoever could break none."""
    with snapshot() as session:
        about = looked_up(session, patient, now=clock())
        glass = _open_glass(session, who, about) if may(who, Permission.GLASS_BREAK, about) else None
        if glass is None:
            return None
        zone = ZoneInfo(session.get_one(Clinic, glass.clinic_id).time_zone)
        return OpenGlass(glass.patient_id, who.name, glass.reason, glass.ends_at.astimezone(zone))


def _open_glass(session: Session, who: Identity, about: Subject) -> BreakGlass | None:
    glass_id = glass_of(who, about)
    return session.get(BreakGlass, (about.clinic_id, glass_id)) if glass_id else None
