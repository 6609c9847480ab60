"""Entries: the score of a diary day, its corrections, and taking it back."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.diary_day import diary_day_of
from diary.clinical.phone_clock import ON_THE_WAY, clock_error, moment_of_writing
from diary.clinical.rules import RuleSet
from diary.clinical.scores import Source
from diary.clock import Clock
from diary.db import HELD, transaction
from diary.errors import Changed, NotThere, Sentence
from diary.models import Entry, Patient
from diary.services.at_hand import AtHand, take_in_hand
from diary.services.consents import refuse_stopped, refuse_when_stopped
from diary.services.high_scores import advised_on
from diary.services.revisions import NEXT, add_revision, new_revision, revisions_of_day
from diary.services.summary_marks import mark_summary
from diary.services.wordings import wording_for
from diary.services.writings import NotOffered, NotYet, Told, Writing, check_writing, seconds_kept

UNDO_WITHIN: Final = timedelta(minutes=10)
UNDONE: Final = "undo"
"""The reason of a revision that takes another one back."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored now.

    Attributes:
        entry: the revision.
        again: the same sending had been stored before.
        advice: the score is so high that the page with the clinic's numbers is due.
    """

    entry: Entry
    again: bool
    advice: bool = False


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
    item_version: str | None = None,
) -> Stored:
    """Store `score` for `day`; a second score for a day is a revision, the same `client_ref` is stored once.

    Raises:
        Invalid: the score or the day cannot be taken.
        AlreadyAnswered: `client_ref` was sent before with another score or day.
        Refused: the patient took back that the clinic keeps a diary.
    """
    require(who, Permission.ENTRY_WRITE, patient)
    with transaction(once=client_ref) as session:
        sent = entry_sent_as(session, patient, client_ref)
        if sent is None:
            writing = Writing(day, score, client_ref, item_version=item_version, reason=reason)
            return put_writing(session, who, patient, writing, now=clock())
        if (sent.day, sent.score) != (day, score):
            session.expunge(sent)  # it outlives the unit that is rolled back
            raise AlreadyAnswered(sent)
        return Stored(sent, again=True, advice=advised_on(session, patient, sent.day))


def put_writing(
    session: Session,
    who: Identity,
    patient: Subject,
    writing: Writing,
    *,
    now: datetime,
    at_hand: AtHand | None = None,
) -> Stored:
    """Store what arrived `now` under a new `client_ref`, within a unit that is open already.

    Its lateness is that of the moment of writing: by the phone's clock, corrected, and never that of the arrival; where
    that clock cannot be corrected, of the moment at which it was here first. What is `at_hand` of the diary, if any,
    was read in this unit for the same day.

    Raises:
        NotYet, NotOffered: the day cannot be taken.
        Invalid: the score or the wording is none.
        NotThere: no such patient.
        Refused: the diary is stopped.
    """
    require(who, Permission.ENTRY_WRITE, patient)
    check_writing(writing)
    diary = at_hand or take_in_hand(session, patient, day=writing.day, client_ref=writing.client_ref)
    refuse_stopped(diary.is_stopped)
    before = session.scalars(revisions_of_day(patient, writing.day)).all() if diary.is_day_written else []
    of_phones = (timedelta(seconds=one.clock_error_seconds) for one in before if not _is_by_our_clock(one))
    error = clock_error(writing.clock_error, of_phones) if writing.entered_at else timedelta()
    entered_at = writing.entered_at or now
    known_at = min(writing.known_at or now, now)
    written_at = moment_of_writing(entered_at, error, known_at)
    written_on = diary_day_of(min(written_at, known_at), diary.zones)
    is_written = bool(before) and before[-1].score is not None
    _check_day(writing.day, written_on, diary.rules, is_written=is_written)
    if before and (writing.entered_at is None or _is_second(written_at, before[-1], now)):
        written_at = max(written_at, before[-1].written_at + NEXT)  # what is sent second from a page stays second
    entry = new_revision(who, patient, writing.day, writing.score, writing.client_ref, before=before, now=now)
    entry.entered_at, entry.utc_offset_minutes, entry.written_at = entered_at, writing.utc_offset, written_at
    entry.clock_error_seconds = seconds_kept(error)
    entry.days_late = (written_on - writing.day).days
    entry.source = Source.SELF if entry.days_late <= 1 else Source.LATE
    fitting = wording_for(diary.wording, is_today=entry.days_late == 0).version
    entry.item_version, entry.reason = writing.item_version or fitting, writing.reason
    advice = add_revision(session, who, entry, diary, before=before, now=now)
    mark_summary(session, entry.clinic_id, entry.patient_id, now=now)
    return Stored(entry, again=False, advice=advice)


def put_told(session: Session, who: Identity, patient: Subject, told: Told, *, now: datetime) -> Entry:
    """Store what staff write in for a patient, within a unit that is open already; the caller makes the summary.

    Raises:
        Invalid: the score is none.
        Refused: the diary is stopped, or `who` does not write in it for the patient.
    """
    require(who, Permission.ENTRY_TRANSCRIBE, patient)
    check_writing(told)
    diary = take_in_hand(session, patient, day=told.day, client_ref=told.client_ref)
    refuse_stopped(diary.is_stopped)
    before = session.scalars(revisions_of_day(patient, told.day)).all()
    entry = new_revision(who, patient, told.day, told.score, told.client_ref, before=before, now=now)
    entry.entered_at = told.told_at if told.source is Source.STAFF else None  # of a sheet, only its day is known
    entry.written_at = max([told.told_at, *(one.written_at + NEXT for one in before)])
    entry.days_late, entry.source, entry.reason = (told.told_on - told.day).days, told.source, told.reason
    entry.item_version = wording_for(diary.wording, is_today=entry.days_late == 0).version
    add_revision(session, who, entry, diary, before=before, now=now)
    return entry


def entry_sent_as(session: Session, patient: Subject, client_ref: uuid.UUID) -> Entry | None:
    """Return what was stored under a name before, or None; nobody else writes in the diary until the unit is over.

    Raises:
        NotThere: no such patient.
    """
    if session.get(Patient, (patient.clinic_id, patient.patient_id), with_for_update=HELD) is None:
        raise NotThere
    return session.scalar(_sent_as(patient, client_ref))


def _sent_as(patient: Subject, client_ref: uuid.UUID) -> Select[Entry]:
    return select(Entry).where(
        Entry.clinic_id == patient.clinic_id,
        Entry.patient_id == patient.patient_id,
        Entry.client_ref == client_ref,
    )


def undo_entry(who: Identity, patient: Subject, entry_id: uuid.UUID, *, clock: Clock) -> Entry:
    """Take back the last writing of a day: the score before it is live again, or the day has none.

    Raises:
        NotThere: no such entry.
        Changed: something newer was written for that day, or it is too long ago.
    """
    require(who, Permission.ENTRY_WRITE, patient)
    with transaction() as session:
        undone = entry_of(session, patient, entry_id)
        if undone is None:
            raise NotThere
        client_ref = uuid.uuid5(undone.client_ref, "undo")
        sent = entry_sent_as(session, patient, client_ref)
        if sent is not None:
            return sent
        refuse_when_stopped(session, patient)
        revisions = session.scalars(revisions_of_day(patient, undone.day)).all()
        now = clock()
        if revisions[-1].id != undone.id or now - undone.received_at > UNDO_WITHIN:
            raise Changed(Sentence("This can no longer be undone. Correct the day instead."))
        score = revisions[-2].score if len(revisions) > 1 else None
        return put_again(session, who, undone, score, client_ref, reason=UNDONE, now=now)


def put_again(
    session: Session,
    who: Identity,
    entry: Entry,
    score: int | None,
    client_ref: uuid.UUID,
    *,
    reason: str,
    now: datetime,
) -> Entry:
    """Add a revision to the day of `entry`, in the same words, within a unit that is open already.

    It is written now, and as of a day before now it is not known; its day stays as late as its first writing.
    """
    patient = Subject(entry.clinic_id, entry.patient_id)
    diary = take_in_hand(session, patient, day=entry.day, client_ref=client_ref)
    before = session.scalars(revisions_of_day(patient, entry.day)).all()
    added = new_revision(who, patient, entry.day, score, client_ref, before=before, now=now)
    added.written_at = max(now, before[-1].written_at + NEXT)
    days_late = (diary_day_of(now, diary.zones) - entry.day).days
    added.days_late = max(days_late, before[-1].days_late)  # known no sooner than what it follows, also after a move
    added.source, added.item_version, added.reason = entry.source, entry.item_version, reason
    add_revision(session, who, added, diary, before=before, now=now)
    mark_summary(session, entry.clinic_id, entry.patient_id, now=now)
    return added


def entry_of(session: Session, patient: Subject, name: uuid.UUID) -> Entry | None:
    """Return a patient's entry by its id, or by the name that a phone gave it before it was sent, or None."""
    entry = session.get(Entry, (patient.clinic_id, name)) or session.scalar(_sent_as(patient, name))
    return entry if entry is not None and entry.patient_id == patient.patient_id else None


