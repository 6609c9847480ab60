"""The staff of a clinic as its admin sees them: how each stands, what proves them, when they were last here."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot
from diary.errors import NotThere
from diary.models import AuditEvent, Invite, Member, OneTimeCodes, Passkey
from diary.services.members import latest_invite
from diary.vocabulary import MemberStatus


class Link(StrEnum):
    """How the last invite link of a member stands."""

    NONE = "none"
    GOOD = "good"
    OVER = "over"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class MemberOfStaff:
    """A member, their last invite, what proves them beside a password, and when they last signed in here."""

    member: Member
    link: Link
    invited_as: str
    until: datetime | None
    has_codes: bool
    has_passkey: bool
    last_signed_in: datetime | None


ORDER: Final = (MemberStatus.ACTIVE, MemberStatus.INVITED, MemberStatus.SUSPENDED, MemberStatus.LEFT)


def staff_of_clinic(who: Identity, clinic_id: uuid.UUID, *, clock: Clock) -> list[MemberOfStaff]:
    """Return the staff of a clinic: who is active first, who left last, each by name."""
    require(who, Permission.MEMBERS_READ, Subject(clinic_id))
    with snapshot() as session:
        rows = session.execute(select(Member, _last_signed_in()).where(Member.clinic_id == clinic_id)).all()
        found = _told(session, [(row[0], row[1]) for row in rows], clock())
    return sorted(found, key=lambda one: (ORDER.index(MemberStatus(one.member.status)), one.member.name.casefold()))


def member_of_staff(who: Identity, clinic_id: uuid.UUID, member_id: uuid.UUID, *, clock: Clock) -> MemberOfStaff:
    """Return one member.

    Raises:
        NotThere: the clinic has no such member.
    """
    require(who, Permission.MEMBERS_READ, Subject(clinic_id))
    with snapshot() as session:
        wanted = select(Member, _last_signed_in()).where(Member.clinic_id == clinic_id, Member.id == member_id)
        row = session.execute(wanted).one_or_none()
        if row is None:
            raise NotThere
        return _told(session, [(row[0], row[1])], clock())[0]


def _last_signed_in() -> ScalarSelect[datetime]:
    event = AuditEvent
    theirs = (event.clinic_id == Member.clinic_id, event.actor_id == Member.id, event.action == "signed_in")
    return select(event.at).where(*theirs).order_by(event.position.desc()).limit(1).correlate(Member).scalar_subquery()


def _told(session: Session, rows: Iterable[tuple[Member, datetime | None]], now: datetime) -> list[MemberOfStaff]:
    members = list(rows)
    accounts = [member.account_id for member, _ in members if member.account_id]
    codes = set(session.scalars(select(OneTimeCodes.account_id).where(OneTimeCodes.account_id.in_(accounts))))
    passkeys = set(session.scalars(select(Passkey.account_id).where(Passkey.account_id.in_(accounts))))
    found = []
    for member, last in members:
        invite = latest_invite(session, member.clinic_id, member.id)
        found.append(
            MemberOfStaff(
                member=member,
                link=_link(invite, now),
                invited_as=invite.email or "" if invite else "",
                until=invite.expires_at if invite else None,
                has_codes=member.account_id in codes,
                has_passkey=member.account_id in passkeys,
                last_signed_in=last,
            )
        )
    return found


def _link(invite: Invite | None, now: datetime) -> Link:
    if invite is None or invite.used_at is not None:
        return Link.NONE
    if invite.withdrawn_at is not None:
        return Link.WITHDRAWN
    return Link.GOOD if invite.expires_at > now else Link.OVER
