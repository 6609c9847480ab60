"""Patients: added by the clinic, with their particulars."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, may, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.languages import ENGLISH, known_language
from diary.models import Patient, PatientTag, PatientZone
from diary.services import audit, wordings
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up

SINCE_EVER: Final = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the clinic knows of a patient."""

    reference: str
    name: str
    time_zone: str
    birth_year: int | None = None
    phone: str = ""
    tags: tuple[str, ...] = ()
    responsible_id: uuid.UUID | None = None
    language: str = ENGLISH


class ReferenceTaken(Invalid):
    """Another patient has the reference: `patient_id` says who, to whom their diary is not closed."""

    def __init__(self, name: str, reference: str, patient_id: uuid.UUID | None) -> None:
        taken = Sentence("%(name)s has the reference %(reference)s already.", name=name, reference=reference)
        super().__init__(reference=taken)
        self.patient_id = patient_id


def add_patient(who: Identity, clinic_id: uuid.UUID, particulars: Particulars, *, clock: Clock) -> Subject:
    """Add a patient to a clinic.

    Raises:
        ReferenceTaken: the clinic has a patient with that reference already, or with one that is alike.
    """
    with transaction() as session:
        require(who, Permission.PATIENT_WRITE, Subject(clinic_id))
        refuse_taken(session, who, clinic_id, particulars.reference, now=clock())
        patient = put_patient(session, who, clinic_id, particulars, now=clock())
        refresh_summary(session, clinic_id, patient.id, now=clock())
        return Subject(clinic_id, patient.id)


def put_patient(
    session: Session, who: Identity, clinic_id: uuid.UUID, particulars: Particulars, *, now: datetime
) -> Patient:
    """Add a patient within a unit that is open already; the caller makes the summary.

    Study files and diaries that are brought along name their patients exactly: a reference that is merely alike is
    another one here.
    """
    require(who, Permission.PATIENT_WRITE, Subject(clinic_id))
    if patient_with_reference(session, clinic_id, particulars.reference) is not None:
        taken = Sentence("Another patient has the reference %(reference)s.", reference=particulars.reference)
        raise Invalid(reference=taken)
    patient = Patient(
        clinic_id=clinic_id,
        id=uuid.uuid4(),
        reference=particulars.reference,
        name=particulars.name,
        birth_year=particulars.birth_year,
        phone=particulars.phone,
        responsible_id=particulars.responsible_id,
        language=known_language(particulars.language),
        wording=wordings.NEWEST,
        made_at=now,
    )
    session.add(patient)
    session.flush()
    key = {"clinic_id": clinic_id, "patient_id": patient.id}
    session.add(PatientZone(**key, valid_from=SINCE_EVER, time_zone=particulars.time_zone))
    session.add_all(PatientTag(**key, tag=tag) for tag in particulars.tags)
    said = {"reference": particulars.reference}
    audit.write(session, who, "patient.added", about=Subject(clinic_id, patient.id), at=now, content=said)
    return patient


def refuse_taken(
    session: Session,
    who: Identity,
    clinic_id: uuid.UUID,
    reference: str,
    *,
    now: datetime,
    of: uuid.UUID | None = None,
) -> None:
    """Refuse a reference that another patient than `of` has, or one that differs in capitals and spaces alone.

    Units of a clinic's staff come one after another, so that what is read here still stands when it is written.

    Raises:
        ReferenceTaken: there is one.
    """
    known = session.scalars(select(Patient.reference).where(Patient.clinic_id == clinic_id))
    alike = [one for one in known if _folded(one) == _folded(reference)]
    for other in (patient_with_reference(session, clinic_id, one) for one in sorted(alike)):
        if other is not None and other.id != of:
            about = looked_up(session, Subject(clinic_id, other.id), now=now)
            is_open = may(who, Permission.PATIENT_READ, about)
            raise ReferenceTaken(other.name, other.reference, other.id if is_open else None)


def _folded(reference: str) -> str:
    return "".join(reference.split()).casefold()


def replace_tags(session: Session, patient: Patient, tags: Iterable[str]) -> None:
    """Give a patient exactly `tags`."""
    key = {"clinic_id": patient.clinic_id, "patient_id": patient.id}
    session.execute(
        delete(PatientTag).where(PatientTag.clinic_id == patient.clinic_id, PatientTag.patient_id == patient.id)
    )
    session.add_all(PatientTag(**key, tag=tag) for tag in tags)


def patient_with_reference(session: Session, clinic_id: uuid.UUID, reference: str) -> Patient | None:
    """Return the clinic's patient of that reference, or None."""
    wanted = select(Patient).where(Patient.clinic_id == clinic_id, Patient.reference == reference)
    return session.scalar(wanted)


def name_patient(
    who: Identity, clinic_id: uuid.UUID, reference: str, *, name: str, birth_year: int | None, clock: Clock
) -> Subject:
    """Give an imported patient, who is known by reference only, a name and a year of birth."""
    with snapshot() as session:
        patient = patient_with_reference(session, clinic_id, reference)
    if patient is None:
        raise NotThere
    about = Subject(clinic_id, patient.id)
    _change(who, about, {"name": name, "birth_year": birth_year}, clock)
    return about


def change_life_cycle(who: Identity, patient: Subject, life_cycle: str, *, clock: Clock) -> None:
    """Say where a patient stands with the clinic: active, paused, discharged, moved or died."""
    _change(who, patient, {"life_cycle": life_cycle}, clock)


def change_language(who: Identity, patient: Subject, language: str, *, clock: Clock) -> None:
    """Speak with a patient in another language from now on, as their clinic says."""
    _change(who, patient, {"language": known_language(language)}, clock)


def choose_language(who: Identity, patient: Subject, language: str, *, clock: Clock) -> None:
    """Speak with a patient in another language from now on, as they choose themselves."""
    _change(who, patient, {"language": known_language(language)}, clock, permission=Permission.ENTRY_WRITE)


def change_hand(who: Identity, patient: Subject, *, left_handed: bool, clock: Clock) -> None:
    """Lay the patient's own pages out for the left or the right hand."""
    _change(who, patient, {"left_handed": left_handed}, clock, permission=Permission.ENTRY_WRITE)


def _change(
    who: Identity,
    patient: Subject,
    fields: dict[str, Any],
    clock: Clock,
    permission: Permission = Permission.PATIENT_WRITE,
) -> None:
    with transaction() as session:
        require(who, permission, looked_up(session, patient, now=clock()))
        row = session.get(Patient, (patient.clinic_id, patient.patient_id))
        if row is None:
            raise NotThere
        for name, value in fields.items():
            setattr(row, name, value)
        audit.write(session, who, "patient.changed", about=patient, at=clock(), content={"fields": fields})
        refresh_summary(session, row.clinic_id, row.id, now=clock())


def own_particulars(who: Identity) -> Patient:
    """Return the patient who is asking."""
    with snapshot() as session:
        patient = session.get(Patient, (who.clinic_id, who.patient_id)) if who.patient_id else None
    if patient is None:
        raise NotThere
    return patient
