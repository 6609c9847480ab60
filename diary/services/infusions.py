"""Infusions of a course, as they were given."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Invalid, Sentence
from diary.models import Course, Infusion
from diary.services import audit
from diary.services.courses import CourseDays, change_course, check_days, course_of, lock_patient
from diary.services.diaries import read_diary
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.services.sent import sent_before
from diary.vocabulary import CourseStatus

FARTHEST: Final = timedelta(days=60)
"""How far from its course an infusion may lie: farther is a mistake in the date."""


@dataclass(frozen=True, slots=True)
class InfusionGiven:
    """One infusion as it was given; a dose is written down, never calculated."""

    day: date
    medicine: str
    dose: Decimal | None = None
    unit: str | None = None
    hours: Decimal | None = None
    weight_kg: Decimal | None = None
    remark: str = ""


def record_infusion(
    who: Identity,
    patient: Subject,
    course_id: uuid.UUID,
    given: InfusionGiven,
    *,
    clock: Clock,
    client_ref: uuid.UUID | None = None,
) -> uuid.UUID:
    """Record an infusion; a planned course is given from its first infusion on, and a course grows to hold its days.

    Raises:
        Invalid: the day lies ahead, or the course would overlap another one.
    """
    with transaction() as session:
        now = clock()
        require(who, Permission.COURSE_WRITE, looked_up(session, patient, now=now))
        lock_patient(session, patient)
        course = course_of(session, patient, course_id)
        said = {
            "course_id": course.id,
            "day": given.day,
            "medicine": given.medicine,
            "dose": given.dose,
            "remark": given.remark,
        }
        sent = sent_before(session, Infusion, patient, client_ref, said)
        if sent is not None:
            return sent
        _check_infusion(session, course, given, now)
        infusion = _as_given(who, course, given, now=now, infusion_id=client_ref)
        session.add(infusion)
        days = _days_with(course, given.day)
        check_days(session, patient, days, but=course.id)
        change_course(session, who, course, days, reason="infusion", now=now)
        said = {"course": str(course.id), "infusion": str(infusion.id), "day": given.day.isoformat()}
        audit.write(session, who, "infusion.recorded", about=patient, at=now, content=said)
        refresh_summary(session, patient.clinic_id, course.patient_id, now=now)
        return infusion.id


def _as_given(
    who: Identity, course: Course, given: InfusionGiven, *, now: datetime, infusion_id: uuid.UUID | None
) -> Infusion:
    return Infusion(
        clinic_id=course.clinic_id,
        id=infusion_id or uuid.uuid4(),
        course_id=course.id,
        day=given.day,
        medicine=given.medicine,
        dose=given.dose,
        unit=given.unit if given.dose is not None else None,
        hours=given.hours,
        weight_kg=given.weight_kg,
        remark=given.remark,
        made_at=now,
        made_by=who.member_id,
    )


def _check_infusion(session: Session, course: Course, given: InfusionGiven, now: datetime) -> None:
    diary = read_diary(session, course.clinic_id, course.patient_id)
    if diary is None or given.day > diary.today(now):
        raise Invalid(day=Sentence("An infusion is recorded on its day or after it, not before."))
    if not course.first_day - FARTHEST <= given.day <= course.last_day + FARTHEST:
        far = Sentence(
            "This is far from the course, %(first)s to %(last)s.", first=course.first_day, last=course.last_day
        )
        raise Invalid(day=far)
    for name, amount in (("dose", given.dose), ("hours", given.hours), ("weight_kg", given.weight_kg)):
        if amount is not None and (amount <= 0 or amount != round(amount, 2)):
            raise Invalid(**{name: Sentence("Write a number above 0 with at most two decimals.")})
    if course.status == CourseStatus.CANCELLED:
        raise Invalid(day=Sentence("This course was cancelled: record a new one."))
    if given.medicine not in course.medicines:
        raise Invalid(medicine=Sentence("Choose one of the medicines of this course."))


def _days_with(course: Course, day: date) -> CourseDays:
    if course.status == CourseStatus.PLANNED:
        return CourseDays(course.medicines, CourseStatus.GIVEN, day, max(course.last_day, day))
    first, last = min(course.first_day, day), max(course.last_day, day)
    return CourseDays(course.medicines, CourseStatus.GIVEN, first, last)
