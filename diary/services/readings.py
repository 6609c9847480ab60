"""Other scores of the same day, with their time: they never replace the score of the day and never count."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.diary_day import TURN
from diary.clinical.scores import SCORES
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Changed, Invalid, NotThere, Sentence
from diary.models import ExtraReading
from diary.services import audit
from diary.services.consents import refuse_when_stopped
from diary.services.courses import lock_patient
from diary.services.diaries import Diary
from diary.services.entries import earliest_day_offered
from diary.services.rules import rules_in_force
from diary.services.some_days import begin_reading

MOST_OF_A_DAY: Final = 24


def record_reading(
    who: Identity,
    patient: Subject,
    *,
    day: date,
    score: int,
    at: time | None,
    client_ref: uuid.UUID,
    clock: Clock,
) -> uuid.UUID:
    """Store another score of `day`, felt at `at` where the patient was; without a time: now, or some time that day.

    Raises:
        NotThere: the day is not offered.
        Invalid: the score or the time cannot be taken, or there are 24 of the day already.
        Changed: `client_ref` was sent before with something else.
    """
    require(who, Permission.EXTRAS_WRITE, patient)
    if score not in SCORES:
        raise Invalid(score=Sentence("Choose a number from 0 to 10."))
    with transaction() as session:
        lock_patient(session, patient)
        now, diary = clock(), begin_reading(session, patient)
        sent = session.scalar(select(ExtraReading).where(*_of(patient), ExtraReading.client_ref == client_ref))
        if sent is not None:
            return _same(sent, day, score)
        refuse_when_stopped(session, patient)
        _check_day(session, patient, diary, day, now)
        reading = _row(patient, day, client_ref=client_ref, now=now)
        reading.score, reading.felt_at = score, _moment(diary, day, at, now)
        session.add(reading)
        session.flush()
        content = {"reading": str(reading.id), "day": day.isoformat()}
        audit.write(session, who, "reading.recorded", about=patient, at=now, content=content)
        return reading.id


def take_back_reading(who: Identity, patient: Subject, reading_id: uuid.UUID, *, clock: Clock) -> date:
    """Take another score back and return its day; taken back twice, it is kept once.

    Raises:
        NotThere: the patient has no such reading.
    """
    require(who, Permission.EXTRAS_WRITE, patient)
    with transaction() as session:
        lock_patient(session, patient)
        reading = session.get(ExtraReading, (patient.clinic_id, reading_id))
        if reading is None or reading.patient_id != patient.patient_id or reading.score is None:
            raise NotThere
        refuse_when_stopped(session, patient)
        if reading in standing_readings(session, patient, reading.day):
            now = clock()
            row = _row(patient, reading.day, client_ref=uuid.uuid5(reading.client_ref, "taken back"), now=now)
            row.takes_back = reading.id
            session.add(row)
            session.flush()
            content = {"reading": str(reading.id), "day": reading.day.isoformat()}
            audit.write(session, who, "reading.taken_back", about=patient, at=now, content=content)
        return reading.day


def standing_readings(session: Session, patient: Subject, day: date | None = None) -> Sequence[ExtraReading]:
    """Return the other scores (of `day`, or all) that were not taken back, in the order of their time."""
    later = aliased(ExtraReading)
    taken_back = select(later.takes_back).where(later.clinic_id == patient.clinic_id, later.takes_back.is_not(None))
    wanted = select(ExtraReading).where(
        *_of(patient), ExtraReading.score.is_not(None), ExtraReading.id.not_in(taken_back)
    )
    rows = wanted if day is None else wanted.where(ExtraReading.day == day)
    return session.scalars(rows.order_by(ExtraReading.day, ExtraReading.felt_at, ExtraReading.written_at)).all()


def _of(patient: Subject):  # type: ignore[no-untyped-def]
    return ExtraReading.clinic_id == patient.clinic_id, ExtraReading.patient_id == patient.patient_id


def _row(patient: Subject, day: date, *, client_ref: uuid.UUID, now: datetime) -> ExtraReading:
    return ExtraReading(
        clinic_id=patient.clinic_id,
        id=uuid.uuid4(),
        patient_id=patient.patient_id,
        day=day,
        client_ref=client_ref,
        written_at=now,
    )


def _same(sent: ExtraReading, day: date, score: int) -> uuid.UUID:
    if (sent.day, sent.score) != (day, score):
        raise Changed(Sentence("This form was sent before with something else. Nothing was changed."))
    return sent.id


def _check_day(session: Session, patient: Subject, diary: Diary, day: date, now: datetime) -> None:
    today = diary.today(now)
    if not earliest_day_offered(today, rules_in_force(session, patient.clinic_id)) <= day <= today:
        raise NotThere
    if len(standing_readings(session, patient, day)) >= MOST_OF_A_DAY:
        raise Invalid(score=Sentence("There are %(number)s other scores of this day already.", number=MOST_OF_A_DAY))


def _moment(diary: Diary, day: date, at: time | None, now: datetime) -> datetime | None:
    """Return the moment that a clock in the patient's place showed as `at` on `day`, which turns at 04:00."""
    if at is None:
        return now if day == diary.today(now) else None
    there = day if at >= TURN else day + timedelta(days=1)
    moment = datetime.combine(there, at, tzinfo=diary.zone_on(day)).astimezone(UTC)
    if moment > now:
        raise Invalid(at=Sentence("This time has not come yet."))
    if diary.today(moment) != day:
        raise Invalid(at=Sentence("This day had no such time. Choose another one."))
    return moment
