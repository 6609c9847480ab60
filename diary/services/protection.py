"""Protected diaries: looked up for every question about a patient, closed and opened with a reason."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Protection, Subject, glass_of, is_closed_to, require, require_confirmed
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Refused, Sentence
from diary.models import BreakGlass, Member, Patient
from diary.services import audit
from diary.services.handed_out import end_all_for
from diary.services.projection import refresh_summary
from diary.vocabulary import MemberStatus, Role

SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class ProtectionPage:
    """A patient by name, since when the diary is protected, who answers for it, and who could."""

    name: str
    reference: str
    protected_at: datetime | None
    responsible_id: uuid.UUID | None
    clinicians: list[tuple[uuid.UUID, str]]


def looked_up(session: Session, patient: Subject, *, now: datetime) -> Subject:
    """Return `patient` with the protection of the diary at `now`: what `require` demands before it lets staff pass."""
    row = session.execute(
        select(Patient.protected_at, Patient.responsible_id).where(
            Patient.clinic_id == patient.clinic_id, Patient.id == patient.patient_id
        )
    ).one_or_none()
    if row is None or row.protected_at is None:
        protection = Protection(responsible_id=row.responsible_id if row else None)
    else:
        protection = Protection(
            protected=True, responsible_id=row.responsible_id, opened_by=_opened_by(session, patient, now)
        )
    return Subject(patient.clinic_id, patient.patient_id, protection)


def _opened_by(session: Session, patient: Subject, now: datetime) -> Mapping[uuid.UUID, uuid.UUID]:
    glass = BreakGlass
    open_now = select(glass.member_id, glass.id).where(
        glass.clinic_id == patient.clinic_id,
        glass.patient_id == patient.patient_id,
        glass.broken_at <= now,
        glass.ends_at > now,
        glass.closed_at.is_(None),
    )
    return {row.member_id: row.id for row in session.execute(open_now)}


def ask_first(who: Identity, patient: Subject, *, permission: Permission, clock: Clock) -> Subject:
    """Ask for a permission before anything is shown or read, and return `patient` as it was looked up."""
    with snapshot() as session:
        about = looked_up(session, patient, now=clock())
    require(who, permission, about)
    return about


def refuse_through_glass(who: Identity, about: Subject) -> None:
    """Refuse what would stay open when the hour of broken glass is over.

    Raises:
        Refused: `who` sees this diary through broken glass alone.
    """
    if glass_of(who, about) is not None:
        words = "You see this diary only through broken glass: ask the responsible clinician to do this."
        raise Refused(Sentence(words))


def write_look(session: Session, who: Identity, about: Subject, *, at: datetime) -> None:
    """Write that `who` looked at the patient; through broken glass it is written as such."""
    glass = glass_of(who, about)
    if glass is None:
        audit.look(session, who, "patient.seen", about=about, at=at)
    else:
        audit.look(session, who, "patient.seen_under_glass", about=about, at=at, content={"glass": str(glass)})


def check_reason(reason: str) -> str:
    """Return a reason without the spaces around it.

    Raises:
        Invalid: it is shorter than ten characters or longer than 500.
    """
    words = reason.strip()
    if not SHORTEST_REASON <= len(words) <= LONGEST_REASON:
        length = {"shortest": SHORTEST_REASON, "longest": LONGEST_REASON}
        raise Invalid(reason=Sentence("Say why, in %(shortest)s to %(longest)s characters.", **length))
    return words


def read_protection(who: Identity, patient: Subject, *, clock: Clock) -> ProtectionPage:
    """Return how a diary is protected, for whoever may change it; it tells nothing that was written in it."""
    with transaction() as session:
        now, row = clock(), _patient(session, patient)
        require(who, Permission.DIARY_PROTECT, looked_up(session, patient, now=now))
        audit.look(session, who, "glass.seen", about=patient, at=now)
        clinicians = clinicians_of(session, patient.clinic_id)
        return ProtectionPage(row.name, row.reference, row.protected_at, row.responsible_id, clinicians)


def clinicians_of(session: Session, clinic_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """Return who could be responsible for a patient: the clinicians who work in the clinic now, by name."""
    members = select(Member).where(Member.clinic_id == clinic_id).order_by(Member.name, Member.id)
    return [(member.id, member.name) for member in session.scalars(members) if _answers(member)]


def protect_diary(
    who: Identity, patient: Subject, *, responsible_id: uuid.UUID | None, reason: str, clock: Clock
) -> None:
    """Close a diary to all but the clinician `responsible_id`; once more for another clinician hands it over.

    Codes, invites and links that are out for the patient end: whoever made them may be closed out from now on.

    Raises:
        Invalid: the reason is too short, nobody who is a clinician of the clinic answers for the patient, or `who`
            would let themselves in where the diary is closed to them.
        ConfirmFirst: it is longer than five minutes ago that `who` proved who they are.
    """
    with transaction() as session:
        now, row = clock(), _patient(session, patient)
        about = looked_up(session, patient, now=now)
        require_confirmed(who, Permission.DIARY_PROTECT, about, now=now)
        words = check_reason(reason)
        responsible = session.get(Member, (patient.clinic_id, responsible_id)) if responsible_id else None
        if responsible is None or not _answers(responsible):
            nobody = "A protected diary needs a responsible clinician: only they open it in the usual way."
            raise Invalid(responsible=Sentence(nobody))
        if responsible.id == who.member_id and is_closed_to(who, about):
            closed = "This diary is closed to you: let another admin hand it over to you, or break the glass first."
            raise Invalid(responsible=Sentence(closed))
        if row.protected_at is not None and row.responsible_id == responsible.id:
            return
        row.protected_at, row.responsible_id = row.protected_at or now, responsible.id
        end_all_for(session, patient, now=now)
        said = {"responsible": str(responsible.id), "reason": words}
        audit.write(session, who, "diary.protected", about=patient, at=now, content=said)
        refresh_summary(session, row.clinic_id, row.id, now=now)


def unprotect_diary(who: Identity, patient: Subject, *, reason: str, clock: Clock) -> None:
    """Open a protected diary to the clinicians and nurses of the clinic again.

    Raises:
        Invalid: the reason is too short.
        ConfirmFirst: it is longer than five minutes ago that `who` proved who they are.
    """
    with transaction() as session:
        now, row = clock(), _patient(session, patient)
        require_confirmed(who, Permission.DIARY_PROTECT, looked_up(session, patient, now=now), now=now)
        words = check_reason(reason)
        if row.protected_at is None:
            return
        row.protected_at = None
        audit.write(session, who, "diary.unprotected", about=patient, at=now, content={"reason": words})
        refresh_summary(session, row.clinic_id, row.id, now=now)


def _patient(session: Session, patient: Subject) -> Patient:
    row = session.get(Patient, (patient.clinic_id, patient.patient_id))
    if row is None:
        raise NotThere
    return row


def _answers(member: Member) -> bool:
    return member.status == MemberStatus.ACTIVE and Role.CLINICIAN in member.roles
