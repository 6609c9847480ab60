"""Diaries as the rules want them, read from the database: one patient's or many at once."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from diary.clinical.baseline import JudgedCourse, judge_courses
from diary.clinical.circumstances import Circumstances
from diary.clinical.courses import Course as GivenCourse
from diary.clinical.courses import SetBaseline
from diary.clinical.diary_day import ZoneFrom, diary_day_of, end_of_day, zone_on
from diary.clinical.forecast import Forecast, Silent
from diary.clinical.rules import RuleSet
from diary.clinical.scores import Alone, DayScore, Revision, Source, counting_scores, live_scores
from diary.clinical.verdict import Verdict, verdict_on
from diary.clinical.worklist_order import LastDecision
from diary.exchange.verdict_lines import book_by_shown
from diary.models import (
    Course,
    Decision,
    DiaryPause,
    Entry,
    Patient,
    PatientEvent,
    PatientForecast,
)
from diary.services import diary_statements as reading
from diary.services.decisions_in_force import in_force, last_of, put_off
from diary.services.running_pauses import running
from diary.vocabulary import ConsentSaid, CourseStatus, EventKind

AT_ONCE = 500
SOURCES: Final = {source.value: source for source in Source}
"""How an entry came in, as it is kept."""


@dataclass
class Diary:
    """Everything that is known of one patient, in the terms of the rules; once read it does not change.

    `revisions` are all writings; where it was read for verdicts, those that are the only one of their day are `alone`.
    `forecast` is the one that was stored last; `is_stopped` says that the patient took their consent back.
    """

    patient: Patient
    zones: list[ZoneFrom] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    alone: list[Alone] = field(default_factory=list)
    courses: list[Course] = field(default_factory=list)
    baselines: dict[uuid.UUID, list[SetBaseline]] = field(default_factory=dict)
    events: list[PatientEvent] = field(default_factory=list)
    taken_back: dict[uuid.UUID, datetime] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    pauses: list[DiaryPause] = field(default_factory=list)
    forecast: Forecast | None = None
    is_stopped: bool = False
    _last_scores: tuple[date, RuleSet, Mapping[date, DayScore]] | None = None
    _last_judged: tuple[date, RuleSet, list[JudgedCourse]] | None = None
    _last_verdict: tuple[RuleSet, Verdict] | None = None

    def today(self, now: datetime) -> date:
        """Return the patient's diary day at `now`."""
        return diary_day_of(now, self.zones)

    def zone_on(self, day: date) -> ZoneInfo:
        """Return the time zone the patient lived in on `day`."""
        return zone_on(day, self.zones)

    def end_of(self, day: date) -> datetime:
        """Return the UTC moment at which `day` is over for the patient."""
        return end_of_day(day, self.zones)

    def scores(self, today: date, rules: RuleSet) -> Mapping[date, DayScore]:
        """Return the live scores, as if nothing after `today` had been written."""
        if self._last_scores is None or self._last_scores[:2] != (today, rules):
            self._last_scores = (today, rules, live_scores(self.revisions, today, rules, alone=self.alone))
        return self._last_scores[2]

    @property
    def given(self) -> list[GivenCourse]:
        """The courses that were given, in order."""
        return [
            GivenCourse(course.medicines, course.first_day, course.last_day, tuple(self.baselines.get(course.id, ())))
            for course in self.courses
            if course.status == CourseStatus.GIVEN
        ]

    def last_decision(self, today: date) -> Decision | None:
        """Return the last decision made by `today` that was not reversed by then, and reverses none."""
        return last_of(in_force(self.decisions, today))

    def day_0(self, today: date) -> date | None:
        """Return day 0 of the course judged on `today`, the latest that has started."""
        return max((course.last_day for course in self.given if course.first_day <= today), default=None)

    def forecast_on(self, today: date) -> Forecast | None:
        """Return the forecast as it may be shown on `today`: made by then, and about the course judged."""
        known = self.forecast
        return known if known and known.today <= today and known.course_day_0 == self.day_0(today) else None

    def with_forecast(self, forecast: Forecast | None) -> "Diary":
        """Return the same diary with another forecast."""
        return replace(self, forecast=forecast, _last_verdict=None)

    def circumstances(self, today: date) -> Circumstances:
        """Return what else was recorded by `today`."""
        decision = self.last_decision(today)
        events = [event for event in self.events if event.day <= today and self._stands(event, today)]
        since_decision = [e for e in events if decision is None or e.recorded_at > decision.decided_at]
        forecast, of_course = self.forecast_on(today), self._events_of_course(today)
        waiting = decision is not None and decision.kind == "wait"
        return Circumstances(
            liver_tests=tuple(event.day for event in events if event.kind == EventKind.LIVER_TEST),
            wearing_off_since=_first(since_decision, EventKind.WEARING_OFF),
            planned_day=self._planned_day(today),
            deferred_until=decision.next_step if decision and waiting else None,
            intercurrent_event=_last(of_course, EventKind.INTERCURRENT),
            co_treatment_changed=_last(of_course, EventKind.CO_TREATMENT),
            forecast_end=forecast.end if forecast else None,
            high_scores=_last(since_decision, EventKind.HIGH_SCORES),
        )

    def judged(self, today: date, rules: RuleSet) -> list[JudgedCourse]:
        """Return the started courses judged up to `today`."""
        if self._last_judged is None or self._last_judged[:2] != (today, rules):
            judged = judge_courses(self.given, counting_scores(self.scores(today, rules)), today, rules)
            self._last_judged = (today, rules, judged)
        return self._last_judged[2]

    def verdict(self, today: date, rules: RuleSet) -> Verdict:
        """Return the verdict for `today`."""
        if self._last_verdict is None or (self._last_verdict[1].today, self._last_verdict[0]) != (today, rules):
            verdict = verdict_on(
                self.judged(today, rules),
                today,
                last_entry=max(self.scores(today, rules), default=None),
                rules=rules,
                circumstances=self.circumstances(today),
            )
            self._last_verdict = (rules, verdict)
        return self._last_verdict[1]

    def decided(self, today: date) -> LastDecision | None:
        """Return the last decision as the order of the worklist wants it."""
        standing = in_force(self.decisions, today)
        decision = last_of(standing)
        if decision is None:
            return None
        shown: Any = decision.shown
        if not isinstance(shown, dict):
            return LastDecision(decision.day, decision.next_step)
        heard = put_off(decision, standing, self._events_of_course(today))
        about, booked = shown.get("why") or shown.get("state"), book_by_shown(shown.get("marks"))
        return LastDecision(decision.day, decision.next_step, about, booked, heard)

    def pause_on(self, today: date) -> DiaryPause | None:
        """Return the pause that runs on `today`, as it was known then."""
        return running(self.pauses, today, known=lambda pause: self.today(pause.written_at) <= today)

    def _events_of_course(self, today: date) -> list[PatientEvent]:
        """Return what stands of all that was recorded since the course judged on `today` began."""
        began = max((course.first_day for course in self.given if course.first_day <= today), default=date.min)
        return [event for event in self.events if began <= event.day <= today and self._stands(event, today)]

    def _stands(self, event: PatientEvent, today: date) -> bool:
        taken_back = self.taken_back.get(event.id)
        known = self.today(event.recorded_at) <= today
        return known and (taken_back is None or self.today(taken_back) > today)

    def _planned_day(self, today: date) -> date | None:
        """Return the next planned day, or where none lies ahead the latest that passed without an infusion."""
        planned = [
            course.first_day
            for course in self.courses
            if course.status == CourseStatus.PLANNED and self.today(course.made_at) <= today
        ]
        return min((day for day in planned if day >= today), default=max(planned, default=None))


