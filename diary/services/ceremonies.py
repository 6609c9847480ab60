"""Ceremonies: a question that is put to a passkey, answered once and within minutes, by whom it was put to."""

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from diary.clock import Clock
from diary.db import transaction
from diary.errors import Sentence
from diary.models import Account, Ceremony, Passkey
from diary.security.passkeys import (
    CHALLENGE_BYTES,
    NewPasskey,
    NotProven,
    Site,
    check_new,
    check_sign_in,
    credential_in,
    questions_for_new,
    questions_for_sign_in,
)

LASTS: Final = timedelta(minutes=5)
NOT_PROVEN: Final = Sentence("The passkey could not be checked. Try again, or use another way.")


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser is asked, and the name that its answer comes back under."""

    ceremony: uuid.UUID
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent back: the name of the ceremony, and the JSON that its device made."""

    ceremony: str
    said: str


def ask_known(account_id: uuid.UUID | None, *, site: Site, clock: Clock) -> Question:
    """Ask for a passkey of an account; of nobody in particular, for whichever the device offers."""
    with transaction() as session:
        known = _credentials(session, account_id)
        return _put(session, account_id, clock(), lambda asked: questions_for_sign_in(site, asked, known=known))


def ask_for_new(account_id: uuid.UUID, *, site: Site, clock: Clock) -> Question:
    """Ask the device to make a passkey for an account, unless it holds one of it."""
    with transaction() as session:
        known, name = _credentials(session, account_id), session.get_one(Account, account_id).sign_in_name
        return _put(
            session,
            account_id,
            clock(),
            lambda asked: questions_for_new(site, asked, account=account_id.bytes, name=name, known=known),
        )


def ask_for_first(session: Session, name: str, *, site: Site, now: datetime) -> Question:
    """Ask for a passkey for an account that is made with it, whose id will be that of the ceremony."""
    account_id = uuid.uuid4()

    def questions(asked: bytes) -> dict[str, Any]:
        return questions_for_new(site, asked, account=account_id.bytes, name=name, known=())

    return _put(session, None, now, questions, ceremony=account_id)


def proven_account(
    session: Session, answer: Answer, account_id: uuid.UUID | None, *, site: Site, now: datetime
) -> uuid.UUID | None:
    """Return the account whose passkey gave the answer, or None; the ceremony is over either way.

    With an `account_id` only a passkey of that account, asked for by it, is one.
    """
    challenge, passkey = _taken(session, answer, account_id, now), _passkey(session, answer)
    if challenge is None or passkey is None or account_id not in (None, passkey.account_id):
        return None
    try:
        count = check_sign_in(
            site, challenge, answer.said, public_key=passkey.public_key, sign_count=passkey.sign_count
        )
    except NotProven:
        return None
    passkey.sign_count, passkey.last_used_at = count, now
    return passkey.account_id


def made_passkey(
    session: Session, answer: Answer, account_id: uuid.UUID | None, *, site: Site, now: datetime
) -> NewPasskey | None:
    """Return the passkey that was made for an account, or None; the ceremony is over either way."""
    challenge = _taken(session, answer, account_id, now)
    try:
        return None if challenge is None else check_new(site, challenge, answer.said)
    except NotProven:
        return None


def ceremony_of(answer: Answer) -> uuid.UUID | None:
    """Return the ceremony that an answer names, or None where it is no name."""
    try:
        return uuid.UUID(answer.ceremony)
    except ValueError:
        return None


def credential_named(answer: Answer) -> bytes:
    """Return the id of the passkey that an answer speaks of; nothing where it names none."""
    try:
        return credential_in(answer.said)
    except NotProven:
        return b""


def _put(
    session: Session,
    account_id: uuid.UUID | None,
    now: datetime,
    questions: Callable[[bytes], dict[str, Any]],
    *,
    ceremony: uuid.UUID | None = None,
) -> Question:
    """Keep a challenge, and forget those that nobody answered in time."""
    session.execute(delete(Ceremony).where(Ceremony.expires_at <= now))
    row = Ceremony(
        id=ceremony or uuid.uuid4(),
        account_id=account_id,
        challenge=os.urandom(CHALLENGE_BYTES),
        expires_at=now + LASTS,
    )
    session.add(row)
    return Question(row.id, questions(row.challenge))


def _taken(session: Session, answer: Answer, account_id: uuid.UUID | None, now: datetime) -> bytes | None:
    """Take a ceremony away and return its challenge; of twenty who take it at once, one gets it."""
    taken = (
        delete(Ceremony)
        .where(Ceremony.id == ceremony_of(answer))
        .returning(Ceremony.account_id, Ceremony.challenge, Ceremony.expires_at)
    )
    row = session.execute(taken).one_or_none()
    if row is None or row.account_id != account_id or row.expires_at <= now:
        return None
    return bytes(row.challenge)


def _passkey(session: Session, answer: Answer) -> Passkey | None:
    return session.get(Passkey, credential_named(answer), with_for_update=True)


def _credentials(session: Session, account_id: uuid.UUID | None) -> list[bytes]:
    return list(session.scalars(select(Passkey.credential_id).where(Passkey.account_id == account_id)))
