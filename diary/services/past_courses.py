"""Courses from before the diary, brought in from the clinic's notes: several at once, all of them or none."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Invalid, Sentence
from diary.models import Course
from diary.services import audit
from diary.services.courses import CourseDays, as_stored, check_days, lock_patient, put_course
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.services.sent import sent_before
from diary.services.some_days import begin_reading
from diary.vocabulary import CourseStatus


@dataclass(frozen=True, slots=True)
class PastCourse:
    """A course as the notes have it."""

    medicine: str
    first_day: date
    last_day: date
    remark: str = ""

    @property
    def days(self) -> CourseDays:
        """The same as a course."""
        return CourseDays((self.medicine,), CourseStatus.GIVEN, self.first_day, self.last_day)


def record_past_courses(
    who: Identity, patient: Subject, given: Mapping[int, PastCourse], *, client_ref: uuid.UUID | None, clock: Clock
) -> list[uuid.UUID]:
    """Record past courses, all of them or none; `given` is by the row of the form that they were written in.

    Raises:
        Invalid: fields by row (`row-2-first_day`): days out of order, ahead, or shared with another course.
        Changed: the form was sent before with something else.
    """
    with transaction() as session:
        now = clock()
        require(who, Permission.COURSE_WRITE, looked_up(session, patient, now=now))
        lock_patient(session, patient)
        sending = client_ref or uuid.uuid4()
        ids = {row: uuid.uuid5(sending, str(row)) for row in given}
        sent = [_sent(session, patient, ids[row], one) for row, one in given.items()]
        if sent and all(sent):
            return list(ids.values())
        _put_all(session, who, patient, given, ids, now)
        audit.write(session, who, "courses.brought_in", about=patient, at=now, content={"courses": len(given)})
        refresh_summary(session, patient.clinic_id, patient.patient_id or uuid.UUID(int=0), now=now)
        return list(ids.values())


def _put_all(
    session: Session,
    who: Identity,
    patient: Subject,
    given: Mapping[int, PastCourse],
    ids: Mapping[int, uuid.UUID],
    now: datetime,
) -> None:
    today, wrong = begin_reading(session, patient).today(now), {}
    for row, one in given.items():
        try:
            _check_over(one, today)
            check_days(session, patient, one.days)
        except Invalid as refusal:
            wrong.update({f"row-{row}-{name}": sentence for name, sentence in refusal.fields.items()})
            continue
        course = put_course(session, who, patient, one.days, now=now, course_id=ids[row])
        course.from_notes, course.remark = True, one.remark
        session.flush()
    if wrong:
        raise Invalid(**wrong)


def _check_over(one: PastCourse, today: date) -> None:
    if one.last_day > today:
        raise Invalid(last_day=Sentence("This day has not come yet: only courses that are over stand here."))


def _sent(session: Session, patient: Subject, course_id: uuid.UUID, one: PastCourse) -> uuid.UUID | None:
    said = as_stored(patient, one.days) | {"remark": one.remark}
    return sent_before(session, Course, patient, course_id, said)