def _first(events: Sequence[PatientEvent], kind: EventKind) -> date | None:
    return min((event.day for event in events if event.kind == kind), default=None)


def _last(events: Sequence[PatientEvent], kind: EventKind) -> date | None:
    return max((event.day for event in events if event.kind == kind), default=None)


def read_diary(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID) -> Diary | None:
    """Return the diary of a patient of the clinic, or None when there is no such patient."""
    return next(iter(read_diaries(session, clinic_id, [patient_id])), None)


def read_diaries(session: Session, clinic_id: uuid.UUID, patient_ids: Iterable[uuid.UUID]) -> Iterator[Diary]:
    """Yield the diaries of `patient_ids`, a few hundred patients in memory at a time."""
    for diaries in read_in_parts(session, clinic_id, patient_ids):
        for patient_id, revision in revisions_of(session, clinic_id, diaries):
            diaries[patient_id].revisions.append(revision)
        yield from diaries.values()


def read_in_parts(
    session: Session, clinic_id: uuid.UUID, patient_ids: Iterable[uuid.UUID]
) -> Iterator[dict[uuid.UUID, Diary]]:
    """Yield diaries by patient, with all but their entries."""
    wanted = iter(patient_ids)
    while some := list(islice(wanted, AT_ONCE)):
        yield _read_some(session, clinic_id, some)


