"""Diaries as the rules want them, read from the database: one patient's or many at once."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from diary.clinical.circumstances import Circumstances
from diary.clinical.courses import Course as GivenCourse
from diary.clinical.courses import SetBaseline
from diary.clinical.diary_day import ZoneFrom, diary_day_of, end_of_day
from diary.clinical.rules import RuleSet
from diary.clinical.scores import DayScore, Revision, Source, live_scores
from diary.clinical.verdict import Verdict, judge
from diary.clinical.worklist_order import LastDecision
from diary.models import (
    BaselineByHand,
    Course,
    Decision,
    Entry,
    Patient,
    PatientEvent,
    PatientTag,
    PatientZone,
)
from diary.vocabulary import CourseStatus, EventKind

AT_ONCE = 500


@dataclass
class Diary:
    """Everything that is known of one patient, in the terms of the rules."""

    patient: Patient
    zones: list[ZoneFrom] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    courses: list[Course] = field(default_factory=list)
    baselines: dict[uuid.UUID, list[SetBaseline]] = field(default_factory=dict)
    events: list[PatientEvent] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def today(self, now: datetime) -> date:
        """Return the patient's diary day at `now`."""
        return diary_day_of(now, self.zones)

    def end_of(self, day: date) -> datetime:
        """Return the UTC moment at which `day` is over for the patient."""
        return end_of_day(day, self.zones)

    def scores(self, today: date, rules: RuleSet) -> dict[date, DayScore]:
        """Return the live scores, as if nothing after `today` had been written."""
        return live_scores(self.revisions, today, rules)

    @property
    def given(self) -> list[GivenCourse]:
        """The courses that were given, in order."""
        return [
            GivenCourse(course.medicines, course.first_day, course.last_day, tuple(self.baselines.get(course.id, ())))
            for course in self.courses
            if course.status == CourseStatus.GIVEN
        ]

    def last_decision(self, today: date) -> Decision | None:
        """Return the last decision made by `today`."""
        return max(
            (d for d in self.decisions if d.day <= today),
            key=lambda d: (d.decided_at, str(d.id)),
            default=None,
        )

    def circumstances(self, today: date) -> Circumstances:
        """Return what else was recorded by `today`."""
        decision = self.last_decision(today)
        known = (event for event in self.events if self.today(event.recorded_at) <= today)
        events = [event for event in known if event.day <= today]
        since_decision = [e for e in events if decision is None or e.recorded_at > decision.decided_at]
        day_0 = max((course.last_day for course in self.given if course.first_day <= today), default=date.min)
        since_course = [event for event in events if event.day > day_0]
        waiting = decision is not None and decision.kind == "wait"
        return Circumstances(
            liver_tests=tuple(event.day for event in events if event.kind == EventKind.LIVER_TEST),
            wearing_off_since=_first(since_decision, EventKind.WEARING_OFF),
            planned_day=self._planned_day(today),
            deferred_until=decision.next_step if decision and waiting else None,
            intercurrent_event=_last(since_course, EventKind.INTERCURRENT),
            co_treatment_changed=_last(since_course, EventKind.CO_TREATMENT),
            high_scores=_last(since_decision, EventKind.HIGH_SCORES),
        )

    def verdict(self, today: date, rules: RuleSet) -> Verdict:
        """Return the verdict for `today`."""
        return judge(
            self.scores(today, rules),
            self.given,
            today,
            rules=rules,
            circumstances=self.circumstances(today),
        )

    def decided(self, today: date) -> LastDecision | None:
        """Return the last decision as the order of the worklist wants it."""
        decision = self.last_decision(today)
        return LastDecision(decision.day, decision.next_step) if decision else None

    def _planned_day(self, today: date) -> date | None:
        planned = [
            course.first_day
            for course in self.courses
            if course.status == CourseStatus.PLANNED and self.today(course.made_at) <= today
        ]
        return min(planned, default=None)


def _first(events: Sequence[PatientEvent], kind: EventKind) -> date | None:
    return min((event.day for event in events if event.kind == kind), default=None)


