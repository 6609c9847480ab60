"""Known devices: where a visit comes from, and what its attempts to sign in are counted by."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, exists, func, select
from sqlalchemy.orm import Session

from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.messaging.letters import new_device
from diary.models import Account, KnownDevice, Passkey, SignedInSession, SignInAttempts
from diary.security.tokens import new_token, token_hash
from diary.services.notices import send_notice
from diary.services.throttle import ACCOUNT, ADDRESS, CODE, DEVICE, OVERALL, Counted, network_of

FORGOTTEN_AFTER: Final = timedelta(days=400)
"""No browser keeps a cookie longer."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody who is not signed in comes from: an address, the token of the device's cookie, and the browser."""

    address: str | None = None
    device: str | None = None
    browser: str = ""


UNSEEN: Final = Visit()


def counters_of(sign_in_name: str, visit: Visit) -> list[Counted]:
    """Return what an attempt to sign in under a name is counted by, whether anybody has this name or not.

    A device that has signed in to this account is counted for itself alone.
    """
    named = select(Account.id).where(Account.sign_in_name == sign_in_name)
    return _counters(named, sign_in_name, visit)


def counters_of_passkey(credential_id: bytes, visit: Visit) -> list[Counted]:
    """Return what an attempt to sign in with a passkey is counted by; a stranger knows no passkey's id to count it."""
    named = select(Passkey.account_id).where(Passkey.credential_id == credential_id)
    return _counters(named, f"passkey {credential_id.hex()}", visit)


def counters_of_code(account_id: uuid.UUID, visit: Visit) -> list[Counted]:
    """Return what a code of an app is counted by.

    Whoever knows the password alone guesses on a strange device, and keeps the owner on a known one not waiting.
    """
    known = _known(select(Account.id).where(Account.id == account_id), visit)
    return [Counted(CODE, known or str(account_id))]


def _counters(accounts: Select[uuid.UUID], whom: str, visit: Visit) -> list[Counted]:
    known = _known(accounts, visit)
    if known:
        return [Counted(DEVICE, known)]
    return [Counted(ACCOUNT, whom), Counted(ADDRESS, network_of(visit.address)), Counted(OVERALL)]


def _known(accounts: Select[uuid.UUID], visit: Visit) -> str | None:
    """Return what tells one account on one device from all others, or None where it has not signed in from there."""
    if not visit.device:
        return None
    hashed = token_hash(visit.device)
    known = select(KnownDevice.account_id).where(KnownDevice.token_hash == hashed, KnownDevice.account_id.in_(accounts))
    with snapshot() as session:
        account_id = session.scalar(known)
    return f"{account_id}:{hashed.hex()}" if account_id is not None else None


def remember_device(account_id: uuid.UUID, device: str | None, *, clock: Clock, browser: str = "") -> str:
    """Note that an account has signed in from a device, and return the token for its cookie.

    A device that several people share keeps its token; one that nobody has signed in from gets a new one. The owner is
    told by mail of a device that is new.
    """
    now = clock()
    with transaction() as session:
        is_known = select(KnownDevice.token_hash).where(KnownDevice.token_hash == token_hash(device or ""))
        token = device if device and session.scalars(is_known).first() else new_token()
        row = session.get(KnownDevice, (token_hash(token), account_id))
        if row is None:
            _tell_of_new_device(session, account_id, browser, now)
            row = KnownDevice(token_hash=token_hash(token), account_id=account_id, first_seen_at=now)
            session.add(row)
        row.last_seen_at = now
    return token


def _tell_of_new_device(session: Session, account_id: uuid.UUID, browser: str, now: datetime) -> None:
    """Tell the owner by mail; the very first sign-in of all is no news to them."""
    is_known = session.scalar(select(exists().where(KnownDevice.account_id == account_id)))
    sign_ins = session.scalar(select(func.count()).where(SignedInSession.account_id == account_id)) or 0
    if is_known or sign_ins > 1:
        send_notice(session, account_id, new_device, now=now, device=browser or "–")


def tell_of_shared_device(account_id: uuid.UUID, visit: Visit, *, clock: Clock) -> None:
    """Tell the owner by mail of a sign-in that is not remembered, unless the device is known all the same."""
    with transaction() as session:
        if session.get(KnownDevice, (token_hash(visit.device or ""), account_id)) is None:
            _tell_of_new_device(session, account_id, visit.browser, clock())


def forget_devices(session: Session, account_id: uuid.UUID) -> None:
    """Know an account from no device any more, within a unit that is open already."""
    session.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))


def forget_what_is_old(clock: Clock) -> None:
    """Delete attempts that count no more, so that a flood does not fill the disk, and devices whose cookie is gone."""
    with transaction() as session:
        now = clock()
        over = (SignInAttempts.forgotten_at <= now) & (SignInAttempts.open_at <= now)
        session.execute(delete(SignInAttempts).where(over))
        session.execute(delete(KnownDevice).where(KnownDevice.last_seen_at <= now - FORGOTTEN_AFTER))
