"""Who opened my data: what others looked at and did in a patient's diary, for that patient."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.db import snapshot
from diary.errors import Sentence
from diary.installation import installation
from diary.models import AuditEvent, Member
from diary.services.some_days import begin_reading

PAGE: Final = 50
REASON_TOLD: Final = ("glass.broken", "diary.protected", "diary.unprotected")
"""Acts whose reason the patient reads, as whoever gives it is told."""
OF_ANOTHER_CLINIC: Final = Sentence("Somebody of another clinic")
"""Whom the patient's code was given to: a clinic's names are for its own patients."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look or act of somebody else; `name` and `roles` are empty for whoever runs the installation.

    Somebody of another clinic has no roles here either, and for a name a sentence that says so.

    Attributes:
        position: its link in the clinic's chain; at: when, where the patient lives; action: as the audit has it.
        reason: what was said where a reason is told to the patient, "" elsewhere.
    """

    position: int
    at: datetime
    name: str
    roles: tuple[str, ...]
    action: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LooksPage:
    """Looks, the newest first, and the link before which the next page begins."""

    looks: list[Look]
    next_key: int | None


def read_own_looks(who: Identity, patient: Subject, *, before: int | None = None) -> LooksPage:
    """Return a page of what others looked at and did in the diary of the patient who is asking."""
    require(who, Permission.LOOKS_READ, patient)
    wanted = _of_others(patient)
    if before is not None:
        wanted = wanted.where(AuditEvent.position < before)
    with snapshot() as session:
        zone = zone_of(session, patient.clinic_id, patient.patient_id)
        rows = session.execute(wanted.limit(PAGE + 1)).all()
    looks = [_look(row, zone) for row in rows[:PAGE]]
    return LooksPage(looks, looks[-1].position if len(rows) > PAGE else None)


def all_looks(session: Session, patient: Subject) -> list[Look]:
    """Return everything that others looked at and did in a patient's diary, the newest first."""
    zone = zone_of(session, patient.clinic_id, patient.patient_id)
    return [_look(row, zone) for row in session.execute(_of_others(patient))]


def _of_others(patient: Subject) -> Any:
    event = AuditEvent
    return (
        select(event.position, event.at, event.actor, event.action, event.content, Member.name, Member.roles)
        .outerjoin(Member, (Member.clinic_id == event.clinic_id) & (Member.id == event.actor_id))
        .where(event.clinic_id == patient.clinic_id, event.patient_id == patient.patient_id)
        .where(event.actor_id.is_distinct_from(patient.patient_id))
        .order_by(event.position.desc())
    )


def _look(row: Any, zone: ZoneInfo) -> Look:
    told = (row.content or {}).get("reason", "") if row.action in REASON_TOLD else ""
    is_foreign = row.actor == "member" and row.roles is None
    name = OF_ANOTHER_CLINIC if is_foreign else row.name or ""
    return Look(row.position, row.at.astimezone(zone), name, tuple(row.roles or ()), row.action, told)


def zone_of(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID | None) -> ZoneInfo:
    """Return the zone the patient lives in now: one that comes on a later day is not theirs yet."""
    diary = begin_reading(session, Subject(clinic_id, patient_id))
    return diary.zone_on(diary.today(installation().clock()))
