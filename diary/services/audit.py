"""Audit: one row for each change and each look, written in the same transaction."""

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.errors import DiaryError
from diary.models import AuditEvent, AuditHead
from diary.postgres import hold_patient
from diary.prepared import Prepared
from diary.security.chain import FIRST_HASH, commit_to, link_hash
from diary.unit import flush

ONE_LOOK: Final = timedelta(minutes=10)

CONTENT_OF: Final[dict[str, frozenset[str]]] = {
    "clinic.added": frozenset({"name"}),
    "clinic.changed": frozenset({"fields"}),
    "rules.versioned": frozenset({"version", "reason", "changes"}),
    "member.added": frozenset({"member", "roles"}),
    "member.roles_changed": frozenset({"member", "before", "after"}),
    "member.suspended": frozenset({"member"}),
    "member.brought_back": frozenset({"member"}),
    "member.left": frozenset({"member"}),
    "patient.added": frozenset({"reference"}),
    "patient.changed": frozenset({"fields"}),
    "patient.tags_changed": frozenset({"before", "after"}),
    "patient.seen": frozenset(),
    "patient.seen_under_glass": frozenset({"glass"}),
    "letter.taken_out": frozenset({"kind", "language", "format"}),
    "diary.protected": frozenset({"responsible", "reason"}),
    "diary.unprotected": frozenset({"reason"}),
    "glass.broken": frozenset({"glass", "reason", "ends_at"}),
    "glass.closed": frozenset({"glass"}),
    "glass.seen": frozenset(),
    "glass.reviewed": frozenset({"glass", "outcome", "words"}),
    "worklist.seen": frozenset(),
    "view.saved": frozenset({"view"}),
    "view.deleted": frozenset({"view"}),
    "cohort.seen": frozenset(),
    "cohort.taken_out": frozenset({"sheet", "by", "compared", "rows"}),
    "invite.made": frozenset({"invite", "purpose"}),
    "invite.accepted": frozenset({"invite"}),
    "invite.withdrawn": frozenset({"invite"}),
    "invite.mailed": frozenset({"invite"}),
    "invites.seen": frozenset(),
    "entry.recorded": frozenset({"entry", "day", "score", "revision"}),
    "entry.second_number": frozenset({"conflict", "day", "score"}),
    "consent.given": frozenset({"consent", "purpose", "version", "how", "day"}),
    "consent.withdrawn": frozenset({"consent", "purpose", "version", "how", "day"}),
    "reminders.set": frozenset({"hour", "by_mail"}),
    "reminders.address_confirmed": frozenset(),
    "reminders.stopped": frozenset({"what"}),
    "reminders.tried": frozenset({"channels"}),
    "digest.set": frozenset(),
    "digest.address_confirmed": frozenset(),
    "digest.stopped": frozenset(),
    "digest.tried": frozenset(),
    "calendar.link_made": frozenset(),
    "calendar.link_ended": frozenset(),
    "data.taken_out": frozenset({"format"}),
    "erasure.asked": frozenset({"code"}),
    "erasure.taken_back": frozenset({"code"}),
    "erasures.seen": frozenset(),
    "patient.erased": frozenset({"erasure", "how"}),
    "erasure.repeated": frozenset({"erasure"}),
    "retention.set": frozenset({"years"}),
    "research.taken_out": frozenset({"patients", "courses", "scores", "tags"}),
    "course.recorded": frozenset({"course", "medicines", "status", "first_day", "last_day"}),
    "course.corrected": frozenset({"course", "before", "after", "reason"}),
    "course.fitted": frozenset({"course", "infusion", "before", "after"}),
    "course.planned_anyway": frozenset({"course", "warnings"}),
    "courses.brought_in": frozenset({"courses"}),
    "infusion.recorded": frozenset({"course", "infusion", "day"}),
    "infusion.corrected": frozenset({"course", "infusion", "before", "after", "reason"}),
    "infusion.taken_back": frozenset({"course", "infusion", "day", "reason"}),
    "protocol.added": frozenset({"protocol", "said"}),
    "protocol.changed": frozenset({"protocol", "before", "after"}),
    "protocol.retired": frozenset({"protocol"}),
    "baseline.given": frozenset({"course", "value", "reason"}),
    "event.recorded": frozenset({"event", "kind", "day"}),
    "event.taken_back": frozenset({"event", "kind", "day"}),
    "note.written": frozenset({"note"}),
    "note.taken_back": frozenset({"note"}),
    "impression.recorded": frozenset({"impression", "day", "how"}),
    "impression.taken_back": frozenset({"impression", "day"}),
    "day_note.recorded": frozenset({"day_note", "day", "revision"}),
    "peg.recorded": frozenset({"peg", "day", "revision"}),
    "reading.recorded": frozenset({"reading", "day"}),
    "reading.taken_back": frozenset({"reading", "day"}),
    "pause.recorded": frozenset({"pause", "revision", "reason", "first_day", "last_day", "taken_back"}),
    "decision.recorded": frozenset({"decision", "kind", "next_step", "shown_digest", "signature"}),
    "decision.recorded_anyway": frozenset({"decision", "warnings"}),
    "decision.reversed": frozenset({"decision", "kind", "next_step", "shown_digest", "signature", "reverses"}),
    "plan.released": frozenset({"plan", "decision", "revision"}),
    "plan.taken_back": frozenset({"plan", "decision", "revision"}),
    "diary.copied": frozenset({"digest", "entries", "courses"}),
    "move.code_made": frozenset({"until"}),
    "move.previewed": frozenset(),
    "patient.moved_out": frozenset({"to", "digest"}),
    "patient.moved_in": frozenset({"from", "digest", "key", "key_origin", "entries", "courses"}),
    "study.imported": frozenset({"courses", "entries"}),
    "audit.seen": frozenset(),
    "audit.exported": frozenset({"filters", "rows"}),
    "audit.anchored": frozenset({"day", "position", "digest"}),
    "signed_in": frozenset(),
    "signed_out": frozenset(),
    "confirmed": frozenset(),
    "session.shared": frozenset(),
    "devices.forgotten": frozenset(),
    "push.subscribed": frozenset({"device"}),
    "push.unsubscribed": frozenset(),
    "push.taken_over": frozenset({"device"}),
    "screen_lock.set": frozenset(),
    "screen_lock.removed": frozenset(),
    "second_factor.added": frozenset({"kind"}),
    "second_factor.removed": frozenset({"kind"}),
    "second_factor.used_up": frozenset({"kind"}),
    "password.changed": frozenset(),
    "account_link.made": frozenset({"purpose"}),
}
"""Every action and the exact keys of its content. Names never change once written."""

