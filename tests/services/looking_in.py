"""What the tables hold, read without the services."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import select, text

from diary.access.identity import Identity
from diary.db import db, snapshot
from diary.installation import installation
from diary.models import AuditEvent, Entry, PatientSummary
from diary.services.diaries import Diary, read_diary
from diary.services.fresh_lines import make_right
from diary.services.rules import rules_in_force


def revisions_of(patient: Identity, day: date | None = None) -> list[Entry]:
    """Return a patient's entries by day and revision."""
    wanted = select(Entry).where(Entry.clinic_id == patient.clinic_id, Entry.patient_id == patient.patient_id)
    with snapshot() as session:
        rows = wanted if day is None else wanted.where(Entry.day == day)
        return list(session.scalars(rows.order_by(Entry.day, Entry.revision)))


def diary_of(patient: Identity) -> Diary:
    """Return a patient's diary as it is stored."""
    assert patient.clinic_id
    assert patient.patient_id
    with snapshot() as session:
        diary = read_diary(session, patient.clinic_id, patient.patient_id)
    assert diary
    return diary


def live_score(patient: Identity, day: date, today: date) -> int | None:
    """Return the live score of a day as seen on `today`."""
    with snapshot() as session:
        rules = rules_in_force(session, patient.clinic_id)
    entry = diary_of(patient).scores(today, rules).get(day)
    return entry.score if entry else None


def summary_of_row(patient: Identity) -> PatientSummary:
    """Return a patient's line of the worklist as whoever opens it finds it."""
    assert patient.clinic_id
    make_right(patient.clinic_id, clock=installation().clock)
    with snapshot() as session:
        return session.get_one(PatientSummary, (patient.clinic_id, patient.patient_id))


def audit_rows(clinic_id: uuid.UUID, since: int = 0) -> list[AuditEvent]:
    """Return the links of a clinic's chain after position `since`."""
    wanted = select(AuditEvent).where(AuditEvent.clinic_id == clinic_id, AuditEvent.position > since)
    with snapshot() as session:
        return list(session.scalars(wanted.order_by(AuditEvent.position)))


def everything_stored() -> dict[str, list[Any]]:
    """Return all rows of all tables, to say that nothing changed."""
    with snapshot() as session:
        return {
            table.name: sorted(map(tuple, session.execute(text(f'SELECT * FROM "{table.name}"'))), key=repr)
            for table in db.metadata.sorted_tables
        }
