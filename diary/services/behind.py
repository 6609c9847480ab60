"""What stands behind a number on the clinic's pages, traced back to the entries."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.baseline import JudgedCourse
from diary.clinical.behind import Span, WeekBehind, span_of_baseline, span_of_week, weeks_behind
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.scores import Revision
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import NotThere
from diary.models import Patient
from diary.services.diaries import Diary, read_diary
from diary.services.protection import looked_up, write_look
from diary.services.rules import rules_in_force
from diary.vocabulary import CourseStatus


class What(StrEnum):
    """The numbers that can be traced, as they stand in an address."""

    BASELINE = "baseline"
    LINE = "line"
    MEAN7 = "mean7"
    MEAN7_BEFORE = "mean7-before"
    RELIEF = "relief"
    DAYS_OF_RELIEF = "days-of-relief"
    WEEK = "week"


OF_A_COURSE = frozenset(What) - {What.WEEK}
FROM_THE_BASELINE = frozenset({What.BASELINE, What.LINE, What.RELIEF, What.DAYS_OF_RELIEF})
FROM_A_WEEK = frozenset({What.MEAN7, What.MEAN7_BEFORE, What.RELIEF, What.WEEK})


@dataclass(frozen=True)
class Behind:
    """A number with everything that it was made of, as it is known today.

    Attributes:
        day: last day of the week asked about; judged: the course it is about, None only for a week before any course.
        baseline: days of the baseline; week: days of the week; None where the number needs none, or has none.
        weeks: the weeks that led to days of relief; empty elsewhere.
        writings: every revision of the days above, in the order of writing; zones: where the patient lived then.
    """

    patient: Patient
    what: What
    day: date
    judged: JudgedCourse | None
    rules: RuleSet
    baseline: Span | None
    week: Span | None
    weeks: Sequence[WeekBehind]
    writings: Mapping[date, list[Revision]]
    zones: Mapping[date, ZoneInfo]


def read_behind(
    who: Identity, patient: Subject, what: What, *, day: date | None, course_id: uuid.UUID | None, clock: Clock
) -> Behind:
    """Return what stands behind a number; that `who` looked is written before it is handed out.

    Args:
        day: last day of a week; None is today, or the last day that was looked at of an earlier course.
        course_id: a course that was given; None is the latest that had started by that day.

    Raises:
        NotThere: no such patient, no such course, or a day that lies ahead.
    """
    now = clock()
    with snapshot() as session:
        about = looked_up(session, patient, now=now)
        require(who, Permission.PATIENT_READ, about)
        diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
        if diary is None:
            raise NotThere
        rules = rules_in_force(session, patient.clinic_id)
    traced = _trace(diary, what, day, course_id, diary.today(now), rules)
    with transaction() as session:
        write_look(session, who, about, at=now)
    return traced


def _trace(
    diary: Diary, what: What, day: date | None, course_id: uuid.UUID | None, today: date, rules: RuleSet
) -> Behind:
    scores = diary.scores(today, rules)
    judged = diary.judged(today, rules)
    of = _course_asked(diary, judged, course_id, day or today)
    if (of is None and what in OF_A_COURSE) or (day or today) > today:
        raise NotThere
    last = day or _last_looked_at(of, today, with_course=course_id is not None)
    week_ends = last - timedelta(days=WEEK) if what is What.MEAN7_BEFORE else last
    baseline = span_of_baseline(of, judged, scores, rules) if of and what in FROM_THE_BASELINE else None
    week = span_of_week(week_ends, judged, scores, rules) if what in FROM_A_WEEK else None
    days = {one for span in (baseline, week) if span for one in span.days}
    return Behind(
        patient=diary.patient,
        what=what,
        day=week_ends,
        judged=of,
        rules=rules,
        baseline=baseline,
        week=week,
        weeks=list(weeks_behind(of)) if of and what is What.DAYS_OF_RELIEF else [],
        writings=_writings(diary, days, today),
        zones={one: diary.zone_on(one) for one in days},
    )


def _course_asked(
    diary: Diary, judged: list[JudgedCourse], course_id: uuid.UUID | None, day: date
) -> JudgedCourse | None:
    if course_id is None:
        return next((one for one in reversed(judged) if one.course.first_day <= day), None)
    for row in diary.courses:
        if row.id == course_id and row.status == CourseStatus.GIVEN:
            for one in judged:
                if one.course.first_day == row.first_day:
                    return one
    raise NotThere


def _last_looked_at(of: JudgedCourse | None, today: date, *, with_course: bool) -> date:
    if of is None or not with_course:
        return today
    return of.course.last_day + timedelta(days=max(of.timeline.last, 0))


def _writings(diary: Diary, days: set[date], today: date) -> dict[date, list[Revision]]:
    written: dict[date, list[Revision]] = defaultdict(list)
    for revision in sorted(diary.revisions, key=lambda revision: revision.order):
        if revision.day in days and revision.written_day <= today:
            written[revision.day].append(revision)
    return dict(written)


def written_at(revision: Revision, zone: ZoneInfo) -> datetime:
    """Return the moment at which a score was written, where the patient lived."""
    return revision.written_at.astimezone(zone)
