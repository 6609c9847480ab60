"""Signing in and out: one row for each sign-in, so that a copied cookie dies with it."""

import uuid
from contextlib import suppress
from datetime import datetime
from typing import Final, cast

import structlog
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.attempt import this_attempt
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import BeingMoved, NotThere
from diary.models import Account, SignedInSession
from diary.postgres import widen
from diary.prepared import Prepared
from diary.security.passwords import Passwords
from diary.security.tokens import new_token, token_hash
from diary.services import audit, throttle
from diary.services.belonging import places_of, who_in
from diary.services.devices import UNSEEN, Visit, counters_of
from diary.services.live_sessions import (
    SHARED_IDLE,
    Held,
    Standing,
    end,
    is_halfway,
    is_short,
    look,
    put_to_work,
    renew,
    seen_every,
    taken,
    whose,
)
from diary.vocabulary import SECOND_FACTORS, Proof
from diary.wall import whole_house

_SESSION: Final = cast("Table", SignedInSession.__table__)
_NOTE: Final = update(_SESSION).where(_SESSION.c.token_hash == bindparam("hashed"))
_FREE: Final = (
    select(_SESSION.c.token_hash)
    .where(_SESSION.c.token_hash == bindparam("hashed"))
    .with_for_update(skip_locked=True)  # whoever holds it is using it; a unit of the diary never waits for that
)
_USED: Final = Prepared(
    update(_SESSION)
    .where(_SESSION.c.token_hash == _FREE.scalar_subquery())
    .values(last_seen_at=bindparam("now", type_=_SESSION.c.last_seen_at.type))
)
USE: Final = "use of the session"

log = structlog.get_logger()


def sign_in(
    sign_in_name: str, password: str, *, visit: Visit, passwords: Passwords, clock: Clock, shared: bool = False
) -> str | None:
    """Return the token of a new session, or None when name and password do not belong together.

    Staff stand halfway with it, until they have proven themselves by a second factor.

    Raises:
        Throttled: there were too many attempts; the password was not looked at.
    """
    name = sign_in_name.strip().casefold()
    counters = counters_of(name, visit)
    throttle.begin_attempt(counters, clock=clock)
    with snapshot() as session:
        account = session.scalar(select(Account).where(Account.sign_in_name == name, Account.disabled_at.is_(None)))
    if not passwords.verify(account.password_hash if account else None, password) or account is None:
        return None
    throttle.attempt_succeeded(counters, clock=clock)
    if account.password_hash and passwords.is_outdated(account.password_hash):
        _rehash(account.id, passwords.hash(password))
    return start_session(account.id, visit=visit, shared=shared, clock=clock)


def start_session(
    account_id: uuid.UUID,
    *,
    clock: Clock,
    visit: Visit = UNSEEN,
    proof: Proof = Proof.PASSWORD,
    shared: bool = False,
) -> str | None:
    """Return the token of a new session of an account in its clinic, or None when no clinic knows it any more."""
    token, now = new_token(), clock()
    with transaction() as session:
        who = next(places_of(session, account_id), None)
        if who is None or who.clinic_id is None:
            return None
        held = SignedInSession(
            token_hash=token_hash(token),
            account_id=account_id,
            clinic_id=who.clinic_id,
            member_id=who.member_id,
            patient_id=who.patient_id,
            proven_by=proof,
            confirmed_at=now,
            device=visit.browser,
            network=throttle.network_of(visit.address),
            shared=shared,
            created_at=now,
            last_seen_at=now,
        )
        session.add(held)
        if not is_halfway(session, held, who):
            audit.write(session, who, "signed_in", about=Subject(who.clinic_id, who.patient_id), at=now)
    return token


def session_behind(token: str, *, clock: Clock) -> Held | None:
    """Return the session of `token` and note that it was used, or None when it ended, idled out or was never there."""
    now = clock()
    row, held = _look(token, now)
    if row is None or held is None:
        return None
    if held.standing is Standing.LOCKED:
        if row.locked_at is None:
            with suppress(BeingMoved):
                _note(row.token_hash, locked_at=now)  # a clock that goes back opens nothing again
    elif abs(now - row.last_seen_at) >= seen_every(row):
        _note_use(row, now)
    return held


def note_use_left() -> None:
    """Note that the session was used, where no unit of the request has done so by its end.

    A page that was made is not refused because that cannot be written: the session then counts as used before.
    """
    attempt = this_attempt()
    if attempt is None or USE not in attempt.along:
        return
    try:
        with whole_house(), transaction(once=USE):
            pass  # what waits is written along
    except BeingMoved:
        pass
    except SQLAlchemyError as refusal:
        log.warning("use_not_noted", kind=type(getattr(refusal, "orig", refusal)).__name__)


