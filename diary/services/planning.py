"""Courses that lie ahead: planned with what the rules say against it, moved, cancelled."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import Course, CourseProtocol, Protocol
from diary.services.course_changes import put_change
from diary.services.courses import (
    CourseDays,
    as_stored,
    change_course,
    check_days,
    course_of,
    lock_patient,
    put_course,
)
from diary.services.plan_warnings import check_plan, keep_warnings
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.services.sent import sent_before
from diary.services.some_days import begin_reading
from diary.vocabulary import CourseChanged, CourseStatus


@dataclass(frozen=True, slots=True)
class Plan:
    """A course as it is expected.

    Attributes:
        medicines: ordered codes, the governing one first.
        first_day, last_day: its expected first and last infusion day.
        asks_baseline: the patient is asked to write every day of the week before.
        protocol_id: the protocol it was planned from, if any.
    """

    medicines: tuple[str, ...]
    first_day: date
    last_day: date
    asks_baseline: bool = True
    protocol_id: uuid.UUID | None = None

    @property
    def days(self) -> CourseDays:
        """The same as a course."""
        return CourseDays(self.medicines, CourseStatus.PLANNED, self.first_day, self.last_day)


def plan_course(
    who: Identity,
    patient: Subject,
    plan: Plan,
    *,
    clock: Clock,
    accepted: str = "",
    client_ref: uuid.UUID | None = None,
) -> uuid.UUID:
    """Plan a course and return its id; `accepted` is the token of what was said against it and seen.

    Raises:
        AskAgain: the rules say something against it that was not accepted yet.
        Invalid: days out of order or behind, or no such protocol.
    """
    with transaction() as session:
        now = clock()
        require(who, Permission.COURSE_WRITE, looked_up(session, patient, now=now))
        lock_patient(session, patient)
        if sent := sent_before(session, Course, patient, client_ref, as_stored(patient, plan.days)):
            return sent
        _check_ahead(session, patient, plan.days, now)
        warnings = check_plan(
            session, patient, plan.medicines, plan.first_day, plan.last_day, accepted=accepted, now=now
        )
        course = put_course(session, who, patient, plan.days, now=now, course_id=client_ref)
        course.asks_baseline = plan.asks_baseline
        _put_protocol(session, course, plan.protocol_id)
        keep_warnings(session, who, course, warnings, now=now)
        refresh_summary(session, patient.clinic_id, course.patient_id, now=now)
        return course.id


def move_course(
    who: Identity,
    patient: Subject,
    course_id: uuid.UUID,
    plan: Plan,
    *,
    reason: str,
    clock: Clock,
    accepted: str = "",
) -> None:
    """Move a planned course to other days, with the reason; medicines and protocol stay.

    Raises:
        AskAgain: the rules say something against the new days that was not accepted yet.
        Invalid: the course has begun or was cancelled, or the days are out of order or behind.
    """
    with transaction() as session:
        course, now = _planned(session, who, patient, course_id, clock)
        days = CourseDays(course.medicines, CourseStatus.PLANNED, plan.first_day, plan.last_day)
        _check_ahead(session, patient, days, now)
        expected = (days.medicines, days.first_day, days.last_day)
        warnings = check_plan(session, patient, *expected, accepted=accepted, now=now, but=course.id)
        _change(session, who, course, days, CourseChanged.MOVED, reason=reason, now=now)
        course.asks_baseline = plan.asks_baseline
        keep_warnings(session, who, course, warnings, now=now)
        refresh_summary(session, patient.clinic_id, course.patient_id, now=now)


def cancel_course(who: Identity, patient: Subject, course_id: uuid.UUID, *, reason: str, clock: Clock) -> None:
    """Cancel a planned course, with the reason.

    Raises:
        Invalid: it has begun, or was cancelled already.
    """
    with transaction() as session:
        course, now = _planned(session, who, patient, course_id, clock)
        days = CourseDays(course.medicines, CourseStatus.CANCELLED, course.first_day, course.last_day)
        _change(session, who, course, days, CourseChanged.CANCELLED, reason=reason, now=now)
        refresh_summary(session, patient.clinic_id, course.patient_id, now=now)


def _planned(
    session: Session, who: Identity, patient: Subject, course_id: uuid.UUID, clock: Clock
) -> tuple[Course, datetime]:
    now = clock()
    require(who, Permission.COURSE_WRITE, looked_up(session, patient, now=now))
    lock_patient(session, patient)
    course = course_of(session, patient, course_id)
    if course.status != CourseStatus.PLANNED:
        raise Invalid(Sentence("This course is no longer a plan: correct it instead."))
    return course, now


def _change(
    session: Session,
    who: Identity,
    course: Course,
    days: CourseDays,
    changed: CourseChanged,
    *,
    reason: str,
    now: datetime,
) -> None:
    before = CourseDays(course.medicines, CourseStatus(course.status), course.first_day, course.last_day)
    if before == days:
        return
    change_course(session, who, course, days, reason=reason, now=now)
    put_change(session, who, course, changed, before=before.plain(), reason=reason, now=now)


def _check_ahead(session: Session, patient: Subject, days: CourseDays, now: datetime) -> None:
    check_days(session, patient, days)
    if days.first_day < begin_reading(session, patient).today(now):
        words = "This day has passed. A course that was given is recorded, not planned."
        raise Invalid(first_day=Sentence(words))


def _put_protocol(session: Session, course: Course, protocol_id: uuid.UUID | None) -> None:
    if protocol_id is None:
        return
    if session.get(Protocol, (course.clinic_id, protocol_id)) is None:
        raise NotThere
    session.add(CourseProtocol(clinic_id=course.clinic_id, course_id=course.id, protocol_id=protocol_id))
    session.flush()
