"""Handing over within this installation: the account gets the new patient and loses the old one, in one act."""

import uuid
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.db import HELD
from diary.errors import Invalid, Sentence
from diary.models import AccountClinic, Clinic, Member, Patient
from diary.services import audit
from diary.services.handed_out import end_codes, end_invites, end_links
from diary.services.projection import refresh_summary
from diary.services.sign_in import put_end_to_sessions
from diary.vocabulary import LifeCycle


def hand_over(session: Session, who: Identity, leaving: Subject, added: Subject, *, digest: str, now: datetime) -> None:
    """End a patient in the clinic they leave, and give their account to the patient who was just added.

    Raises:
        Invalid: the account has a place in the new clinic already, or the old patient has died.
    """
    old = session.get_one(Patient, (leaving.clinic_id, leaving.patient_id), with_for_update=HELD)
    new = session.get_one(Patient, (added.clinic_id, added.patient_id))
    if old.life_cycle == LifeCycle.DIED:
        raise Invalid(Sentence("The other clinic has recorded that this patient died. Ask there."))
    old.life_cycle = LifeCycle.MOVED
    if old.account_id is not None:
        _give_account(session, old, new, now)
    end_codes(session, leaving, now=now)
    end_invites(session, leaving, now=now)
    to = session.get_one(Clinic, added.clinic_id).name
    audit.write(session, who, "patient.moved_out", about=leaving, at=now, content={"to": to, "digest": digest})
    refresh_summary(session, old.clinic_id, old.id, now=now)


def _give_account(session: Session, old: Patient, new: Patient, now: datetime) -> None:
    account_id = old.account_id
    if account_id is None:
        return
    there = select(Patient.id).where(Patient.clinic_id == new.clinic_id, Patient.account_id == account_id)
    if session.scalar(there) is not None:
        raise Invalid(Sentence("This person signs in as a patient of your clinic already."))
    if _works_in(session, account_id, new.clinic_id):
        raise Invalid(
            Sentence(
                "This person works in your clinic with the same sign-in. Take the diary in from a file, "
                "and invite them under another name."
            )
        )
    put_end_to_sessions(session, account_id, now=now)
    end_links(session, account_id, now=now)
    old.account_id = None
    session.flush()
    new.account_id = account_id
    if not _works_in(session, account_id, old.clinic_id):
        session.execute(
            delete(AccountClinic).where(
                AccountClinic.account_id == account_id, AccountClinic.clinic_id == old.clinic_id
            )
        )
    if session.get(AccountClinic, (account_id, new.clinic_id)) is None:
        session.add(AccountClinic(account_id=account_id, clinic_id=new.clinic_id))
    session.flush()


def _works_in(session: Session, account_id: uuid.UUID, clinic_id: uuid.UUID) -> bool:
    member = select(Member.id).where(Member.clinic_id == clinic_id, Member.account_id == account_id)
    return session.scalar(member) is not None
