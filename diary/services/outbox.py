"""The outbox: a message is stored in the unit that asks for it, and sent after the commit, once or not at all.

It is marked `sending` before it is handed over and `sent` after. A worker that dies in between leaves it `unknown`,
and nobody repeats it by themselves.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.installation import installation
from diary.mail_server import MailServer
from diary.messaging import mail
from diary.messaging.message import Message
from diary.models import OutboxMessage
from diary.security.sealing import Broken, Seal
from diary.vocabulary import Channel, OutboxState

LEASE: Final = timedelta(minutes=5)
"""Longer than any hand-over takes: `diary.messaging.mail.LONGEST`, and the commit behind it."""
TRIED_FOR: Final = timedelta(hours=24)
FIRST_DELAY: Final = timedelta(minutes=1)
LONGEST_DELAY: Final = timedelta(hours=2)
KEPT_FOR: Final = timedelta(days=90)
AT_ONCE: Final = 10
ON_THE_WAY: Final = (OutboxState.WAITING, OutboxState.SENDING)

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
        channel=Channel.MAIL,
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
    if mail_is_set_up():
        said = {"to": message.to, "subject": message.subject, "text": message.text}
        row.sealed = _seal().close(json.dumps(said).encode(), owner=message.id.bytes)
        row.state, row.why = OutboxState.WAITING, None
    session.add(row)


def send_due(clock: Clock) -> int:
    """Send what is due, a few at a time, and return how many were taken by the mail server.

    A server that takes nothing ends the pass: the others wait for the next one instead of failing one by one.
    """
    _settle(clock())
    server = installation().settings.mail_server
    sent = 0
    for _ in range(AT_ONCE if server else 0):
        claimed = _claim(clock())
        if claimed is None or server is None:
            break
        came = _deliver(server, claimed, clock)
        sent += came is None
        if isinstance(came, mail.NotReached):
            break
    return sent


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A message that this worker alone may hand over until its lease ends."""

    id: uuid.UUID
    sealed: bytes
    attempts: int
    lease_until: datetime
    expires_at: datetime


def _claim(now: datetime) -> _Claimed | None:
    """Mark the next message that is due `sending`; of two workers that see it, one gets it."""
    is_due = (
        OutboxMessage.state == OutboxState.WAITING,
        OutboxMessage.channel == Channel.MAIL,
        OutboxMessage.due_at <= now,
        OutboxMessage.expires_at > now,
    )
    due = select(OutboxMessage.id).where(*is_due).order_by(OutboxMessage.due_at, OutboxMessage.id).limit(AT_ONCE)
    with snapshot() as session:
        candidates = session.scalars(due).all()
    for candidate in candidates:
        taken = (
            update(OutboxMessage)
            .where(OutboxMessage.id == candidate, *is_due)
            .values(state=OutboxState.SENDING, attempts=OutboxMessage.attempts + 1, lease_until=now + LEASE)
            .returning(OutboxMessage.sealed, OutboxMessage.attempts, OutboxMessage.expires_at)
        )
        with transaction() as session:
            row = session.execute(taken).one_or_none()
        if row is not None:
            return _Claimed(candidate, row.sealed or b"", row.attempts, now + LEASE, row.expires_at)
    return None


def _deliver(server: MailServer, claimed: _Claimed, clock: Clock) -> mail.MailProblem | None:
    """Hand one message over, mark what came of it, and return the problem if there was one."""
    try:
        said = json.loads(_seal().open(claimed.sealed, owner=claimed.id.bytes))
        letter = mail.Mail(said["to"], said["subject"], said["text"], reference=str(claimed.id))
        mail.send(server, letter, at=clock())
    except Broken:
        problem: mail.MailProblem = mail.TurnedDown("other_key", "It was sealed with another key.")
    except mail.MailProblem as met:
        problem = met
    else:
        _mark(claimed, state=OutboxState.SENT, sent_at=clock(), why=None)
        return None
    log.warning("mail_not_taken", message=str(claimed.id), why=problem.why, attempts=claimed.attempts)
    _mark(claimed, why=problem.why, **_after(problem, claimed, clock()))
    return problem


def _after(problem: mail.MailProblem, claimed: _Claimed, now: datetime) -> dict[str, Any]:
    if isinstance(problem, mail.Unclear):
        return {"state": OutboxState.UNKNOWN}
    again = now + min(FIRST_DELAY * 2 ** min(claimed.attempts - 1, 20), LONGEST_DELAY)
    if isinstance(problem, mail.Delayed) and again < claimed.expires_at:
        return {"state": OutboxState.WAITING, "due_at": again}
    return {"state": OutboxState.FAILED}


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


def _seal() -> Seal:
    return Seal(installation().settings.secret_key, "outbox")
