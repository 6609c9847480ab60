"""Verdicts of a whole clinic, as if nothing after a day had been written."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.db import snapshot
from diary.exchange.verdict_lines import plain_verdict
from diary.models import Patient
from diary.services.clinics import the_clinic
from diary.services.diaries import read_diaries
from diary.services.rules import rules_in_force


def verdicts_as_of(who: Identity, day: date, *, clinic: str | None) -> Iterator[dict[str, Any]]:
    """Yield the verdict of each patient of a clinic for `day`, ordered by reference.

    Raises:
        Invalid: no such clinic, or several and none named.
    """
    with snapshot() as session:
        home = the_clinic(session, clinic)
        require(who, Permission.STUDY_WRITE, Subject(home.clinic_id))
        day_is_over = datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=2)
        rules = rules_in_force(session, home.clinic_id, until=day_is_over)
        patients = select(Patient.id).where(Patient.clinic_id == home.clinic_id).order_by(Patient.reference)
        for diary in read_diaries(session, home.clinic_id, list(session.scalars(patients))):
            verdict = plain_verdict(diary.verdict(day, rules))
            yield {
                "patient": diary.patient.reference,
                **verdict,
                "clinic": home.name,
                "id": str(diary.patient.id),
            }
