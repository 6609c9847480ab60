"""Invites: a link handed over once; opening it shows a form, sending the form makes the account."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Expired, Invalid, NotThere, Sentence
from diary.models import Account, AccountClinic, Clinic, Invite, Member, Patient
from diary.security.passwords import Passwords, check_new_password
from diary.security.tokens import clinic_token, new_token, read_clinic_token, token_hash
from diary.services import audit, throttle
from diary.services.devices import Visit
from diary.vocabulary import InvitePurpose, LifeCycle, MemberStatus

GOOD_FOR: Final = timedelta(hours=72)
SHORTEST_NAME, LONGEST_NAME = 3, 254


@dataclass(frozen=True, slots=True)
class OpenInvite:
    """An invite that can still be accepted, as its page shows it."""

    clinic: Clinic
    name: str
    for_patient: bool


def invite_patient(who: Identity, patient: Subject, *, clock: Clock) -> str:
    """Return the token of a new invite for a patient; it stands on the screen once.

    Raises:
        Invalid: the clinic has no phone or emergency number yet, or the patient has an account already.
    """
    require(who, Permission.PATIENT_WRITE, patient)
    with transaction() as session:
        clinic = session.get(Clinic, patient.clinic_id)
        row = session.get(Patient, (patient.clinic_id, patient.patient_id))
        if clinic is None or row is None:
            raise NotThere
        if not clinic.phone or not clinic.emergency_number:
            raise Invalid(
                Sentence("Give the clinic's phone and emergency number first: they stand on every page of a patient.")
            )
        if row.life_cycle in (LifeCycle.MOVED, LifeCycle.DIED):
            raise Invalid(Sentence("This patient has left the clinic: nobody is invited any more."))
        if row.account_id is not None:
            raise Invalid(Sentence("This patient has accepted an invite already."))
        return put_invite(session, who, patient, InvitePurpose.PATIENT, clock=clock)


def put_invite(
    session: Session,
    who: Identity,
    about: Subject,
    purpose: InvitePurpose,
    *,
    clock: Clock,
    member_id: uuid.UUID | None = None,
) -> str:
    """Make an invite within a unit that is open already and return its token; earlier ones for the same person end."""
    now, secret = clock(), new_token()
    for earlier in session.scalars(
        select(Invite).where(
            Invite.clinic_id == about.clinic_id,
            Invite.patient_id == about.patient_id,
            Invite.member_id == member_id,
            Invite.used_at.is_(None),
        )
    ):
        earlier.expires_at = min(earlier.expires_at, now)
    invite = Invite(
        clinic_id=about.clinic_id,
        id=uuid.uuid4(),
        token_hash=token_hash(secret),
        purpose=purpose,
        patient_id=about.patient_id,
        member_id=member_id,
        made_at=now,
        expires_at=now + GOOD_FOR,
    )
    session.add(invite)
    said = {"invite": str(invite.id), "purpose": purpose.value}
    audit.write(session, who, "invite.made", about=about, at=now, content=said)
    return clinic_token(about.clinic_id, secret)


def open_invite(token: str, *, clock: Clock) -> OpenInvite:
    """Return what the page of an invite shows; nothing is used up.

    Raises:
        Expired: the link is unknown, used, replaced or older than 72 hours.
    """
    with snapshot() as session:
        invite = _find(session, token, clock())
        clinic = session.get_one(Clinic, invite.clinic_id)
        person = _person(session, invite)
        return OpenInvite(clinic, person.name, isinstance(person, Patient))


def try_invite(token: str, *, visit: Visit, clock: Clock) -> OpenInvite:
    """Return what the page of an invite shows, with links that are no good counted: nobody tries them one by one.

    Raises:
        Expired: as `open_invite`.
        Throttled: too many links from there were no good.
    """
    counters = [throttle.Counted(throttle.INVITE, throttle.network_of(visit.address))]
    throttle.begin_attempt(counters, clock=clock)
    opened = open_invite(token, clock=clock)
    throttle.attempt_succeeded(counters, clock=clock)
    return opened


def accept_invite(token: str, *, sign_in_name: str, password: str, passwords: Passwords, clock: Clock) -> uuid.UUID:
    """Make the account of the person invited and return its id; the link is used up.

    Raises:
        Expired: the link is no longer good.
        Invalid: the name is taken, or the password is too short, too long or on the list of those that leaked.
    """
    check_new_password(password)
    name = _check_sign_in_name(sign_in_name)
    with snapshot() as session:
        _find(session, token, clock())
    hashed = passwords.hash(password)  # slow on purpose, so outside the unit that writes
    with transaction() as session:
        now = clock()
        invite = _find(session, token, now)
        if session.scalar(select(Account.id).where(Account.sign_in_name == name)) is not None:
            raise Invalid(email=Sentence("Somebody signs in with this name already: choose another one."))
        person = _person(session, invite)
        email = name if "@" in name else None
        account = Account(id=uuid.uuid4(), sign_in_name=name, email=email, password_hash=hashed, created_at=now)
        session.add(account)
        session.flush()
        session.add(AccountClinic(account_id=account.id, clinic_id=invite.clinic_id))
        person.account_id, invite.used_at = account.id, now
        if isinstance(person, Member):
            person.status = MemberStatus.ACTIVE
        _write_acceptance(session, invite, now)
        return account.id


def _check_sign_in_name(sign_in_name: str) -> str:
    name = sign_in_name.strip().casefold()
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME or not name.isprintable():
        words = Sentence("Use %(shortest)s to %(longest)s characters.", shortest=SHORTEST_NAME, longest=LONGEST_NAME)
        raise Invalid(email=words)
    return name


def _write_acceptance(session: Session, invite: Invite, now: datetime) -> None:
    who = Identity(clinic_id=invite.clinic_id, patient_id=invite.patient_id, member_id=invite.member_id)
    about = Subject(invite.clinic_id, invite.patient_id)
    audit.write(session, who, "invite.accepted", about=about, at=now, content={"invite": str(invite.id)})


def _find(session: Session, token: str, now: datetime) -> Invite:
    read = read_clinic_token(token)
    invite = read and session.scalar(
        select(Invite).where(Invite.clinic_id == read[0], Invite.token_hash == token_hash(read[1]))
    )
    if not invite or invite.used_at is not None or invite.expires_at <= now:
        raise Expired(Sentence("This link is no longer good. Ask your clinic for a new one."))
    return invite


def _person(session: Session, invite: Invite) -> Patient | Member:
    person: Patient | Member | None
    if invite.purpose == InvitePurpose.PATIENT:
        person = session.get(Patient, (invite.clinic_id, invite.patient_id))
    else:
        person = session.get(Member, (invite.clinic_id, invite.member_id))
    welcome = isinstance(person, Patient) or (person is not None and person.status == MemberStatus.INVITED)
    if person is None or person.account_id is not None or not welcome:
        raise Expired(Sentence("This link is no longer good. Ask your clinic for a new one."))
    return person