def _last(events: Sequence[PatientEvent], kind: EventKind) -> date | None:
    return max((event.day for event in events if event.kind == kind), default=None)


def read_diary(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID) -> Diary | None:
    """Return the diary of a patient of the clinic, or None when there is no such patient."""
    return next(iter(read_diaries(session, clinic_id, [patient_id])), None)


def read_diaries(session: Session, clinic_id: uuid.UUID, patient_ids: Iterable[uuid.UUID]) -> Iterator[Diary]:
    """Yield the diaries of `patient_ids`, a few hundred patients in memory at a time."""
    wanted = iter(patient_ids)
    while some := list(islice(wanted, AT_ONCE)):
        yield from _read_some(session, clinic_id, some)


def _read_some(session: Session, clinic_id: uuid.UUID, ids: list[uuid.UUID]) -> list[Diary]:
    def of_patients(table: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return table.clinic_id == clinic_id, table.patient_id.in_(ids)

    patients = session.scalars(select(Patient).where(Patient.clinic_id == clinic_id, Patient.id.in_(ids)))
    diaries = {patient.id: Diary(patient) for patient in patients}
    zones = select(PatientZone).where(*of_patients(PatientZone)).order_by(PatientZone.valid_from)
    for lived in session.scalars(zones):
        diaries[lived.patient_id].zones.append(ZoneFrom(lived.valid_from, ZoneInfo(lived.time_zone)))
    for tag in session.scalars(select(PatientTag).where(*of_patients(PatientTag)).order_by(PatientTag.tag)):
        diaries[tag.patient_id].tags.append(tag.tag)
    _read_entries(session, _entries(clinic_id, ids), diaries)
    for course in session.scalars(select(Course).where(*of_patients(Course)).order_by(Course.first_day)):
        diaries[course.patient_id].courses.append(course)
    _read_baselines(session, clinic_id, ids, diaries)
    for event in session.scalars(select(PatientEvent).where(*of_patients(PatientEvent)).order_by(PatientEvent.day)):
        diaries[event.patient_id].events.append(event)
    for decision in session.scalars(select(Decision).where(*of_patients(Decision)).order_by(Decision.decided_at)):
        diaries[decision.patient_id].decisions.append(decision)
    return [diaries[patient_id] for patient_id in ids if patient_id in diaries]


def _entries(clinic_id: uuid.UUID, ids: list[uuid.UUID]) -> Any:
    return select(
        Entry.patient_id,
        Entry.day,
        Entry.score,
        Entry.days_late,
        Entry.written_at,
        Entry.received_at,
        Entry.client_ref,
        Entry.source,
    ).where(Entry.clinic_id == clinic_id, Entry.patient_id.in_(ids))


def _read_entries(session: Session, entries: Any, diaries: dict[uuid.UUID, Diary]) -> None:
    sources = {source.value: source for source in Source}
    for patient_id, day, score, days_late, written_at, received_at, client_ref, source in session.execute(entries):
        written_day = day + timedelta(days=days_late) if days_late else day
        revision = Revision(day, score, written_day, written_at, received_at, client_ref.hex, sources[source])
        diaries[patient_id].revisions.append(revision)


def _read_baselines(
    session: Session, clinic_id: uuid.UUID, ids: list[uuid.UUID], diaries: dict[uuid.UUID, Diary]
) -> None:
    rows = (
        select(Course.patient_id, BaselineByHand)
        .join(Course, (Course.clinic_id == BaselineByHand.clinic_id) & (Course.id == BaselineByHand.course_id))
        .where(BaselineByHand.clinic_id == clinic_id, Course.clinic_id == clinic_id, Course.patient_id.in_(ids))
        .order_by(BaselineByHand.made_at)
    )
    by_patient: dict[uuid.UUID, dict[uuid.UUID, list[SetBaseline]]] = defaultdict(lambda: defaultdict(list))
    for patient_id, row in session.execute(rows):
        value = None if row.value is None else Fraction(row.value)
        by_patient[patient_id][row.course_id].append(SetBaseline(value, row.set_on))
    for patient_id, baselines in by_patient.items():
        diaries[patient_id].baselines = dict(baselines)
