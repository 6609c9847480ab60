"""Where an account belongs: the member or the patient it is in each of its clinics."""

import uuid
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.languages import known_language
from diary.models import AccountClinic, Member, Patient
from diary.vocabulary import LifeCycle, MemberStatus, Role


def places_of(session: Session, account_id: uuid.UUID) -> Iterator[Identity]:
    """Yield who an account is in each clinic that still knows it."""
    clinic_ids = (
        select(AccountClinic.clinic_id).where(AccountClinic.account_id == account_id).order_by(AccountClinic.clinic_id)
    )
    for clinic_id in session.scalars(clinic_ids).all():
        who = who_in(session, account_id, clinic_id)
        if who is not None:
            yield who


def works_as_staff(session: Session, account_id: uuid.UUID) -> bool:
    """Say whether an account is a member of staff anywhere, suspended or not, and so has a second factor."""
    here = (AccountClinic.clinic_id == Member.clinic_id) & (AccountClinic.account_id == Member.account_id)
    member = select(Member.id).join(AccountClinic, here).where(AccountClinic.account_id == account_id)
    return session.scalar(member.limit(1)) is not None


def who_in(session: Session, account_id: uuid.UUID, clinic_id: uuid.UUID) -> Identity | None:
    """Return who an account is in a clinic: an active member, else a patient who has not left; else nobody."""
    member = session.scalar(select(Member).where(Member.clinic_id == clinic_id, Member.account_id == account_id))
    if member is not None and member.status == MemberStatus.ACTIVE:
        roles = frozenset(Role(role) for role in member.roles)
        return Identity(account_id, clinic_id, member.id, roles, name=member.name)
    patient = session.scalar(select(Patient).where(Patient.clinic_id == clinic_id, Patient.account_id == account_id))
    if patient is not None and patient.life_cycle not in (LifeCycle.MOVED, LifeCycle.DIED):
        language = known_language(patient.language)
        return Identity(account_id, clinic_id, patient_id=patient.id, name=patient.name, language=language)
    return None
