"""Who did what in the clinic: the audit as its admin reads it and takes it out, without what was written."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require, require_confirmed
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, Sentence
from diary.models import AuditEvent, Clinic, Member, Patient
from diary.services import audit

PAGE: Final = 50
MOST_AT_ONCE: Final = 100_000


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which acts: of one member, about the patient of a reference, of one kind, on some days of the clinic's zone."""

    member_id: uuid.UUID | None = None
    reference: str = ""
    action: str = ""
    first_day: date | None = None
    last_day: date | None = None

    @property
    def said(self) -> dict[str, str]:
        """The filters that are set, as an address and the audit hold them."""
        held = {
            "member": self.member_id,
            "patient": self.reference,
            "kind": self.action,
            "from": self.first_day,
            "to": self.last_day,
        }
        return {name: str(value) for name, value in held.items() if value}


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One link of the chain: when (in the clinic's zone), who (`name` and `roles` of a member), what, about whom."""

    position: int
    at: datetime
    actor: str
    name: str
    roles: tuple[str, ...]
    action: str
    reference: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Lines, the newest first, the link before which the next page begins, and the clinic's members by name."""

    lines: list[AuditLine]
    next_key: int | None
    members: list[tuple[uuid.UUID, str]]


def read_audit(
    who: Identity, clinic_id: uuid.UUID, wanted: AuditFilter, *, clock: Clock, before: int | None = None
) -> AuditPage:
    """Return a page of the clinic's audit; that `who` looked is written before it is handed out."""
    about = Subject(clinic_id)
    require(who, Permission.AUDIT_READ, about)
    with transaction() as session:
        audit.look(session, who, "audit.seen", about=_whom(session, about, wanted), at=clock())
    with snapshot() as session:
        zone = _zone_of(session, clinic_id)
        chosen = _chosen(_with_names(), clinic_id, wanted, zone)
        if before is not None:
            chosen = chosen.where(AuditEvent.position < before)
        rows = session.execute(chosen.order_by(AuditEvent.position.desc()).limit(PAGE + 1)).all()
        by_name = select(Member.id, Member.name).where(Member.clinic_id == clinic_id).order_by(Member.name, Member.id)
        members = [(row.id, row.name) for row in session.execute(by_name)]
    lines = [_line(row, zone) for row in rows[:PAGE]]
    return AuditPage(lines, lines[-1].position if len(rows) > PAGE else None, members)


def export_audit(who: Identity, clinic_id: uuid.UUID, wanted: AuditFilter, *, clock: Clock) -> list[AuditLine]:
    """Return every line that was asked for, the oldest first; that they were taken out is written with them.

    Raises:
        Invalid: they are too many for one file.
    """
    about = Subject(clinic_id)
    require_confirmed(who, Permission.AUDIT_TAKE_OUT, about, now=clock())
    with snapshot() as session:
        zone = _zone_of(session, clinic_id)
        number = session.scalar(_chosen(_numbers(), clinic_id, wanted, zone)) or 0
        if number > MOST_AT_ONCE:
            raise Invalid(
                Sentence(
                    "These are %(number)s rows, and a file holds %(most)s: choose fewer days.",
                    number=number,
                    most=MOST_AT_ONCE,
                )
            )
        rows = session.execute(_chosen(_with_names(), clinic_id, wanted, zone).order_by(AuditEvent.position)).all()
    said = {"filters": wanted.said, "rows": len(rows)}
    with transaction() as session:
        whom = _whom(session, about, wanted)
        audit.write(session, who, "audit.exported", about=whom, at=clock(), content=said)
    return [_line(row, zone) for row in rows]


def _whom(session: Session, about: Subject, wanted: AuditFilter) -> Subject:
    """Return the patient whose acts are picked out, so that they see it too, or the clinic."""
    if not wanted.reference:
        return about
    of_reference = select(Patient.id).where(Patient.clinic_id == about.clinic_id, Patient.reference == wanted.reference)
    return Subject(about.clinic_id, session.scalar(of_reference))


def _with_names() -> Any:
    event = AuditEvent
    return select(
        event.position, event.at, event.actor, event.action, event.hash, Member.name, Member.roles, Patient.reference
    )


def _numbers() -> Any:
    return select(func.count()).select_from(AuditEvent)


def _chosen(rows: Any, clinic_id: uuid.UUID, wanted: AuditFilter, zone: ZoneInfo) -> Any:
    event = AuditEvent
    chosen = (
        rows.select_from(event)
        .outerjoin(Member, (Member.clinic_id == event.clinic_id) & (Member.id == event.actor_id))
        .outerjoin(Patient, (Patient.clinic_id == event.clinic_id) & (Patient.id == event.patient_id))
        .where(event.clinic_id == clinic_id)
    )
    if wanted.member_id:
        chosen = chosen.where(event.actor_id == wanted.member_id)
    if wanted.reference:
        chosen = chosen.where(Patient.reference == wanted.reference)
    if wanted.action:
        chosen = chosen.where(event.action == wanted.action)
    if wanted.first_day:
        chosen = chosen.where(event.at >= _begin_of(wanted.first_day, zone))
    if wanted.last_day:
        chosen = chosen.where(event.at < _begin_of(wanted.last_day + timedelta(days=1), zone))
    return chosen


def _begin_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _zone_of(session: Session, clinic_id: uuid.UUID) -> ZoneInfo:
    return ZoneInfo(session.get_one(Clinic, clinic_id).time_zone)


def _line(row: Any, zone: ZoneInfo) -> AuditLine:
    return AuditLine(
        position=row.position,
        at=row.at.astimezone(zone),
        actor=row.actor,
        name=row.name or "",
        roles=tuple(row.roles or ()),
        action=row.action,
        reference=row.reference or "",
        hash=row.hash,
    )
