"""Entries: the score of a diary day, its corrections, and taking it back."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.rules import RuleSet
from diary.clinical.scores import HIGHEST_SCORE, LOWEST_SCORE, Source
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Changed, Invalid, NotThere, Sentence
from diary.models import Entry
from diary.services import audit
from diary.services.consents import refuse_when_stopped
from diary.services.diaries import Diary, read_diary
from diary.services.projection import refresh_summary
from diary.services.rules import rules_in_force

ITEM_LAST_24_HOURS: Final = "average-24-hours-1"
ITEM_THAT_DAY: Final = "average-that-day-1"
"""Wordings of the question, by version; what was asked is kept with each answer."""

UNDO_WITHIN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored now; `again` says that the same sending had been stored before."""

    entry: Entry
    again: bool


class AlreadyAnswered(Changed):
    """The same form was sent before with another score; `stored` is what counts, nothing was changed."""

    def __init__(self, stored: Entry) -> None:
        super().__init__(Sentence("This form was sent before with another score."))
        self.stored = stored


def record_entry(
    who: Identity,
    patient: Subject,
    *,
    day: date,
    score: int,
    client_ref: uuid.UUID,
    clock: Clock,
    reason: str = "",
) -> Stored:
    """Store `score` for `day`; a second score for a day is a revision, the same `client_ref` is stored once.

    Raises:
        Invalid: the score or the day cannot be taken.
        AlreadyAnswered: `client_ref` was sent before with another score or day.
        Refused: the patient took back that the clinic keeps a diary.
    """
    require(who, Permission.ENTRY_WRITE, patient)
    if not LOWEST_SCORE <= score <= HIGHEST_SCORE:
        raise Invalid(score=Sentence("Choose a number from 0 to 10."))
    with transaction() as session:
        sent = _sent_before(session, patient, client_ref)
        if sent is not None:
            if (sent.day, sent.score) != (day, score):
                session.expunge(sent)  # it outlives the unit that is rolled back
                raise AlreadyAnswered(sent)
            return Stored(sent, again=True)
        refuse_when_stopped(session, patient)
        now = clock()
        diary = _diary(session, patient)
        _check_day(diary, day, now, rules_in_force(session, patient.clinic_id))
        entry = _new_revision(session, who, patient, day=day, score=score, client_ref=client_ref, now=now)
        entry.days_late = (diary.today(now) - day).days
        entry.source = Source.SELF if entry.days_late <= 1 else Source.LATE
        entry.item_version = ITEM_THAT_DAY if entry.days_late else ITEM_LAST_24_HOURS
        entry.reason = reason
        _store(session, who, entry, now)
        return Stored(entry, again=False)


def undo_entry(who: Identity, patient: Subject, entry_id: uuid.UUID, *, clock: Clock) -> Entry:
    """Take back the last writing of a day: the score before it is live again, or the day has none.

    Raises:
        NotThere: no such entry.
        Changed: something newer was written for that day, or it is too long ago.
    """
    require(who, Permission.ENTRY_WRITE, patient)
    with transaction() as session:
        undone = session.get(Entry, (patient.clinic_id, entry_id))
        if undone is None or undone.patient_id != patient.patient_id:
            raise NotThere
        client_ref = uuid.uuid5(undone.client_ref, "undo")
        sent = _sent_before(session, patient, client_ref)
        if sent is not None:
            return sent
        refuse_when_stopped(session, patient)
        revisions = list(session.scalars(_revisions_of(patient, undone.day)))
        now = clock()
        if revisions[-1].id != undone.id or now - undone.received_at > UNDO_WITHIN:
            raise Changed(Sentence("This can no longer be undone. Correct the day instead."))
        before = revisions[-2] if len(revisions) > 1 else None
        score = before.score if before else None
        entry = _new_revision(session, who, patient, day=undone.day, score=score, client_ref=client_ref, now=now)
        entry.days_late, entry.source, entry.item_version = (
            undone.days_late,
            undone.source,
            undone.item_version,
        )
        entry.reason = "undo"
        _store(session, who, entry, now)
        return entry


def entry_of(session: Session, patient: Subject, entry_id: uuid.UUID) -> Entry | None:
    """Return a patient's entry, or None."""
    entry = session.get(Entry, (patient.clinic_id, entry_id))
    return entry if entry is not None and entry.patient_id == patient.patient_id else None


def earliest_day_offered(today: date, rules: RuleSet) -> date:
    """Return the earliest day for which a patient may still write a first entry."""
    return today - timedelta(days=rules.late_days_offered)


def _diary(session: Session, patient: Subject) -> Diary:
    diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
    if diary is None:
        raise NotThere
    return diary


def _sent_before(session: Session, patient: Subject, client_ref: uuid.UUID) -> Entry | None:
    return session.scalar(
        select(Entry).where(
            Entry.clinic_id == patient.clinic_id,
            Entry.patient_id == patient.patient_id,
            Entry.client_ref == client_ref,
        )
    )


def _check_day(diary: Diary, day: date, now: datetime, rules: RuleSet) -> None:
    today = diary.today(now)
    if day > today:
        raise Invalid(day=Sentence("This day has not come yet. Choose today or a day before."))
    written = day in diary.scores(today, rules)
    if day < earliest_day_offered(today, rules) and not written:
        days = rules.late_days_offered
        raise Invalid(day=Sentence("Only today and the %(days)s days before can be filled in.", days=days))


def _revisions_of(patient: Subject, day: date):  # type: ignore[no-untyped-def]
    return (
        select(Entry)
        .where(Entry.clinic_id == patient.clinic_id, Entry.patient_id == patient.patient_id, Entry.day == day)
        .order_by(Entry.written_at, Entry.received_at, Entry.client_ref)
    )


def _new_revision(
    session: Session,
    who: Identity,
    patient: Subject,
    *,
    day: date,
    score: int | None,
    client_ref: uuid.UUID,
    now: datetime,
) -> Entry:
    so_far = select(func.count(), func.max(Entry.written_at), func.max(Entry.received_at)).where(
        Entry.clinic_id == patient.clinic_id, Entry.patient_id == patient.patient_id, Entry.day == day
    )
    before, last_written, last_received = session.execute(so_far).one()
    # What is written second stays second, also when the clock stood still or went back.
    moment = timedelta(microseconds=1)
    written_at, received_at = (
        (max(now, last_written + moment), max(now, last_received + moment)) if before else (now, now)
    )
    return Entry(
        clinic_id=patient.clinic_id,
        id=uuid.uuid4(),
        patient_id=patient.patient_id,
        day=day,
        revision=before + 1,
        score=score,
        client_ref=client_ref,
        entered_at=now,
        utc_offset_minutes=0,
        clock_error_seconds=0,
        written_at=written_at,
        received_at=received_at,
        entered_by=who.account_id,
        reason="",
    )


def _store(session: Session, who: Identity, entry: Entry, now: datetime) -> None:
    session.add(entry)
    session.flush()
    about = Subject(entry.clinic_id, entry.patient_id)
    said = {"entry": str(entry.id), "day": str(entry.day), "score": entry.score, "revision": entry.revision}
    audit.write(session, who, "entry.recorded", about=about, at=now, content=said)
    refresh_summary(session, entry.clinic_id, entry.patient_id, now=now)
