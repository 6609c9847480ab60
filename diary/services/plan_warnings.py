"""What the rules say against a planned course, asked before it is stored."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clinical.courses import Course as GivenCourse
from diary.clinical.intervals import PlanWarning, warnings_of_plan
from diary.models import Course
from diary.services import audit
from diary.services.asking_again import ask_again
from diary.services.course_changes import put_change
from diary.services.rules import rules_in_force
from diary.services.some_days import begin_reading
from diary.vocabulary import CourseChanged, CourseStatus


def check_plan(
    session: Session,
    patient: Subject,
    medicines: Sequence[str],
    first_day: date,
    last_day: date,
    *,
    accepted: str,
    now: datetime,
    but: uuid.UUID | None = None,
) -> tuple[PlanWarning, ...]:
    """Return what stands against a plan and was accepted; the course `but` is the plan itself.

    Raises:
        AskAgain: something stands against it that was not accepted yet.
    """
    rules = rules_in_force(session, patient.clinic_id)
    plan = GivenCourse(tuple(medicines), first_day, last_day)
    found = warnings_of_plan(plan, _others(session, patient, but, now), rules)
    ask_again(found, accepted)
    return found


def keep_warnings(
    session: Session, who: Identity, course: Course, warnings: Sequence[PlanWarning], *, now: datetime
) -> None:
    """Keep beside a course, and in the audit, what was said against it and accepted; nothing for nothing."""
    if not warnings:
        return
    said = [plain_warning(warning) for warning in warnings]
    put_change(session, who, course, CourseChanged.PLANNED_ANYWAY, before={"warnings": said}, reason="", now=now)
    about = Subject(course.clinic_id, course.patient_id)
    content = {"course": str(course.id), "warnings": said}
    audit.write(session, who, "course.planned_anyway", about=about, at=now, content=content)


def _others(session: Session, patient: Subject, but: uuid.UUID | None, now: datetime) -> list[GivenCourse]:
    """Return the other courses that were given or lie ahead; nothing was given on a planned day that has passed."""
    today = begin_reading(session, patient).today(now)
    lies_ahead = (Course.status == CourseStatus.PLANNED) & (Course.first_day >= today)
    rows = select(Course).where(
        Course.clinic_id == patient.clinic_id,
        Course.patient_id == patient.patient_id,
        or_(Course.status == CourseStatus.GIVEN, lies_ahead),
    )
    ordered = session.scalars(rows.order_by(Course.first_day, Course.id))
    return [GivenCourse(one.medicines, one.first_day, one.last_day) for one in ordered if one.id != but]


def plain_warning(warning: PlanWarning) -> dict[str, Any]:
    """Return a warning as it is kept beside the course and in the audit."""
    return {
        "code": warning.code,
        "substance": warning.substance,
        "medicine": warning.medicine,
        "until": warning.until.isoformat() if warning.until else None,
        "courses": [f"{one.first_day.isoformat()}/{one.last_day.isoformat()}" for one in warning.courses],
        "number": warning.number,
        "status": warning.status,
    }