def _read_some(session: Session, clinic_id: uuid.UUID, ids: list[uuid.UUID]) -> dict[uuid.UUID, Diary]:
    whose = {"clinic": clinic_id, "ids": ids}
    diaries = {patient.id: Diary(patient) for patient in session.scalars(reading.PATIENTS, whose)}
    for lived in session.scalars(reading.ZONES, whose):
        diaries[lived.patient_id].zones.append(ZoneFrom(lived.valid_from, ZoneInfo(lived.time_zone)))
    for tag in session.scalars(reading.TAGS, whose):
        diaries[tag.patient_id].tags.append(tag.tag)
    for course in session.scalars(reading.COURSES, whose):
        diaries[course.patient_id].courses.append(course)
    read_baselines(session, clinic_id, ids, diaries)
    for event in session.scalars(reading.EVENTS, whose):
        diaries[event.patient_id].events.append(event)
    for taken in session.scalars(reading.TAKEN_BACK, whose):
        diaries[taken.patient_id].taken_back[taken.event_id] = taken.taken_back_at
    for pause in session.scalars(reading.PAUSES, whose):
        diaries[pause.patient_id].pauses.append(pause)
    for consent in session.scalars(reading.CONSENTS, whose):
        diaries[consent.patient_id].is_stopped = consent.said == ConsentSaid.WITHDRAWN
    for decision in session.scalars(reading.DECISIONS, whose):
        diaries[decision.patient_id].decisions.append(decision)
    for row in session.scalars(reading.FORECASTS, whose):
        diaries[row.patient_id].forecast = forecast_in(row)
    return {patient_id: diaries[patient_id] for patient_id in ids if patient_id in diaries}


def forecast_in(row: PatientForecast) -> Forecast | None:
    """Return the forecast that a row holds, or None where none was made yet."""
    if row.as_of is None:
        return None
    return Forecast(
        today=row.as_of,
        course_day_0=row.course_day_0,
        p10=row.p10,
        p50=row.p50,
        p90=row.p90,
        p_loss_14d=row.p_loss_14d,
        beyond_horizon=row.beyond_horizon,
        silent=Silent(row.silent) if row.silent else None,
    )


def revisions_of(
    session: Session, clinic_id: uuid.UUID, ids: Collection[uuid.UUID], *wanted: ColumnElement[bool]
) -> Iterator[tuple[uuid.UUID, Revision]]:
    """Yield patient and revision of every entry of these patients, or of those that are `wanted`."""
    entries = select(
        Entry.patient_id,
        Entry.day,
        Entry.score,
        Entry.days_late,
        Entry.written_at,
        Entry.received_at,
        Entry.client_ref,
        Entry.source,
    ).where(Entry.clinic_id == clinic_id, Entry.patient_id.in_(ids), *wanted)
    for patient_id, day, score, days_late, written_at, received_at, client_ref, source in session.execute(
        entries
    ).all():
        written_day = day + timedelta(days=days_late) if days_late else day
        yield (
            patient_id,
            Revision(day, score, written_day, written_at, received_at, client_ref.hex, SOURCES[source]),
        )


def read_baselines(
    session: Session, clinic_id: uuid.UUID, ids: list[uuid.UUID], diaries: dict[uuid.UUID, Diary]
) -> None:
    """Read the baselines by hand of the courses of these diaries, in the order in which they were given."""
    by_patient: dict[uuid.UUID, dict[uuid.UUID, list[SetBaseline]]] = defaultdict(lambda: defaultdict(list))
    for patient_id, row in session.execute(reading.BASELINES, {"clinic": clinic_id, "ids": ids}):
        value = None if row.value is None else Fraction(row.value)
        by_patient[patient_id][row.course_id].append(SetBaseline(value, row.set_on))
    for patient_id, baselines in by_patient.items():
        diaries[patient_id].baselines = dict(baselines)
