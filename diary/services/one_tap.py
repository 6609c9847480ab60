"""The link of a reminder: it opens one day of one diary for one score, without a password, and shows nothing else."""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.clinical.diary_day import diary_day_of
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Expired
from diary.metering import count_entries
from diary.models import Clinic, Entry, Reminder
from diary.services import entries, throttle
from diary.services.consents import is_diary_stopped
from diary.services.reminder_links import OPENS_NOTHING, row_behind, who_is
from diary.services.some_days import begin_reading
from diary.services.wordings import Wording, wording_for
from diary.vocabulary import ON_WORKLIST

ADVISED_AGAIN_WITHIN: Final = timedelta(minutes=10)
"""So long an answer that was lost on the way says once more whom to call; later, a link would tell of a high score."""


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
    """What is told to whoever has answered: in their language, with whom to call after very high scores."""

    language: str
    advice: bool
    clinic_phone: str
    emergency_number: str


def open_day(token: str, *, clock: Clock) -> OpenDay:
    """Return the day that a link opens, and note that it was opened, the first time.

    Raises:
        Expired: it opens nothing.
    """
    now = clock()
    with snapshot() as session:
        reminder = _unanswered(session, token, now)
        opened = _open_day(session, reminder)
    if reminder.opened_at is None:
        of_link = (Reminder.clinic_id == reminder.clinic_id, Reminder.id == reminder.id, Reminder.opened_at.is_(None))
        with transaction() as session:
            session.execute(update(Reminder).where(*of_link).values(opened_at=now))
    return opened


def answer_day(token: str, score: int, *, address: str | None, clock: Clock) -> Answered:
    """Store the score of the day that a link opens; sent twice, it is stored once, and the first score counts.

    Raises:
        Expired: it opens nothing.
        Invalid: the score cannot be taken.
        Throttled: too many links from there were no good.
    """
    counters = [throttle.Counted(throttle.INVITE, f"days of {throttle.network_of(address)}")]
    throttle.begin_attempt(counters, clock=clock)
    with snapshot() as session:
        reminder: Reminder = row_behind(session, token, Reminder.link_hash)
        client_ref = uuid.uuid5(reminder.id, "answer")
        if reminder.answered_at is None or not _is_stored(session, reminder, client_ref):
            _unanswered(session, token, clock())
        patient = Subject(reminder.clinic_id, reminder.patient_id)
        who, opened = who_is(session, patient), _open_day(session, reminder)
    throttle.attempt_succeeded(counters, clock=clock)
    advice = False
    with suppress(entries.AlreadyAnswered):
        stored = entries.record_entry(
            who,
            patient,
            day=reminder.day,
            score=score,
            client_ref=client_ref,
            item_version=opened.wording.version,
            clock=clock,
        )
        count_entries(["duplicate" if stored.again else "stored"])
        is_fresh = not stored.again or clock() - stored.entry.received_at <= ADVISED_AGAIN_WITHIN
        advice = stored.advice and is_fresh
    return Answered(opened.language, advice, opened.clinic_phone, opened.emergency_number)


def _unanswered(session: Session, token: str, now: datetime) -> Reminder:
    reminder: Reminder = row_behind(session, token, Reminder.link_hash)
    diary = begin_reading(session, Subject(reminder.clinic_id, reminder.patient_id))
    is_good = (
        reminder.answered_at is None
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


def _is_stored(session: Session, reminder: Reminder, client_ref: uuid.UUID) -> bool:
    sent = (Entry.clinic_id == reminder.clinic_id, Entry.patient_id == reminder.patient_id)
    return bool(session.scalar(select(exists().where(*sent, Entry.client_ref == client_ref))))
