"""The link of a reminder: it opens one day of one diary for one score, without a password, and shows nothing else."""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clinical.diary_day import diary_day_of
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Expired, Invalid
from diary.metering import count_entries
from diary.models import Clinic, Entry, Patient, Reminder
from diary.services import entries, throttle
from diary.services.conflicts import keep_second_number
from diary.services.consents import is_diary_stopped
from diary.services.reminder_links import OPENS_NOTHING, row_behind, who_is
from diary.services.revisions import live_score
from diary.services.some_days import begin_reading
from diary.services.wordings import Wording, wording_for
from diary.services.writings import Writing
from diary.vocabulary import ON_WORKLIST


@dataclass(frozen=True, slots=True)
class OpenDay:
    """The day that a link opens: the words of its question, and how its page is laid out."""

    day: date
    wording: Wording
    language: str
    left_handed: bool
    clinic_phone: str
    emergency_number: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What is told to whoever has answered: in their language, with whom to call after very high scores.

    Whoever sends once more is told that the link was answered `again`, and nothing that depends on any score.
    """

    language: str
    again: bool
    advice: bool
    clinic_phone: str
    emergency_number: str


def open_day(token: str, *, clock: Clock) -> OpenDay:
    """Return the day that a link opens.

    Raises:
        Expired: it opens nothing.
    """
    with snapshot() as session:
        return _open_day(session, _unanswered(session, token, clock()))


def note_opened(token: str, *, clock: Clock) -> None:
    """Note that somebody opened a link, the first time.

    Raises:
        Expired: there is no such link.
    """
    with snapshot() as session:
        reminder: Reminder = row_behind(session, token, Reminder.link_hash)
    if reminder.opened_at is None:
        of_link = (Reminder.clinic_id == reminder.clinic_id, Reminder.id == reminder.id, Reminder.opened_at.is_(None))
        with transaction() as session:
            session.execute(update(Reminder).where(*of_link).values(opened_at=clock()))


def answer_day(token: str, score: int, *, address: str | None, clock: Clock) -> Answered:
    """Store the score of the day that a link opens; the first one counts, and another number is kept beside it.

    Raises:
        Expired: it opens nothing.
        Invalid: the score cannot be taken.
        Throttled: too many links from there were no good.
    """
    counters = [throttle.Counted(throttle.INVITE, f"days of {throttle.network_of(address)}")]
    throttle.begin_attempt(counters, clock=clock)
    try:
        answered = _look_and_store(token, score, clock)
    except Invalid:
        throttle.attempt_succeeded(counters, clock=clock)  # the link was good
        raise
    throttle.attempt_succeeded(counters, clock=clock)
    return answered


def _look_and_store(token: str, score: int, clock: Clock) -> Answered:
    """Store an answer in the very unit that saw that it is awaited: nobody answers or stops the diary in between."""
    with snapshot() as session:
        reminder: Reminder = row_behind(session, token, Reminder.link_hash)
    patient, name = Subject(reminder.clinic_id, reminder.patient_id), _name_of_answer(reminder)
    with transaction(once=name) as session:
        sent = entries.entry_sent_as(session, patient, name)  # nobody else writes until the unit is over
        now = clock()
        if sent is None:
            _unanswered(session, token, now)
        who, opened = who_is(session, patient), _open_day(session, reminder)
        writing = Writing(reminder.day, score, name, item_version=opened.wording.version)
        if sent is None:
            counted, advice = ["stored"], entries.put_writing(session, who, patient, writing, now=now).advice
        else:
            counted, advice = _take_once_more(session, who, sent, writing, until=reminder.expires_at, now=now), False
    count_entries(counted)
    return Answered(opened.language, sent is not None, advice, opened.clinic_phone, opened.emergency_number)


def _take_once_more(
    session: Session, who: Identity, sent: Entry, writing: Writing, *, until: datetime, now: datetime
) -> list[str]:
    """Keep another number under the name of an answer, and return as what the sending counts."""
    if now >= until:
        return []  # a page that was left open: its day is over, and it is answered
    if (sent.day, sent.score) == (writing.day, writing.score):
        return ["duplicate"]
    patient = Subject(sent.clinic_id, sent.patient_id)
    life_cycle = session.get_one(Patient, (patient.clinic_id, patient.patient_id)).life_cycle
    if life_cycle in ON_WORKLIST and not is_diary_stopped(session, patient.clinic_id, patient.patient_id):
        with suppress(Invalid):  # so many that they mean nothing any more
            keep_second_number(session, who, patient, writing, received_at=now)
    return ["conflict"]


def _unanswered(session: Session, token: str, now: datetime) -> Reminder:
    reminder: Reminder = row_behind(session, token, Reminder.link_hash)
    diary = begin_reading(session, Subject(reminder.clinic_id, reminder.patient_id))
    is_good = (
        not _is_used(session, reminder)
        and live_score(session, Subject(reminder.clinic_id, reminder.patient_id), reminder.day) is None
        and now < reminder.expires_at
        and diary_day_of(now, diary.zones) == reminder.day
        and diary.patient.life_cycle in ON_WORKLIST
        and not is_diary_stopped(session, reminder.clinic_id, reminder.patient_id)
    )
    if not is_good:
        raise Expired(OPENS_NOTHING)
    return reminder


def _open_day(session: Session, reminder: Reminder) -> OpenDay:
    patient = begin_reading(session, Subject(reminder.clinic_id, reminder.patient_id)).patient
    clinic = session.get_one(Clinic, reminder.clinic_id)
    return OpenDay(
        day=reminder.day,
        wording=wording_for(patient.wording, is_today=True),
        language=patient.language,
        left_handed=patient.left_handed,
        clinic_phone=clinic.phone,
        emergency_number=clinic.emergency_number,
    )


def _is_used(session: Session, reminder: Reminder) -> bool:
    """Say whether a link was answered itself, also where that was taken back since: it answers once."""
    sent = (Entry.clinic_id == reminder.clinic_id, Entry.patient_id == reminder.patient_id)
    return bool(session.scalar(select(exists().where(*sent, Entry.client_ref == _name_of_answer(reminder)))))


def _name_of_answer(reminder: Reminder) -> uuid.UUID:
    return uuid.uuid5(reminder.id, "answer")
