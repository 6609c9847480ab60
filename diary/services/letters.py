"""Letters about a patient: one page for the visit, and a request to repeat a course.

They are made of what is stored when they are asked for, and nothing of them is kept but that they were taken out.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final, TypeVar

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.baseline import Baseline, JudgedCourse
from diary.clinical.courses import Course as GivenCourse
from diary.clinical.courses import started_courses
from diary.clinical.relief import CourseRelief
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.scores import counting_scores
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import NotThere
from diary.models import Clinic, Decision, Infusion, Patient
from diary.services import audit
from diary.services.checked_decisions import CheckedDecision
from diary.services.patient_pages import PatientPage, read_patient_page
from diary.services.protection import ask_first
from diary.vocabulary import CourseStatus, DecisionKind, EventKind

WEEKS: Final = (1, 4, 8, 12)
"""Weeks after a course whose mean a letter gives."""
RESTS_ON: Final = (DecisionKind.REPEAT, DecisionKind.CHANGE)
"""Decisions on which a request to repeat can rest."""
Made = TypeVar("Made")


class LetterKind(StrEnum):
    """What a letter is for."""

    VISIT = "visit"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class WeekOfCourse:
    """The mean of a week after a course, in points, with the `n` entries behind it and the relief as a share.

    `mean` is None where the week is not over, or has too few entries; `relief` also without a baseline above 0.
    """

    week: int
    mean: Fraction | None
    n: int
    relief: Fraction | None


@dataclass(frozen=True, slots=True)
class CourseOfLetter:
    """A course that has started, as a letter tells it; `entries` are those that count from day 1 on."""

    course: GivenCourse
    baseline: Baseline | None
    line: Fraction | None
    weeks: tuple[WeekOfCourse, ...]
    relief: CourseRelief
    entries: int
    followed_to: date
    infusions: tuple[Infusion, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """A minimum interval that runs still: of which substance, and the first day after it."""

    substance: str
    until: date


@dataclass(frozen=True)
class LetterFacts:
    """What a letter is made of.

    Attributes:
        page: the patient as the clinic sees them.
        clinic: the clinic that writes.
        courses: every course that has started, the earliest first.
        entries: how many days carry an entry that counts, and how many any.
        liver_test: day of the last liver test known.
        intervals: minimum intervals that run still.
        decision: the last decision when a repeat can rest on it, held against its proofs; None otherwise.
    """

    page: PatientPage
    clinic: Clinic
    courses: tuple[CourseOfLetter, ...]
    entries: tuple[int, int]
    liver_test: date | None
    intervals: tuple[Interval, ...]
    decision: CheckedDecision | None


def may_take_out(who: Identity, patient: Subject, *, clock: Clock) -> None:
    """Let whoever may take out letters about the patient pass; nothing of the diary is read.

    Raises:
        NotThere: the clinic has no such patient.
    """
    ask_first(who, patient, permission=Permission.LETTER_TAKE_OUT, clock=clock)
    with snapshot() as session:
        if session.get(Patient, (patient.clinic_id, patient.patient_id)) is None:
            raise NotThere


def take_out_letter(
    who: Identity,
    patient: Subject,
    kind: LetterKind,
    *,
    language: str,
    file_format: str,
    made_by: Callable[[LetterFacts], Made],
    clock: Clock,
) -> Made:
    """Return what `made_by` makes of the facts; that it was taken out is written once it is made.

    Raises:
        NotThere: the clinic has no such patient.
    """
    ask_first(who, patient, permission=Permission.LETTER_TAKE_OUT, clock=clock)
    page = read_patient_page(who, patient, clock=clock)
    require(who, Permission.LETTER_TAKE_OUT, page.about)
    with snapshot() as session:
        clinic = session.get_one(Clinic, patient.clinic_id)
    made = made_by(_facts(page, clinic))
    said = {"kind": kind.value, "language": language, "format": file_format}
    with transaction() as session:
        audit.write(session, who, "letter.taken_out", about=page.about, at=clock(), content=said)
    return made


def _facts(page: PatientPage, clinic: Clinic) -> LetterFacts:
    scores = page.diary.scores(page.today, page.rules)
    counting = counting_scores(scores)
    judged = page.diary.judged(page.today, page.rules)
    return LetterFacts(
        page=page,
        clinic=clinic,
        courses=tuple(_courses(judged, page)),
        entries=(len(counting), len(page.points)),
        liver_test=_last_liver_test(page),
        intervals=running_intervals(page.diary.given, page.today, page.rules),
        decision=_rests_on(page),
    )


def _courses(judged: list[JudgedCourse], page: PatientPage) -> list[CourseOfLetter]:
    infusions = _infusions_by_day(page)
    return [
        _course(one, relief, infusions.get(one.course.first_day, ()), page.rules)
        for one, relief in zip(judged, page.verdict.relief, strict=True)
    ]


def _course(
    judged: JudgedCourse, relief: CourseRelief, infusions: tuple[Infusion, ...], rules: RuleSet
) -> CourseOfLetter:
    baseline, weeks, last = judged.baseline, judged.timeline.weeks, judged.timeline.last
    return CourseOfLetter(
        course=judged.course,
        baseline=baseline,
        line=rules.line(baseline.value) if baseline else None,
        weeks=tuple(_week(judged, week) for week in WEEKS),
        relief=relief,
        entries=weeks.entries(1, last) if last >= 1 else 0,
        followed_to=judged.course.last_day + timedelta(days=max(last, 0)),
        infusions=infusions,
    )


def _week(judged: JudgedCourse, week: int) -> WeekOfCourse:
    t, baseline, weeks = WEEK * week, judged.baseline, judged.timeline.weeks
    if t > judged.timeline.last:
        return WeekOfCourse(week, None, 0, None)
    mean, n = weeks.mean(t), weeks.entries(t - WEEK + 1, t)
    has_relief = mean is not None and baseline is not None and baseline.value > 0
    relief = (baseline.value - mean) / baseline.value if has_relief else None  # type: ignore[union-attr, operator]
    return WeekOfCourse(week, mean, n, relief)


def running_intervals(courses: list[GivenCourse], today: date, rules: RuleSet) -> tuple[Interval, ...]:
    """Return the minimum intervals that run on `today`, each substance once, the one that ends last first."""
    latest: dict[str, date] = {}
    for course in started_courses(courses, today):
        for code in course.medicines:
            medicine = rules.medicine(code)
            until = course.last_day + timedelta(days=medicine.minimum_interval)
            if until > today:
                latest[medicine.substance] = max(until, latest.get(medicine.substance, until))
    ordered = sorted(latest.items(), key=lambda one: (-one[1].toordinal(), one[0]))
    return tuple(Interval(substance, until) for substance, until in ordered)


def _infusions_by_day(page: PatientPage) -> dict[date, tuple[Infusion, ...]]:
    given: list[tuple[date, uuid.UUID]] = [
        (course.first_day, course.id) for course in page.diary.courses if course.status == CourseStatus.GIVEN
    ]
    return {first_day: tuple(page.infusions.get(course_id, ())) for first_day, course_id in given}


def _last_liver_test(page: PatientPage) -> date | None:
    taken_back = page.diary.taken_back
    tests = [e.day for e in page.diary.events if e.kind == EventKind.LIVER_TEST and e.id not in taken_back]
    return max((day for day in tests if day <= page.today), default=None)


def _rests_on(page: PatientPage) -> CheckedDecision | None:
    last: Decision | None = page.diary.last_decision(page.today)
    return page.checked[last.id] if last is not None and last.kind in RESTS_ON else None
