"""What the clinic's page of a patient shows, read in one look."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.charts.series import DayPoint, WeekPoint, weekly_means
from diary.clinical.rules import RuleSet
from diary.clinical.verdict import Verdict
from diary.clock import Clock
from diary.db import transaction
from diary.errors import NotThere
from diary.models import BaselineByHand, Course, Decision, Infusion, Member, PatientEvent
from diary.services import audit
from diary.services.decisions import what_is_shown
from diary.services.diaries import Diary, read_diary
from diary.services.projection import course_bands, day_points
from diary.services.rules import rules_in_force


@dataclass(frozen=True)
class PatientPage:
    """A patient as the clinic sees them on `today`.

    `means` holds the weekly mean of each day in view; `shown_digest` stands for everything a decision is bound to.
    """

    diary: Diary
    today: date
    rules: RuleSet
    verdict: Verdict
    points: list[DayPoint]
    means: list[WeekPoint]
    shown_digest: str
    infusions: dict[uuid.UUID, list[Infusion]]
    baselines: dict[uuid.UUID, BaselineByHand]
    members: dict[uuid.UUID, str]

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
    """Return the page of a patient; that `who` looked is written in the same transaction.

    Raises:
        NotThere: the clinic has no such patient.
    """
    require(who, Permission.PATIENT_READ, patient)
    with transaction() as session:
        diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
        if diary is None:
            raise NotThere
        now = clock()
        audit.look(session, who, "patient.seen", about=patient, at=now)
        rules, today = rules_in_force(session, patient.clinic_id), diary.today(now)
        points = day_points(diary, today, rules)
        bands = course_bands([course for course in diary.given if course.first_day <= today])
        return PatientPage(
            diary=diary,
            today=today,
            rules=rules,
            verdict=diary.verdict(today, rules),
            points=points,
            means=weekly_means(points, since=None, minimum=rules.week_minimum, bands=bands, until=today),
            shown_digest=what_is_shown(diary, today, rules)[1],
            infusions=_by_course(session.scalars(_of_courses(Infusion, diary).order_by(Infusion.day))),
            baselines={
                b.course_id: b
                for b in session.scalars(_of_courses(BaselineByHand, diary).order_by(BaselineByHand.made_at))
            },
            members=_names_of_members(session, patient.clinic_id),
        )


def _of_courses(table: Any, diary: Diary) -> Any:
    ids = [course.id for course in diary.courses]
    return select(table).where(table.clinic_id == diary.patient.clinic_id, table.course_id.in_(ids))


def _by_course(infusions: Any) -> dict[uuid.UUID, list[Infusion]]:
    by_course: dict[uuid.UUID, list[Infusion]] = {}
    for infusion in infusions:
        by_course.setdefault(infusion.course_id, []).append(infusion)
    return by_course


def _names_of_members(session: Session, clinic_id: uuid.UUID) -> dict[uuid.UUID, str]:
    rows = session.execute(select(Member.id, Member.name).where(Member.clinic_id == clinic_id))
    return {row.id: row.name for row in rows}
