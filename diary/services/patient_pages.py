"""What the clinic's page of a patient shows, read in one look."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.charts.series import DayPoint, WeekPoint, weekly_means
from diary.clinical.forecast import Forecast
from diary.clinical.rules import RuleSet
from diary.clinical.scores import counting_scores
from diary.clinical.verdict import Verdict
from diary.clinical.what_would_change import Change, what_would_change
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import NotThere
from diary.models import BaselineByHand, Clinic, Course, Decision, Infusion, Member, PatientEvent, PatientOrigin
from diary.services.besides import Besides, besides_with
from diary.services.checked_decisions import CheckedDecision, Proofs, check_decisions, read_proofs
from diary.services.conflicts import Conflict, conflicts_of
from diary.services.decisions import what_is_shown
from diary.services.diaries import Diary, read_diary
from diary.services.events import reasons_of_withdrawals
from diary.services.figures import Marked, marked_of
from diary.services.impressions import Said, impressions_of
from diary.services.projection import course_bands, day_points
from diary.services.protection import looked_up, write_look
from diary.services.rules import rules_in_force
from diary.services.staff_notes import Note, notes_of

CHECKED_IN_FULL = 1
"""Decisions, the latest first, whose entries are read again for every look at the page: the last one stands now.
Those of the others are read again on the page of each."""


@dataclass(frozen=True)
class PatientPage:
    """A patient as the clinic sees them on `today`.

    `changes` says what would change the state; `means` holds the weekly mean of each day in view; `forecast` is the one
    that may be shown with the course judged; `shown_digest` stands for everything a decision is bound to; `about` is
    the patient as they were looked up; `proofs` is what decisions are held against; `origin` is where the diary was
    brought from; `conflicts` are the second numbers that came under the name of an entry; `besides` is what the patient
    wrote beside the score; `notes` and `impressions` are what staff wrote.
    """

    about: Subject
    diary: Diary
    today: date
    rules: RuleSet
    verdict: Verdict
    changes: tuple[Change, ...]
    forecast: Forecast | None
    points: list[DayPoint]
    means: list[WeekPoint]
    shown_digest: str
    infusions: dict[uuid.UUID, list[Infusion]]
    baselines: dict[uuid.UUID, BaselineByHand]
    members: dict[uuid.UUID, str]
    proofs: Proofs
    clinic_zone: ZoneInfo
    origin: PatientOrigin | None
    conflicts: tuple[Conflict, ...]
    besides: Besides
    notes: tuple[Note, ...]
    impressions: tuple[Said, ...]
    why_taken_back: dict[uuid.UUID, str]

    @cached_property
    def checked(self) -> dict[uuid.UUID, CheckedDecision]:
        """Every decision held against what proves it, the latest ones against their entries too."""
        return check_decisions(self.diary, self.proofs, in_full=CHECKED_IN_FULL)

    @cached_property
    def marked(self) -> Marked:
        """What the chart draws beside the scores."""
        standing = [said.row for said in self.impressions if said.taken_back is None]
        return marked_of(self.diary, self.besides.pauses, self.besides.pegs, standing)

    @property
    def courses(self) -> list[Course]:
        """All courses, the latest first."""
        return sorted(self.diary.courses, key=lambda course: course.first_day, reverse=True)

    @property
    def decisions(self) -> list[Decision]:
        """All decisions, the latest first."""
        return sorted(self.diary.decisions, key=lambda decision: decision.decided_at, reverse=True)

    @property
    def events(self) -> list[PatientEvent]:
        """All events, the latest first."""
        return sorted(self.diary.events, key=lambda event: (event.day, event.recorded_at), reverse=True)


def read_patient_page(who: Identity, patient: Subject, *, clock: Clock) -> PatientPage:
    """Return the page of a patient; that `who` looked is written before it is handed out.

    Raises:
        NotThere: the clinic has no such patient.
    """
    now = clock()
    page = _page(_read(who, patient, now), now)
    with transaction() as session:
        write_look(session, who, page.about, at=now)
    return page


@dataclass(frozen=True)
class _Read:
    """What the database holds of a patient; judged once no unit is open."""

    about: Subject
    diary: Diary
    rules: RuleSet
    infusions: dict[uuid.UUID, list[Infusion]]
    baselines: dict[uuid.UUID, BaselineByHand]
    members: dict[uuid.UUID, str]
    proofs: Proofs
    clinic_zone: ZoneInfo
    origin: PatientOrigin | None
    conflicts: tuple[Conflict, ...]
    besides: Besides
    notes: tuple[Note, ...]
    impressions: tuple[Said, ...]
    why_taken_back: dict[uuid.UUID, str]


def _read(who: Identity, patient: Subject, now: datetime) -> _Read:
    with snapshot() as session:
        about = looked_up(session, patient, now=now)
        require(who, Permission.PATIENT_READ, about)
        diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
        if diary is None:
            raise NotThere
        by_hand = session.scalars(_of_courses(BaselineByHand, diary).order_by(BaselineByHand.made_at))
        return _Read(
            about=about,
            diary=diary,
            rules=rules_in_force(session, patient.clinic_id),
            infusions=_by_course(session.scalars(_standing_infusions(diary))),
            baselines={given.course_id: given for given in by_hand},
            members=_names_of_members(session, patient.clinic_id),
            proofs=read_proofs(session, patient.clinic_id, diary.patient.id),
            clinic_zone=ZoneInfo(session.get_one(Clinic, patient.clinic_id).time_zone),
            origin=session.get(PatientOrigin, (patient.clinic_id, diary.patient.id)),
            conflicts=conflicts_of(session, patient),
            besides=besides_with(session, patient, diary),
            notes=tuple(notes_of(session, patient)),
            impressions=tuple(impressions_of(session, patient)),
            why_taken_back=reasons_of_withdrawals(session, patient) if diary.taken_back else {},
        )


def _page(read: _Read, now: datetime) -> PatientPage:
    diary, rules = read.diary, read.rules
    today = diary.today(now)
    points = day_points(diary, today, rules)
    bands = course_bands([course for course in diary.given if course.first_day <= today])
    return PatientPage(
        about=read.about,
        diary=diary,
        today=today,
        rules=rules,
        verdict=diary.verdict(today, rules),
        changes=_changes(diary, today, rules),
        forecast=diary.forecast_on(today),
        points=points,
        means=weekly_means(points, since=None, minimum=rules.week_minimum, bands=bands, until=today),
        shown_digest=what_is_shown(diary, today, rules)[1],
        infusions=read.infusions,
        baselines=read.baselines,
        members=read.members,
        proofs=read.proofs,
        clinic_zone=read.clinic_zone,
        origin=read.origin,
        conflicts=read.conflicts,
        besides=read.besides,
        notes=read.notes,
        impressions=read.impressions,
        why_taken_back=read.why_taken_back,
    )


def _changes(diary: Diary, today: date, rules: RuleSet) -> tuple[Change, ...]:
    judged = diary.judged(today, rules)
    if not judged:
        return ()
    return what_would_change(judged[-1], counting_scores(diary.scores(today, rules)), today)


def _of_courses(table: Any, diary: Diary) -> Any:
    ids = [course.id for course in diary.courses]
    return select(table).where(table.clinic_id == diary.patient.clinic_id, table.course_id.in_(ids))


def _standing_infusions(diary: Diary) -> Any:
    return _of_courses(Infusion, diary).where(Infusion.taken_back_at.is_(None)).order_by(Infusion.day)


def _by_course(infusions: Any) -> dict[uuid.UUID, list[Infusion]]:
    by_course: dict[uuid.UUID, list[Infusion]] = {}
    for infusion in infusions:
        by_course.setdefault(infusion.course_id, []).append(infusion)
    return by_course


def _names_of_members(session: Session, clinic_id: uuid.UUID) -> dict[uuid.UUID, str]:
    rows = session.execute(select(Member.id, Member.name).where(Member.clinic_id == clinic_id))
    return {row.id: row.name for row in rows}
