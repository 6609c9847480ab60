"""Forms that were sent before."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.models import Course, Decision


def sent_before(
    session: Session, table: type[Course] | type[Decision], patient: Subject, client_ref: uuid.UUID | None
) -> uuid.UUID | None:
    """Return the id under which a form of this patient was stored already, or None."""
    if client_ref is None:
        return None
    stored = select(table.id).where(
        table.clinic_id == patient.clinic_id, table.id == client_ref, table.patient_id == patient.patient_id
    )
    return session.scalar(stored)
