"""All decisions of a clinic, or of all clinics, verified by whoever runs the installation."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select

from diary.db import snapshot
from diary.models import Clinic, Decision
from diary.services.checked_decisions import CheckedDecision, Standing, check_decisions, read_proofs
from diary.services.clinics import clinics_named, the_clinic
from diary.services.diaries import read_diary


@dataclass
class VerifiedDecisions:
    """A clinic's decisions: how many of each standing, those that are not valid, and patients that cannot be read."""

    clinic: str
    counts: Counter[Standing] = field(default_factory=Counter)
    invalid: list[tuple[str, CheckedDecision]] = field(default_factory=list)
    unreadable: list[uuid.UUID] = field(default_factory=list)


def verify_decisions(clinic: str | None) -> Iterator[VerifiedDecisions]:
    """Yield what became of the decisions of the named clinic, or of each clinic in turn.

    Raises:
        Invalid: there is no clinic of that name.
    """
    with snapshot() as session:
        clinics = clinics_named(session, None) if clinic is None else [the_clinic(session, clinic)]
    for one in clinics:
        yield _verified(one)


def _verified(clinic: Clinic) -> VerifiedDecisions:
    found = VerifiedDecisions(clinic.name)
    with snapshot() as session:
        decided = select(Decision.patient_id).where(Decision.clinic_id == clinic.clinic_id).distinct()
        patient_ids = sorted(session.scalars(decided))
    for patient_id in patient_ids:
        try:
            _verify_patient(clinic.clinic_id, patient_id, found)
        except (ValueError, TypeError, KeyError):  # a row so damaged that it cannot be read back at all
            found.unreadable.append(patient_id)
    return found


def _verify_patient(clinic_id: uuid.UUID, patient_id: uuid.UUID, found: VerifiedDecisions) -> None:
    with snapshot() as session:
        diary = read_diary(session, clinic_id, patient_id)
        proofs = read_proofs(session, clinic_id, patient_id)
    if diary is None:
        found.unreadable.append(patient_id)
        return
    for checked in check_decisions(diary, proofs).values():
        found.counts[checked.standing] += 1
        if checked.standing is Standing.INVALID:
            found.invalid.append((diary.patient.reference, checked))
