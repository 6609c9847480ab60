"""Notes of staff about a patient: written with author and time, taken back by a later row that says why.

The patient never reads one; that one was written stands among the looks they see.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import GlobalImpression, StaffNote
from diary.services import audit
from diary.services.courses import lock_patient
from diary.services.protection import looked_up
from diary.services.sent import sent_before
from diary.vocabulary import LONGEST_NOTE

LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Note:
    """A note as the page shows it; `taken_back` is the row that took it back."""

    row: StaffNote
    taken_back: StaffNote | None


def write_note(who: Identity, patient: Subject, words: str, *, client_ref: uuid.UUID, clock: Clock) -> uuid.UUID:
    """Write a note; the same form sent twice is kept once.

    Raises:
        Invalid: there are no words in it, or too many.
    """
    with transaction() as session:
        now = begin_writing(session, who, patient, clock)
        said = checked_words(words, LONGEST_NOTE, "words")
        as_stored = {"patient_id": patient.patient_id, "words": said}
        if sent := sent_before(session, StaffNote, patient, client_ref, as_stored):
            return sent
        _put(session, who, patient, client_ref, said, now=now)
        audit.write(session, who, "note.written", about=patient, at=now, content={"note": str(client_ref)})
        return client_ref


def take_back_note(who: Identity, patient: Subject, note_id: uuid.UUID, *, reason: str, clock: Clock) -> None:
    """Take a note back; it stays to be read, with who took it back and why. Twice is once.

    Raises:
        NotThere: the patient has no such note.
        Invalid: the reason is missing.
    """
    with transaction() as session:
        now = begin_writing(session, who, patient, clock)
        find_written(session, StaffNote, patient, note_id)
        words = checked_words(reason, LONGEST_REASON, "reason")
        if is_taken_back(session, StaffNote, patient, note_id):
            return
        _put(session, who, patient, uuid.uuid4(), words, takes_back=note_id, now=now)
        audit.write(session, who, "note.taken_back", about=patient, at=now, content={"note": str(note_id)})


def notes_of(session: Session, patient: Subject) -> Sequence[Note]:
    """Return the notes about a patient, the latest first."""
    rows = session.scalars(_of(StaffNote, patient).order_by(StaffNote.written_at.desc(), StaffNote.id)).all()
    taken_back: Mapping[Any, StaffNote] = {row.takes_back: row for row in rows if row.takes_back}
    return [Note(row, taken_back.get(row.id)) for row in rows if row.takes_back is None]


def begin_writing(session: Session, who: Identity, patient: Subject, clock: Clock) -> datetime:
    """Let staff pass who may write about this patient, and nobody else write about them meanwhile."""
    now = clock()
    require(who, Permission.NOTE_WRITE, looked_up(session, patient, now=now))
    lock_patient(session, patient)
    return now


def find_written(session: Session, table: type[Any], patient: Subject, row_id: uuid.UUID) -> Any:
    """Return a row of the patient that takes nothing back itself.

    Raises:
        NotThere: there is none.
    """
    row = session.get(table, (patient.clinic_id, row_id))
    if row is None or row.patient_id != patient.patient_id or row.takes_back is not None:
        raise NotThere
    return row


def is_taken_back(
    session: Session, table: type[StaffNote] | type[GlobalImpression], patient: Subject, row_id: uuid.UUID
) -> bool:
    """Say whether a later row took this one back."""
    later = select(table.id).where(table.clinic_id == patient.clinic_id, table.takes_back == row_id)
    return session.scalar(later) is not None


def checked_words(words: str, longest: int, field: str) -> str:
    """Return words without the spaces around them.

    Raises:
        Invalid: there are none, or more than `longest` characters.
    """
    said = words.strip()
    if not said:
        raise Invalid(**{field: Sentence("Write it in a few words.")})
    if len(said) > longest:
        raise Invalid(**{field: Sentence("Use at most %(number)s characters.", number=longest)})
    return said


def _put(
    session: Session,
    who: Identity,
    patient: Subject,
    note_id: uuid.UUID,
    words: str,
    *,
    now: datetime,
    takes_back: uuid.UUID | None = None,
) -> None:
    session.add(
        StaffNote(
            clinic_id=patient.clinic_id,
            id=note_id,
            patient_id=patient.patient_id,
            member_id=who.member_id,
            words=words,
            takes_back=takes_back,
            written_at=now,
        )
    )
    session.flush()


def _of(table: Any, patient: Subject) -> Any:
    return select(table).where(table.clinic_id == patient.clinic_id, table.patient_id == patient.patient_id)
