"""Infusions of a course: recorded one by one or several days at once."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.after_infusion import SIDE_EFFECT_CODES
from diary.clinical.doses import Doubt, Written, doubts_about, units_of
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Invalid, Sentence
from diary.models import Course, Infusion
from diary.services import audit
from diary.services.asking_again import ask_again
from diary.services.course_changes import standing_infusions
from diary.services.courses import CourseDays, course_of, days_of, lock_patient
from diary.services.diaries import read_diary
from diary.services.fitted_courses import fit_course, with_infusions
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.services.sent import sent_before
from diary.vocabulary import CourseStatus

FARTHEST: Final = timedelta(days=60)
"""How far from its course an infusion may lie: farther is a mistake in the date."""
FAR_FROM_COURSE: Final = timedelta(days=7)
"""An infusion farther than this from the planned first day, or from a course's days, is asked about: day 0 moves."""


@dataclass(frozen=True, slots=True)
class InfusionGiven:
    """One infusion as it was given; a dose is written down, never calculated.

    `side_effects` are the codes that were ticked, `side_effect_words` what else came, `remark` vital signs.
    """

    day: date
    medicine: str
    dose: Decimal | None = None
    unit: str | None = None
    hours: Decimal | None = None
    weight_kg: Decimal | None = None
    remark: str = ""
    side_effects: tuple[str, ...] = ()
    side_effect_words: str = ""

    def columns(self) -> dict[str, Any]:
        """Return it as it is stored; a unit without a dose is left out."""
        unit = self.unit if self.dose is not None else None
        return {**{name: getattr(self, name) for name in self.__dataclass_fields__}, "unit": unit}


@dataclass(frozen=True, slots=True)
class InfusionDoubt:
    """A number that is asked about once more: in which row of the form, which one, and what was written.

    `doubt` is None for an infusion of a medicine that has one on the same day already, for one that would move a plan
    far: then `planned` is the first day of the plan, and for one that would stretch a course far: then `stretched` are
    its days as they are, and as they would be.
    """

    row: int
    doubt: Doubt | None
    medicine: str
    day: date
    number: Decimal | None = None
    unit: str | None = None
    planned: date | None = None
    stretched: tuple[CourseDays, CourseDays] | None = None


def record_infusion(
    who: Identity,
    patient: Subject,
    course_id: uuid.UUID,
    given: InfusionGiven,
    *,
    clock: Clock,
    client_ref: uuid.UUID | None = None,
    accepted: str = "",
) -> uuid.UUID:
    """Record one infusion and return its id, as `record_infusions` does; its refusals name plain fields."""
    try:
        (made,) = record_infusions(
            who, patient, course_id, {0: given}, clock=clock, client_refs={0: client_ref}, accepted=accepted
        )
    except Invalid as refusal:
        fields = {name.removeprefix("row-0-"): sentence for name, sentence in refusal.fields.items()}
        raise Invalid(refusal.args[0], **fields) from None
    return made


def record_infusions(
    who: Identity,
    patient: Subject,
    course_id: uuid.UUID,
    given: Mapping[int, InfusionGiven],
    *,
    clock: Clock,
    client_refs: Mapping[int, uuid.UUID | None],
    accepted: str = "",
) -> list[uuid.UUID]:
    """Record infusions, all of them or none; `given` is by the row of the form that they were written in.

    A planned course is given from its first infusion on; begun early, the whole plan moves. A course that was begun
    grows to hold its days.

    Raises:
        Invalid: fields by row (`row-3-day`): the day lies ahead, a unit does not fit, or the course would overlap.
        AskAgain: numbers that nobody writes on purpose, or a day that moves a plan far, not accepted yet.
    """
    with transaction() as session:
        now = clock()
        require(who, Permission.COURSE_WRITE, looked_up(session, patient, now=now))
        lock_patient(session, patient)
        course = course_of(session, patient, course_id)
        sent = [_sent(session, patient, course, one, client_refs[row]) for row, one in given.items()]
        if sent and all(sent):
            return [one for one in sent if one]
        _check_rows(session, course, given, now)
        ask_again(_doubts(session, course, given), accepted)
        made = {  # by day: a plan moves to the earliest of them, whatever the order of the rows
            row: put_infusion(session, who, course, one, now=now, infusion_id=client_refs[row])
            for row, one in sorted(given.items(), key=lambda written: written[1].day)
        }
        refresh_summary(session, patient.clinic_id, course.patient_id, now=now)
        return [made[row] for row in given]


