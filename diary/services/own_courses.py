"""My courses: what each course gave back, in plain means, and what lies ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from diary.access.identity import Identity
from diary.access.policy import Permission, own_subject, require
from diary.clinical.course_means import AFTER, DAYS_BEFORE, CourseMeans, course_means
from diary.clinical.courses import Course as GivenCourse
from diary.clinical.courses import started_courses
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.scores import counting_scores
from diary.clock import Clock
from diary.db import snapshot
from diary.exchange.own_data import OwnPlan
from diary.models import Clinic, Patient
from diary.services.diaries import Diary
from diary.services.own_data import released_plans
from diary.services.rules import rules_in_force
from diary.services.some_days import EVERY_DAY, Span, begin_reading, read_courses, read_days
from diary.vocabulary import CourseStatus

WEEKS_AFTER: Final = timedelta(days=AFTER[-1][1])


@dataclass(frozen=True, slots=True)
class OwnCourse:
    """A course that has started, with the plain means around it."""

    medicines: tuple[str, ...]
    first_day: date
    last_day: date
    means: CourseMeans


@dataclass(frozen=True, slots=True)
class PlannedCourse:
    """A course that is planned; where it `asks`, every day from `write_from` to the day before it is asked for."""

    medicines: tuple[str, ...]
    first_day: date
    last_day: date
    asks: bool

    @property
    def write_from(self) -> date:
        """The first day of the week before it."""
        return self.first_day - timedelta(days=WEEK)

    @property
    def last_before(self) -> date:
        """The day before it."""
        return self.first_day - timedelta(days=1)


@dataclass(frozen=True)
class OwnCourses:
    """The courses of a patient on `today`, the newest first, and the plans that the clinic released to them."""

    patient: Patient
    clinic: Clinic
    today: date
    given: tuple[OwnCourse, ...]
    planned: tuple[PlannedCourse, ...]
    plans: tuple[OwnPlan, ...]
    minimum: int


def read_own_courses(who: Identity, *, clock: Clock) -> OwnCourses:
    """Return the courses of the patient who is asking; of the diary, only the days around them are read."""
    patient = own_subject(who)
    require(who, Permission.DIARY_READ, patient)
    with snapshot() as session:
        diary = begin_reading(session, patient)
        rules = rules_in_force(session, patient.clinic_id)
        today = diary.today(clock())
        read_courses(session, diary, [EVERY_DAY])
        started = started_courses(diary.given, today)
        read_days(session, diary, [_around(course) for course in started])
        plans = tuple(one for one in released_plans(session, patient) if one.until is None)
        clinic = session.get_one(Clinic, who.clinic_id)
    return OwnCourses(
        patient=diary.patient,
        clinic=clinic,
        today=today,
        given=tuple(reversed(list(_with_means(diary, started, today, rules)))),
        planned=tuple(reversed(_planned(diary, today))),
        plans=plans,
        minimum=rules.week_minimum,
    )


def _around(course: GivenCourse) -> Span:
    return Span(course.first_day - timedelta(days=DAYS_BEFORE), course.last_day + WEEKS_AFTER)


def _with_means(diary: Diary, started: Sequence[GivenCourse], today: date, rules: RuleSet) -> list[OwnCourse]:
    counting = counting_scores(diary.scores(today, rules))
    before, after = [None, *started], [*started[1:], None]
    return [
        OwnCourse(
            course.medicines,
            course.first_day,
            course.last_day,
            course_means(course, counting, today, rules=rules, previous=previous, following=following),
        )
        for previous, course, following in zip(before, started, after, strict=False)
    ]


def _planned(diary: Diary, today: date) -> list[PlannedCourse]:
    """Return the planned courses that still lie ahead, in order."""
    return [
        PlannedCourse(course.medicines, course.first_day, course.last_day, course.asks_baseline)
        for course in diary.courses
        if course.status == CourseStatus.PLANNED and course.first_day >= today
    ]
