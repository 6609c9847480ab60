"""Invites by mail: the link that stands on the screen, sent to an address that is not kept."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require, require_confirmed
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.messaging import letters
from diary.messaging.message import Recipient
from diary.models import Clinic, Invite, Patient
from diary.services import audit
from diary.services.open_invites import find_invite
from diary.services.outbox import mail_is_set_up, post
from diary.services.protection import looked_up


@dataclass(frozen=True, slots=True)
class ShownInvite:
    """The patient whose link is on the screen, and until when it is good."""

    patient_id: uuid.UUID
    name: str
    reference: str
    until: datetime


def shown_invite(who: Identity, patient: Subject, token: str, *, clock: Clock) -> ShownInvite:
    """Return whom a link that is on the clinic's screen is for.

    Raises:
        Expired: the link is no longer good.
        NotThere: it is another patient's.
    """
    with snapshot() as session:
        invite = _invite_of(session, who, patient, token, clock)
        row = session.get_one(Patient, (patient.clinic_id, patient.patient_id))
        return ShownInvite(row.id, row.name, row.reference, invite.expires_at)


def mail_patient_invite(who: Identity, patient: Subject, token: str, *, to: str, link: str, clock: Clock) -> None:
    """Put the link of a patient's invite into the outbox; the address is not stored beside the patient.

    Raises:
        Expired: the link is no longer good.
        Invalid: mail is not set up.
    """
    with transaction() as session:
        invite = _invite_of(session, who, patient, token, clock)
        if not mail_is_set_up():
            raise Invalid(email=Sentence("Mail is not set up in this installation: hand the link over."))
        clinic = session.get_one(Clinic, patient.clinic_id)
        row = session.get_one(Patient, (patient.clinic_id, patient.patient_id))
        whom = Recipient(to, row.language, patient.clinic_id, patient_id=patient.patient_id)
        post(session, letters.patient_invite(whom, clinic=clinic.name, link=link, expires_at=invite.expires_at))
        _write(session, who, invite, clock)


def mail_member_invite(who: Identity, clinic_id: uuid.UUID, token: str, *, link: str, clock: Clock) -> str | None:
    """Put the link of a member's invite into the outbox and return its address, or None where mail is not set up.

    Raises:
        Expired: the link is no longer good.
    """
    require_confirmed(who, Permission.MEMBERS_WRITE, Subject(clinic_id), now=clock())
    with transaction() as session:
        invite = find_invite(session, token, clock())
        if invite.clinic_id != clinic_id or invite.member_id is None:
            raise NotThere
        if not mail_is_set_up() or not invite.email:
            return None
        clinic = session.get_one(Clinic, clinic_id)
        whom = Recipient(invite.email, clinic.language, clinic_id)
        post(session, letters.staff_invite(whom, clinic=clinic.name, link=link, expires_at=invite.expires_at))
        _write(session, who, invite, clock)
        return invite.email


def _invite_of(session: Session, who: Identity, patient: Subject, token: str, clock: Clock) -> Invite:
    require(who, Permission.PATIENT_WRITE, looked_up(session, patient, now=clock()))
    if session.get(Patient, (patient.clinic_id, patient.patient_id)) is None:
        raise NotThere
    invite = find_invite(session, token, clock())
    if (invite.clinic_id, invite.patient_id) != (patient.clinic_id, patient.patient_id):
        raise NotThere
    return invite


def _write(session: Session, who: Identity, invite: Invite, clock: Clock) -> None:
    about = Subject(invite.clinic_id, invite.patient_id)
    audit.write(session, who, "invite.mailed", about=about, at=clock(), content={"invite": str(invite.id)})
