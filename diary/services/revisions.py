"""Revisions of a day: found in the order of writing, made, and added with all that follows from one in its unit."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Final, cast

from sqlalchemy import Select, Table, bindparam, insert, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clinical.scores import LOWEST_SCORE
from diary.models import Entry
from diary.prepared import Prepared
from diary.services import audit
from diary.services.at_hand import AtHand
from diary.services.high_scores import note_high_scores
from diary.services.reminder_answers import note_answer, take_answer_back

NEXT: Final = timedelta(microseconds=1)
_TABLE: Final = cast("Table", Entry.__table__)
_ADDED: Final = Prepared(insert(_TABLE).values({column.name: bindparam(column.name) for column in _TABLE.c}))


def revisions_of_day(patient: Subject, day: date) -> Select[Entry]:
    """Return what was written about a day in the order of writing: the last one is live."""
    return (
        select(Entry)
        .where(Entry.clinic_id == patient.clinic_id, Entry.patient_id == patient.patient_id, Entry.day == day)
        .order_by(Entry.written_at, Entry.received_at, Entry.client_ref)
    )


def live_score(session: Session, patient: Subject, day: date) -> int | None:
    """Return the score of a day that counts; a day that was taken back has none, as one that was never written."""
    last = (Entry.written_at.desc(), Entry.received_at.desc(), Entry.client_ref.desc())
    of_day = (Entry.clinic_id == patient.clinic_id, Entry.patient_id == patient.patient_id, Entry.day == day)
    return session.scalar(select(Entry.score).where(*of_day).order_by(*last).limit(1))


def new_revision(
    who: Identity,
    patient: Subject,
    day: date,
    score: int | None,
    client_ref: uuid.UUID,
    *,
    before: Sequence[Entry],
    now: datetime,
) -> Entry:
    """Return the next revision of a day, written now; what arrives second is second, also when the clock went back."""
    written = SimpleNamespace(
        clinic_id=patient.clinic_id,
        id=uuid.uuid4(),
        patient_id=patient.patient_id,
        day=day,
        revision=len(before) + 1,
        score=score,
        client_ref=client_ref,
        item_version=None,
        entered_at=now,
        utc_offset_minutes=0,
        clock_error_seconds=0,
        written_at=now,
        received_at=max([now, *(one.received_at + NEXT for one in before)]),
        days_late=None,
        source=None,
        entered_by=who.account_id,
        reason="",
    )
    return cast("Entry", written)  # nothing tracks what becomes of it: it is stored by `add_revision`, once


def add_revision(
    session: Session, who: Identity, entry: Entry, at_hand: AtHand, *, before: Sequence[Entry], now: datetime
) -> bool:
    """Add a revision with all that follows from it but the summary, and say whether it calls for advice."""
    _ADDED.run(session, **vars(entry))
    about = Subject(entry.clinic_id, entry.patient_id)
    said = {"entry": str(entry.id), "day": str(entry.day), "score": entry.score, "revision": entry.revision}
    audit.write(session, who, "entry.recorded", about=about, at=now, content=said)
    if max((*before, entry), key=_order_of_writing).score is None:
        take_answer_back(session, entry.clinic_id, entry.patient_id, entry.day)
    elif at_hand.is_awaited:
        note_answer(session, entry.clinic_id, entry.patient_id, entry.day, now)
    highest = max((one.score for one in (*before, entry) if one.score is not None), default=LOWEST_SCORE)
    return note_high_scores(session, about, at_hand, entry.day, now, highest=highest)


def _order_of_writing(entry: Entry) -> tuple[datetime, datetime, uuid.UUID]:
    return entry.written_at, entry.received_at, entry.client_ref
