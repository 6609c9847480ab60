"""Courses: planned, given and corrected; infusions; baselines by hand; what else happened."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.calendar_days import is_plausible
from diary.clinical.medicines import check_medicines
from diary.clock import Clock
from diary.db import HELD, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import BaselineByHand, Course, Patient, PatientEvent
from diary.services import audit
from diary.services.course_changes import check_infusions_fit, put_change
from diary.services.diaries import read_diary
from diary.services.events import put_event
from diary.services.plan_warnings import check_plan, keep_warnings
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.services.sent import sent_before
from diary.vocabulary import CourseChanged, CourseStatus, EventKind

LONGEST: Final = timedelta(days=366)
STATED: Final = "course.corrected"
"""The act of somebody who says what a course is."""


@dataclass(frozen=True, slots=True)
class CourseDays:
    """What a course is: its ordered medicines, planned or given, from its first to its last infusion day."""

    medicines: tuple[str, ...]
    status: CourseStatus
    first_day: date
    last_day: date

    def plain(self) -> dict[str, str]:
        """Return it as the audit keeps it."""
        return {
            "medicines": "+".join(self.medicines),
            "status": self.status.value,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
        }


def record_course(
    who: Identity, patient: Subject, days: CourseDays, *, clock: Clock, client_ref: uuid.UUID | None = None
) -> uuid.UUID:
    """Record a course and return its id, which is `client_ref`: the same form sent twice is recorded once.

    Raises:
        Invalid: days out of order, or shared with another course of the patient.
    """
    with transaction() as session:
        now = clock()
        require(who, Permission.COURSE_WRITE, looked_up(session, patient, now=now))
        lock_patient(session, patient)
        sent = sent_before(session, Course, patient, client_ref, as_stored(patient, days))
        if sent is not None:
            return sent
        _check_started(session, patient, days, now)
        check_days(session, patient, days)
        course = put_course(session, who, patient, days, now=now, course_id=client_ref)
        refresh_summary(session, patient.clinic_id, course.patient_id, now=now)
        return course.id


def put_course(
    session: Session,
    who: Identity,
    patient: Subject,
    days: CourseDays,
    *,
    now: datetime,
    course_id: uuid.UUID | None = None,
) -> Course:
    """Record a course within a unit that is open already; the caller has checked its days and makes the summary."""
    course = Course(
        clinic_id=patient.clinic_id,
        id=course_id or uuid.uuid4(),
        patient_id=patient.patient_id,
        medicines=days.medicines,
        status=days.status,
        first_day=days.first_day,
        last_day=days.last_day,
        asks_baseline=days.status == CourseStatus.PLANNED,
        made_at=now,
        made_by=who.member_id,
    )
    session.add(course)
    session.flush()
    said = {"course": str(course.id), **days.plain()}
    audit.write(session, who, "course.recorded", about=patient, at=now, content=said)
    return course


def correct_course(
    who: Identity,
    course_id: uuid.UUID,
    patient: Subject,
    days: CourseDays,
    *,
    reason: str,
    clock: Clock,
    accepted: str = "",
) -> None:
    """Correct a course, with the reason; what it said before is kept beside it and in the audit.

    Raises:
        AskAgain: it is a plan, and the rules say something against it that was not accepted yet.
        Invalid: an infusion would lie outside it, or days out of order or shared with another course.
    """
    with transaction() as session:
        now = clock()
        require(who, Permission.COURSE_WRITE, looked_up(session, patient, now=now))
        lock_patient(session, patient)
        course = course_of(session, patient, course_id)
        _check_started(session, patient, days, now)
        check_days(session, patient, days, but=course.id)
        check_infusions_fit(session, course, days)
        before = days_of(course)
        if before != days:
            if days.status == CourseStatus.PLANNED:
                plan = (days.medicines, days.first_day, days.last_day)
                said = check_plan(session, patient, *plan, accepted=accepted, now=now, but=course.id)
                keep_warnings(session, who, course, said, now=now)
            change_course(session, who, course, days, reason=reason, now=now)
            put_change(session, who, course, CourseChanged.CORRECTED, before=before.plain(), reason=reason, now=now)
        refresh_summary(session, patient.clinic_id, course.patient_id, now=now)


def change_course(
    session: Session, who: Identity, course: Course, to: CourseDays, *, now: datetime, action: str = STATED, **said: str
) -> None:
    """Change a course within a unit that is open already; the caller has checked its days and makes the summary."""
    before = days_of(course)
    if before == to:
        return
    course.medicines, course.status = to.medicines, to.status
    course.first_day, course.last_day = to.first_day, to.last_day
    session.flush()
    content = {"course": str(course.id), "before": before.plain(), "after": to.plain(), **said}
    audit.write(session, who, action, about=Subject(course.clinic_id, course.patient_id), at=now, content=content)


def days_of(course: Course) -> CourseDays:
    """Return what a course is."""
    return CourseDays(course.medicines, CourseStatus(course.status), course.first_day, course.last_day)


def check_days(session: Session, patient: Subject, days: CourseDays, *, but: uuid.UUID | None = None) -> None:
    """Refuse days out of order and days shared with another given course.

    Raises:
        Invalid: says which.
    """
    check_medicines(days.medicines)
    if not is_plausible(days.first_day) or not is_plausible(days.last_day):
        raise Invalid(first_day=Sentence("Write dates between 1900 and 2200."))
    if days.last_day - days.first_day > LONGEST:
        raise Invalid(last_day=Sentence("A course this long is a mistake in a date."))
    if days.last_day < days.first_day:
        raise Invalid(last_day=Sentence("The last infusion day comes before the first one."))
    if days.status != CourseStatus.GIVEN:
        return
    other = session.scalar(
        select(Course)
        .where(
            Course.clinic_id == patient.clinic_id,
            Course.patient_id == patient.patient_id,
            Course.status == CourseStatus.GIVEN,
            Course.first_day <= days.last_day,
            Course.last_day >= days.first_day,
            Course.id != (but or uuid.UUID(int=0)),
        )
        .limit(1)
    )
    if other is not None:
        days_taken = {"first": other.first_day, "last": other.last_day}
        raise Invalid(first_day=Sentence("These days overlap the course from %(first)s to %(last)s.", **days_taken))


def _check_started(session: Session, patient: Subject, days: CourseDays, now: datetime) -> None:
    diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
    if diary and days.status == CourseStatus.GIVEN and days.first_day > diary.today(now):
        raise Invalid(first_day=Sentence("A course that was given has begun. Choose planned for one that lies ahead."))


def lock_patient(session: Session, patient: Subject) -> None:
    """Let nobody else write this patient's courses until the unit is over.

    Raises:
        NotThere: the clinic has no such patient.
    """
    if session.get(Patient, (patient.clinic_id, patient.patient_id), with_for_update=HELD) is None:
        raise NotThere


def course_of(session: Session, patient: Subject, course_id: uuid.UUID) -> Course:
    """Return a course of the patient.

    Raises:
        NotThere: the patient has no such course.
    """
    course = session.get(Course, (patient.clinic_id, course_id))
    if course is None or course.patient_id != patient.patient_id:
        raise NotThere
    return course


def give_baseline(
    who: Identity,
    patient: Subject,
    course_id: uuid.UUID,
    *,
    value: Decimal | None,
    reason: str,
    clock: Clock,
    client_ref: uuid.UUID | None = None,
) -> None:
    """Give the baseline of a course from the clinic's notes, with the reason; None takes an earlier one back."""
    with transaction() as session:
        now = clock()
        require(who, Permission.BASELINE_SET, looked_up(session, patient, now=now))
        if value is not None and (not 0 <= value <= 10 or value != round(value, 2)):
            raise Invalid(value=Sentence("A baseline lies between 0 and 10."))
        course = course_of(session, patient, course_id)
        diary = read_diary(session, patient.clinic_id, course.patient_id)
        if diary is None:
            raise NotThere
        given = {"course_id": course.id, "value": value, "reason": reason}
        if sent_before(session, BaselineByHand, patient, client_ref, given):
            return
        session.add(
            BaselineByHand(
                clinic_id=patient.clinic_id,
                id=client_ref or uuid.uuid4(),
                **given,
                set_on=diary.today(now),
                made_at=now,
                made_by=who.member_id,
            )
        )
        said = {"course": str(course.id), "value": None if value is None else str(value), "reason": reason}
        audit.write(session, who, "baseline.given", about=patient, at=now, content=said)
        refresh_summary(session, patient.clinic_id, course.patient_id, now=now)