def put_infusion(
    session: Session,
    who: Identity,
    course: Course,
    given: InfusionGiven,
    *,
    now: datetime,
    infusion_id: uuid.UUID | None,
) -> uuid.UUID:
    """Record an infusion that was checked, within a unit that is open already."""
    about = Subject(course.clinic_id, course.patient_id)
    infusion = Infusion(
        clinic_id=course.clinic_id,
        id=infusion_id or uuid.uuid4(),
        course_id=course.id,
        made_at=now,
        made_by=who.member_id,
        **given.columns(),
    )
    session.add(infusion)
    session.flush()
    fit_course(session, who, course, infusion.id, now=now)
    said = {"course": str(course.id), "infusion": str(infusion.id), "day": given.day.isoformat()}
    audit.write(session, who, "infusion.recorded", about=about, at=now, content=said)
    return infusion.id


def check_infusion(session: Session, course: Course, given: InfusionGiven, now: datetime) -> None:
    """Refuse what cannot have been given.

    Raises:
        Invalid: names the field.
    """
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
    if given.dose is not None and given.unit not in units_of(given.medicine):
        units = ", ".join(units_of(given.medicine))
        raise Invalid(unit=Sentence("This medicine is written down in %(units)s.", units=units))
    if not set(given.side_effects) <= set(SIDE_EFFECT_CODES):
        raise Invalid(side_effects=Sentence("Choose only from those offered."))


def doubts_of(row: int, given: InfusionGiven) -> Iterator[InfusionDoubt]:
    """Yield the numbers of an infusion that are asked about once more."""
    written = Written(given.medicine, given.dose, given.unit, given.hours, given.weight_kg)
    for doubt in doubts_about(written):
        unit = {Doubt.DOSE: given.unit, Doubt.HOURS: "h", Doubt.WEIGHT: "kg"}[doubt]
        yield InfusionDoubt(row, doubt, given.medicine, given.day, getattr(given, doubt.value), unit)


def _sent(
    session: Session, patient: Subject, course: Course, given: InfusionGiven, client_ref: uuid.UUID | None
) -> uuid.UUID | None:
    return sent_before(session, Infusion, patient, client_ref, {"course_id": course.id, **given.columns()})


def _check_rows(session: Session, course: Course, given: Mapping[int, InfusionGiven], now: datetime) -> None:
    wrong: dict[str, str] = {}
    for row, one in given.items():
        try:
            check_infusion(session, course, one, now)
        except Invalid as refusal:
            wrong |= {f"row-{row}-{name}": sentence for name, sentence in refusal.fields.items()}
    if wrong:
        raise Invalid(**wrong)


def _doubts(session: Session, course: Course, given: Mapping[int, InfusionGiven]) -> Iterator[InfusionDoubt]:
    there = {(infusion.day, infusion.medicine) for infusion in standing_infusions(session, course)}
    for row, one in given.items():
        yield from doubts_of(row, one)
        if (one.day, one.medicine) in there:
            yield InfusionDoubt(row, None, one.medicine, one.day)
        there.add((one.day, one.medicine))
    if given:
        yield from far_from_course(days_of(course), given)


def far_from_course(course: CourseDays, given: Mapping[int, InfusionGiven]) -> Iterator[InfusionDoubt]:
    """Yield what would move a plan far, or stretch a course far beyond its days."""
    if course.status == CourseStatus.PLANNED:
        row, first = min(given.items(), key=lambda written: written[1].day)
        if abs(first.day - course.first_day) > FAR_FROM_COURSE:
            yield InfusionDoubt(row, None, first.medicine, first.day, planned=course.first_day)
        return
    for row, one in given.items():
        if max(course.first_day - one.day, one.day - course.last_day) > FAR_FROM_COURSE:
            stretched = (course, with_infusions(course, [one.day]))
            yield InfusionDoubt(row, None, one.medicine, one.day, stretched=stretched)
