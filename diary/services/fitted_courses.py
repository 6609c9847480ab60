"""The days of a course as people stated them, and how they follow its infusions: grown with one, given back without."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.models import AuditEvent, Course
from diary.services.course_changes import standing_infusions
from diary.services.courses import STATED, CourseDays, change_course, check_days, days_of
from diary.vocabulary import CourseStatus

FITTED: Final = "course.fitted"


def fit_course(session: Session, who: Identity, course: Course, infusion_id: uuid.UUID, *, now: datetime) -> None:
    """Let a course have the days that were stated, and those of every infusion that stands; one of them was changed.

    Raises:
        Invalid: it would overlap another course.
    """
    days = with_infusions(stated_days(session, course), [one.day for one in in_order(session, course)])
    check_days(session, Subject(course.clinic_id, course.patient_id), days, but=course.id)
    change_course(session, who, course, days, now=now, action=FITTED, infusion=str(infusion_id))


def in_order(session: Session, course: Course) -> list[Any]:
    """Return the infusions that stand in the order in which they were recorded; of one moment the earliest first."""
    return sorted(standing_infusions(session, course), key=lambda one: (one.made_at, one.day))


def stated_days(session: Session, course: Course) -> CourseDays:
    """Return the days that somebody stated last, before infusions moved or extended the course."""
    changes = (
        select(AuditEvent)
        .where(
            AuditEvent.clinic_id == course.clinic_id,
            AuditEvent.patient_id == course.patient_id,
            AuditEvent.action.in_((FITTED, STATED)),
        )
        .order_by(AuditEvent.position.desc())
    )
    stated = days_of(course)
    for change in session.scalars(changes):
        said: dict[str, Any] = change.content or {}
        if said.get("course") != str(course.id):
            continue
        if change.action == STATED:
            break
        stated = _as_kept(said["before"])
    return stated


def _as_kept(said: dict[str, str]) -> CourseDays:
    first, last = date.fromisoformat(said["first_day"]), date.fromisoformat(said["last_day"])
    return CourseDays(tuple(said["medicines"].split("+")), CourseStatus(said["status"]), first, last)


def with_infusions(stated: CourseDays, days: Iterable[date]) -> CourseDays:
    """Return the days of a course with infusions on these `days`, one recorded after the other.

    The first infusion of a plan that lies before its first day moves the whole plan, so that no day without an
    infusion becomes day 0; later ones let it grow.
    """
    course = stated
    for day in days:
        if course.status == CourseStatus.PLANNED:
            earlier = max(course.first_day - day, timedelta(0))
            first, last = day, max(course.last_day - earlier, day)
        else:
            first, last = min(course.first_day, day), max(course.last_day, day)
        course = CourseDays(course.medicines, CourseStatus.GIVEN, first, last)
    return course
