"""Forms that were sent before: the same answer for the same words, a refusal for others."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.errors import Changed, Sentence
from diary.models import BaselineByHand, Course, Decision, GlobalImpression, Infusion, PatientEvent, StaffNote


def sent_before(
    session: Session,
    table: type[Course]
    | type[Decision]
    | type[Infusion]
    | type[BaselineByHand]
    | type[PatientEvent]
    | type[StaffNote]
    | type[GlobalImpression],
    clinic: Subject,
    client_ref: uuid.UUID | None,
    said: Mapping[str, Any],
) -> uuid.UUID | None:
    """Return the id under which this form was stored already, or None.

    Raises:
        Changed: it was sent before with something else in it; nothing is stored.
    """
    if client_ref is None:
        return None
    found = session.scalar(select(table).where(table.clinic_id == clinic.clinic_id, table.id == client_ref))
    if found is None:
        return None
    if any(getattr(found, name) != value for name, value in said.items()):
        raise Changed(Sentence("This form was sent before with something else. Look at the page, then send it again."))
    return client_ref
