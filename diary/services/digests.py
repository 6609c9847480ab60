"""The counts of the morning: on each working day at seven of the clinic, by mail, to each member who wants them.

As with reminders, a turn is claimed by moving `next_at` on from the value that was seen, the message is posted in the
same unit, and its id follows from clinic, member and day, so that nobody is mailed twice for one day.
"""

import base64
import hmac
import uuid
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from diary.attempt import can_be_done_again, is_unavailable
from diary.clinical.worklist_order import Band
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.installation import installation
from diary.messaging.digest_letters import digest
from diary.messaging.message import Recipient
from diary.models import Clinic, ClinicTally, DigestSetting, Member
from diary.security.secret_keys import names_key
from diary.security.tokens import clinic_token
from diary.services.digest_times import FURTHEST_AHEAD, Morning, Mornings
from diary.services.fresh_lines import make_all_right
from diary.services.high_scores import WEEK_DAYS, working_days
from diary.services.outbox import post
from diary.services.reminder_links import OCTETS, address_of
from diary.services.tallies import refresh_tally
from diary.services.wanted_digests import takes_digest

AT_ONCE: Final = 50
PUT_OFF: Final = timedelta(minutes=15)
IDS: Final = uuid.UUID("0a0f5f1f-6c0e-4f6e-9a43-52a1d4b7c9e3")
"""The name space of messages that are digests; it never changes."""

log = structlog.get_logger()


def send_digests_where_due(clock: Clock) -> int:
    """Plan the digests whose morning has come, a few of each clinic, and return how many members were looked at."""
    looked_at = 0
    for clinic_id in _clinics_with_some_due(clock()):
        make_all_right(clinic_id, clock=clock)
        for member_id, seen in _due_in(clinic_id, clock()):
            looked_at += 1
            try:
                with transaction() as session:
                    _take_turn(session, (clinic_id, member_id), seen, clock())
            except Exception as error:
                if is_unavailable(error) or can_be_done_again(error):
                    raise  # the turn stands, and the next pass takes it
                log.exception("digest_not_planned")
                _put_off((clinic_id, member_id), seen, clock())
    return looked_at


def mornings_of(clinic: Clinic) -> Mornings:
    """Return the mornings on which a clinic works."""
    return Mornings(ZoneInfo(clinic.time_zone), [WEEK_DAYS.index(name) for name in working_days(clinic)])


def set_next_morning(session: Session, setting: DigestSetting, now: datetime) -> None:
    """Reckon the next morning anew after a change; none comes while the digest is off or nobody agreed to it."""
    if not setting.is_on or setting.email_confirmed_at is None:
        setting.next_at = setting.next_day = None
        return
    morning = mornings_of(session.get_one(Clinic, setting.clinic_id)).next_after(now)
    setting.next_at, setting.next_day = morning.at, morning.day


def counts_of(session: Session, clinic_id: uuid.UUID) -> tuple[tuple[int, int, int], datetime]:
    """Return how many stood in each band of the list when it was counted last, and when that was."""
    tally = session.get_one(ClinicTally, clinic_id)
    needs, decided, nothing = (tally.counts.get(f"band-{band.value}", 0) for band in Band)
    return (needs, decided, nothing), tally.counted_at


def recipient_of(session: Session, setting: DigestSetting) -> Recipient:
    """Return where a member's mails go; staff are written to in English."""
    member = session.get_one(Member, (setting.clinic_id, setting.member_id))
    return Recipient(setting.email, clinic_id=setting.clinic_id, account_id=member.account_id)


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Say whose turn has come, and whose turn a clock that was wrong put far ahead."""
    return or_(DigestSetting.next_at <= now, DigestSetting.next_at > now + FURTHEST_AHEAD)


def _clinics_with_some_due(now: datetime) -> list[uuid.UUID]:
    some_due = exists().where(DigestSetting.clinic_id == Clinic.clinic_id, _is_due(now))
    with snapshot() as session:
        return list(session.scalars(select(Clinic.clinic_id).where(some_due).order_by(Clinic.clinic_id)))


def _due_in(clinic_id: uuid.UUID, now: datetime) -> list[tuple[uuid.UUID, datetime]]:
    row = DigestSetting
    due = select(row.member_id, row.next_at).where(row.clinic_id == clinic_id, _is_due(now))
    with snapshot() as session:
        rows = session.execute(due.order_by(row.next_at, row.member_id).limit(AT_ONCE)).all()
    return [(one.member_id, one.next_at) for one in rows]


def _take_turn(session: Session, key: tuple[uuid.UUID, uuid.UUID], seen: datetime, now: datetime) -> None:
    """Move a member's turn on, and post the digest of today; nothing when another worker was there before."""
    setting = session.get(DigestSetting, key)
    if setting is None or setting.next_day is None:
        return
    mornings = mornings_of(session.get_one(Clinic, setting.clinic_id))
    morning = mornings.due(setting.next_day, now) if seen <= now else None
    if not _move_on(session, key, seen, mornings.next_after(now)):
        return
    if morning is not None and takes_digest(session, setting):
        _post(session, setting, morning, mornings.zone, now)


def _move_on(session: Session, key: tuple[uuid.UUID, uuid.UUID], seen: datetime, after: Morning) -> bool:
    """Claim the turn that was seen, and say whether it was there still."""
    row = DigestSetting
    claim = (
        update(row)
        .where(row.clinic_id == key[0], row.member_id == key[1], row.next_at == seen)
        .values(next_at=after.at, next_day=after.day)
        .execution_options(synchronize_session=False)
    )
    done: Any = session.execute(claim)
    return bool(done.rowcount == 1)


def _put_off(key: tuple[uuid.UUID, uuid.UUID], seen: datetime, now: datetime) -> None:
    row = DigestSetting
    theirs = (row.clinic_id == key[0], row.member_id == key[1], row.next_at == seen)
    with transaction() as session:
        session.execute(update(row).where(*theirs).values(next_at=now + PUT_OFF))


def message_id(clinic_id: uuid.UUID, member_id: uuid.UUID, day: date) -> uuid.UUID:
    """Return the id of the digest of a day, always the same."""
    return uuid.uuid5(IDS, f"{clinic_id}/{member_id}/{day}")


def stop_token(clinic_id: uuid.UUID, member_id: uuid.UUID) -> str:
    """Return the token that stops a member's mails, the same in all of them; it follows from the names key."""
    key = names_key(installation().settings).encode()
    made = hmac.new(key, f"stop digest:{clinic_id}:{member_id}".encode(), sha256).digest()[:OCTETS]
    return clinic_token(clinic_id, base64.urlsafe_b64encode(made).decode().rstrip("="))


def _post(session: Session, setting: DigestSetting, morning: Morning, zone: ZoneInfo, now: datetime) -> None:
    refresh_tally(session, setting.clinic_id, now=now)
    counts, counted_at = counts_of(session, setting.clinic_id)
    letter = digest(
        recipient_of(session, setting),
        counts,
        message_id=message_id(setting.clinic_id, setting.member_id, morning.day),
        counted_at=counted_at.astimezone(zone),
        link=address_of("/clinic/"),
        stop=address_of("/digest/stop/", stop_token(setting.clinic_id, setting.member_id)),
        useful_until=morning.useful_until,
    )
    post(session, letter)
