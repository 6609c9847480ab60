"""The calibration of a clinic's forecasts: learned from its finished courses every day, by a job."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.attempt import is_unavailable
from diary.clinical.courses import started_courses
from diary.clinical.forecast.calibration import OWN_COURSES_NEEDED, SHIPPED, Calibration
from diary.clinical.forecast.finished import MOST_COURSES, Finished, finished_course, own_calibration
from diary.clinical.relief import ReliefIs
from diary.clinical.rules import RuleSet
from diary.clinical.scores import counting_scores
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.metering import count_fault
from diary.models import Clinic, ClinicCalibration, CourseOutcome
from diary.services.clinic_by_clinic import clinic_by_clinic
from diary.services.diaries import Diary, read_diaries
from diary.services.readable_diaries import read_what_can_be_read
from diary.services.rules import rules_in_force

LEARNED_EVERY: Final = timedelta(days=1)
FAILED: Final = "course_not_learned_from"
"""What the log says of a diary from which nothing could be learned."""

log = structlog.get_logger()


def calibration_in_force(session: Session, clinic_id: uuid.UUID) -> Calibration:
    """Return the clinic's own calibration, or the shipped one until it has finished courses enough."""
    row = session.get(ClinicCalibration, clinic_id)
    return SHIPPED if row is None or row.ranks is None else Calibration(tuple(row.ranks), row.courses)


def calibration_as_of(diaries: Iterable[Diary], day: date, rules: RuleSet) -> Calibration:
    """Return the calibration that the finished courses of `diaries` teach, as if nothing after `day` were known."""
    return own_calibration(_finished(diaries, day, rules), rules)


def learn_calibrations(clock: Clock) -> int:
    """Learn again the calibration of each clinic whose last one is a day old; return how many were learned.

    A clinic that fails keeps the calibration that it has for another day, and holds up no other.
    """
    with snapshot() as session:
        due = [
            clinic_id for clinic_id in session.scalars(select(Clinic.clinic_id)) if _due(session, clinic_id, clock())
        ]
    return clinic_by_clinic(due, partial(_learn_or_put_off, clock=clock), told_as="calibration_failed")


def _due(session: Session, clinic_id: uuid.UUID, now: datetime) -> bool:
    row = session.get(ClinicCalibration, clinic_id)
    return row is None or now - row.made_at >= LEARNED_EVERY


def _learn_or_put_off(clinic_id: uuid.UUID, clock: Clock) -> int:
    try:
        _learn(clinic_id, clock())
    except Exception as error:
        if not is_unavailable(error):
            _put_off(clinic_id, clock())
        raise
    return 1


def _learn(clinic_id: uuid.UUID, now: datetime) -> None:
    with snapshot() as session:
        patient_ids = _patients_with_finished_courses(session, clinic_id)
        enough = len(patient_ids) >= OWN_COURSES_NEEDED
        rules = rules_in_force(session, clinic_id)
        wanted = patient_ids if enough else []
        diaries, _failed = read_what_can_be_read(read_diaries, session, clinic_id, wanted, told_as=FAILED)
    learned = own_calibration([one for diary in diaries for one in _finished_in(diary, now, rules)], rules)
    with transaction() as session:
        row = session.get(ClinicCalibration, clinic_id) or ClinicCalibration(clinic_id=clinic_id)
        row.courses = learned.courses or len(patient_ids)
        row.ranks = list(learned.ranks) if learned.courses else None
        row.made_at = now
        session.add(row)


def _put_off(clinic_id: uuid.UUID, now: datetime) -> None:
    with transaction() as session:
        row = session.get(ClinicCalibration, clinic_id) or ClinicCalibration(clinic_id=clinic_id, courses=0)
        row.made_at = now
        session.add(row)


def _finished_in(diary: Diary, now: datetime, rules: RuleSet) -> list[Finished]:
    """Return the finished course of a diary, or nothing where it cannot be judged: the others still teach."""
    try:
        return list(_finished([diary], diary.today(now), rules))
    except Exception:
        log.exception(FAILED, patient=str(diary.patient.id))
        count_fault("jobs")
        return []


def _patients_with_finished_courses(session: Session, clinic_id: uuid.UUID) -> Sequence[uuid.UUID]:
    row = CourseOutcome
    latest = (
        select(row.patient_id)
        .where(row.clinic_id == clinic_id, row.relief == ReliefIs.LOST)
        .group_by(row.patient_id)
        .order_by(func.max(row.last_day).desc(), row.patient_id)
        .limit(MOST_COURSES)
    )
    return session.scalars(latest).all()


def _finished(diaries: Iterable[Diary], day: date, rules: RuleSet) -> Iterator[Finished]:
    for diary in diaries:
        started = started_courses(diary.given, day)
        counting = counting_scores(diary.scores(day, rules))
        one = finished_course(started, counting, day, rules) if started else None
        if one is not None:
            yield one
