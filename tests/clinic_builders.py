"""People and courses in a database, made through the services as the clinic would."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from diary.access.identity import OPERATOR, Identity
from diary.access.policy import Subject
from diary.clock import Clock
from diary.db import transaction
from diary.models import Member
from diary.services import clinics, courses, entries, patients
from diary.services.consent_texts import REQUIRED, current_text
from diary.vocabulary import CourseStatus, MemberStatus, Role

AGREED = current_text(REQUIRED).version
"""What patients agree to with their invite."""


@dataclass(frozen=True)
class AClinic:
    """A clinic with one clinician and one nurse."""

    clinic_id: uuid.UUID
    clinician: Identity
    nurse: Identity
    admin: Identity


def a_clinic(clock: Clock, name: str = "Pain clinic West") -> AClinic:
    """Add a clinic with its numbers and its staff."""
    clinic_id = clinics.add_clinic(OPERATOR, name, clock=clock, phone="0555 010 203", emergency_number="112")
    return AClinic(clinic_id, *(a_member(clinic_id, role, clock) for role in (Role.CLINICIAN, Role.NURSE, Role.ADMIN)))


def a_member(clinic_id: uuid.UUID, role: Role, clock: Clock) -> Identity:
    """Add an active member without an account and return who they are."""
    with transaction() as session:
        member = clinics.put_member(session, OPERATOR, clinic_id, name=f"{role} Meyer", roles=[role], clock=clock)
        member.status = MemberStatus.ACTIVE
        session.merge(member)
        return Identity(uuid.uuid4(), clinic_id, member.id, frozenset({role}), name=member.name)


def confirmed(who: Identity, clock: Clock) -> Identity:
    """Return `who` as they are right after proving who they are."""
    return replace(who, confirmed_at=clock())


def a_patient(clinic: AClinic, clock: Clock, reference: str = "M-1", zone: str = "Europe/Amsterdam") -> Identity:
    """Add a patient and return who they are when they sign in."""
    particulars = patients.Particulars(reference, f"Ramirez {reference}", zone)
    added = patients.add_patient(clinic.clinician, clinic.clinic_id, particulars, clock=clock)
    return Identity(uuid.uuid4(), clinic.clinic_id, patient_id=added.patient_id, name=particulars.name)


def subject(who: Identity) -> Subject:
    """Return the patient that `who` is."""
    assert who.clinic_id
    return Subject(who.clinic_id, who.patient_id)


def a_course(
    clinic: AClinic,
    patient: Identity,
    first_day: date,
    clock: Clock,
    *,
    days: int = 5,
    medicines: tuple[str, ...] = ("ketamine",),
    status: CourseStatus = CourseStatus.GIVEN,
) -> uuid.UUID:
    """Record a course of `days` days from `first_day`."""
    given = courses.CourseDays(medicines, status, first_day, first_day + timedelta(days=days - 1))
    begun = datetime(first_day.year, first_day.month, first_day.day, 12, tzinfo=UTC)
    when = begun if status is CourseStatus.GIVEN else clock()
    return courses.record_course(clinic.clinician, subject(patient), given, clock=lambda: max(clock(), when))


def write_days(patient: Identity, scores: Iterable[int | None], clock, *, first_day: date) -> None:  # type: ignore[no-untyped-def]
    """Write one score a day at noon UTC from `first_day` on, as the patient would; None leaves a day out."""
    for number, score in enumerate(scores):
        day = first_day + timedelta(days=number)
        clock.now = datetime(day.year, day.month, day.day, 12, tzinfo=clock.now.tzinfo)
        if score is not None:
            entries.record_entry(patient, subject(patient), day=day, score=score, client_ref=uuid.uuid4(), clock=clock)


__all__ = [
    "AGREED",
    "AClinic",
    "Member",
    "a_clinic",
    "a_course",
    "a_member",
    "a_patient",
    "confirmed",
    "subject",
    "write_days",
]
