"""What was handed out and is still open, and ends before its time: codes to move, invites, links to begin again."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.models import AccountLink, AuditEvent, Invite, Member, MoveCode, Patient

LINK_GIVEN: Final = "account_link.made"
HANDED_OUT: Final = (LINK_GIVEN, "invite.made", "move.code_made")
LONGEST: Final = timedelta(hours=72)
"""Nothing that is handed out is good for longer."""


def end_links(session: Session, account_id: uuid.UUID, *, now: datetime) -> None:
    """End every link of an account that is still good."""
    session.execute(update(AccountLink).where(*_open_links([account_id], now)).values(expires_at=now))


def end_codes(session: Session, patient: Subject, *, now: datetime) -> None:
    """End every code of a patient that is still good."""
    for code in session.scalars(select(MoveCode).where(*open_codes(patient, now))):
        code.expires_at = now


def open_codes(patient: Subject, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of the codes of a patient that are still good."""
    return (
        MoveCode.clinic_id == patient.clinic_id,
        MoveCode.patient_id == patient.patient_id,
        MoveCode.used_at.is_(None),
        MoveCode.expires_at > now,
    )


def end_invites(session: Session, patient: Subject, *, now: datetime) -> None:
    """Withdraw every invite of a patient that is still good."""
    theirs = select(Invite).where(*_open_invites(patient.clinic_id, now), Invite.patient_id == patient.patient_id)
    _end(session.scalars(theirs), now)


def end_all_for(session: Session, patient: Subject, *, now: datetime) -> None:
    """End whatever was handed out for a patient, by whomever: it would open a diary that has been closed since."""
    end_codes(session, patient, now=now)
    end_invites(session, patient, now=now)
    row = session.get(Patient, (patient.clinic_id, patient.patient_id))
    if row is not None and row.account_id is not None:
        end_links(session, row.account_id, now=now)


def end_all_of(session: Session, member: Member, *, now: datetime) -> None:
    """End whatever a member handed out: who is no longer let in leaves no way in behind.

    Who made what stands in the audit, written in the same unit and at the same moment.
    """
    act = AuditEvent
    theirs = (act.clinic_id == member.clinic_id, act.actor_id == member.id, act.action.in_(HANDED_OUT))
    acts = session.scalars(select(act).where(*theirs, act.at > now - LONGEST)).all()
    _end_these_invites(session, member.clinic_id, acts, now)
    _end_these_codes(session, member.clinic_id, acts, now)
    _end_these_links(session, member.clinic_id, acts, now)


def given_at(session: Session, patient: Subject, moments: Collection[datetime]) -> set[datetime]:
    """Return at which of these moments a clinic gave its patient a link."""
    act = AuditEvent
    theirs = (act.clinic_id == patient.clinic_id, act.patient_id == patient.patient_id, act.action == LINK_GIVEN)
    return set(session.scalars(select(act.at).where(*theirs, act.at.in_(moments))))


def _end_these_invites(session: Session, clinic_id: uuid.UUID, acts: Sequence[AuditEvent], now: datetime) -> None:
    made = [uuid.UUID(act.content["invite"]) for act in acts if act.content and "invite" in act.content]
    _end(session.scalars(select(Invite).where(*_open_invites(clinic_id, now), Invite.id.in_(made))), now)


def _end_these_codes(session: Session, clinic_id: uuid.UUID, acts: Sequence[AuditEvent], now: datetime) -> None:
    for act in acts:
        if act.action == "move.code_made":
            theirs = (*open_codes(Subject(clinic_id, act.patient_id), now), MoveCode.made_at == act.at)
            session.execute(update(MoveCode).where(*theirs).values(expires_at=now))


def _end_these_links(session: Session, clinic_id: uuid.UUID, acts: Sequence[AuditEvent], now: datetime) -> None:
    """End the links among these acts; one about no patient was given to somebody of the clinic's staff."""
    given = [act for act in acts if act.action == LINK_GIVEN]
    if not given:
        return
    patients = {act.patient_id for act in given if act.patient_id}
    of_patients = select(Patient.account_id).where(Patient.clinic_id == clinic_id, Patient.id.in_(patients))
    of_staff = select(Member.account_id).where(Member.clinic_id == clinic_id)
    accounts = [one for one in (*session.scalars(of_patients), *session.scalars(of_staff)) if one]
    moments = [act.at for act in given]
    theirs = (*_open_links(accounts, now), AccountLink.made_at.in_(moments))
    session.execute(update(AccountLink).where(*theirs).values(expires_at=now))


def _open_links(accounts: Collection[uuid.UUID], now: datetime) -> tuple[ColumnElement[bool], ...]:
    return AccountLink.account_id.in_(accounts), AccountLink.used_at.is_(None), AccountLink.expires_at > now


def _open_invites(clinic_id: uuid.UUID, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Invite.clinic_id == clinic_id, Invite.used_at.is_(None), Invite.expires_at > now


def _end(invites: Iterable[Invite], now: datetime) -> None:
    """End invites; one for staff keeps its address, so that another admin makes a new link to it."""
    for invite in invites:
        invite.expires_at = now
        if invite.patient_id is not None:
            invite.withdrawn_at = invite.withdrawn_at or now
