"""Infusions corrected and taken back: what they said before stays beside them, with the reason."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import Course, Infusion
from diary.services import audit
from diary.services.asking_again import ask_again
from diary.services.course_changes import put_change, standing_infusions
from diary.services.courses import course_of, lock_patient
from diary.services.fitted_courses import fit_course, in_order, stated_days, with_infusions
from diary.services.infusions import InfusionDoubt, InfusionGiven, check_infusion, doubts_of, far_from_course
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.vocabulary import CourseChanged


def correct_infusion(
    who: Identity,
    patient: Subject,
    infusion_id: uuid.UUID,
    given: InfusionGiven,
    *,
    reason: str,
    clock: Clock,
    accepted: str = "",
) -> None:
    """Correct an infusion, with the reason; the course has the days it would have had with what is right.

    Raises:
        Invalid: what is written cannot have been given, or the infusion was taken back.
        AskAgain: numbers that nobody writes on purpose, or a day that has an infusion of the medicine already,
            not accepted yet.
    """
    with transaction() as session:
        infusion, course, now = _standing(session, who, patient, infusion_id, clock)
        before, after = as_given(infusion), _stored(given)
        if before == after:
            return
        check_infusion(session, course, given, now)
        ask_again(_doubts(session, course, infusion, given), accepted)
        for name, value in given.columns().items():
            setattr(infusion, name, value)
        session.flush()
        fit_course(session, who, course, infusion.id, now=now)
        plain = {"before": plain_infusion(before), "after": plain_infusion(after)}
        put_change(
            session,
            who,
            course,
            CourseChanged.INFUSION_CORRECTED,
            before=plain["before"],
            reason=reason,
            now=now,
            infusion_id=infusion.id,
        )
        said = {"course": str(course.id), "infusion": str(infusion.id), **plain, "reason": reason}
        audit.write(session, who, "infusion.corrected", about=patient, at=now, content=said)
        refresh_summary(session, patient.clinic_id, course.patient_id, now=now)


def take_back_infusion(who: Identity, patient: Subject, infusion_id: uuid.UUID, *, reason: str, clock: Clock) -> None:
    """Take an infusion back, with the reason; it stays stored, and its course has the days it had without it.

    Raises:
        Invalid: it was taken back already.
    """
    with transaction() as session:
        infusion, course, now = _standing(session, who, patient, infusion_id, clock)
        infusion.taken_back_at = now
        session.flush()
        fit_course(session, who, course, infusion.id, now=now)
        put_change(
            session,
            who,
            course,
            CourseChanged.INFUSION_TAKEN_BACK,
            before=plain_infusion(as_given(infusion)),
            reason=reason,
            now=now,
            infusion_id=infusion.id,
        )
        said = {"course": str(course.id), "infusion": str(infusion.id), "day": infusion.day.isoformat()}
        audit.write(session, who, "infusion.taken_back", about=patient, at=now, content={**said, "reason": reason})
        refresh_summary(session, patient.clinic_id, course.patient_id, now=now)


def as_given(infusion: Infusion) -> InfusionGiven:
    """Return a stored infusion as it was given."""
    return InfusionGiven(**{name: getattr(infusion, name) for name in InfusionGiven.__dataclass_fields__})


def plain_infusion(given: InfusionGiven) -> dict[str, Any]:
    """Return an infusion as the audit keeps it."""
    amounts = {
        name: None if (value := getattr(given, name)) is None else str(value) for name in ("dose", "hours", "weight_kg")
    }
    return {
        "day": given.day.isoformat(),
        "medicine": given.medicine,
        "unit": given.unit,
        **amounts,
        "side_effects": list(given.side_effects),
        "side_effect_words": given.side_effect_words,
        "remark": given.remark,
    }


def _doubts(session: Session, course: Course, infusion: Infusion, given: InfusionGiven) -> Iterator[InfusionDoubt]:
    """Yield what is asked about once more; a second infusion of a day only when it is corrected to stand there."""
    yield from doubts_of(0, given)
    there = {(one.day, one.medicine) for one in standing_infusions(session, course)}
    if (given.day, given.medicine) in there - {(infusion.day, infusion.medicine)}:
        yield InfusionDoubt(0, None, given.medicine, given.day)
    others = [one.day for one in in_order(session, course) if one.id != infusion.id]
    yield from far_from_course(with_infusions(stated_days(session, course), others), {0: given})


def _stored(given: InfusionGiven) -> InfusionGiven:
    return InfusionGiven(**given.columns())


def _standing(
    session: Session, who: Identity, patient: Subject, infusion_id: uuid.UUID, clock: Clock
) -> tuple[Infusion, Course, datetime]:
    now = clock()
    require(who, Permission.COURSE_WRITE, looked_up(session, patient, now=now))
    lock_patient(session, patient)
    infusion = session.get(Infusion, (patient.clinic_id, infusion_id))
    if infusion is None:
        raise NotThere
    course = course_of(session, patient, infusion.course_id)
    if infusion.taken_back_at is not None:
        raise Invalid(Sentence("This infusion was taken back already. Record it anew if it was given."))
    return infusion, course, now
