"""Sealing anew under the key in use: row by row, each in a unit of its own, so that it can end anywhere and go on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Select, func, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute

from diary.db import snapshot, transaction
from diary.models import OneTimeCodes, OutboxMessage, PushSubscription
from diary.security.sealing import Broken, Seal
from diary.services import outbox, push_subscriptions, second_factors

AT_ONCE: Final = 100

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed column: what it is called, where it stands, whom each row is sealed for, and with which seal."""

    name: str
    key: InstrumentedAttribute[Any]
    column: InstrumentedAttribute[Any]
    owner: Callable[[Any], bytes]
    seal: Callable[[], Seal]


SEALED: Final = (
    Sealed("messages", OutboxMessage.id, OutboxMessage.sealed, lambda key: key.bytes, outbox.seal),
    Sealed("apps", OneTimeCodes.account_id, OneTimeCodes.secret, lambda key: key.bytes, second_factors.seal),
    Sealed("phones", PushSubscription.endpoint_hash, PushSubscription.sealed, lambda key: key, push_subscriptions.seal),
)
"""Every column whose rows are sealed under the secret key; a test looks for others."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """What came of one column: rows sealed anew, rows left under another key, rows that no key here opens."""

    name: str
    done: int
    left: int
    unreadable: int


def reseal_everything() -> list[Resealed]:
    """Seal every row anew that is not sealed under the key in use; done again, it goes on where it ended."""
    return [_reseal(sealed) for sealed in SEALED]


def rows_under_other_keys() -> dict[str, int]:
    """Return how many rows of each column are sealed under another key than the one in use."""
    with snapshot() as session:
        return {one.name: session.scalar(_others(one, func.count())) or 0 for one in SEALED}


def _reseal(sealed: Sealed) -> Resealed:
    done, unreadable, last = 0, 0, None
    while rows := _next(sealed, last):
        for key, held in rows:
            last = key
            try:
                done += _reseal_row(sealed, key, held)
            except Broken:
                unreadable += 1
                log.warning("not_resealed", column=sealed.name)
    left = _left(sealed)
    return Resealed(sealed.name, done, left, unreadable)


def _reseal_row(sealed: Sealed, key: Any, held: bytes) -> bool:
    """Seal one row anew, unless somebody wrote it meanwhile.

    Raises:
        Broken: no key that is kept here opens it.
    """
    seal, owner = sealed.seal(), sealed.owner(key)
    anew = seal.close(seal.open(held, owner=owner), owner=owner)
    its_own = (sealed.key == key, sealed.column == held)
    with transaction() as session:
        changed: Any = session.execute(update(sealed.key.class_).where(*its_own).values({sealed.column.key: anew}))
    return bool(changed.rowcount == 1)


def _next(sealed: Sealed, last: Any) -> list[tuple[Any, bytes]]:
    wanted = _others(sealed, sealed.key, sealed.column).order_by(sealed.key).limit(AT_ONCE)
    if last is not None:
        wanted = wanted.where(sealed.key > last)
    with snapshot() as session:
        return [(key, held) for key, held in session.execute(wanted)]


def _others(sealed: Sealed, *columns: Any) -> Select[Any]:
    mark = sealed.seal().mark
    begins: ColumnElement[Any] = func.substr(sealed.column, 1, literal(len(mark)))
    return select(*columns).where(sealed.column.is_not(None), begins != mark)


def _left(sealed: Sealed) -> int:
    with snapshot() as session:
        return session.scalar(_others(sealed, func.count())) or 0