_head: Final = cast("Table", AuditHead.__table__)
_HEAD: Final = Prepared(
    select(_head.c.position, _head.c.hash).where(_head.c.clinic_id == bindparam("clinic")).with_for_update()
)
_event: Final = cast("Table", AuditEvent.__table__)
_ADDED: Final = Prepared(insert(_event).values({column.name: bindparam(column.name) for column in _event.c}))
_TO: Final[dict[str, Any]] = {"position": bindparam("to_position"), "hash": bindparam("to_hash")}
_MOVED: Final = Prepared(update(_head).where(_head.c.clinic_id == bindparam("clinic")).values(_TO))
_BEGUN: Final = Prepared(insert(_head).values(clinic_id=bindparam("clinic"), **_TO))


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
    flush(session)  # what it is about stands before it
    if about.patient_id is not None:
        hold_patient(session, about.clinic_id, about.patient_id)
    head = _HEAD.first(session, clinic=about.clinic_id)
    position, previous = (head.position + 1, head.hash) if head else (1, FIRST_HASH)
    salt = secrets.token_bytes(32)
    commitment = commit_to(said, salt)
    envelope = [at.isoformat(), who.actor, _text(who.actor_id), action, _text(about.patient_id)]
    linked = link_hash(previous, position, envelope, commitment)
    _ADDED.run(
        session,
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
        previous_hash=previous,
        hash=linked,
    )
    (_MOVED if head else _BEGUN).run(session, clinic=about.clinic_id, to_position=position, to_hash=linked)


def look(
    session: Session,
    who: Identity,
    action: str,
    *,
    about: Subject,
    at: datetime,
    content: dict[str, Any] | None = None,
) -> None:
    """Write that `who` looked, unless the same look is less than ten minutes old."""
    if not has_looked(session, who, action, about=about, at=at, content=content):
        write(session, who, action, about=about, at=at, content=content)


def has_looked(
    session: Session,
    who: Identity,
    action: str,
    *,
    about: Subject,
    at: datetime,
    content: dict[str, Any] | None = None,
) -> bool:
    """Say whether the last look of this kind is the same one and less than ten minutes old."""
    recent = (
        select(AuditEvent.content)
        .where(
            AuditEvent.clinic_id == about.clinic_id,
            AuditEvent.actor_id == who.actor_id,
            AuditEvent.action == action,
            AuditEvent.patient_id == about.patient_id,
            AuditEvent.at > at - ONE_LOOK,
        )
        .order_by(AuditEvent.position.desc())
        .limit(1)
    )
    return (content or {}) in session.scalars(recent).all()


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
    with session.execute(events.execution_options(yield_per=1000)) as found:
        for event in found.scalars():
            expected += 1
            if event.position != expected:
                raise ChainBroken(f"Link {expected} is missing.")
            if event.previous_hash != previous or not link_holds(event, event.hash):
                raise ChainBroken(f"Link {expected} was changed.")
            previous = event.hash
    head = session.get(AuditHead, clinic_id)
    if (head.position, head.hash) != (expected, previous) if head else expected:
        raise ChainBroken(f"The chain ends at link {expected}, not at its head.")
    return expected, previous


def link_holds(event: AuditEvent, linked: bytes | None) -> bool:
    """Say whether a link says what its hash says, and whether the next link, or the head, goes on from there."""
    envelope = [event.at.isoformat(), event.actor, _text(event.actor_id), event.action, _text(event.patient_id)]
    if event.salt is None:  # erased: nothing is left to be compared with the commitment
        said_otherwise = event.content is not None
    else:
        said_otherwise = commit_to(event.content, event.salt) != event.commitment
    linked_here = link_hash(event.previous_hash, event.position, envelope, event.commitment)
    return not said_otherwise and event.hash == linked_here == linked


def linked_after(session: Session, clinic_id: uuid.UUID, positions: Iterable[int]) -> dict[int, bytes]:
    """Return, by position, the hash from which the next link of the clinic's chain, or its head, goes on."""
    wanted = {position + 1: position for position in positions}
    later = select(AuditEvent.position, AuditEvent.previous_hash).where(
        AuditEvent.clinic_id == clinic_id, AuditEvent.position.in_(wanted)
    )
    linked = {wanted[row.position]: row.previous_hash for row in session.execute(later)}
    head = session.get(AuditHead, clinic_id)
    if head is not None and head.position + 1 in wanted:
        linked.setdefault(head.position, head.hash)
    return linked


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
