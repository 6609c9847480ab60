"""What a page of groups was made from, kept for a minute: its figures are asked for next, and tell the same."""

import uuid
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.models import AuditEvent, AuditHead

if TYPE_CHECKING:
    from diary.services.cohort_pages import Asked, CohortPage

KEPT_FOR: Final = timedelta(minutes=1)
MOST_KEPT: Final = 16
"""Pages kept in one process, the latest: each is about as large as its figures."""
TAKES_NOTHING_BACK: Final = ("entry.recorded", "patient.seen", "worklist.seen", "cohort.seen", "signed_in", "confirmed")
"""Acts after which figures of a minute ago may still be shown; after any other they are made again."""

Key = tuple[uuid.UUID | None, frozenset[str], uuid.UUID, "Asked"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it was shown: when, after which link of the clinic's chain, and which diaries were closed then."""

    at: datetime
    position: int
    closed: frozenset[Hashable]
    page: "CohortPage"


_kept: dict[Key, Kept] = {}
_one_at_a_time = Lock()


def position_of(session: Session, clinic_id: uuid.UUID) -> int:
    """Return the last link of the clinic's chain: whatever changes in a clinic adds one."""
    return session.scalar(select(AuditHead.position).where(AuditHead.clinic_id == clinic_id)) or 0


def keep(who: Identity, clinic_id: uuid.UUID, kept: Kept) -> None:
    """Keep what `who` was shown; the oldest gives way."""
    key = _key(who, clinic_id, kept.page.asked)
    with _one_at_a_time:
        _kept.pop(key, None)
        _kept[key] = kept
        while len(_kept) > MOST_KEPT:
            del _kept[next(iter(_kept))]


def kept_page(
    session: Session, who: Identity, clinic_id: uuid.UUID, asked: "Asked", *, closed: set[Hashable], now: datetime
) -> "CohortPage | None":
    """Return what `who` was shown less than a minute ago, when nothing happened since that forbids to show it."""
    kept = _kept.get(_key(who, clinic_id, asked))
    if kept is None or not timedelta(0) <= now - kept.at < KEPT_FOR or kept.closed != closed:
        return None
    other = select(AuditEvent.position).where(
        AuditEvent.clinic_id == clinic_id,
        AuditEvent.position > kept.position,
        AuditEvent.action.not_in(TAKES_NOTHING_BACK),
    )
    return kept.page if session.scalar(other.limit(1)) is None else None


def _key(who: Identity, clinic_id: uuid.UUID, asked: "Asked") -> Key:
    return who.actor_id, frozenset(role.value for role in who.roles), clinic_id, asked
