"""The links in the mails of the morning: one confirms an address, one stops the mails, neither needs a sign-in."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Expired, Sentence
from diary.models import DigestSetting, Member
from diary.services import audit, digests
from diary.services.reminder_links import row_behind

OPENS_NOTHING: Final = Sentence(
    "This link opens nothing: it was used, its time is over, or a part of it is missing. Sign in to Ebb to see how "
    "your morning mail stands."
)


def open_confirm_link(token: str, *, clock: Clock) -> None:
    """Say whether a link confirms an address; nothing is used up.

    Raises:
        Expired: it confirms nothing.
    """
    with snapshot() as session:
        _to_confirm(session, token, clock())


def confirm_address(token: str, *, clock: Clock) -> None:
    """Confirm the address that a link was sent to: from the next working morning on the counts come to it.

    Raises:
        Expired: it confirms nothing.
    """
    with transaction() as session:
        now = clock()
        row = _to_confirm(session, token, now)
        row.email_confirmed_at, row.confirm_hash, row.confirm_until = now, None, None
        digests.set_next_morning(session, row, now)
        _write(session, row, "digest.address_confirmed", now)


def open_stop_link(token: str) -> None:
    """Say whether a link stops mails; nothing is changed.

    Raises:
        Expired: it stops nothing.
    """
    with snapshot() as session:
        _behind(session, token, DigestSetting.stop_hash)


def stop_mails(token: str, *, clock: Clock) -> None:
    """Mail the counts no more to whom a link belongs; sent again, nothing more happens.

    Raises:
        Expired: it stops nothing.
    """
    with transaction() as session:
        row = _behind(session, token, DigestSetting.stop_hash)
        if row.is_on:
            now = clock()
            row.is_on, row.changed_at = False, now
            digests.set_next_morning(session, row, now)
            _write(session, row, "digest.stopped", now)


def _behind(session: Session, token: str, column: object) -> DigestSetting:
    try:
        row: DigestSetting = row_behind(session, token, column)  # type: ignore[arg-type]
    except Expired:
        raise Expired(OPENS_NOTHING) from None
    return row


def _to_confirm(session: Session, token: str, now: datetime) -> DigestSetting:
    row = _behind(session, token, DigestSetting.confirm_hash)
    if row.confirm_until is None or row.confirm_until <= now:
        raise Expired(OPENS_NOTHING)
    return row


def _write(session: Session, row: DigestSetting, action: str, now: datetime) -> None:
    """Write what the member did by a link alone: it was sent to them."""
    member = session.get_one(Member, (row.clinic_id, row.member_id))
    who = Identity(member.account_id, row.clinic_id, member.id, name=member.name)
    audit.write(session, who, action, about=Subject(row.clinic_id), at=now)
