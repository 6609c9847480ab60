"""Throttling: attempts are counted in the database, and each one above what is free makes the next one wait longer.

Nobody is locked out: a device from which the account has signed in before is counted for itself alone, so that a
stranger's attempts do not keep the owner waiting.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from diary.clock import Clock
from diary.db import transaction
from diary.errors import Throttled
from diary.installation import installation
from diary.models import SignInAttempts

FORGOTTEN_AFTER: Final = timedelta(hours=1)
FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(minutes=15)
OVERALL_WAIT: Final = timedelta(seconds=8)
NOWHERE: Final = "nowhere"


@dataclass(frozen=True, slots=True)
class Scope:
    """What attempts are counted by: how many are free of waiting, and how long one waits at most.

    What many people share is forgotten an hour after its first attempt: it would otherwise never be, since there is
    always somebody who mistypes. What is one person's is forgotten an hour after the last one, and at success.
    """

    name: str
    free: int
    shared: bool = False
    longest: timedelta = LONGEST_WAIT


ACCOUNT: Final = Scope("account", 5)
DEVICE: Final = Scope("device", 10)
ADDRESS: Final = Scope("address", 30, shared=True)
CODE: Final = Scope("code", 5)
INVITE: Final = Scope("invite", 30, shared=True)
RESET: Final = Scope("reset", 3)
NAME: Final = Scope("name", 30)
TRIAL: Final = Scope("trial", 3)
QUESTION: Final = Scope("question", 100, shared=True)
OVERALL: Final = Scope("overall", 300, shared=True, longest=OVERALL_WAIT)


@dataclass(frozen=True, slots=True)
class Counted:
    """One counter: a scope and whom it is about."""

    scope: Scope
    whom: str = ""


def begin_attempt(counters: Iterable[Counted], *, clock: Clock) -> None:
    """Count an attempt before it is looked at, so that twenty at once are twenty.

    Raises:
        Throttled: one of the counters asks to wait; nothing is counted then.
    """
    by_key = {_key(one): one.scope for one in counters}
    with transaction() as session:
        now = clock()
        rows = _rows(session, sorted(by_key), now)
        wait = max((row.open_at - now for row in rows), default=timedelta())
        if wait > timedelta():
            raise Throttled(wait)
        for row in rows:
            _count(row, by_key[row.key], now)


def attempt_succeeded(counters: Iterable[Counted], *, clock: Clock) -> None:
    """Forget what was counted for one person; give what many share this one attempt back."""
    by_key = {_key(one): one.scope for one in counters}
    with transaction() as session:
        now = clock()
        for row in _stored(session, by_key):
            scope = by_key[row.key]
            if not scope.shared:
                session.delete(row)
                continue
            row.attempts = max(row.attempts - 1, 0)
            if row.attempts < scope.free:
                row.open_at = now


def waiting_time(attempts: int, scope: Scope) -> timedelta:
    """Return how long to wait after so many attempts: nothing while they are free, then 2, 4, 8 … seconds."""
    over = attempts - scope.free
    return min(FIRST_WAIT * 2 ** min(over, 20), scope.longest) if over >= 0 else timedelta()


def network_of(address: str | None) -> str:
    """Return the network that an address is counted in: one home or provider has many addresses of its own."""
    try:
        ip = ip_address(address or "")
    except ValueError:
        return NOWHERE
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.version == 4:
        return str(IPv4Network((int(ip), 24), strict=False))
    return str(IPv6Network((int(ip), 48), strict=False))


def _count(row: SignInAttempts, scope: Scope, now: datetime) -> None:
    if row.forgotten_at <= now:
        row.attempts = 0
    row.attempts += 1
    row.open_at = now + waiting_time(row.attempts, scope)
    if row.attempts == 1 or not scope.shared:
        row.forgotten_at = now + FORGOTTEN_AFTER


def _rows(session: Session, keys: Iterable[bytes], now: datetime) -> list[SignInAttempts]:
    """Return the row of each key, made where it is missing, and held until the unit ends.

    An existing row is written as it is and not passed over: that holds it. Looked for afterwards, it could be gone by
    the success of another, and the attempt would be counted nowhere.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = insert(SignInAttempts).values(
        [{"key": key, "attempts": 0, "open_at": now, "forgotten_at": now} for key in keys]
    )
    session.execute(new.on_conflict_do_update(index_elements=["key"], set_={"key": new.excluded.key}))
    return _stored(session, keys)


def _stored(session: Session, keys: Iterable[bytes]) -> list[SignInAttempts]:
    wanted = select(SignInAttempts).where(SignInAttempts.key.in_(keys))
    return list(session.scalars(wanted.order_by(SignInAttempts.key).with_for_update()))


def _key(counted: Counted) -> bytes:
    """Return what the table holds of a counter: no name and no address, nor anything one could be guessed from."""
    secret = installation().settings.secret_key.encode()
    return hmac.new(secret, f"throttle:{counted.scope.name}:{counted.whom}".encode(), sha256).digest()
