"""What the cards of a patient's courses show beside the courses: protocols they were planned from, what was changed."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot
from diary.models import Course, CourseChange, CourseProtocol, Infusion, Protocol
from diary.services.protection import looked_up


@dataclass(frozen=True, slots=True)
class CourseExtras:
    """By course: its protocol, what was changed of it in that order, and the infusions that were taken back."""

    protocols: dict[uuid.UUID, Protocol]
    changes: dict[uuid.UUID, tuple[CourseChange, ...]]
    taken_back: dict[uuid.UUID, tuple[Infusion, ...]]


def read_course_extras(who: Identity, patient: Subject, *, clock: Clock) -> CourseExtras:
    """Return them for a patient of the clinic; the page they stand on writes the look."""
    with snapshot() as session:
        require(who, Permission.PATIENT_READ, looked_up(session, patient, now=clock()))
        of_patient = (CourseChange.clinic_id == patient.clinic_id, CourseChange.patient_id == patient.patient_id)
        changes: dict[uuid.UUID, tuple[CourseChange, ...]] = {}
        for change in session.scalars(select(CourseChange).where(*of_patient).order_by(CourseChange.made_at)):
            changes[change.course_id] = (*changes.get(change.course_id, ()), change)
        taken_back: dict[uuid.UUID, tuple[Infusion, ...]] = {}
        of_courses = (Course.clinic_id == Infusion.clinic_id) & (Course.id == Infusion.course_id)
        gone = (
            select(Infusion)
            .join(Course, of_courses)
            .where(
                Infusion.clinic_id == patient.clinic_id,
                Course.patient_id == patient.patient_id,
                Infusion.taken_back_at.is_not(None),
            )
        )
        for infusion in session.scalars(gone.order_by(Infusion.day)):
            taken_back[infusion.course_id] = (*taken_back.get(infusion.course_id, ()), infusion)
        rows = (
            select(CourseProtocol.course_id, Protocol)
            .join(
                Protocol,
                (Protocol.clinic_id == CourseProtocol.clinic_id) & (Protocol.id == CourseProtocol.protocol_id),
            )
            .join(Course, (Course.clinic_id == CourseProtocol.clinic_id) & (Course.id == CourseProtocol.course_id))
            .where(CourseProtocol.clinic_id == patient.clinic_id, Course.patient_id == patient.patient_id)
        )
        return CourseExtras({row.course_id: row.Protocol for row in session.execute(rows)}, changes, taken_back)
