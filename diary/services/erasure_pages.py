"""Erasures as the clinic's admin reads them: who waits, and the certificates of who is gone."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import Erasure, ErasureRequest, Member, Patient
from diary.services import audit
from diary.services.erasure import Waiting
from diary.services.patients import patient_with_reference
from diary.services.retention import has_passed

MOST_SHOWN: Final = 200
CODE_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class ToBeErased:
    """A patient, with their wish to be erased or None, and whether the clinic's years have passed for them."""

    patient: Patient
    wish: Waiting | None
    has_passed: bool = False


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and the name of the member who carried the erasure out."""

    erasure: Erasure
    by: str


def code_words(code: uuid.UUID) -> str:
    """Return the code of a certificate as people write it down: three groups of four signs."""
    signs = code.hex[:CODE_LENGTH].upper()
    return "-".join(signs[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def read_erasures(who: Identity, clinic_id: uuid.UUID, *, clock: Clock) -> tuple[list[ToBeErased], list[Certificate]]:
    """Return who waits to be erased, the longest first, and the latest certificates."""
    about = Subject(clinic_id)
    require(who, Permission.ERASURES_READ, about)
    waiting = (
        select(Patient, ErasureRequest)
        .join(
            ErasureRequest,
            (ErasureRequest.clinic_id == Patient.clinic_id) & (ErasureRequest.patient_id == Patient.id),
        )
        .where(Patient.clinic_id == clinic_id)
        .order_by(ErasureRequest.asked_at)
        .limit(MOST_SHOWN)
    )
    done = select(Erasure).where(Erasure.clinic_id == clinic_id).order_by(Erasure.carried_out_at.desc())
    with transaction() as session:
        found = [ToBeErased(patient, Waiting(wish.asked_at, wish.code)) for patient, wish in session.execute(waiting)]
        certificates = [_certified(session, one) for one in session.scalars(done.limit(MOST_SHOWN)).all()]
        if found:
            audit.look(session, who, "erasures.seen", about=about, at=clock())
    return found, certificates


def find_to_be_erased(who: Identity, clinic_id: uuid.UUID, reference: str) -> uuid.UUID:
    """Return which patient of the clinic has that reference.

    Raises:
        Invalid: nobody has.
    """
    require(who, Permission.ERASURES_READ, Subject(clinic_id))
    with snapshot() as session:
        patient = patient_with_reference(session, clinic_id, reference)
    if patient is None:
        raise Invalid(reference=Sentence("No patient of this clinic has this reference."))
    return patient.id


def read_to_be_erased(who: Identity, patient: Subject, *, clock: Clock) -> ToBeErased:
    """Return whom a page of erasure is about; that it was looked at is written for the patient to see."""
    require(who, Permission.ERASURES_READ, patient)
    with transaction() as session:
        row = session.get(Patient, (patient.clinic_id, patient.patient_id))
        if row is None:
            raise NotThere
        wish = session.get(ErasureRequest, (patient.clinic_id, patient.patient_id))
        now = clock()
        audit.look(session, who, "erasures.seen", about=patient, at=now)
        waiting = Waiting(wish.asked_at, wish.code) if wish else None
        return ToBeErased(row, waiting, has_passed(session, row, now))


def read_certificate(who: Identity, clinic_id: uuid.UUID, erasure_id: uuid.UUID) -> Certificate:
    """Return a certificate of the clinic."""
    require(who, Permission.ERASURES_READ, Subject(clinic_id))
    with snapshot() as session:
        erasure = session.get(Erasure, (clinic_id, erasure_id))
        if erasure is None:
            raise NotThere
        return _certified(session, erasure)


def _certified(session: Session, erasure: Erasure) -> Certificate:
    member = session.get(Member, (erasure.clinic_id, erasure.member_id)) if erasure.member_id else None
    return Certificate(erasure, member.name if member else "")


def days_left(wish: Waiting, now: datetime) -> int:
    """Return how many whole days the clinic has left to answer; below zero when the time is over."""
    return (wish.answer_by - now).days