def session_at_rest(token: str, *, clock: Clock) -> Held | None:
    """Return the session of `token` as `session_behind` does, without noting that it was used."""
    return _look(token, clock())[1]


def identity_behind(token: str, *, clock: Clock) -> Identity | None:
    """Return who is signed in with the session of `token`; nobody is who stands halfway."""
    held = session_behind(token, clock=clock)
    return held.identity if held else None


def prove(token: str, proof: Proof, *, clock: Clock) -> str:
    """Note that the person has just proven who they are, and return the new token of their session.

    A screen lock is open afterwards.

    Raises:
        NotThere: the session ended meanwhile, or has a new token already.
    """
    now = clock()
    with transaction() as session:
        held = taken(session, token, now)
        who = whose(session, held) if held else None
        if held is None or who is None or who.clinic_id is None:
            raise NotThere
        was_halfway = is_halfway(session, held, who)
        if proof in SECOND_FACTORS or held.proven_by == Proof.PASSWORD:
            held.proven_by = proof
        held.confirmed_at, held.locked_at, held.lock_failures = now, None, 0
        done = "signed_in" if was_halfway else "confirmed"
        audit.write(session, who, done, about=Subject(who.clinic_id, who.patient_id), at=now)
        return renew(session, held, now)


def work_in(token: str, clinic_id: uuid.UUID, *, clock: Clock) -> str | None:
    """Return the new token of the same session at work in another clinic of the account, or None where it has none.

    Staff who come from their own diary long after they proved who they are stand halfway with it, or sign in anew.
    """
    now = clock()
    with transaction() as session:
        held = taken(session, token, now)
        widen(session, [clinic_id])
        who = who_in(session, held.account_id, clinic_id) if held else None
        if held is None or who is None:
            return None
        put_to_work(held, who, now)
        if not is_halfway(session, held, who):
            audit.write(session, who, "signed_in", about=Subject(clinic_id, who.patient_id), at=now)
        return renew(session, held, now)


def sign_out(token: str, *, clock: Clock, followed_by: str | None = None) -> None:
    """End the session of `token`; every copy of its cookie ends with it.

    `followed_by` is the token of the session that begins in the same browser, if one does.
    """
    with transaction() as session:
        held = session.get(SignedInSession, token_hash(token), with_for_update=True)
        if held is not None and held.ended_at is None:
            later = session.get(SignedInSession, token_hash(followed_by)) if followed_by else None
            end(session, held, clock(), followed_by=later)


def end_sessions(account_id: uuid.UUID, *, clock: Clock, but: str | None = None) -> None:
    """End every session of an account, but the one whose token is `but`: its copied cookies die at once."""
    with transaction() as session:
        put_end_to_sessions(session, account_id, now=clock(), but=but)


def put_end_to_sessions(session: Session, account_id: uuid.UUID, *, now: datetime, but: str | None = None) -> None:
    """End every session of an account within a unit that is open already."""
    open_ones = select(SignedInSession).where(
        SignedInSession.account_id == account_id, SignedInSession.ended_at.is_(None)
    )
    for held in session.scalars(open_ones.with_for_update()):
        if but is None or held.token_hash != token_hash(but):
            end(session, held, now)


def _look(token: str, now: datetime) -> tuple[SignedInSession | None, Held | None]:
    with whole_house(), snapshot() as session:  # an account may be staff elsewhere, which counts here too
        return look(session, token, now)


def _note_use(row: SignedInSession, now: datetime) -> None:
    """Note the use of a session with whatever the request writes next; at once outside of requests.

    At once, too, where a session of five minutes is about to end: another request must not find it over meanwhile.
    """
    hashed, attempt = row.token_hash, this_attempt()
    if attempt is None or (is_short(row) and abs(now - row.last_seen_at) > SHARED_IDLE / 2):
        with suppress(BeingMoved):
            _note(hashed, last_seen_at=now)
        return
    attempt.along[USE] = lambda session: _USED.run(session, hashed=hashed, now=now)


def _note(hashed: bytes, **noted: datetime) -> None:
    """Write it down unless the session has a new token meanwhile."""
    with transaction(once=hashed) as session:
        session.execute(_NOTE.values(**noted), {"hashed": hashed})


def _rehash(account_id: uuid.UUID, hashed: str) -> None:
    with transaction() as session:
        session.get_one(Account, account_id).password_hash = hashed
