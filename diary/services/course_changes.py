"""What is changed of a course once it is recorded: kept beside it with the reason, and held against its infusions."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.errors import Invalid, Sentence
from diary.models import Course, CourseChange, Infusion
from diary.vocabulary import CourseChanged, CourseStatus

if TYPE_CHECKING:
    from diary.services.courses import CourseDays


def put_change(
    session: Session,
    who: Identity,
    course: Course,
    changed: CourseChanged,
    *,
    before: dict[str, Any],
    reason: str,
    now: datetime,
    infusion_id: uuid.UUID | None = None,
) -> None:
    """Keep what a course or one of its infusions said before, and why that was changed."""
    session.add(
        CourseChange(
            clinic_id=course.clinic_id,
            id=uuid.uuid4(),
            patient_id=course.patient_id,
            course_id=course.id,
            infusion_id=infusion_id,
            changed=changed,
            before=before,
            reason=reason,
            made_at=now,
            made_by=who.member_id,
        )
    )
    session.flush()


def standing_infusions(session: Session, course: Course) -> Sequence[Infusion]:
    """Return the infusions of a course that were not taken back, in order."""
    of_course = select(Infusion).where(
        Infusion.clinic_id == course.clinic_id, Infusion.course_id == course.id, Infusion.taken_back_at.is_(None)
    )
    return session.scalars(of_course.order_by(Infusion.day, Infusion.made_at)).all()


def check_infusions_fit(session: Session, course: Course, days: "CourseDays") -> None:
    """Refuse a correction that would leave an infusion outside its course.

    Raises:
        Invalid: names the infusion that has to be corrected or taken back first.
    """
    for infusion in standing_infusions(session, course):
        if days.status != CourseStatus.GIVEN:
            words = "An infusion of %(day)s is recorded: take it back first, if it was not given."
            raise Invalid(status=Sentence(words, day=infusion.day))
        if infusion.medicine not in days.medicines:
            words = "An infusion of %(day)s is of a medicine that would be missing: correct that infusion first."
            raise Invalid(medicine=Sentence(words, day=infusion.day))
        outside = "The infusion of %(day)s would lie outside these days: correct it or take it back first."
        if infusion.day < days.first_day:
            raise Invalid(first_day=Sentence(outside, day=infusion.day))
        if infusion.day > days.last_day:
            raise Invalid(last_day=Sentence(outside, day=infusion.day))
