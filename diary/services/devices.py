"""Known devices: where a visit comes from, and what its attempts to sign in are counted by."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.models import Account, KnownDevice, SignInAttempts
from diary.security.tokens import new_token, token_hash
from diary.services.throttle import ACCOUNT, ADDRESS, DEVICE, OVERALL, Counted, network_of

FORGOTTEN_AFTER: Final = timedelta(days=400)
"""No browser keeps a cookie longer."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody who is not signed in comes from: an address, and the token of the device's cookie."""

    address: str | None = None
    device: str | None = None


def counters_of(sign_in_name: str, visit: Visit) -> list[Counted]:
    """Return what an attempt to sign in under a name is counted by, whether anybody has this name or not.

    A device that has signed in to this account is counted for itself alone.
    """
    if visit.device:
        hashed = token_hash(visit.device)
        known = (
            select(KnownDevice.account_id)
            .join(Account, Account.id == KnownDevice.account_id)
            .where(KnownDevice.token_hash == hashed, Account.sign_in_name == sign_in_name)
        )
        with snapshot() as session:
            account_id = session.scalar(known)
        if account_id is not None:
            return [Counted(DEVICE, f"{account_id}:{hashed.hex()}")]
    return [Counted(ACCOUNT, sign_in_name), Counted(ADDRESS, network_of(visit.address)), Counted(OVERALL)]


def remember_device(account_id: uuid.UUID, device: str | None, *, clock: Clock) -> str:
    """Note that an account has signed in from a device, and return the token for its cookie.

    A device that several people share keeps its token; one that nobody has signed in from gets a new one.
    """
    now = clock()
    with transaction() as session:
        is_known = select(KnownDevice.token_hash).where(KnownDevice.token_hash == token_hash(device or ""))
        token = device if device and session.scalars(is_known).first() else new_token()
        row = session.get(KnownDevice, (token_hash(token), account_id))
        if row is None:
            row = KnownDevice(token_hash=token_hash(token), account_id=account_id, first_seen_at=now)
            session.add(row)
        row.last_seen_at = now
    return token


def forget_what_is_old(clock: Clock) -> None:
    """Delete attempts that count no more, so that a flood does not fill the disk, and devices whose cookie is gone."""
    with transaction() as session:
        now = clock()
        over = (SignInAttempts.forgotten_at <= now) & (SignInAttempts.open_at <= now)
        session.execute(delete(SignInAttempts).where(over))
        session.execute(delete(KnownDevice).where(KnownDevice.last_seen_at <= now - FORGOTTEN_AFTER))
