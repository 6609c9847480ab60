"""Some days of one diary: what a page shows is read, and nothing else, however long the diary is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from sqlalchemy import false, or_, select
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.clinical.diary_day import ZoneFrom
from diary.errors import NotThere
from diary.models import Course, Entry, Patient, PatientZone
from diary.services.diaries import Diary, revisions_of
from diary.vocabulary import CourseStatus


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The days from `first` to `last`, both of them included."""

    first: date
    last: date

    @classmethod
    def up_to(cls, last: date, *, days: int) -> Self:
        """Return the last `days` days up to `last`."""
        return cls(last - timedelta(days=days - 1), last)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


EVERY_DAY = Span(date.min, date.max)


def begin_reading(session: Session, patient: Subject) -> Diary:
    """Return the diary of a patient with the zones they lived in, and nothing written in it yet.

    Raises:
        NotThere: the clinic has no such patient.
    """
    row = session.get(Patient, (patient.clinic_id, patient.patient_id)) if patient.patient_id else None
    if row is None:
        raise NotThere
    lived = select(PatientZone).where(
        PatientZone.clinic_id == patient.clinic_id, PatientZone.patient_id == patient.patient_id
    )
    zones = session.scalars(lived.order_by(PatientZone.valid_from))
    return Diary(row, zones=[ZoneFrom(zone.valid_from, ZoneInfo(zone.time_zone)) for zone in zones])


def read_days(session: Session, diary: Diary, spans: Iterable[Span]) -> None:
    """Read what was written about the days of `spans`."""
    wanted = or_(false(), *(Entry.day.between(span.first, span.last) for span in _joined(spans)))
    found = revisions_of(session, diary.patient.clinic_id, [diary.patient.id], wanted)
    diary.revisions.extend(revision for _patient_id, revision in found)


def read_courses(session: Session, diary: Diary, spans: Sequence[Span]) -> None:
    """Read the courses that were given on a day of `spans`, or are planned, in order."""
    course = Course
    near = or_(false(), *((course.first_day <= span.last) & (course.last_day >= span.first) for span in spans))
    rows = select(course).where(
        course.clinic_id == diary.patient.clinic_id,
        course.patient_id == diary.patient.id,
        or_(course.status == CourseStatus.PLANNED, near),
    )
    diary.courses.extend(session.scalars(rows.order_by(course.first_day, course.id)))


def first_days(session: Session, diary: Diary) -> tuple[date | None, date | None]:
    """Return the earliest day with an entry and the first day of the earliest course given, each None without one."""
    clinic_id, patient_id = diary.patient.clinic_id, diary.patient.id
    entry = select(Entry.day).where(Entry.clinic_id == clinic_id, Entry.patient_id == patient_id)
    course = select(Course.first_day).where(
        Course.clinic_id == clinic_id, Course.patient_id == patient_id, Course.status == CourseStatus.GIVEN
    )
    return (
        session.scalar(entry.order_by(Entry.day).limit(1)),
        session.scalar(course.order_by(Course.first_day).limit(1)),
    )


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return the same days as spans that neither meet nor touch, so that no day is read twice."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.first <= joined[-1].last:
            joined[-1] = Span(joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return joined
