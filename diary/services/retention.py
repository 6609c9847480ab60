"""Retention: how long a clinic keeps the diaries of those who have left, and whose time has passed.

Nothing is ever deleted by itself: an admin erases from the list.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import AuditEvent, Clinic, Patient, Retention
from diary.services import audit
from diary.vocabulary import ON_WORKLIST

FEWEST_YEARS, MOST_YEARS = 1, 30
LOOKS: Final = (
    "patient.seen", "patient.seen_under_glass", "erasures.seen", "glass.seen", "audit.seen", "audit.exported",
    "signed_in", "signed_out",
)  # fmt: skip
"""What is written about a patient without anything being done for them."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A patient who has left and for whom nothing was done for the clinic's years, which passed on `passed_on`."""

    patient_id: uuid.UUID
    name: str
    reference: str
    life_cycle: str
    last_on: date
    passed_on: date


def years_kept(session: Session, clinic_id: uuid.UUID) -> int | None:
    """Return how many years a clinic keeps diaries, or None where it keeps them without end."""
    row = session.get(Retention, clinic_id)
    return row.years if row else None


def keep_for(who: Identity, clinic_id: uuid.UUID, years: int | None, *, clock: Clock) -> None:
    """Set how many years diaries are kept after a patient has left; None keeps them. Nobody is erased by it.

    Raises:
        Invalid: fewer than 1 or more than 30 years.
    """
    about = Subject(clinic_id)
    require(who, Permission.CLINIC_WRITE, about)
    if years is not None and not FEWEST_YEARS <= years <= MOST_YEARS:
        raise Invalid(years=Sentence("Write a number of years from 1 to 30, or nothing."))
    with transaction() as session:
        if years_kept(session, clinic_id) == years:
            return
        session.execute(delete(Retention).where(Retention.clinic_id == clinic_id))
        if years is not None:
            session.add(Retention(clinic_id=clinic_id, years=years, set_at=clock()))
        audit.write(session, who, "retention.set", about=about, at=clock(), content={"years": years})


def whose_time_has_passed(who: Identity, clinic_id: uuid.UUID, *, clock: Clock) -> tuple[int | None, list[Passed]]:
    """Return how many years diaries are kept, and who left longer ago than that, the longest ago first."""
    about = Subject(clinic_id)
    require(who, Permission.ERASURES_READ, about)
    now = clock()
    with transaction() as session:
        clinic, years = session.get(Clinic, clinic_id), years_kept(session, clinic_id)
        if clinic is None:
            raise NotThere
        passed = _passed(session, clinic, years, now) if years is not None else []
        if passed:
            audit.look(session, who, "erasures.seen", about=about, at=now)
    return years, passed


def has_passed(session: Session, patient: Patient, now: datetime) -> bool:
    """Say whether the clinic's years have passed for a patient."""
    clinic, years = session.get_one(Clinic, patient.clinic_id), years_kept(session, patient.clinic_id)
    return years is not None and any(one.patient_id == patient.id for one in _passed(session, clinic, years, now))


def years_after(day: date, years: int) -> date:
    """Return the same day so many years later; for 29 February the first of March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _passed(session: Session, clinic: Clinic, years: int, now: datetime) -> list[Passed]:
    zone = ZoneInfo(clinic.time_zone)
    today = now.astimezone(zone).date()
    gone = (Patient.clinic_id == clinic.clinic_id, Patient.life_cycle.not_in(ON_WORKLIST))
    last_acts = _last_acts(session, clinic.clinic_id, select(Patient.id).where(*gone))
    found = []
    for patient in session.scalars(select(Patient).where(*gone)):
        last_on = last_acts.get(patient.id, patient.made_at).astimezone(zone).date()
        passed_on = years_after(last_on, years)
        if passed_on <= today:
            one = Passed(patient.id, patient.name, patient.reference, patient.life_cycle, last_on, passed_on)
            found.append(one)
    return sorted(found, key=lambda one: (one.last_on, one.reference))


def _last_acts(session: Session, clinic_id: uuid.UUID, patient_ids: Select[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """Return when anything was done last for each patient, or by them: never earlier than when they left."""
    event = AuditEvent
    last = (
        select(event.patient_id, func.max(event.at))
        .where(event.clinic_id == clinic_id, event.patient_id.in_(patient_ids), event.action.not_in(LOOKS))
        .group_by(event.patient_id)
    )
    return {patient_id: at for patient_id, at in session.execute(last) if patient_id is not None}
