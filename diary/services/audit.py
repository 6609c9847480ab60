"""Audit: one row for each change and each look, written in the same transaction."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.errors import DiaryError
from diary.models import AuditEvent, AuditHead
from diary.security.chain import FIRST_HASH, commit_to, link_hash

ONE_LOOK: Final = timedelta(minutes=10)

CONTENT_OF: Final[dict[str, frozenset[str]]] = {
    "clinic.added": frozenset({"name"}),
    "clinic.changed": frozenset({"fields"}),
    "rules.versioned": frozenset({"version", "reason", "changes"}),
    "member.added": frozenset({"member", "roles"}),
    "patient.added": frozenset({"reference"}),
    "patient.changed": frozenset({"fields"}),
    "patient.seen": frozenset(),
    "worklist.seen": frozenset(),
    "cohort.seen": frozenset(),
    "invite.made": frozenset({"invite", "purpose"}),
    "invite.accepted": frozenset({"invite"}),
    "entry.recorded": frozenset({"entry", "day", "score", "revision"}),
    "course.recorded": frozenset({"course", "medicines", "status", "first_day", "last_day"}),
    "course.corrected": frozenset({"course", "before", "after", "reason"}),
    "infusion.recorded": frozenset({"course", "infusion", "day"}),
    "baseline.given": frozenset({"course", "value", "reason"}),
    "event.recorded": frozenset({"event", "kind", "day"}),
    "decision.recorded": frozenset({"decision", "kind", "next_step", "shown_digest"}),
    "study.imported": frozenset({"courses", "entries"}),
    "audit.seen": frozenset(),
    "audit.exported": frozenset({"filters", "rows"}),
    "audit.anchored": frozenset({"day", "position", "digest"}),
    "signed_in": frozenset(),
    "signed_out": frozenset(),
}
"""Every action and the exact keys of its content. Names never change once written."""


def write(
    session: Session,
    who: Identity,
    action: str,
    *,
    about: Subject,
    at: datetime,
    content: dict[str, Any] | None = None,
) -> None:
    """Add a link to the chain of the clinic in `about`, in the transaction of `session`."""
    said = content or {}
    if CONTENT_OF[action] != said.keys():
        raise ValueError(f"{action} takes {sorted(CONTENT_OF[action])}, not {sorted(said)}.")
    head = session.get(AuditHead, about.clinic_id, with_for_update=True)
    if head is None:
        head = AuditHead(clinic_id=about.clinic_id, position=0, hash=FIRST_HASH)
        session.add(head)
    salt = secrets.token_bytes(32)
    commitment = commit_to(said, salt)
    position = head.position + 1
    envelope = [at.isoformat(), who.actor, _text(who.actor_id), action, _text(about.patient_id)]
    linked = link_hash(head.hash, position, envelope, commitment)
    session.add(
        AuditEvent(
            clinic_id=about.clinic_id,
            position=position,
            at=at,
            actor=who.actor,
            actor_id=who.actor_id,
            action=action,
            patient_id=about.patient_id,
            content=said,
            salt=salt,
            commitment=commitment,
            previous_hash=head.hash,
            hash=linked,
        )
    )
    head.position, head.hash = position, linked


def look(session: Session, who: Identity, action: str, *, about: Subject, at: datetime) -> None:
    """Write that `who` looked, unless the same look is less than ten minutes old."""
    recent = (
        select(AuditEvent.position)
        .where(
            AuditEvent.clinic_id == about.clinic_id,
            AuditEvent.actor_id == who.actor_id,
            AuditEvent.action == action,
            AuditEvent.patient_id == about.patient_id,
            AuditEvent.at > at - ONE_LOOK,
        )
        .limit(1)
    )
    if session.scalar(recent) is None:
        write(session, who, action, about=about, at=at)


class ChainBroken(DiaryError):
    """The chain of a clinic does not hold; the message says where."""


def verify_chain(session: Session, clinic_id: uuid.UUID) -> int:
    """Follow the chain of a clinic from its first link to its head and return its length.

    Raises:
        ChainBroken: a link that was changed, left out or cut off.
    """
    return verify_links(session, clinic_id)[0]


def hash_at(session: Session, clinic_id: uuid.UUID, position: int) -> bytes | None:
    """Return the hash of the link at `position`, or None when the chain has none there."""
    return session.scalar(
        select(AuditEvent.hash).where(AuditEvent.clinic_id == clinic_id, AuditEvent.position == position)
    )


def verify_links(
    session: Session, clinic_id: uuid.UUID, *, since: tuple[int, bytes] | None = None
) -> tuple[int, bytes]:
    """Follow the chain from its first link, or from a link whose hash is known, to its head; return where it ends.

    Raises:
        ChainBroken: a link that was changed, left out or cut off.
    """
    expected, previous = since or (0, FIRST_HASH)
    later = (AuditEvent.clinic_id == clinic_id, AuditEvent.position > expected)
    events = select(AuditEvent).where(*later).order_by(AuditEvent.position)
    for event in session.scalars(events.execution_options(yield_per=1000)):
        expected += 1
        if event.position != expected:
            raise ChainBroken(f"Link {expected} is missing.")
        envelope = [
            event.at.isoformat(),
            event.actor,
            _text(event.actor_id),
            event.action,
            _text(event.patient_id),
        ]
        if event.salt is None:  # erased: nothing is left to be compared with the commitment
            said_otherwise = event.content is not None
        else:
            said_otherwise = commit_to(event.content, event.salt) != event.commitment
        linked = link_hash(previous, expected, envelope, event.commitment)
        if said_otherwise or event.previous_hash != previous or event.hash != linked:
            raise ChainBroken(f"Link {expected} was changed.")
        previous = event.hash
    head = session.get(AuditHead, clinic_id)
    if (head.position, head.hash) != (expected, previous) if head else expected:
        raise ChainBroken(f"The chain ends at link {expected}, not at its head.")
    return expected, previous


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
