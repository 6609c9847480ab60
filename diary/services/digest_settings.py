"""How a member is mailed the counts of the morning: switched on, an address that is confirmed first, tried, stopped."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.mail_server import address_in_ascii
from diary.messaging import digest_letters
from diary.models import Account, Clinic, DigestSetting, OutboxMessage
from diary.security.tokens import token_hash
from diary.services import audit, throttle
from diary.services.digests import counts_of, recipient_of, set_next_morning, stop_token
from diary.services.high_scores import working_days
from diary.services.outbox import mail_is_set_up, post, send_now
from diary.services.reminder_links import address_of, new_link
from diary.services.tallies import is_to_be_counted, refresh_tally
from diary.services.wanted_digests import takes_digest
from diary.vocabulary import OutboxState

CONFIRM_WITHIN: Final = timedelta(hours=24)
WORTH_NOTHING_AFTER: Final = timedelta(minutes=1)
"""A trial is not tried again: whoever waits for it is told why it did not leave."""


@dataclass(frozen=True, slots=True)
class OwnDigest:
    """How a member's digest stands.

    Attributes:
        is_on: it was switched on; confirmed: its address agreed.
        email: that address, or before they gave one that of their account.
        next_at: when the next one comes, in the clinic's zone; None when none does.
        working_days: the days on which the clinic works, as it has set them.
        mail_is_set_up: this installation can send mail.
    """

    is_on: bool
    confirmed: bool
    email: str
    next_at: datetime | None
    working_days: tuple[str, ...]
    mail_is_set_up: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a trial: a state of the outbox, and the class of what went wrong."""

    state: OutboxState
    why: str


def own_digest(who: Identity, clinic_id: uuid.UUID) -> OwnDigest:
    """Return how the digest of the member who is asking stands."""
    require(who, Permission.DIGEST_SET, Subject(clinic_id))
    with snapshot() as session:
        clinic = session.get_one(Clinic, clinic_id)
        row = session.get(DigestSetting, (clinic_id, who.member_id))
        account = session.get(Account, who.account_id) if who.account_id else None
    next_at = row.next_at if row is not None else None
    return OwnDigest(
        is_on=row is not None and row.is_on,
        confirmed=row is not None and row.email_confirmed_at is not None,
        email=(row.email if row else None) or (account.email if account else None) or "",
        next_at=next_at.astimezone(ZoneInfo(clinic.time_zone)) if next_at else None,
        working_days=working_days(clinic),
        mail_is_set_up=mail_is_set_up(),
    )


def set_digest(who: Identity, clinic_id: uuid.UUID, email: str, *, clock: Clock) -> None:
    """Switch the digest on; an address that has not agreed yet is written to first, and has to.

    Raises:
        Invalid: no mail is set up, or no mail can be sent to that address.
        Throttled: too many addresses were tried.
    """
    about = Subject(clinic_id)
    require(who, Permission.DIGEST_SET, about)
    _check(email)
    if not _has_agreed(who, clinic_id, email):
        _count_a_letter(who, clock)
    with transaction() as session:
        now = clock()
        row = _put_setting(session, who, clinic_id, email, now)
        row.is_on, row.changed_at = True, now
        if row.email != email:
            row.email, row.email_confirmed_at = email, None
        if row.email_confirmed_at is None:
            _ask_address(session, row, now)
        set_next_morning(session, row, now)
        audit.write(session, who, "digest.set", about=about, at=now)


def stop_digest(who: Identity, clinic_id: uuid.UUID, *, clock: Clock) -> None:
    """Send no digest any more; the address is kept for when they begin again."""
    about = Subject(clinic_id)
    require(who, Permission.DIGEST_SET, about)
    with transaction() as session:
        now = clock()
        row = session.get(DigestSetting, (clinic_id, who.member_id))
        if row is not None and row.is_on:
            row.is_on, row.changed_at = False, now
            set_next_morning(session, row, now)
            audit.write(session, who, "digest.stopped", about=about, at=now)


def try_digest(who: Identity, clinic_id: uuid.UUID, *, clock: Clock) -> Trial:
    """Send the counts of now to the address that agreed, at once, and return what came of it.

    Raises:
        Invalid: no address has agreed, or the digest is off.
        Throttled: it was tried too often.
    """
    about = Subject(clinic_id)
    require(who, Permission.DIGEST_SET, about)
    with snapshot() as session:
        if not takes_digest(session, session.get(DigestSetting, (clinic_id, who.member_id))):
            raise Invalid(Sentence("Switch it on and confirm the address first."))
    throttle.begin_attempt([throttle.Counted(throttle.TRIAL, f"digest of {who.member_id}")], clock=clock)
    with transaction() as session:
        now = clock()
        row = session.get_one(DigestSetting, (clinic_id, who.member_id))
        zone = ZoneInfo(session.get_one(Clinic, clinic_id).time_zone)
        if is_to_be_counted(session, clinic_id):
            refresh_tally(session, clinic_id, now=now)
        letter = digest_letters.trial(
            recipient_of(session, row),
            counts_of(session, clinic_id)[0],
            link=address_of("/clinic/"),
            day=now.astimezone(zone).date(),
            expires_at=now + WORTH_NOTHING_AFTER,
        )
        post(session, letter)
        audit.write(session, who, "digest.tried", about=about, at=now)
    send_now(letter.id, clock=clock)
    with snapshot() as session:
        sent = session.get_one(OutboxMessage, letter.id)
        return Trial(OutboxState(sent.state), sent.why or "")


def _put_setting(session: Session, who: Identity, clinic_id: uuid.UUID, email: str, now: datetime) -> DigestSetting:
    if who.member_id is None:
        raise NotThere
    row = session.get(DigestSetting, (clinic_id, who.member_id))
    if row is None:
        row = DigestSetting(
            clinic_id=clinic_id,
            member_id=who.member_id,
            is_on=True,
            email=email,
            stop_hash=token_hash(stop_token(clinic_id, who.member_id)),
            changed_at=now,
        )
        session.add(row)
    return row


def _check(email: str) -> None:
    if not mail_is_set_up():
        raise Invalid(Sentence("Mail is not set up here."))
    try:
        address_in_ascii(email)
    except ValueError:
        raise Invalid(email=Sentence("Write an address like name@example.org.")) from None


def _has_agreed(who: Identity, clinic_id: uuid.UUID, email: str) -> bool:
    with snapshot() as session:
        row = session.get(DigestSetting, (clinic_id, who.member_id))
    return row is not None and row.email == email and row.email_confirmed_at is not None


def _count_a_letter(who: Identity, clock: Clock) -> None:
    """Count a letter to an address that somebody only says is theirs."""
    throttle.begin_attempt([throttle.Counted(throttle.TRIAL, f"digest address of {who.member_id}")], clock=clock)


def _ask_address(session: Session, row: DigestSetting, now: datetime) -> None:
    link, row.confirm_hash = new_link(row.clinic_id, "/digest/confirm/")
    row.confirm_until = now + CONFIRM_WITHIN
    zone = ZoneInfo(session.get_one(Clinic, row.clinic_id).time_zone)
    until = row.confirm_until.astimezone(zone)
    post(session, digest_letters.confirm_address(recipient_of(session, row), link=link, expires_at=until))
