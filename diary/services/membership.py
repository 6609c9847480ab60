"""How staff stand in a clinic: roles, suspended, brought back, gone; a clinic always keeps an active admin."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require_confirmed
from diary.clock import Clock
from diary.db import HELD, transaction
from diary.errors import Invalid, NotThere, Refused, Sentence
from diary.models import AccountClinic, Clinic, DigestSetting, Member, SignedInSession
from diary.services import audit
from diary.services.handed_out import end_all_of
from diary.vocabulary import SECOND_FACTORS, MemberStatus, Proof, Role

AT_WORK = (MemberStatus.ACTIVE, MemberStatus.SUSPENDED)


def change_roles(
    who: Identity, clinic_id: uuid.UUID, member_id: uuid.UUID, roles: Iterable[Role], *, clock: Clock
) -> None:
    """Give a member exactly `roles`, from their next page on.

    Raises:
        Invalid: no role at all, or the clinic would be left without an active admin.
    """
    wanted, now = tuple(sorted(role.value for role in roles)), clock()
    if not wanted:
        raise Invalid(roles=Sentence("Choose at least one role."))
    with transaction() as session:
        member = _hold(session, who, clinic_id, member_id, now)
        if member.status == MemberStatus.LEFT:
            raise Invalid(Sentence("This person left the clinic: invite them again."))
        if Role.ADMIN not in wanted:
            _keep_an_admin(session, member)
        before = list(member.roles)
        if before == list(wanted):
            return
        member.roles = wanted
        said = {"member": str(member.id), "before": before, "after": list(wanted)}
        audit.write(session, who, "member.roles_changed", about=Subject(clinic_id), at=now, content=said)


def suspend(who: Identity, clinic_id: uuid.UUID, member_id: uuid.UUID, *, clock: Clock) -> None:
    """Keep a member out until they are brought back; what they have open here, or handed out, ends at once.

    Raises:
        Invalid: it is oneself, the last active admin, or nobody who is active.
    """
    now = clock()
    with transaction() as session:
        member = _hold(session, who, clinic_id, member_id, now)
        if member.id == who.member_id:
            raise Invalid(Sentence("You cannot suspend yourself: ask another admin, or leave the clinic."))
        if member.status != MemberStatus.ACTIVE:
            raise Invalid(Sentence("Only somebody who is active can be suspended: look at how they stand now."))
        _keep_an_admin(session, member)
        member.status = MemberStatus.SUSPENDED
        _end_sessions_here(session, member, now)
        end_all_of(session, member, now=now)
        _write(session, who, "member.suspended", member, now)


def bring_back(who: Identity, clinic_id: uuid.UUID, member_id: uuid.UUID, *, clock: Clock) -> None:
    """Let a suspended member work again; they sign in anew.

    Raises:
        Invalid: they are not suspended.
    """
    now = clock()
    with transaction() as session:
        member = _hold(session, who, clinic_id, member_id, now)
        if member.status != MemberStatus.SUSPENDED:
            raise Invalid(Sentence("Only somebody who is suspended can be brought back: look at how they stand now."))
        member.status = MemberStatus.ACTIVE
        _write(session, who, "member.brought_back", member, now)


def end_membership(who: Identity, clinic_id: uuid.UUID, member_id: uuid.UUID, *, clock: Clock) -> None:
    """End the membership of somebody else; their account stays theirs and is no longer part of this clinic.

    Raises:
        Invalid: it is oneself, the last active admin, or nobody who works there.
    """
    now = clock()
    with transaction() as session:
        member = _hold(session, who, clinic_id, member_id, now)
        if member.id == who.member_id:
            raise Invalid(Sentence("Leave the clinic yourself: the settings have a page for it."))
        if member.status not in AT_WORK:
            raise Invalid(Sentence("This person does not work in the clinic: look at how they stand now."))
        _let_go(session, who, member, now)


def leave_clinic(who: Identity, *, clock: Clock) -> None:
    """End one's own membership.

    Raises:
        Invalid: the clinic would be left without an active admin.
    """
    if who.clinic_id is None or who.member_id is None:
        raise NotThere
    about, now = Subject(who.clinic_id), clock()
    require_confirmed(who, Permission.MEMBERSHIP_END, about, now=now)
    with transaction() as session:
        member = _member_alone(session, who.clinic_id, who.member_id)
        if member.status != MemberStatus.ACTIVE:
            raise NotThere
        _let_go(session, who, member, now)


def _hold(session: Session, who: Identity, clinic_id: uuid.UUID, member_id: uuid.UUID, now: datetime) -> Member:
    """Ask for the permission and return the member, with the clinic's staff held against everybody else."""
    require_confirmed(who, Permission.MEMBERS_WRITE, Subject(clinic_id), now=now)
    member = _member_alone(session, clinic_id, member_id)
    acting = session.get(Member, (clinic_id, who.member_id)) if who.member_id else None
    if not who.operator and (acting is None or not _is_active_admin(acting)):
        raise Refused(Sentence("Your role in this clinic does not allow this."))  # since this page was asked for
    return member


def _member_alone(session: Session, clinic_id: uuid.UUID, member_id: uuid.UUID) -> Member:
    """Return a member after the clinic's row was locked: of two changes at once, the second sees the first."""
    session.get(Clinic, clinic_id, with_for_update=HELD)
    member = session.get(Member, (clinic_id, member_id))
    if member is None:
        raise NotThere
    return member


def _keep_an_admin(session: Session, member: Member) -> None:
    """Refuse to take the last active admin away.

    Raises:
        Invalid: `member` is the one.
    """
    if not _is_active_admin(member):
        return
    others = select(Member).where(Member.clinic_id == member.clinic_id, Member.id != member.id)
    if not any(map(_is_active_admin, session.scalars(others))):
        raise Invalid(
            Sentence("%(name)s is the last active admin: make somebody else an admin first.", name=member.name)
        )


def _is_active_admin(member: Member) -> bool:
    return member.status == MemberStatus.ACTIVE and Role.ADMIN in member.roles


def _let_go(session: Session, who: Identity, member: Member, now: datetime) -> None:
    _keep_an_admin(session, member)
    _end_sessions_here(session, member, now)
    end_all_of(session, member, now=now)
    if member.account_id is not None:
        here = (AccountClinic.account_id == member.account_id, AccountClinic.clinic_id == member.clinic_id)
        session.execute(delete(AccountClinic).where(*here))
    digest = DigestSetting
    session.execute(delete(digest).where(digest.clinic_id == member.clinic_id, digest.member_id == member.id))
    member.status, member.account_id = MemberStatus.LEFT, None
    _write(session, who, "member.left", member, now)


def _end_sessions_here(session: Session, member: Member, now: datetime) -> None:
    """End what the account has open in this clinic; its work in another clinic goes on.

    A session that is at home in its owner's own diary comes back to work here only with a new second factor.
    """
    held = SignedInSession
    open_here = select(held).where(
        held.account_id == member.account_id, held.clinic_id == member.clinic_id, held.ended_at.is_(None)
    )
    for one in session.scalars(open_here):
        one.ended_at = now
    in_own_diary = (held.account_id == member.account_id, held.patient_id.is_not(None), held.ended_at.is_(None))
    proven = update(held).where(*in_own_diary, held.proven_by.in_(SECOND_FACTORS))
    session.execute(proven.values(proven_by=Proof.PASSWORD))


def _write(session: Session, who: Identity, action: str, member: Member, now: datetime) -> None:
    content = {"member": str(member.id)}
    audit.write(session, who, action, about=Subject(member.clinic_id), at=now, content=content)
