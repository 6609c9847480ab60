"""Signing in and out: one row for each sign-in, so that a copied cookie dies with it."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.models import Account, AccountClinic, Member, Patient, SignedInSession
from diary.security.passwords import Passwords
from diary.security.tokens import new_token, token_hash
from diary.services import audit, throttle
from diary.services.devices import Visit, counters_of
from diary.vocabulary import LifeCycle, MemberStatus, Role

STAFF_IDLE: Final = timedelta(minutes=15)
STAFF_LONGEST: Final = timedelta(hours=12)
PATIENT_IDLE: Final = timedelta(days=30)
SEEN_EVERY: Final = timedelta(minutes=1)


def sign_in(sign_in_name: str, password: str, *, visit: Visit, passwords: Passwords, clock: Clock) -> str | None:
    """Return the token of a new session, or None when name and password do not belong together.

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
    return start_session(account.id, clock=clock)


def start_session(account_id: uuid.UUID, *, clock: Clock) -> str | None:
    """Return the token of a new session of an account in its clinic, or None when no clinic knows it any more."""
    token, now = new_token(), clock()
    with transaction() as session:
        who = _at_work(session, account_id)
        if who is None or who.clinic_id is None:
            return None
        session.add(
            SignedInSession(
                token_hash=token_hash(token),
                account_id=account_id,
                clinic_id=who.clinic_id,
                member_id=who.member_id,
                patient_id=who.patient_id,
                created_at=now,
                last_seen_at=now,
            )
        )
        audit.write(session, who, "signed_in", about=Subject(who.clinic_id, who.patient_id), at=now)
    return token


def identity_behind(token: str, *, clock: Clock) -> Identity | None:
    """Return who holds the session of `token`, or None when it ended, idled out or was never there."""
    now = clock()
    with snapshot() as session:
        held = session.get(SignedInSession, token_hash(token))
        if held is None or held.ended_at is not None or _over(held, now):
            return None
        who = _identity(session, held)
    if who is not None and now - held.last_seen_at >= SEEN_EVERY:
        _seen(held.token_hash, now)
    return who


def sign_out(token: str, *, clock: Clock) -> None:
    """End the session of `token`; every copy of its cookie ends with it."""
    with transaction() as session:
        held = session.get(SignedInSession, token_hash(token))
        if held is None or held.ended_at is not None:
            return
        held.ended_at = clock()
        who = Identity(held.account_id, held.clinic_id, held.member_id, patient_id=held.patient_id)
        if held.clinic_id:
            about = Subject(held.clinic_id, held.patient_id)
            audit.write(session, who, "signed_out", about=about, at=held.ended_at)


def _over(held: SignedInSession, now: datetime) -> bool:
    if held.patient_id is not None:
        return now - held.last_seen_at > PATIENT_IDLE
    return now - held.last_seen_at > STAFF_IDLE or now - held.created_at > STAFF_LONGEST


def _seen(hashed: bytes, now: datetime) -> None:
    with transaction() as session:
        session.get_one(SignedInSession, hashed).last_seen_at = now


def _rehash(account_id: uuid.UUID, hashed: str) -> None:
    with transaction() as session:
        session.get_one(Account, account_id).password_hash = hashed


def _at_work(session: Session, account_id: uuid.UUID) -> Identity | None:
    clinic_ids: Sequence[uuid.UUID] = session.scalars(
        select(AccountClinic.clinic_id).where(AccountClinic.account_id == account_id).order_by(AccountClinic.clinic_id)
    ).all()
    for clinic_id in clinic_ids:
        who = _in_clinic(session, account_id, clinic_id)
        if who is not None:
            return who
    return None


def _identity(session: Session, held: SignedInSession) -> Identity | None:
    account = session.get(Account, held.account_id)
    if account is None or account.disabled_at is not None or held.clinic_id is None:
        return None
    return _in_clinic(session, held.account_id, held.clinic_id)


def _in_clinic(session: Session, account_id: uuid.UUID, clinic_id: uuid.UUID) -> Identity | None:
    member = session.scalar(select(Member).where(Member.clinic_id == clinic_id, Member.account_id == account_id))
    if member is not None and member.status == MemberStatus.ACTIVE:
        roles = frozenset(Role(role) for role in member.roles)
        return Identity(account_id, clinic_id, member.id, roles, name=member.name)
    patient = session.scalar(select(Patient).where(Patient.clinic_id == clinic_id, Patient.account_id == account_id))
    if patient is not None and patient.life_cycle not in (LifeCycle.MOVED, LifeCycle.DIED):
        return Identity(account_id, clinic_id, patient_id=patient.id, name=patient.name)
    return None
