"""What the clinicians' chart draws of a patient, and nothing else is read for it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.charts.series import DayPoint, WeekPoint, weekly_means
from diary.clinical.baseline import Baseline, JudgedCourse
from diary.clinical.courses import Course as GivenCourse
from diary.clinical.forecast import Forecast
from diary.clinical.rules import RuleSet
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.models import Course, Decision, DiaryPause, EventWithdrawal, GlobalImpression, PatientEvent, PatientForecast
from diary.services.diaries import Diary, forecast_in, read_baselines
from diary.services.diaries_for_verdicts import read_scores
from diary.services.impressions import impressions_of
from diary.services.pauses import revisions_of_pauses
from diary.services.pegs import Peg, live_pegs
from diary.services.projection import course_bands, day_points
from diary.services.protection import looked_up, write_look
from diary.services.rules import rules_in_force
from diary.services.running_pauses import live_pauses
from diary.services.some_days import begin_reading
from diary.vocabulary import CourseStatus


class Decided(NamedTuple):
    """A decision as the chart has it."""

    day: date
    kind: str
    next_step: date | None


@dataclass(frozen=True, slots=True)
class Marked:
    """What happened beside the scores and still stands, each kind by day."""

    decisions: Sequence[Decided]
    events: Sequence[PatientEvent]
    pauses: Sequence[DiaryPause]
    pegs: Mapping[date, Peg]
    impressions: Sequence[GlobalImpression]


@dataclass(frozen=True, slots=True)
class JudgedNow:
    """The course judged with the numbers that are drawn: day t, baseline and line in points, the day it became due."""

    course: GivenCourse | None
    t: int | None
    baseline: Baseline | None
    line: Fraction | None
    due: int | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A patient as the chart draws them on `today`; `means` has every day from the first score on."""

    today: date
    rules: RuleSet
    verdict: JudgedNow
    forecast: Forecast | None
    given: Sequence[GivenCourse]
    points: Sequence[DayPoint]
    means: Sequence[WeekPoint]
    marked: Marked


def read_drawn(who: Identity, patient: Subject, *, clock: Clock) -> Drawn:
    """Return what the chart of a patient draws; that `who` looked is written before it is handed out.

    Raises:
        NotThere: the clinic has no such patient.
    """
    now = clock()
    with snapshot() as session:
        about = looked_up(session, patient, now=now)
        require(who, Permission.PATIENT_READ, about)
        diary = _read(session, patient)
        rules = rules_in_force(session, patient.clinic_id)
        marked = _marked(session, patient, diary)
    drawn = _drawn(diary, rules, marked, now)
    with transaction() as session:
        write_look(session, who, about, at=now)
    return drawn


def marked_of(
    diary: Diary, pauses: Sequence[DiaryPause], pegs: Mapping[date, Peg], impressions: Sequence[GlobalImpression]
) -> Marked:
    """Return the same of a diary that was read already."""
    return Marked(
        decisions=[Decided(one.day, one.kind, one.next_step) for one in diary.decisions if one.reverses is None],
        events=[event for event in diary.events if event.id not in diary.taken_back],
        pauses=pauses,
        pegs=pegs,
        impressions=impressions,
    )


def _read(session: Session, patient: Subject) -> Diary:
    diary = begin_reading(session, patient)
    clinic_id, of_patient = patient.clinic_id, {diary.patient.id: diary}
    read_scores(session, clinic_id, of_patient)
    given = select(Course).where(
        Course.clinic_id == clinic_id, Course.patient_id == diary.patient.id, Course.status == CourseStatus.GIVEN
    )
    diary.courses.extend(session.scalars(given.order_by(Course.first_day)))
    if diary.courses:
        read_baselines(session, clinic_id, list(of_patient), of_patient)
    forecast = session.get(PatientForecast, (clinic_id, diary.patient.id))
    diary.forecast = forecast_in(forecast) if forecast else None
    return diary


def _marked(session: Session, patient: Subject, diary: Diary) -> Marked:
    decided = (
        select(Decision.day, Decision.kind, Decision.next_step)
        .where(
            Decision.clinic_id == patient.clinic_id,
            Decision.patient_id == diary.patient.id,
            Decision.reverses.is_(None),
        )
        .order_by(Decision.decided_at)
    )
    return Marked(
        decisions=[Decided(*row) for row in session.execute(decided)],
        events=_standing_events(session, patient.clinic_id, diary.patient.id),
        pauses=live_pauses(revisions_of_pauses(session, patient)),
        pegs=live_pegs(session, patient),
        impressions=[said.row for said in impressions_of(session, patient) if said.taken_back is None],
    )


def _standing_events(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID) -> Sequence[PatientEvent]:
    withdrawn = (EventWithdrawal.clinic_id == PatientEvent.clinic_id) & (EventWithdrawal.event_id == PatientEvent.id)
    standing = (
        select(PatientEvent)
        .outerjoin(EventWithdrawal, withdrawn)
        .where(
            PatientEvent.clinic_id == clinic_id,
            PatientEvent.patient_id == patient_id,
            EventWithdrawal.event_id.is_(None),
        )
    )
    return session.scalars(standing.order_by(PatientEvent.day)).all()


def _drawn(diary: Diary, rules: RuleSet, marked: Marked, now: datetime) -> Drawn:
    today = diary.today(now)
    points = day_points(diary, today, rules)
    given = [course for course in diary.given if course.first_day <= today]
    judged = diary.judged(today, rules)
    bands = course_bands(given)
    return Drawn(
        today=today,
        rules=rules,
        verdict=_judged_now(judged[-1] if judged else None, rules),
        forecast=diary.forecast_on(today),
        given=given,
        points=points,
        means=weekly_means(points, since=None, minimum=rules.week_minimum, bands=bands, until=today),
        marked=marked,
    )


def _judged_now(judged: JudgedCourse | None, rules: RuleSet) -> JudgedNow:
    if judged is None:
        return JudgedNow(None, None, None, None, None)
    timeline, baseline = judged.timeline, judged.baseline
    return JudgedNow(
        course=judged.course,
        t=timeline.last if timeline.last >= 1 else None,
        baseline=baseline,
        line=rules.line(baseline.value) if baseline else None,
        due=timeline.loss.due if timeline.loss else None,
    )