def earliest_day_offered(today: date, rules: RuleSet) -> date:
    """Return the earliest day for which a patient may still write a first entry."""
    return today - timedelta(days=rules.late_days_offered)


def live_revision(session: Session, patient: Subject, day: date) -> Entry | None:
    """Return the revision of a day that counts, withdrawn or not, or None."""
    revisions = session.scalars(revisions_of_day(patient, day)).all()
    return revisions[-1] if revisions else None


def score_without(session: Session, patient: Subject, day: date, undone: uuid.UUID) -> int | None:
    """Return the score that a day has without the entry that was sent as `undone`, None for none."""
    others = [one for one in session.scalars(revisions_of_day(patient, day)) if one.client_ref != undone]
    return others[-1].score if others else None


def _is_by_our_clock(entry: Entry) -> bool:
    """Say whether a revision was written on a page: its moment is the server's, and no phone's."""
    return entry.entered_at is not None and abs(entry.received_at - entry.entered_at) < timedelta(milliseconds=1)


def _is_second(written_at: datetime, last: Entry, now: datetime) -> bool:
    """Say whether what a phone sent at once came after a writing on a page, although its clock says just before.

    A phone's clock may be a minute off without its being known, so that it cannot tell; the arrival does.
    """
    nearly = 2 * ON_THE_WAY
    return _is_by_our_clock(last) and now - written_at <= nearly and last.written_at - written_at <= nearly


def _check_day(day: date, written_on: date, rules: RuleSet, *, is_written: bool) -> None:
    """Let a day pass that may be written on the diary day `written_on`."""
    if day > written_on:
        raise NotYet(day=Sentence("This day has not come yet. Choose today or a day before."))
    if day < earliest_day_offered(written_on, rules) and not is_written:
        days = rules.late_days_offered
        raise NotOffered(day=Sentence("Only today and the %(days)s days before can be filled in.", days=days))
