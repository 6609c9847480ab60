"""Staff: invited by an admin or from the command line, and patients invited by their reference."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require_confirmed
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import Account, Invite, Member
from diary.services import audit
from diary.services.clinics import clinics_named, put_clinic, put_member, the_clinic
from diary.services.invites import invite_patient, put_invite
from diary.services.patients import patient_with_reference
from diary.vocabulary import InvitePurpose, MemberStatus, Role


def invite_member(
    who: Identity, email: str, *, clinic: str, roles: Iterable[Role], clock: Clock, name: str = ""
) -> str:
    """Invite someone to a clinic, which is added when there is none of that name, and return the token.

    Without a `name` the member is called by the first part of the address.

    Raises:
        Invalid: no e-mail address, or one that belongs to the clinic already.
    """
    address = email.strip().casefold()
    if "@" not in address[1:-1]:
        raise Invalid(f"{email!r} is not an e-mail address.")
    with transaction() as session:
        known = clinics_named(session, clinic)
        clinic_id = known[0].clinic_id if known else put_clinic(session, who, clinic, clock=clock)
        if _works_here(session, clinic_id, address):
            raise Invalid(f"{email} has an account already in {clinic}.")
        called = name or address.partition("@")[0]
        return _put(session, who, clinic_id, name=called, email=address, roles=roles, clock=clock)


def invite_to_clinic(
    who: Identity, clinic_id: uuid.UUID, *, name: str, email: str, roles: Iterable[Role], clock: Clock
) -> str:
    """Invite someone to the staff of a clinic and return the token.

    Whether the address has an account in another clinic is not told: the person joins with it, or makes a new one.

    Raises:
        Invalid: the address belongs to the clinic already, or was invited already.
    """
    address = email.strip().casefold()
    require_confirmed(who, Permission.MEMBERS_WRITE, Subject(clinic_id), now=clock())
    with transaction() as session:
        if _works_here(session, clinic_id, address):
            raise Invalid(email=Sentence("Somebody with this address works in your clinic already."))
        if _is_invited(session, clinic_id, address):
            raise Invalid(email=Sentence("This address was invited already: make a new link in the list of members."))
        return _put(session, who, clinic_id, name=name, email=address, roles=roles, clock=clock)


def renew_invite(who: Identity, clinic_id: uuid.UUID, member_id: uuid.UUID, *, clock: Clock) -> str:
    """Return the token of a new invite for a member who has not joined yet; the one before ends.

    Raises:
        Invalid: they joined or were withdrawn meanwhile.
    """
    about = Subject(clinic_id)
    require_confirmed(who, Permission.MEMBERS_WRITE, about, now=clock())
    with transaction() as session:
        member = expected_member(session, clinic_id, member_id)
        last = latest_invite(session, clinic_id, member.id)
        email = last.email if last else None
        return put_invite(session, who, about, InvitePurpose.MEMBER, clock=clock, member_id=member.id, email=email)


def withdraw_invite(who: Identity, clinic_id: uuid.UUID, member_id: uuid.UUID, *, clock: Clock) -> None:
    """End the invite of a member who has not joined yet, and with it their place in the clinic.

    Raises:
        Invalid: they joined or were withdrawn meanwhile.
    """
    about, now = Subject(clinic_id), clock()
    require_confirmed(who, Permission.MEMBERS_WRITE, about, now=now)
    with transaction() as session:
        member = expected_member(session, clinic_id, member_id)
        member.status = MemberStatus.LEFT
        last = latest_invite(session, clinic_id, member.id)
        if last is not None:
            last.withdrawn_at, last.email = now, None
        said = {"invite": str(last.id) if last else ""}
        audit.write(session, who, "invite.withdrawn", about=about, at=now, content=said)


def expected_member(session: Session, clinic_id: uuid.UUID, member_id: uuid.UUID) -> Member:
    """Return a member who was invited and has not joined yet, held until the unit ends."""
    member = session.get(Member, (clinic_id, member_id), with_for_update=True)
    if member is None:
        raise NotThere
    if member.status != MemberStatus.INVITED:
        raise Invalid(Sentence("This invite was used or withdrawn meanwhile: look at the list of members."))
    return member


def latest_invite(session: Session, clinic_id: uuid.UUID, member_id: uuid.UUID) -> Invite | None:
    """Return the invite that was made last for a member."""
    wanted = select(Invite).where(Invite.clinic_id == clinic_id, Invite.member_id == member_id)
    return session.scalar(wanted.order_by(Invite.made_at.desc(), Invite.expires_at.desc(), Invite.id).limit(1))


def _put(
    session: Session,
    who: Identity,
    clinic_id: uuid.UUID,
    *,
    name: str,
    email: str,
    roles: Iterable[Role],
    clock: Clock,
) -> str:
    member = put_member(session, who, clinic_id, name=name, roles=roles, clock=clock)
    return put_invite(
        session, who, Subject(clinic_id), InvitePurpose.MEMBER, clock=clock, member_id=member.id, email=email
    )


def _works_here(session: Session, clinic_id: uuid.UUID, address: str) -> bool:
    works = (
        select(Member.id)
        .join(Account, Account.id == Member.account_id)
        .where(Member.clinic_id == clinic_id, (Account.sign_in_name == address) | (Account.email == address))
    )
    return session.scalar(works.limit(1)) is not None


def _is_invited(session: Session, clinic_id: uuid.UUID, address: str) -> bool:
    invited = (
        select(Invite.id)
        .join(Member, (Member.clinic_id == Invite.clinic_id) & (Member.id == Invite.member_id))
        .where(Invite.clinic_id == clinic_id, Invite.email == address, Member.status == MemberStatus.INVITED)
    )
    return session.scalar(invited.limit(1)) is not None


def invite_by_reference(who: Identity, reference: str, *, clinic: str | None, clock: Clock) -> str:
    """Invite the patient of that reference and return the token.

    Raises:
        Invalid: no such patient, or the clinic's numbers are missing.
    """
    with snapshot() as session:
        home = the_clinic(session, clinic)
        patient = patient_with_reference(session, home.clinic_id, reference)
    if patient is None:
        raise Invalid(f"{home.name} has no patient with the reference {reference!r}.")
    return invite_patient(who, Subject(home.clinic_id, patient.id), clock=clock)
