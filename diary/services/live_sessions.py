"""A session while it lives: how far its person has come, when it locks, and when it is over."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.models import Account, PushSubscription, SignedInSession
from diary.postgres import widen
from diary.security.tokens import new_token, token_hash
from diary.services import audit
from diary.services.belonging import place_of, who_in, works_as_staff
from diary.vocabulary import SECOND_FACTORS, Proof

STAFF_IDLE: Final = timedelta(minutes=15)
STAFF_LONGEST: Final = timedelta(hours=12)
PATIENT_IDLE: Final = timedelta(days=30)
SHARED_IDLE: Final = timedelta(minutes=5)
LOCK_IDLE: Final = timedelta(minutes=5)
HALFWAY_LONGEST: Final = timedelta(minutes=30)
SEEN_EVERY: Final = timedelta(minutes=1)
SEEN_EVERY_WHERE_SHORT: Final = timedelta(seconds=10)
"""Where five minutes count, a whole minute would be too coarse."""


class Standing(StrEnum):
    """How far somebody with a session has come."""

    SIGNED_IN = "signed_in"
    HALFWAY = "halfway"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Held:
    """The session behind a cookie; only whoever is signed in has an identity, and may do anything with it."""

    id: uuid.UUID
    account_id: uuid.UUID
    standing: Standing
    identity: Identity | None
    for_patient: bool
    shared: bool
    has_lock: bool
    language: str


def taken(session: Session, token: str, now: datetime) -> SignedInSession | None:
    """Return the session of `token` for a unit that changes it: nobody else renews or ends it until the unit ends."""
    row = session.get(SignedInSession, token_hash(token), with_for_update=True)
    return row if row is not None and is_live(row, now) else None


def is_live(row: SignedInSession, now: datetime) -> bool:
    """Say whether a session has neither ended nor idled out.

    A clock that went back further than a session may idle ends it too: nobody knows how long it was left alone.
    """
    if row.ended_at is not None:
        return False
    idle, age = abs(now - row.last_seen_at), now - row.created_at
    if row.shared and idle > SHARED_IDLE:
        return False
    if row.patient_id is not None:
        return idle <= PATIENT_IDLE
    if row.proven_by not in SECOND_FACTORS and age > HALFWAY_LONGEST:
        return False
    return idle <= STAFF_IDLE and -STAFF_IDLE <= age <= STAFF_LONGEST


def is_locked(row: SignedInSession, now: datetime) -> bool:
    """Say whether the screen lock is shut: by hand, or since nobody did anything for five minutes."""
    if row.lock_hash is None:
        return False
    return row.locked_at is not None or abs(now - row.last_seen_at) >= LOCK_IDLE


def is_halfway(session: Session, row: SignedInSession, who: Identity) -> bool:
    """Say whether a second factor is missing: staff of a clinic never sign in with a password alone.

    They do not in a clinic where they are a patient either: there a password alone would add a passkey to the account.
    """
    if row.proven_by in SECOND_FACTORS:
        return False
    return who.member_id is not None or works_as_staff(session, row.account_id)


def put_to_work(row: SignedInSession, who: Identity, now: datetime) -> None:
    """Let a session go on as `who` in another clinic.

    In one's own diary it may lie for days: from there it comes to the work of staff with a proof that is no older than
    staff may idle. An older one counts for a password alone, and the second factor is asked for again.
    """
    from_own_diary = row.patient_id is not None
    if from_own_diary and who.member_id is not None and abs(now - row.confirmed_at) > STAFF_IDLE:
        row.proven_by = Proof.PASSWORD
    row.clinic_id, row.member_id, row.patient_id = who.clinic_id, who.member_id, who.patient_id


def whose(session: Session, row: SignedInSession) -> Identity | None:
    """Return who the account of a session is in the clinic that it is at work in, or None where it may not be."""
    account = session.get(Account, row.account_id)
    if account is None or account.disabled_at is not None or row.clinic_id is None:
        return None
    return who_in(session, row.account_id, row.clinic_id)


def look(session: Session, token: str, now: datetime) -> tuple[SignedInSession | None, Held | None]:
    """Return the session of `token` while it lives, and how it stands, by one statement: every request begins so."""
    place = place_of(session, token_hash(token))
    if place is None or not is_live(place.held, now):
        return None, None
    row, who = place.held, place.who
    if who is None:
        return row, None
    halfway = row.proven_by not in SECOND_FACTORS and (who.member_id is not None or place.is_staff)
    return row, _held(row, who, Standing.HALFWAY if halfway else _standing(row, now))


def _standing(row: SignedInSession, now: datetime) -> Standing:
    return Standing.LOCKED if is_locked(row, now) else Standing.SIGNED_IN


def _held(row: SignedInSession, who: Identity, standing: Standing) -> Held:
    proven = replace(who, confirmed_at=row.confirmed_at, confirmed_by=row.proven_by)
    return Held(
        id=row.id,
        account_id=row.account_id,
        standing=standing,
        identity=proven if standing is Standing.SIGNED_IN else None,
        for_patient=who.patient_id is not None,
        shared=row.shared,
        has_lock=row.lock_hash is not None,
        language=who.language,
    )


def is_short(row: SignedInSession) -> bool:
    """Say whether five minutes without use count."""
    return row.shared or row.lock_hash is not None


def seen_every(row: SignedInSession) -> timedelta:
    """Return how often it is noted that a session was used."""
    return SEEN_EVERY_WHERE_SHORT if is_short(row) else SEEN_EVERY


def renew(session: Session, row: SignedInSession, now: datetime) -> str:
    """Give a session a new token; a copy of the old one is worth nothing from now on."""
    token = new_token()
    row.token_hash, row.last_seen_at = token_hash(token), now
    session.flush()
    return token


def end(session: Session, row: SignedInSession, now: datetime, *, followed_by: SignedInSession | None = None) -> None:
    """End a session; every copy of its cookie ends with it, and no reminder comes to its phone any more.

    Where `followed_by`, begun in the same browser, is of the same patient, its phone goes on reminding them.
    """
    row.ended_at = now
    if followed_by is not None and _is_of_same_patient(row, followed_by):
        _hand_on_push(session, row, followed_by)
    else:
        stop_push(session, row)
    who = Identity(row.account_id, row.clinic_id, row.member_id, patient_id=row.patient_id)
    if row.clinic_id:
        widen(session, [row.clinic_id])
        audit.write(session, who, "signed_out", about=Subject(row.clinic_id, row.patient_id), at=now)


def stop_push(session: Session, row: SignedInSession) -> None:
    """Let no reminder come to the phone of a session: whoever holds it next learns nothing of a diary."""
    session.execute(delete(PushSubscription).where(PushSubscription.session_id == row.id))


def _is_of_same_patient(row: SignedInSession, later: SignedInSession) -> bool:
    """Say whether one patient holds both sessions, and nobody else a phone of either."""
    if row.patient_id is None or row.shared or later.shared or later.ended_at is not None:
        return False
    return (row.account_id, row.clinic_id, row.patient_id) == (later.account_id, later.clinic_id, later.patient_id)


def _hand_on_push(session: Session, row: SignedInSession, later: SignedInSession) -> None:
    """Let the phone of a session end with `later` instead; what waits for it still comes, since its id stays."""
    theirs = PushSubscription.session_id == row.id
    session.execute(update(PushSubscription).where(theirs).values(session_id=later.id))
