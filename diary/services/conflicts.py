"""Two numbers under one name: both are kept, both sides see them, and the patient says which one counts."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.phone_clock import clock_error, moment_of_writing
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import Entry, EntryConflict
from diary.services import audit
from diary.services.consents import refuse_when_stopped
from diary.services.entries import entry_sent_as, live_revision, put_again, put_writing
from diary.services.wordings import ITEM_LAST_24_HOURS
from diary.services.writings import Writing, seconds_kept

SECOND_CHOSEN: Final = "second number"
FIRST_KEPT: Final = "first number"
"""Reasons of the revisions by which a patient settles it."""
MOST_KEPT: Final = 200
"""Second numbers of one patient: more than any phone makes by mistake, and few enough for a page to read."""


class Settled(StrEnum):
    """Which of the two numbers the patient chose."""

    USED = "used"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A number that came under the name of an entry stored before.

    Attributes:
        id: names it.
        day, score: what came second; no score where it took the day back.
        stored_day, stored_score: what had been stored under that name.
        written_at: when the second one was written, by the phone's clock, corrected.
        received_at: when it came.
        settled: which of the two the patient chose, None as long as they did not.
    """

    id: uuid.UUID
    day: date
    score: int | None
    stored_day: date
    stored_score: int | None
    written_at: datetime
    received_at: datetime
    settled: Settled | None


def keep_second_number(
    session: Session, who: Identity, patient: Subject, writing: Writing, *, received_at: datetime
) -> None:
    """Keep what came under a name that is taken; the same once more changes nothing.

    Raises:
        Invalid: so many were kept that no phone can have made them by mistake; this one stays on the phone.
    """
    said = f"{writing.day.isoformat()} {'-' if writing.score is None else writing.score}"
    known = select(EntryConflict.id).where(
        *_of(patient), EntryConflict.client_ref == writing.client_ref, EntryConflict.said == said
    )
    if session.scalar(known) is not None:
        return
    if (session.scalar(select(func.count()).select_from(EntryConflict).where(*_of(patient))) or 0) >= MOST_KEPT:
        raise Invalid(day=Sentence("Too many second numbers were sent. Choose first which of them count."))
    error, entered_at = clock_error(writing.clock_error), writing.entered_at or received_at
    conflict = EntryConflict(
        clinic_id=patient.clinic_id,
        id=uuid.uuid4(),
        patient_id=patient.patient_id,
        client_ref=writing.client_ref,
        day=writing.day,
        score=writing.score,
        said=said,
        item_version=writing.item_version or ITEM_LAST_24_HOURS,
        entered_at=entered_at,
        utc_offset_minutes=writing.utc_offset,
        clock_error_seconds=seconds_kept(error),
        written_at=moment_of_writing(entered_at, error, received_at),
        received_at=received_at,
    )
    session.add(conflict)
    session.flush()
    content = {"conflict": str(conflict.id), "day": writing.day.isoformat(), "score": writing.score}
    audit.write(session, who, "entry.second_number", about=patient, at=received_at, content=content)


def own_conflicts(who: Identity, patient: Subject) -> tuple[Conflict, ...]:
    """Return what the patient who is asking has not settled yet, the earliest day first."""
    require(who, Permission.DIARY_READ, patient)
    with snapshot() as session:
        return open_conflicts(session, patient)


def open_conflicts(session: Session, patient: Subject) -> tuple[Conflict, ...]:
    """Return what a patient has not settled yet, the earliest day first."""
    return tuple(one for one in conflicts_of(session, patient) if one.settled is None)


def conflicts_of(session: Session, patient: Subject) -> tuple[Conflict, ...]:
    """Return every second number of a patient, the earliest day first."""
    rows = session.scalars(select(EntryConflict).where(*_of(patient))).all()
    if not rows:
        return ()
    names = {name for row in rows for name in (row.client_ref, *_choices(row).values())}
    found = select(Entry).where(
        Entry.clinic_id == patient.clinic_id, Entry.patient_id == patient.patient_id, Entry.client_ref.in_(names)
    )
    entries = {entry.client_ref: entry for entry in session.scalars(found)}
    conflicts = (_conflict(row, entries) for row in rows)
    return tuple(sorted(conflicts, key=lambda one: (one.day, one.received_at, one.id)))


def use_second_number(who: Identity, patient: Subject, conflict_id: uuid.UUID, *, clock: Clock) -> None:
    """Let the second number count for its day: a revision, as a correction is; chosen twice, it is one.

    Raises:
        NotThere: the patient has no such second number.
        Invalid: its day has no entry and can no longer be filled in.
    """
    with transaction() as session:
        row = _open_row(session, who, patient, conflict_id)
        if row is None:
            return
        name, live, now = _choices(row)[Settled.USED], live_revision(session, patient, row.day), clock()
        if live is not None:
            put_again(session, who, live, row.score, name, reason=SECOND_CHOSEN, now=now)
            return
        writing = Writing(
            day=row.day,
            score=row.score,
            client_ref=name,
            entered_at=row.entered_at,
            utc_offset=row.utc_offset_minutes,
            clock_error=timedelta(seconds=row.clock_error_seconds),
            item_version=row.item_version,
            reason=SECOND_CHOSEN,
        )
        put_writing(session, who, patient, writing, now=now)


def keep_first_number(who: Identity, patient: Subject, conflict_id: uuid.UUID, *, clock: Clock) -> None:
    """Let the number count that counts; that the patient looked at both is kept as a revision with the same score.

    Raises:
        NotThere: the patient has no such second number.
    """
    with transaction() as session:
        row = _open_row(session, who, patient, conflict_id)
        if row is None:
            return
        stored = entry_sent_as(session, patient, row.client_ref)
        live = live_revision(session, patient, stored.day) if stored else None
        if live is None:
            raise NotThere
        name = _choices(row)[Settled.KEPT]
        put_again(session, who, live, live.score, name, reason=FIRST_KEPT, now=clock())


def _open_row(session: Session, who: Identity, patient: Subject, conflict_id: uuid.UUID) -> EntryConflict | None:
    """Return the second number while nobody else settles it, or None when it is settled."""
    require(who, Permission.ENTRY_WRITE, patient)
    row = session.get(EntryConflict, (patient.clinic_id, conflict_id))
    if row is None or row.patient_id != patient.patient_id:
        raise NotThere
    settled = [entry_sent_as(session, patient, name) for name in _choices(row).values()]
    if any(settled):
        return None
    refuse_when_stopped(session, patient)
    return row


def _choices(row: EntryConflict) -> dict[Settled, uuid.UUID]:
    """Return the name of the revision that each choice would leave: there is at most one of them."""
    return {choice: uuid.uuid5(row.id, choice) for choice in Settled}


def _conflict(row: EntryConflict, entries: dict[uuid.UUID, Entry]) -> Conflict:
    stored = entries[row.client_ref]
    chosen: Iterable[Settled] = (choice for choice, name in _choices(row).items() if name in entries)
    return Conflict(
        id=row.id,
        day=row.day,
        score=row.score,
        stored_day=stored.day,
        stored_score=stored.score,
        written_at=row.written_at,
        received_at=row.received_at,
        settled=next(iter(chosen), None),
    )


def _of(patient: Subject):  # type: ignore[no-untyped-def]
    return EntryConflict.clinic_id == patient.clinic_id, EntryConflict.patient_id == patient.patient_id
