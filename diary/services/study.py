"""Studies, read into a clinic whole or not at all."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.diary_day import ZoneFrom, diary_day_of, start_of_day, zone_on
from diary.clinical.scores import Revision, Source
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Invalid
from diary.exchange.study import (
    Problem,
    Study,
    StudyPatient,
    StudyRefused,
    StudyScore,
    read_study,
)
from diary.exchange.study.courses import COURSES_FILE
from diary.models import Clinic, Course, Entry, Patient, PatientZone
from diary.services import audit
from diary.services.clinics import clinics_named, put_clinic, the_clinic
from diary.services.consents import is_diary_stopped
from diary.services.courses import CourseDays, change_course, put_course
from diary.services.diaries import Diary, read_diary
from diary.services.kept_lines import lock_patients
from diary.services.patients import SINCE_EVER, Particulars, patient_with_reference, put_patient, replace_tags
from diary.services.projection import refresh_summaries
from diary.services.reminders import follow_zones
from diary.services.wordings import ITEM_LAST_24_HOURS
from diary.vocabulary import CourseStatus

NAME_WITHOUT: Final = "Study"
AT_ONCE: Final = 5_000
INTO_THE_DAY: Final = timedelta(hours=8)
"""Where in its day a score without a moment is put: noon, eight hours after the turn."""


@dataclass
class Imported:
    """What an import changed, and how many patients live by their own time zones, which it left alone."""

    clinic: str
    patients: int = 0
    courses: int = 0
    scores: int = 0
    unchanged: int = 0
    other_zones: int = 0


@dataclass
class _Known:
    """A patient of the study as stored, with the live revision of each day that was written before.

    `moved` says that the study gave the only zone they live in another name.
    """

    patient_id: uuid.UUID
    zones: list[ZoneFrom]
    moved: bool = False
    live: dict[date, Revision] = field(default_factory=dict)
    revisions: dict[date, int] = field(default_factory=dict)
    entries: int = 0
    courses: int = 0


def import_study(who: Identity, folder: Path, *, clinic: str | None, clock: Clock) -> Imported:
    """Read a study into the named clinic, the only one, or a new one called Study; all or nothing.

    Running it twice changes nothing; a score that changed becomes a revision, a course that changed is corrected.

    Raises:
        StudyRefused: the files hold something wrong, told with file, line and column.
        Invalid: several clinics and none named; or new scores of a patient who took their consent back.
    """
    study = read_study(folder)
    with transaction() as session:
        home = _home(session, who, clinic, clock)
        require(who, Permission.STUDY_WRITE, Subject(home.clinic_id))
        now = clock()
        report = Imported(home.name)
        lock_patients(session, home.clinic_id, _stored_patients(session, home.clinic_id, study))
        known = {
            patient.reference: _put_patient(session, who, home, patient, report, now) for patient in study.patients
        }
        _put_courses(session, who, home, study, known, report, now)
        _put_scores(session, home.clinic_id, study, known, report, now)
        for reference, one in known.items():
            about = Subject(home.clinic_id, one.patient_id)
            if one.entries and is_diary_stopped(session, home.clinic_id, one.patient_id):
                raise Invalid(f"Patient {reference} took back the consent to a diary: leave their new scores out.")
            if one.entries or one.courses:
                said = {"courses": one.courses, "entries": one.entries}
                audit.write(session, who, "study.imported", about=about, at=now, content=said)
        refresh_summaries(session, home.clinic_id, [one.patient_id for one in known.values()], now=now)
        for one in known.values():
            if one.moved:
                follow_zones(session, Subject(home.clinic_id, one.patient_id), now)
        return report


def _home(session: Session, who: Identity, name: str | None, clock: Clock) -> Clinic:
    wanted = name or (NAME_WITHOUT if not clinics_named(session, None) else None)
    if wanted and not clinics_named(session, wanted):
        return session.get_one(Clinic, put_clinic(session, who, wanted, clock=clock))
    return the_clinic(session, wanted)


def _stored_patients(session: Session, clinic_id: uuid.UUID, study: Study) -> list[uuid.UUID]:
    """Return the patients of the study that are stored already."""
    found: list[uuid.UUID] = []
    references = iter([patient.reference for patient in study.patients])
    while some := list(islice(references, AT_ONCE)):
        found += session.scalars(select(Patient.id).where(Patient.clinic_id == clinic_id, Patient.reference.in_(some)))
    return found


def _put_patient(
    session: Session, who: Identity, home: Clinic, patient: StudyPatient, report: Imported, now: datetime
) -> _Known:
    row = patient_with_reference(session, home.clinic_id, patient.reference)
    if row is None:
        particulars = Particulars(patient.reference, patient.reference, patient.timezone, tags=patient.tags)
        row = put_patient(session, who, home.clinic_id, particulars, now=now)
        report.patients += 1
        return _Known(row.id, [ZoneFrom(SINCE_EVER, ZoneInfo(patient.timezone))])
    diary = read_diary(session, home.clinic_id, row.id)
    if diary is None:
        raise Invalid(f"Patient {patient.reference} cannot be read.")
    known = _Known(row.id, diary.zones)
    if len(diary.zones) > 1:
        report.other_zones += diary.zone_on(diary.today(now)).key != patient.timezone
    elif diary.zones[0].zone.key != patient.timezone:
        known.zones, known.moved = [ZoneFrom(diary.zones[0].valid_from, ZoneInfo(patient.timezone))], True
    _change_patient(session, who, diary, patient, known, now)
    for revision in sorted(diary.revisions, key=lambda revision: revision.order):
        known.live[revision.day] = revision
        known.revisions[revision.day] = known.revisions.get(revision.day, 0) + 1
    return known


def _change_patient(
    session: Session, who: Identity, diary: Diary, patient: StudyPatient, known: _Known, now: datetime
) -> None:
    changed: dict[str, Any] = {}
    if sorted(patient.tags) != sorted(diary.tags):
        changed["tags"] = list(patient.tags)
        replace_tags(session, diary.patient, patient.tags)
    if known.moved:
        changed["time_zone"] = patient.timezone
        key = (diary.patient.clinic_id, diary.patient.id, known.zones[0].valid_from)
        session.get_one(PatientZone, key).time_zone = patient.timezone
    if changed:
        about = Subject(diary.patient.clinic_id, diary.patient.id)
        audit.write(session, who, "patient.changed", about=about, at=now, content={"fields": changed})


def _put_courses(
    session: Session,
    who: Identity,
    home: Clinic,
    study: Study,
    known: dict[str, _Known],
    report: Imported,
    now: datetime,
) -> None:
    stored = _stored_courses(session, home.clinic_id, known)
    _refuse_overlaps(study, known, stored)
    for course in study.courses:
        one = known[course.patient]
        about = Subject(home.clinic_id, one.patient_id)
        days = CourseDays(course.medicines, CourseStatus.GIVEN, course.first_day, course.last_day)
        before = stored[one.patient_id].get(course.first_day)
        if before is None:
            put_course(session, who, about, days, now=now)
        elif (before.medicines, before.last_day) != (days.medicines, days.last_day):
            change_course(session, who, before, days, reason="import", now=now)
        else:
            continue
        one.courses += 1
        report.courses += 1


def _stored_courses(
    session: Session, clinic_id: uuid.UUID, known: dict[str, _Known]
) -> dict[uuid.UUID, dict[date, Course]]:
    """Return the given courses of each patient of the study by their first day."""
    stored: dict[uuid.UUID, dict[date, Course]] = {one.patient_id: {} for one in known.values()}
    given = select(Course).where(Course.clinic_id == clinic_id, Course.status == CourseStatus.GIVEN)
    for course in session.scalars(given):
        if course.patient_id in stored:
            stored[course.patient_id][course.first_day] = course
    return stored


def _refuse_overlaps(study: Study, known: dict[str, _Known], stored: dict[uuid.UUID, dict[date, Course]]) -> None:
    """Refuse courses that would overlap a stored one which the study leaves as it is.

    Raises:
        StudyRefused: with the line of each.
    """
    in_study: dict[uuid.UUID, set[date]] = {}
    for course in study.courses:
        in_study.setdefault(known[course.patient].patient_id, set()).add(course.first_day)
    problems = []
    for line, course in enumerate(study.courses, start=2):
        patient_id = known[course.patient].patient_id
        for first_day, other in stored[patient_id].items():
            stays = first_day not in in_study[patient_id]
            if stays and first_day <= course.last_day and other.last_day >= course.first_day:
                reason = (
                    f"the course overlaps the stored one from {first_day} to {other.last_day}: correct it there or here"
                )
                problems.append(Problem(COURSES_FILE, line, 1, reason))
    if problems:
        raise StudyRefused(problems)


def _put_scores(
    session: Session,
    clinic_id: uuid.UUID,
    study: Study,
    known: dict[str, _Known],
    report: Imported,
    now: datetime,
) -> None:
    session.flush()
    entries = _new_entries(clinic_id, study, known, report, now)
    while some := list(islice(entries, AT_ONCE)):
        session.execute(insert(Entry), some)


def _new_entries(
    clinic_id: uuid.UUID, study: Study, known: dict[str, _Known], report: Imported, now: datetime
) -> Iterator[dict[str, Any]]:
    for score in study.scores():
        one = known[score.patient]
        before = one.live.get(score.day)
        if before is not None and before.score == score.score:
            report.unchanged += 1
            continue
        report.scores += 1
        one.entries += 1
        revision = one.revisions.get(score.day, 0) + 1
        yield _entry(clinic_id, one, score, revision, before, now)


def _entry(
    clinic_id: uuid.UUID,
    one: _Known,
    score: StudyScore,
    revision: int,
    before: Revision | None,
    now: datetime,
) -> dict[str, Any]:
    entered_at, offset = score.entered_at, None
    if entered_at is not None and entered_at.utcoffset() is not None:
        offset = int((entered_at.utcoffset() or timedelta()).total_seconds() // 60)
        entered_at = entered_at.astimezone(UTC)
    began = start_of_day(score.day, zone_on(score.day, one.zones))
    written_at = entered_at or max(began, min(began + INTO_THE_DAY, now))
    days_late = (diary_day_of(entered_at, one.zones) - score.day).days if entered_at else 0
    return {
        "clinic_id": clinic_id,
        "id": uuid.uuid4(),
        "patient_id": one.patient_id,
        "day": score.day,
        "revision": revision,
        "score": score.score,
        "client_ref": uuid.uuid4(),
        "item_version": ITEM_LAST_24_HOURS,
        "entered_at": entered_at,
        "utc_offset_minutes": offset,
        "clock_error_seconds": 0,
        # A changed score must become the live one, also where neither file nor diary knows its moment.
        "written_at": max(written_at, before.written_at) if before else written_at,
        "received_at": max(now, before.received_at + timedelta(microseconds=1)) if before else now,
        "days_late": days_late,
        "source": score.source or Source.IMPORT,
        "entered_by": None,
        "reason": "import" if revision > 1 else "",
    }
