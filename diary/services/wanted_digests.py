"""Whether a member wants the counts of the morning: asked when they are planned, and right before they are sent."""

import uuid
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.models import Account, DigestSetting, Member, OutboxMessage
from diary.vocabulary import MemberStatus, Role

READ_BY: Final = frozenset({Role.CLINICIAN, Role.NURSE})
"""Who reads the worklist whose counts these are."""


def takes_digest(session: Session, setting: DigestSetting | None) -> bool:
    """Say whether somebody is to be mailed: they want it, the address agreed, and they work here and may sign in."""
    if setting is None or not setting.is_on or setting.email_confirmed_at is None:
        return False
    member = session.get(Member, (setting.clinic_id, setting.member_id))
    if member is None or member.status != MemberStatus.ACTIVE or not READ_BY & {*map(Role, member.roles)}:
        return False
    account = session.get(Account, member.account_id) if member.account_id else None
    return account is not None and account.disabled_at is None


def is_digest_wanted(session: Session, clinic_id: uuid.UUID | None, message_id: uuid.UUID) -> bool:
    """Say whether the digest that a message is may be handed over: nothing was switched off, and nobody left, since."""
    message = session.get(OutboxMessage, message_id)
    if message is None or clinic_id is None or message.account_id is None:
        return False
    wanted = (
        select(DigestSetting)
        .join(Member, (Member.clinic_id == DigestSetting.clinic_id) & (Member.id == DigestSetting.member_id))
        .where(DigestSetting.clinic_id == clinic_id, Member.account_id == message.account_id)
    )
    return takes_digest(session, session.scalar(wanted))
