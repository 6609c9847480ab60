"""A patient's diary as a copy that can be signed: read whole from the database, without anything staff decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.errors import NotThere
from diary.exchange.copies import (
    PURPOSE,
    CopiedBaseline,
    CopiedConsent,
    CopiedCourse,
    CopiedEntry,
    CopiedEvent,
    CopiedInfusion,
    CopiedZone,
    DiaryCopy,
    HomeClinic,
    SignedCopy,
    plain_content,
)
from diary.exchange.copies.writing import digest_of_content
from diary.models import (
    BaselineByHand,
    Clinic,
    Consent,
    Course,
    Entry,
    Infusion,
    Patient,
    PatientEvent,
    PatientZone,
)
from diary.services.decision_statements import keys
from diary.services.events import is_taken_back


def copy_of(session: Session, patient: Subject, *, now: datetime) -> DiaryCopy:
    """Return the whole diary of a patient as a copy.

    Raises:
        NotThere: the clinic has no such patient.
    """
    row = session.get(Patient, (patient.clinic_id, patient.patient_id))
    if row is None:
        raise NotThere
    clinic = session.get_one(Clinic, patient.clinic_id)
    return DiaryCopy(
        made_at=now,
        home=HomeClinic(clinic.clinic_id, clinic.name, row.id, row.reference),
        name=row.name,
        birth_year=row.birth_year,
        phone=row.phone,
        language=row.language,
        left_handed=row.left_handed,
        protected=row.protected_at is not None,
        zones=tuple(_like(CopiedZone, one) for one in session.scalars(_of(PatientZone, row, PatientZone.valid_from))),
        entries=tuple(_like(CopiedEntry, one) for one in session.scalars(_of(Entry, row, Entry.day, Entry.revision))),
        courses=tuple(_course(session, one) for one in session.scalars(_of(Course, row, Course.first_day, Course.id))),
        events=tuple(
            _like(CopiedEvent, one)
            for one in session.scalars(_of(PatientEvent, row, PatientEvent.recorded_at).where(~is_taken_back()))
        ),
        consents=tuple(_like(CopiedConsent, one) for one in session.scalars(_of(Consent, row, Consent.at))),
    )


def signed_copy(copy: DiaryCopy) -> SignedCopy:
    """Sign a copy with the key of this installation.

    Raises:
        KeyUnfit: the key cannot be read or made.
    """
    content, known = plain_content(copy), keys()
    signature = known.sign(PURPOSE, content)
    public = known.public_key(signature.key_id) or b""
    return SignedCopy(copy, digest_of_content(content), public, signature.value)


def _course(session: Session, course: Course) -> CopiedCourse:
    given = _of_course(Infusion, course, Infusion.day, Infusion.made_at)
    infusions = session.scalars(given.where(Infusion.taken_back_at.is_(None)))
    baselines = session.scalars(_of_course(BaselineByHand, course, BaselineByHand.made_at))
    return CopiedCourse(
        medicines=course.medicines,
        status=course.status,
        first_day=course.first_day,
        last_day=course.last_day,
        made_at=course.made_at,
        infusions=tuple(_like(CopiedInfusion, one) for one in infusions),
        baselines=tuple(_like(CopiedBaseline, one) for one in baselines),
    )


def _like(kind: Any, row: Any) -> Any:
    """Return the columns of a row that a copy has fields for."""
    return kind(**{name: getattr(row, name) for name in kind.__dataclass_fields__})


def _of(table: Any, patient: Patient, *order: Any) -> Any:
    return select(table).where(table.clinic_id == patient.clinic_id, table.patient_id == patient.id).order_by(*order)


def _of_course(table: Any, course: Course, *order: Any) -> Any:
    return select(table).where(table.clinic_id == course.clinic_id, table.course_id == course.id).order_by(*order)
