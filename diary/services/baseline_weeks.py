"""The week before a planned course, which a patient is asked to write every day of."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, own_subject, require
from diary.clinical.rules import WEEK
from diary.clock import Clock
from diary.db import snapshot
from diary.models import Course
from diary.services.some_days import begin_reading
from diary.vocabulary import CourseStatus


@dataclass(frozen=True, slots=True)
class BaselineWeek:
    """The days that are asked for before a course that is planned from `course_from` on."""

    course_from: date

    @property
    def first(self) -> date:
        """The first day of the week."""
        return self.course_from - timedelta(days=WEEK)

    @property
    def last(self) -> date:
        """The day before the course."""
        return self.course_from - timedelta(days=1)


def baseline_week_asked(who: Identity, *, clock: Clock) -> BaselineWeek | None:
    """Return the week that the patient who is asking is in and should write every day of, or None.

    Raises:
        NotThere: whoever asks is no patient.
    """
    patient = own_subject(who)
    require(who, Permission.DIARY_READ, patient)
    with snapshot() as session:
        return baseline_week_on(session, patient, begin_reading(session, patient).today(clock()))


def baseline_week_on(session: Session, patient: Subject, today: date) -> BaselineWeek | None:
    """Return the week that a patient is in `today` and should write every day of, or None."""
    planned = select(Course.first_day).where(
        Course.clinic_id == patient.clinic_id,
        Course.patient_id == patient.patient_id,
        Course.status == CourseStatus.PLANNED,
        Course.asks_baseline,
        Course.first_day > today,
        Course.first_day <= today + timedelta(days=WEEK),
    )
    first_day = session.scalar(planned.order_by(Course.first_day).limit(1))
    return BaselineWeek(first_day) if first_day else None
