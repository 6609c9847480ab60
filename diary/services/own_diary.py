"""What patients see of themselves: their numbers and plain averages, never a state."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.charts.series import CourseBand, DayPoint
from diary.clinical.rules import RuleSet
from diary.clock import Clock
from diary.db import snapshot
from diary.errors import NotThere
from diary.models import AuditEvent, Clinic, Entry, Patient
from diary.services.consent_texts import REQUIRED
from diary.services.consents import standings
from diary.services.diaries import Diary, read_diary
from diary.services.entries import earliest_day_offered, entry_of
from diary.services.projection import course_bands, day_points
from diary.services.rules import rules_in_force


@dataclass(frozen=True)
class OwnDiary:
    """A patient's own diary on `today`.

    `stopped` says that they took back their consent to it, `asked_again` that they have not read its words of today.
    """

    patient: Patient
    clinic: Clinic
    today: date
    points: list[DayPoint]
    bands: list[CourseBand]
    earliest_offered: date
    saved: Entry | None
    said_wearing_off: date | None
    seen_on: date | None
    stopped: bool
    asked_again: bool

    def score_of(self, day: date) -> int | None:
        """Return the live score of `day`."""
        return next((point.score for point in reversed(self.points) if point.day == day), None)

    def may_be_filled_in(self, day: date) -> bool:
        """Say whether a first entry for `day` is still offered."""
        return self.earliest_offered <= day <= self.today


def read_own_diary(who: Identity, *, clock: Clock, saved: uuid.UUID | None = None) -> OwnDiary:
    """Return the diary of the patient who is asking, with the entry `saved` just now."""
    if who.clinic_id is None or who.patient_id is None:
        raise NotThere
    patient = Subject(who.clinic_id, who.patient_id)
    require(who, Permission.DIARY_READ, patient)
    with snapshot() as session:
        diary = read_diary(session, who.clinic_id, who.patient_id)
        clinic = session.get(Clinic, who.clinic_id)
        if diary is None or clinic is None:
            raise NotThere
        rules: RuleSet = rules_in_force(session, who.clinic_id)
        today = diary.today(clock())
        consents = standings(session, who.clinic_id, who.patient_id)
        return OwnDiary(
            patient=diary.patient,
            clinic=clinic,
            today=today,
            points=day_points(diary, today, rules),
            bands=course_bands([course for course in diary.given if course.first_day <= today]),
            earliest_offered=earliest_day_offered(today, rules),
            saved=entry_of(session, patient, saved) if saved else None,
            said_wearing_off=diary.circumstances(today).wearing_off_since,
            seen_on=_last_seen(session, patient, diary),
            stopped=any(one.is_withdrawn for one in consents if one.purpose is REQUIRED),
            asked_again=any(one.is_to_be_asked for one in consents),
        )


def _last_seen(session: Session, patient: Subject, diary: Diary) -> date | None:
    """Return the date, where the patient lives, of the clinic's last look."""
    looks = select(func.max(AuditEvent.at)).where(
        AuditEvent.clinic_id == patient.clinic_id,
        AuditEvent.patient_id == patient.patient_id,
        AuditEvent.action.in_(("patient.seen", "patient.seen_under_glass")),
    )
    seen_at: datetime | None = session.scalar(looks)
    return seen_at.astimezone(diary.zones[-1].zone).date() if seen_at else None
