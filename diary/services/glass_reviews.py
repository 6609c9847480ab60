"""Glass that was broken, reviewed by an admin of the clinic who did not break it."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Changed, Invalid, NotThere, Refused, Sentence
from diary.models import BreakGlass, Clinic, Member, Patient
from diary.services import audit
from diary.vocabulary import ReviewOutcome

PAGE: Final = 50
LONGEST_WORDS: Final = 500


@dataclass(frozen=True, slots=True)
class Broken:
    """Glass as its review shows it, moments in the clinic's zone; `own`: broken by the admin who looks."""

    id: uuid.UUID
    name: str
    reference: str
    member: str
    reason: str
    broken_at: datetime
    ended_at: datetime
    own: bool
    reviewed_at: datetime | None
    reviewed_by: str
    outcome: str
    words: str


@dataclass(frozen=True, slots=True)
class ProtectedDiary:
    """A protected diary by name, since when, and who answers for it."""

    patient_id: uuid.UUID
    name: str
    reference: str
    responsible: str
    protected_at: datetime


@dataclass(frozen=True, slots=True)
class GlassPage:
    """What waits for review, the longest first; the last fifty reviewed; the diaries that are protected, by name."""

    waiting: list[Broken]
    reviewed: list[Broken]
    diaries: list[ProtectedDiary]


def read_glass(who: Identity, clinic_id: uuid.UUID, *, clock: Clock) -> GlassPage:
    """Return the glass broken in a clinic and its protected diaries; nothing that was written in one."""
    about, glass = Subject(clinic_id), BreakGlass
    require(who, Permission.GLASS_REVIEW, about)
    with transaction() as session:
        audit.look(session, who, "glass.seen", about=about, at=clock())
        zone = ZoneInfo(session.get_one(Clinic, clinic_id).time_zone)
        waiting = _with_names(clinic_id).where(glass.reviewed_at.is_(None)).order_by(glass.broken_at, glass.id)
        reviewed = _with_names(clinic_id).where(glass.reviewed_at.is_not(None)).limit(PAGE)
        reviewed = reviewed.order_by(glass.reviewed_at.desc(), glass.id)
        return GlassPage(
            [_broken(row, who, zone) for row in session.execute(waiting)],
            [_broken(row, who, zone) for row in session.execute(reviewed)],
            _diaries(session, clinic_id, zone),
        )


def count_waiting(who: Identity, clinic_id: uuid.UUID) -> int:
    """Return how much broken glass waits for a review."""
    require(who, Permission.GLASS_REVIEW, Subject(clinic_id))
    glass = BreakGlass
    waiting = select(func.count()).where(glass.clinic_id == clinic_id, glass.reviewed_at.is_(None))
    with snapshot() as session:
        return session.scalar(waiting) or 0


def review_glass(
    who: Identity, clinic_id: uuid.UUID, glass_id: uuid.UUID, *, outcome: ReviewOutcome, words: str, clock: Clock
) -> None:
    """Say whether it was justified to break the glass; it is said once.

    Raises:
        NotThere: the clinic has no such glass.
        Refused: it was broken by whoever reviews it.
        Changed: another admin reviewed it meanwhile.
    """
    require(who, Permission.GLASS_REVIEW, Subject(clinic_id))
    with transaction() as session:
        now = clock()
        glass = session.get(BreakGlass, (clinic_id, glass_id), with_for_update=True)
        if glass is None:
            raise NotThere
        if glass.member_id == who.member_id:
            raise Refused(Sentence("You broke this glass yourself: another admin of the clinic reviews it."))
        if glass.reviewed_at is not None:
            raise Changed(Sentence("Another admin has reviewed this already."))
        said = words.strip()
        if len(said) > LONGEST_WORDS or (outcome is ReviewOutcome.NOT_JUSTIFIED and not said):
            raise Invalid(words=Sentence("Say in a few words why it was not justified and what was done about it."))
        glass.reviewed_at, glass.reviewed_by = now, who.member_id
        glass.review_outcome, glass.review_words = outcome, said
        about = Subject(clinic_id, glass.patient_id)
        content = {"glass": str(glass.id), "outcome": outcome.value, "words": said}
        audit.write(session, who, "glass.reviewed", about=about, at=now, content=content)


def patient_of_reference(who: Identity, clinic_id: uuid.UUID, reference: str) -> uuid.UUID | None:
    """Return which patient a reference of the clinic names, for the admin who wants to protect their diary."""
    require(who, Permission.GLASS_REVIEW, Subject(clinic_id))
    with snapshot() as session:
        return session.scalar(
            select(Patient.id).where(Patient.clinic_id == clinic_id, Patient.reference == reference.strip())
        )


def _with_names(clinic_id: uuid.UUID) -> Any:
    glass, reviewer = BreakGlass, aliased(Member)
    return (
        select(glass, Patient.name, Patient.reference, Member.name.label("member"), reviewer.name.label("reviewer"))
        .join(Patient, (Patient.clinic_id == glass.clinic_id) & (Patient.id == glass.patient_id))
        .join(Member, (Member.clinic_id == glass.clinic_id) & (Member.id == glass.member_id))
        .outerjoin(reviewer, (reviewer.clinic_id == glass.clinic_id) & (reviewer.id == glass.reviewed_by))
        .where(glass.clinic_id == clinic_id)
    )


def _broken(row: Any, who: Identity, zone: ZoneInfo) -> Broken:
    glass: BreakGlass = row.BreakGlass
    return Broken(
        id=glass.id,
        name=row.name,
        reference=row.reference,
        member=row.member,
        reason=glass.reason,
        broken_at=glass.broken_at.astimezone(zone),
        ended_at=(glass.closed_at or glass.ends_at).astimezone(zone),
        own=glass.member_id == who.member_id,
        reviewed_at=glass.reviewed_at.astimezone(zone) if glass.reviewed_at else None,
        reviewed_by=row.reviewer or "",
        outcome=glass.review_outcome or "",
        words=glass.review_words,
    )


def _diaries(session: Session, clinic_id: uuid.UUID, zone: ZoneInfo) -> list[ProtectedDiary]:
    rows = session.execute(
        select(Patient.id, Patient.name, Patient.reference, Patient.protected_at, Member.name.label("responsible"))
        .outerjoin(Member, (Member.clinic_id == Patient.clinic_id) & (Member.id == Patient.responsible_id))
        .where(Patient.clinic_id == clinic_id, Patient.protected_at.is_not(None))
        .order_by(Patient.name, Patient.id)
    )
    return [
        ProtectedDiary(row.id, row.name, row.reference, row.responsible or "", row.protected_at.astimezone(zone))
        for row in rows
    ]
