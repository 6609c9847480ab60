"""What came of each course: worked out of a diary, and kept for the groups."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, cast

from sqlalchemy import Table, delete, insert
from sqlalchemy.orm import Session

from diary.clinical.cohort.groups import USUAL_WEEKS
from diary.clinical.cohort.outcome import CourseOutcome as Outcome
from diary.clinical.cohort.outcome import outcomes_of
from diary.clinical.rules import RuleSet
from diary.models import CourseOutcome
from diary.services.diaries import Diary
from diary.vocabulary import CourseStatus

_TABLE: Final = cast("Table", CourseOutcome.__table__)
"""Rows are put in and taken out as they are: nobody holds one as an object."""


def outcomes_on(diary: Diary, today: date, rules: RuleSet) -> list[Outcome]:
    """Return what came of each started course, as if nothing after `today` had been written."""
    return outcomes_of(diary.judged(today, rules))


def store_outcomes(session: Session, clinic_id: uuid.UUID, outcomes: Mapping[uuid.UUID, list[dict[str, Any]]]) -> None:
    """Put what came of the courses of some patients in the place of what was kept."""
    session.execute(delete(_TABLE).where(_TABLE.c.clinic_id == clinic_id, _TABLE.c.patient_id.in_(list(outcomes))))
    owned = {patient_id: {"clinic_id": clinic_id, "patient_id": patient_id} for patient_id in outcomes}
    rows = [owned[patient_id] | row for patient_id, of_patient in outcomes.items() for row in of_patient]
    if rows:
        session.execute(insert(_TABLE), rows)


def outcome_rows(diary: Diary, today: date, rules: RuleSet) -> list[dict[str, Any]]:
    """Return the columns of each started course on `today`, without those of the patient."""
    ids = {course.first_day: course.id for course in diary.courses if course.status == CourseStatus.GIVEN}
    return [
        {
            "course_id": ids[one.course.first_day],
            "medicine": one.course.governing,
            "medicines": one.course.medicines,
            "first_day": one.course.first_day,
            "last_day": one.course.last_day,
            "judged": one.judged,
            "baseline": one.baseline,
            "weeks": list(one.weeks[:USUAL_WEEKS]),
            "later_weeks": list(one.weeks[USUAL_WEEKS:]),
            "confirmed": one.confirmed,
            "relief": one.relief.relief.value,
            "days": one.relief.days,
            "followed": one.relief.followed,
            "back_at_baseline": one.relief.back_at_baseline,
            "as_of": today,
        }
        for one in outcomes_on(diary, today, rules)
    ]
