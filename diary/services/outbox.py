"""The outbox: a message is stored in the unit that asks for it, and sent after the commit, once or not at all.

It is marked `sending` before it is handed over and `sent` after. A worker that dies in between leaves it `unknown`,
and nobody repeats it by themselves. Each channel has a carrier, and a pass of its own: one that is down holds up no
other.
"""

import json
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.installation import installation
from diary.messaging import mail
from diary.messaging.message import Message
from diary.messaging.problems import DeliveryProblem, Gone, NotReached, TurnedDown
from diary.models import OutboxMessage
from diary.security.sealing import Broken, Seal
from diary.services import push_subscriptions
from diary.services.outbox_delays import delay_after, what_becomes_of
from diary.services.wanted_digests import is_digest_wanted
from diary.services.wanted_reminders import is_still_wanted
from diary.vocabulary import Channel, MessageKind, OutboxState

LEASE: Final = timedelta(minutes=5)
"""Longer than any hand-over takes: `diary.messaging.mail.LONGEST`, and the commit behind it."""
TRIED_FOR: Final = timedelta(hours=24)
KEPT_FOR: Final = timedelta(days=90)
AT_ONCE: Final = 10
ON_THE_WAY: Final = (OutboxState.WAITING, OutboxState.SENDING)


class Carrier(Protocol):
    """Hands over what a message of its channel says; it was taken when this returns, else it raises the problem.

    What it must look up it looks up first: an error of the database says that nothing was handed over yet.
    """

    def __call__(self, said: Mapping[str, Any], *, reference: str, at: datetime) -> None:
        """Hand it over."""


CARRIERS: Final[dict[Channel, Carrier]] = {Channel.MAIL: mail.deliver, Channel.PUSH: push_subscriptions.deliver}
FORGET_DEAD: Final[dict[Channel, Callable[[Mapping[str, Any]], None]]] = {Channel.PUSH: push_subscriptions.forget_dead}
"""What is done, outside a unit, with what was said to somebody who is `Gone`."""

_not_handed_over: Final[deque["_Claimed"]] = deque()
"""Messages that this process could not put back when the database failed before they were handed over."""

log = structlog.get_logger()


def mail_is_set_up() -> bool:
    """Say whether mail can be sent; pages that offer it say so where it cannot."""
    return installation().settings.mail_server is not None


def post(session: Session, message: Message) -> None:
    """Put `message` into the outbox, within a unit that is open already; a second one with the same id changes nothing.

    Without a mail server nothing of it is kept but that it could not be sent.
    """
    if session.get(OutboxMessage, message.id) is not None:
        return
    now = installation().clock()
    due = max(now, message.not_before or now)
    row = OutboxMessage(
        id=message.id,
        kind=message.kind,
        channel=message.channel,
        clinic_id=message.clinic_id,
        account_id=message.account_id,
        patient_id=message.patient_id,
        sealed=None,
        state=OutboxState.FAILED,
        attempts=0,
        made_at=now,
        due_at=due,
        expires_at=min(message.expires_at or due + TRIED_FOR, due + TRIED_FOR),
        why="no_mail_server",
    )
    if message.channel is not Channel.MAIL or mail_is_set_up():
        row.sealed = seal().close(json.dumps(message.said).encode(), owner=message.id.bytes)
        row.state, row.why = OutboxState.WAITING, None
    session.add(row)


def send_due(clock: Clock, channels: Iterable[Channel] = tuple(CARRIERS)) -> int:
    """Send what is due through these channels, a few at a time, and return how many were taken.

    A server that takes nothing ends the pass of its channel: the others wait for the next one instead of failing one
    by one.
    """
    for claimed in _left_over():
        _put_back(claimed, clock())
    _settle(clock())
    return sum(_send_through(channel, clock) for channel in channels if _can_carry(channel))


def _left_over() -> Iterator["_Claimed"]:
    """Take out what could not be put back so far; another channel's thread may do the same."""
    for _ in range(len(_not_handed_over)):
        try:
            claimed = _not_handed_over.popleft()
        except IndexError:
            return
        yield claimed


def send_now(message_id: uuid.UUID, *, clock: Clock) -> None:
    """Hand one message over at once, for somebody who waits to see what comes of it; nothing if it is not due."""
    claimed = _take(message_id, clock())
    if claimed is not None and _can_carry(claimed.channel):
        _deliver(claimed, clock)


def _can_carry(channel: Channel) -> bool:
    return channel is not Channel.MAIL or mail_is_set_up()


