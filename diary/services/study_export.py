"""A clinic, written as a study."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.phone_clock import ON_THE_WAY
from diary.clock import Clock
from diary.db import snapshot
from diary.exchange.study import StudyCourse, StudyPatient, StudyScore, write_study
from diary.models import Course, Entry, Patient
from diary.services.clinics import the_clinic
from diary.services.diaries import Diary, read_diaries
from diary.vocabulary import CourseStatus

AT_ONCE: Final = 5_000


def export_study(who: Identity, folder: Path, *, clinic: str | None, clock: Clock) -> int:
    """Write a clinic's patients, given courses and live scores in the study format; return the number of patients.

    A score carries the moment of the first writing of its day, so that it is as late in the file as in the diary, as
    it was where the patient lived then; a patient carries the zone they live in today.
    """
    now = clock()
    with snapshot() as session:
        home = the_clinic(session, clinic)
        require(who, Permission.STUDY_WRITE, Subject(home.clinic_id))
        patients = session.scalars(
            select(Patient.id).where(Patient.clinic_id == home.clinic_id).order_by(Patient.reference)
        )
        diaries = list(read_diaries(session, home.clinic_id, list(patients)))
        moments = _first_moments(session, home.clinic_id)
    write_study(
        folder,
        [StudyPatient(d.patient.reference, d.zone_on(d.today(now)).key, tuple(d.tags)) for d in diaries],
        [_study_course(d, course) for d in diaries for course in d.courses if course.status == CourseStatus.GIVEN],
        (score for diary in diaries for score in _study_scores(diary, moments)),
    )
    return len(diaries)


def _first_moments(session: Session, clinic_id: uuid.UUID) -> dict[tuple[uuid.UUID, date], datetime]:
    """Return the moment of the first writing of each day; days imported without one are left out.

    It is that of the phone, corrected: how late a day is was never judged by what a wrong clock showed.
    """
    first = select(Entry.patient_id, Entry.day, Entry.entered_at, Entry.written_at, Entry.received_at)
    latest_first = first.where(Entry.clinic_id == clinic_id).order_by(
        Entry.written_at.desc(), Entry.received_at.desc(), Entry.client_ref.desc()
    )
    moments: dict[tuple[uuid.UUID, date], datetime | None] = {}
    rows = session.execute(latest_first.execution_options(yield_per=AT_ONCE))
    for patient_id, day, entered_at, written_at, received_at in rows:
        moments[patient_id, day] = _judged_by(written_at, received_at) if entered_at else None
    return {key: moment for key, moment in moments.items() if moment is not None}


def _judged_by(written_at: datetime, received_at: datetime) -> datetime:
    """Return the moment of writing; where a phone's clock is less than a minute ahead, that is the arrival."""
    return received_at if received_at < written_at <= received_at + ON_THE_WAY else written_at


def _study_course(diary: Diary, course: Course) -> StudyCourse:
    return StudyCourse(diary.patient.reference, course.medicines, course.first_day, course.last_day)


def _study_scores(diary: Diary, moments: dict[tuple[uuid.UUID, date], datetime]) -> Iterator[StudyScore]:
    for day, score, source in last_scores(diary):
        written_at = moments.get((diary.patient.id, day))
        local = written_at.astimezone(diary.zone_on(diary.today(written_at))) if written_at else None
        yield StudyScore(diary.patient.reference, day, score, local, source)


def last_scores(diary: Diary) -> Iterator[tuple[date, int, str]]:
    """Yield day, score and source of what was said last about each day, withdrawn days left out."""
    last = {revision.day: revision for revision in sorted(diary.revisions, key=lambda revision: revision.order)}
    for day, revision in sorted(last.items()):
        if revision.score is not None:
            yield day, revision.score, revision.source.value
