"""Invites: a link handed over once; opening it shows a form, sending the form makes the account."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import Account, AccountClinic, Clinic, Invite, Member, Patient
from diary.security.passwords import Passwords, check_new_password
from diary.security.tokens import clinic_token, new_token, read_clinic_token, token_hash
from diary.services import audit, throttle
from diary.services.consent_texts import REQUIRED, current_text
from diary.services.consents import put_consent
from diary.services.devices import Visit
from diary.services.handed_out import end_links
from diary.services.open_invites import GOOD_FOR, find_invite, person_invited, suggested_name
from diary.services.protection import looked_up, refuse_through_glass
from diary.vocabulary import InvitePurpose, LifeCycle, MemberStatus

__all__ = ["accept_invite", "invite_patient", "open_invite", "put_invite", "read_clinic_token", "try_invite"]
SHORTEST_NAME, LONGEST_NAME = 3, 254


@dataclass(frozen=True, slots=True)
class OpenInvite:
    """An invite that can still be accepted, as its page shows it.

    `suggested` is a name to sign in with that is free; `until` is the moment at which the link ends; `language` is
    that of the patient, or of the clinic where staff is invited.
    """

    clinic: Clinic
    name: str
    for_patient: bool
    suggested: str
    until: datetime
    language: str


def invite_patient(who: Identity, patient: Subject, *, clock: Clock) -> str:
    """Return the token of a new invite for a patient; it stands on the screen once.

    Raises:
        Refused: `who` sees the diary through broken glass alone.
        Invalid: the clinic has no phone or emergency number yet, or the patient has an account already.
    """
    with transaction() as session:
        about = looked_up(session, patient, now=clock())
        require(who, Permission.PATIENT_WRITE, about)
        refuse_through_glass(who, about)
        row = session.get(Patient, (patient.clinic_id, patient.patient_id))
        if row is None:
            raise NotThere
        check_numbers(session, patient.clinic_id)
        if row.life_cycle in (LifeCycle.MOVED, LifeCycle.DIED):
            raise Invalid(Sentence("This patient has left the clinic: nobody is invited any more."))
        if row.account_id is not None:
            raise Invalid(Sentence("This patient has accepted an invite already."))
        return put_invite(session, who, patient, InvitePurpose.PATIENT, clock=clock)


def check_numbers(session: Session, clinic_id: uuid.UUID) -> None:
    """Refuse to invite patients to a clinic whose numbers are missing.

    Raises:
        Invalid: the clinic has no phone or emergency number yet.
    """
    clinic = session.get_one(Clinic, clinic_id)
    if not clinic.phone or not clinic.emergency_number:
        raise Invalid(
            Sentence("Give the clinic's phone and emergency number first: they stand on every page of a patient.")
        )


def put_invite(
    session: Session,
    who: Identity,
    about: Subject,
    purpose: InvitePurpose,
    *,
    clock: Clock,
    member_id: uuid.UUID | None = None,
    email: str | None = None,
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
        earlier.expires_at, earlier.email = min(earlier.expires_at, now), None
    invite = Invite(
        clinic_id=about.clinic_id,
        id=uuid.uuid4(),
        token_hash=token_hash(secret),
        purpose=purpose,
        patient_id=about.patient_id,
        member_id=member_id,
        made_at=now,
        expires_at=now + GOOD_FOR,
        email=email,
    )
    session.add(invite)
    said = {"invite": str(invite.id), "purpose": purpose.value}
    audit.write(session, who, "invite.made", about=about, at=now, content=said)
    return clinic_token(about.clinic_id, secret)


def open_invite(token: str, *, clock: Clock) -> OpenInvite:
    """Return what the page of an invite shows; nothing is used up.

    Raises:
        Expired: the link is no longer good; the sentence says what to do.
    """
    with snapshot() as session:
        invite = find_invite(session, token, clock())
        clinic = session.get_one(Clinic, invite.clinic_id)
        person = person_invited(session, invite)
        suggested = suggested_name(session, invite, person.name)
        is_patient = isinstance(person, Patient)
        language = person.language if isinstance(person, Patient) else clinic.language
        return OpenInvite(clinic, person.name, is_patient, suggested, invite.expires_at, language)


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


def accept_invite(
    token: str, *, sign_in_name: str, password: str, passwords: Passwords, clock: Clock, agreed: str = ""
) -> uuid.UUID:
    """Make the account of the person invited and return its id; the link is used up.

    A patient agrees to the diary in the words of the version `agreed`; of staff nothing is asked.

    Raises:
        Expired: the link is no longer good.
        Invalid: the name is taken, or the password is too short, too long or on the list of those that leaked; or a
            patient did not agree to the words of today.
        Throttled: too many names were tried with this link.
    """
    check_new_password(password)
    name = check_sign_in_name(sign_in_name)
    with snapshot() as session:
        check_agreed(find_invite(session, token, clock()), agreed)
    count_name(token, clock=clock)
    hashed = passwords.hash(password)  # slow on purpose, so outside the unit that writes
    with transaction() as session:
        now = clock()
        invite = find_invite(session, token, now, to_use=True)
        check_free(session, name)
        person = person_invited(session, invite)
        email = name if "@" in name else invite.email
        account = Account(id=uuid.uuid4(), sign_in_name=name, email=email, password_hash=hashed, created_at=now)
        session.add(account)
        session.flush()
        bind(session, invite, person, account.id, now=now)
        put_agreement(session, invite, agreed, now)
        return account.id


def bind(session: Session, invite: Invite, person: Patient | Member, account_id: uuid.UUID, *, now: datetime) -> None:
    """Make an account the one of the person invited; the link is used up, and where it was sent is forgotten.

    Links to begin again with this account end: what one clinic handed out opens no place in another.
    """
    if session.get(AccountClinic, (account_id, invite.clinic_id)) is None:
        session.add(AccountClinic(account_id=account_id, clinic_id=invite.clinic_id))
    person.account_id, invite.used_at, invite.email = account_id, now, None
    end_links(session, account_id, now=now)
    if isinstance(person, Member):
        person.status = MemberStatus.ACTIVE
    who = Identity(clinic_id=invite.clinic_id, patient_id=invite.patient_id, member_id=invite.member_id)
    about = Subject(invite.clinic_id, invite.patient_id)
    audit.write(session, who, "invite.accepted", about=about, at=now, content={"invite": str(invite.id)})


def count_name(token: str, *, clock: Clock) -> None:
    """Count a name that is tried with an invite: whoever holds one cannot ask for name after name who signs in here.

    Raises:
        Throttled: too many names were tried with this link.
    """
    throttle.begin_attempt([throttle.Counted(throttle.NAME, token)], clock=clock)


def check_free(session: Session, name: str) -> None:
    """Refuse a name that somebody signs in with.

    Raises:
        Invalid: it is taken.
    """
    if session.scalar(select(Account.id).where(Account.sign_in_name == name)) is not None:
        raise Invalid(email=Sentence("Somebody signs in with this name already: choose another one."))


def check_agreed(invite: Invite, agreed: str) -> None:
    """Refuse a patient who did not tick the words of today.

    Raises:
        Invalid: the box is not ticked, or other words stood beside it.
    """
    if invite.purpose != InvitePurpose.PATIENT or agreed == current_text(REQUIRED).version:
        return
    if agreed:
        raise Invalid(consent=Sentence("The words have changed: read them and tick the box again."))
    raise Invalid(consent=Sentence("Tick the box to begin. Without it your clinic cannot keep a diary."))


def put_agreement(session: Session, invite: Invite, agreed: str, now: datetime) -> None:
    """Keep what a patient agreed to with their invite, within the unit that makes the account."""
    if invite.purpose == InvitePurpose.PATIENT:
        about = Subject(invite.clinic_id, invite.patient_id)
        who = Identity(clinic_id=invite.clinic_id, patient_id=invite.patient_id)
        put_consent(session, who, about, REQUIRED, version=agreed, now=now)


def check_sign_in_name(sign_in_name: str) -> str:
    """Return a name to sign in with as it is stored.

    Raises:
        Invalid: it is too short, too long, or has signs that nobody sees.
    """
    name = sign_in_name.strip().casefold()
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME or not name.isprintable():
        words = Sentence("Use %(shortest)s to %(longest)s characters.", shortest=SHORTEST_NAME, longest=LONGEST_NAME)
        raise Invalid(email=words)
    return name