def record_event(
    who: Identity,
    patient: Subject,
    kind: EventKind,
    *,
    clock: Clock,
    day: date | None = None,
    note: str = "",
    client_ref: uuid.UUID | None = None,
) -> None:
    """Record what happened, or what the patient told the clinic, on `day` (today when None).

    Raises:
        Invalid: the day lies ahead.
    """
    with transaction() as session:
        now = clock()
        require(who, Permission.COURSE_WRITE, looked_up(session, patient, now=now))
        diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
        if diary is None:
            raise NotThere
        on = day or diary.today(now)
        if on > diary.today(now) or not is_plausible(on):
            raise Invalid(day=Sentence("This day has not come yet."))
        said = {"patient_id": patient.patient_id, "kind": kind, "day": on, "note": note}
        if sent_before(session, PatientEvent, patient, client_ref, said):
            return
        put_event(session, who, patient, kind, day=on, now=now, note=note, event_id=client_ref)
        refresh_summary(session, patient.clinic_id, diary.patient.id, now=now)


def as_stored(patient: Subject, days: CourseDays) -> dict[str, Any]:
    """Return the columns by which a form that is sent again is known."""
    return {
        "patient_id": patient.patient_id,
        "medicines": days.medicines,
        "status": days.status,
        "first_day": days.first_day,
        "last_day": days.last_day,
    }
