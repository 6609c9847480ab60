"""What came of each course: worked out of a diary, and kept for the groups."""

from datetime import date
from typing import Any, Final, cast

from sqlalchemy import Table, delete, insert
from sqlalchemy.orm import Session

from diary.clinical.baseline import judge_courses
from diary.clinical.cohort.groups import USUAL_WEEKS
from diary.clinical.cohort.outcome import CourseOutcome as Outcome
from diary.clinical.cohort.outcome import outcomes_of
from diary.clinical.rules import RuleSet
from diary.clinical.scores import counting_scores
from diary.models import CourseOutcome
from diary.services.diaries import Diary
from diary.vocabulary import CourseStatus

_TABLE: Final = cast("Table", CourseOutcome.__table__)
"""Rows are put in and taken out as they are: nobody holds one as an object."""


def outcomes_on(diary: Diary, today: date, rules: RuleSet) -> list[Outcome]:
    """Return what came of each started course, as if nothing after `today` had been written."""
    counting = counting_scores(diary.scores(today, rules))
    return outcomes_of(judge_courses(diary.given, counting, today, rules))


def store_outcomes(session: Session, diary: Diary, today: date, rules: RuleSet) -> None:
    """Put what came of the courses of one patient in the place of what was kept."""
    clinic_id, patient_id = diary.patient.clinic_id, diary.patient.id
    session.execute(delete(_TABLE).where(_TABLE.c.clinic_id == clinic_id, _TABLE.c.patient_id == patient_id))
    rows = outcome_rows(diary, today, rules)
    if rows:
        session.execute(insert(_TABLE), [{"clinic_id": clinic_id, "patient_id": patient_id} | row for row in rows])


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