def _send_through(channel: Channel, clock: Clock) -> int:
    sent = 0
    for _ in range(AT_ONCE):
        claimed = _claim(clock(), channel)
        if claimed is None:
            break
        came = _deliver(claimed, clock)
        sent += came is None
        if isinstance(came, NotReached):
            break
    return sent


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A message that this worker alone may hand over until its lease ends."""

    id: uuid.UUID
    kind: str
    channel: Channel
    clinic_id: uuid.UUID | None
    sealed: bytes
    attempts: int
    lease_until: datetime
    expires_at: datetime


def _claim(now: datetime, channel: Channel = Channel.MAIL) -> _Claimed | None:
    """Mark the next message that is due `sending`; of two workers that see it, one gets it."""
    is_due = (OutboxMessage.channel == channel, *_is_due(now))
    due = select(OutboxMessage.id).where(*is_due).order_by(OutboxMessage.due_at, OutboxMessage.id).limit(AT_ONCE)
    with snapshot() as session:
        candidates = session.scalars(due).all()
    return next(filter(None, (_take(candidate, now) for candidate in candidates)), None)


def _take(candidate: uuid.UUID, now: datetime) -> _Claimed | None:
    """Mark this message `sending` if it is due still."""
    taken = (
        update(OutboxMessage)
        .where(OutboxMessage.id == candidate, *_is_due(now))
        .values(state=OutboxState.SENDING, attempts=OutboxMessage.attempts + 1, lease_until=now + LEASE)
        .returning(
            OutboxMessage.kind,
            OutboxMessage.channel,
            OutboxMessage.clinic_id,
            OutboxMessage.sealed,
            OutboxMessage.attempts,
            OutboxMessage.expires_at,
        )
    )
    with transaction() as session:
        row = session.execute(taken).one_or_none()
    if row is None:
        return None
    return _Claimed(
        candidate,
        row.kind,
        Channel(row.channel),
        row.clinic_id,
        row.sealed or b"",
        row.attempts,
        now + LEASE,
        row.expires_at,
    )


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxMessage.state == OutboxState.WAITING,
        OutboxMessage.due_at <= now,
        OutboxMessage.expires_at > now,
    )


def _deliver(claimed: _Claimed, clock: Clock) -> DeliveryProblem | None:
    """Hand one message over, mark what came of it, and return the problem if there was one."""
    try:
        said = json.loads(seal().open(claimed.sealed, owner=claimed.id.bytes))
        _ask_once_more(claimed, clock())
        CARRIERS[claimed.channel](said, reference=str(claimed.id), at=clock())
    except Broken:
        problem: DeliveryProblem = TurnedDown("other_key", "It was sealed with another key.")
    except DeliveryProblem as met:
        problem = met
    except SQLAlchemyError:  # of a look before the hand-over: nobody was told anything
        _put_back(claimed, clock())
        raise
    else:
        _mark(claimed, state=OutboxState.SENT, sent_at=clock(), why=None)
        return None
    log.warning("message_not_taken", message=str(claimed.id), why=problem.why, attempts=claimed.attempts)
    _mark(claimed, why=problem.why, **what_becomes_of(problem, claimed, clock()))
    if isinstance(problem, Gone) and claimed.channel in FORGET_DEAD:
        FORGET_DEAD[claimed.channel](said)
    return problem


def _ask_once_more(claimed: _Claimed, now: datetime) -> None:
    """Let a message pass, but for a reminder or a digest that nobody waits for any more.

    Raises:
        TurnedDown: the day was answered meanwhile, they were switched off, or the member works here no more.
    """
    if claimed.kind == MessageKind.REMINDER:
        with snapshot() as session:
            if not is_still_wanted(session, claimed.clinic_id, claimed.id, now=now):
                raise TurnedDown("not_wanted", "Nobody waits for this reminder any more.")
    if claimed.kind == MessageKind.DIGEST:
        with snapshot() as session:
            if not is_digest_wanted(session, claimed.clinic_id, claimed.id):
                raise TurnedDown("not_wanted", "Nobody waits for this digest any more.")


def _mark(claimed: _Claimed, *, state: OutboxState, **values: Any) -> None:
    """Write down what came of a message, unless its lease has ended meanwhile: then it is `unknown` already."""
    if state not in ON_THE_WAY:
        values["sealed"] = None
    is_ours = (
        OutboxMessage.id == claimed.id,
        OutboxMessage.state == OutboxState.SENDING,
        OutboxMessage.lease_until == claimed.lease_until,
    )
    with transaction() as session:
        session.execute(update(OutboxMessage).where(*is_ours).values(state=state, lease_until=None, **values))


def _put_back(claimed: _Claimed, now: datetime) -> None:
    """Let what was not handed over wait again; where that fails too, the next passes try as long as its lease lasts."""
    delay = min(delay_after(claimed.attempts), (claimed.expires_at - now) / 2)
    try:
        _mark(claimed, state=OutboxState.WAITING, due_at=now + delay)
    except SQLAlchemyError:
        log.warning("message_not_put_back", message=str(claimed.id))
        if now < claimed.lease_until:
            _not_handed_over.append(claimed)


def _settle(now: datetime) -> None:
    """Give up on what can no longer be sent, and forget what is old; nothing is written when there is none."""
    orphaned = and_(OutboxMessage.state == OutboxState.SENDING, OutboxMessage.lease_until <= now)
    expired = and_(OutboxMessage.state == OutboxState.WAITING, OutboxMessage.expires_at <= now)
    old = and_(OutboxMessage.made_at <= now - KEPT_FOR, OutboxMessage.state.not_in(ON_THE_WAY))
    with snapshot() as session:
        if not session.scalar(select(exists().where(or_(orphaned, expired, old)))):
            return
    with transaction() as session:
        _end(session, orphaned, state=OutboxState.UNKNOWN, why="worker_gone")
        _end(session, expired, state=OutboxState.FAILED, why="expired")
        session.execute(delete(OutboxMessage).where(old))


def _end(session: Session, which: ColumnElement[bool], *, state: OutboxState, why: str) -> None:
    ended = {"state": state, "why": why, "sealed": None, "lease_until": None}
    session.execute(update(OutboxMessage).where(which).values(ended))


def seal() -> Seal:
    """Return the seal of what is kept here."""
    return Seal.of(installation().settings, "outbox")
