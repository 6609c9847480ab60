"""A diary that a patient brings along: looked at first, then taken in whole or not at all."""

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
from diary.errors import Invalid, Sentence
from diary.exchange.copies import DiaryCopy, SignedCopy, plain_consents, read_copy
from diary.models import Clinic, MoveCode, Patient, PatientOrigin
from diary.postgres import widen
from diary.security.move_codes import move_code_hash
from diary.security.signatures import Origin, key_id_of
from diary.services import audit
from diary.services.consent_texts import REQUIRED, current_text
from diary.services.consents import put_consent
from diary.services.copied_rows import put_rows
from diary.services.copies import copy_of, signed_copy
from diary.services.decision_statements import keys
from diary.services.handing_over import hand_over
from diary.services.patients import Particulars, put_patient
from diary.services.projection import refresh_summary
from diary.services.summary_marks import mark_summary
from diary.vocabulary import ConsentSaid
from diary.wall import whole_house

NOT_GOOD: Final = Sentence(
    "This code is not good: it was mistyped, used, replaced by a newer one, or is older than 72 hours. "
    "Ask the patient for a new one."
)
NOT_OURS: Final = Sentence(
    "This file names a clinic of this installation and is not signed by this installation. "
    "Ask the patient, or that clinic, for a code."
)
OWN: Final = Sentence("This diary is from your own clinic: open the patient there and set them to active again.")


@dataclass(frozen=True, slots=True)
class Brought:
    """A copy that was brought along, before anything is stored.

    Attributes:
        signed: the copy, whose signature fits the key in it.
        key_origin, key_name: whose key that is, as far as this installation knows.
        taken_as: reference of the patient it was taken in as already, or None.
        by_code: it is handed over within this installation, and the patient leaves the other clinic.
    """

    signed: SignedCopy
    key_origin: Origin
    key_name: str
    taken_as: str | None
    by_code: bool


def look_at_file(who: Identity, clinic_id: uuid.UUID, sent: bytes, *, clock: Clock) -> Brought:
    """Return what a file holds; nothing is stored.

    Raises:
        Invalid: it is no copy, was changed since it was signed, holds something that no diary holds, or names a clinic
            of this installation without its signature.
    """
    require(who, Permission.PATIENT_WRITE, Subject(clinic_id))
    signed = _read(sent, clock())
    with snapshot() as session:
        return _brought(session, clinic_id, signed)


def look_at_code(who: Identity, clinic_id: uuid.UUID, code: str, *, clock: Clock) -> Brought:
    """Return what a code would hand over; that `who` looked is written in the clinic that the patient leaves.

    Raises:
        Invalid: the code is not good any more, or leads back to this clinic.
    """
    require(who, Permission.PATIENT_WRITE, Subject(clinic_id))
    with transaction() as session:
        now = clock()
        leaving = _leaving(session, clinic_id, code, now)
        audit.look(session, who, "move.previewed", about=leaving, at=now)
        return _brought(session, clinic_id, signed_copy(copy_of(session, leaving, now=now)), by_code=True)


def take_in_file(who: Identity, clinic_id: uuid.UUID, sent: bytes, *, reference: str, clock: Clock) -> Subject:
    """Make a new patient of the clinic from a file, whole or not at all; the same once more returns the same patient.

    Raises:
        Invalid: as `look_at_file`, the reference is taken, or the diary was taken in under another one.
    """
    about = Subject(clinic_id)
    require(who, Permission.PATIENT_WRITE, about)
    signed = _read(sent, clock())
    with transaction() as session:
        return _take_in(session, who, clinic_id, signed, reference=reference, now=clock())


def take_in_code(who: Identity, clinic_id: uuid.UUID, code: str, *, reference: str, clock: Clock) -> Subject:
    """Make a new patient of the clinic from a code; in the same act the patient and their sign-in leave the other one.

    Raises:
        Invalid: as `look_at_code`, or the reference is taken.
    """
    about = Subject(clinic_id)
    require(who, Permission.PATIENT_WRITE, about)
    with transaction() as session:
        now = clock()
        if again := _sent_before(session, clinic_id, code, reference):
            return again
        leaving = _leaving(session, clinic_id, code, now)
        signed = signed_copy(copy_of(session, leaving, now=now))
        added = _take_in(session, who, clinic_id, signed, reference=reference, now=now)
        hand_over(session, who, leaving, added, digest=signed.digest, now=now)
        _code(session, code).used_at = now
        return added


def _read(sent: bytes, now: datetime) -> SignedCopy:
    """Return the copy that a file holds.

    A clinic of this installation is named by this installation's own key alone: whoever else did could take the place
    of a patient there, who would then not be taken in with their own code any more.
    """
    signed = read_copy(sent, now=now)
    if keys().origin_of(signed.public_key)[0] is not Origin.OWN:
        with whole_house(), snapshot() as session:
            if session.get(Clinic, signed.copy.home.clinic_id) is not None:
                raise Invalid(NOT_OURS)
    return signed


def _take_in(
    session: Session, who: Identity, clinic_id: uuid.UUID, signed: SignedCopy, *, reference: str, now: datetime
) -> Subject:
    brought = _brought(session, clinic_id, signed)
    if brought.taken_as is not None:
        return _again(session, clinic_id, brought, reference)
    copy = signed.copy
    particulars = Particulars(reference, copy.name, copy.zones[0].time_zone, copy.birth_year, copy.phone)
    patient = put_patient(session, who, clinic_id, particulars, now=now)
    refresh_summary(session, clinic_id, patient.id, now=now)  # of a diary that is still empty: a line to mark below
    patient.language, patient.left_handed = copy.language, copy.left_handed
    put_rows(session, patient, copy)
    origin = _origin_of(who, patient, brought, now)
    session.add(origin)
    about = Subject(clinic_id, patient.id)
    said = {
        "from": copy.home.name,
        "digest": signed.digest,
        "key": origin.key_id,
        "key_origin": origin.key_origin,
        "entries": len(copy.entries),
        "courses": len(copy.courses),
    }
    audit.write(session, who, "patient.moved_in", about=about, at=now, content=said)
    _keep_stopped(session, who, about, copy, now)
    mark_summary(session, clinic_id, patient.id, now=now)  # nobody waits until decades are judged
    return about


def _keep_stopped(session: Session, who: Identity, about: Subject, copy: DiaryCopy, now: datetime) -> None:
    """Stop the diary here too when it was stopped there: moving is no new yes."""
    to_the_diary = [one for one in copy.consents if one.purpose == REQUIRED]
    if to_the_diary and to_the_diary[-1].said == ConsentSaid.WITHDRAWN:
        version = current_text(REQUIRED).version
        put_consent(session, who, about, REQUIRED, version=version, now=now, said=ConsentSaid.WITHDRAWN)


def _origin_of(who: Identity, patient: Patient, brought: Brought, now: datetime) -> PatientOrigin:
    copy = brought.signed.copy
    return PatientOrigin(
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        from_clinic_id=copy.home.clinic_id,
        from_patient_id=copy.home.patient_id,
        from_clinic=copy.home.name,
        from_reference=copy.home.reference,
        consents=plain_consents(copy),
        digest=brought.signed.digest,
        key_id=key_id_of(brought.signed.public_key),
        key_origin=brought.key_origin.value,
        copied_at=copy.made_at,
        taken_at=now,
        taken_by=who.member_id,
    )


def _brought(session: Session, clinic_id: uuid.UUID, signed: SignedCopy, *, by_code: bool = False) -> Brought:
    home = signed.copy.home
    if home.clinic_id == clinic_id:
        raise Invalid(OWN)
    origin, name = keys().origin_of(signed.public_key)
    known = _known(session, clinic_id, home.clinic_id, home.patient_id)
    return Brought(signed, origin, name, known.reference if known else None, by_code)


def _known(
    session: Session, clinic_id: uuid.UUID, from_clinic_id: uuid.UUID, from_patient_id: uuid.UUID
) -> Patient | None:
    """Return the clinic's patient whose diary was taken in from there."""
    origin = PatientOrigin
    wanted = (
        select(Patient)
        .join(origin, (origin.clinic_id == Patient.clinic_id) & (origin.patient_id == Patient.id))
        .where(
            Patient.clinic_id == clinic_id,
            origin.clinic_id == clinic_id,
            origin.from_clinic_id == from_clinic_id,
            origin.from_patient_id == from_patient_id,
        )
    )
    return session.scalar(wanted)


def _again(session: Session, clinic_id: uuid.UUID, brought: Brought, reference: str) -> Subject:
    """Return the patient whom the same copy under the same reference was taken in as."""
    home = brought.signed.copy.home
    known = _known(session, clinic_id, home.clinic_id, home.patient_id)
    origin = session.get(PatientOrigin, (clinic_id, known.id)) if known else None
    if known and origin and (origin.digest, known.reference) == (brought.signed.digest, reference):
        return Subject(clinic_id, known.id)
    raise Invalid(
        Sentence("The diary of this patient was taken in already, as %(reference)s.", reference=brought.taken_as or "")
    )


def _sent_before(session: Session, clinic_id: uuid.UUID, code: str, reference: str) -> Subject | None:
    """Return the patient whom this code was used for already, when the same form is sent twice."""
    hashed = move_code_hash(code)
    used = session.get(MoveCode, hashed) if hashed else None
    if used is None or used.used_at is None:
        return None
    known = _known(session, clinic_id, used.clinic_id, used.patient_id)
    return Subject(clinic_id, known.id) if known and known.reference == reference else None


def _leaving(session: Session, clinic_id: uuid.UUID, code: str, now: datetime) -> Subject:
    """Return the patient whom a good code is about; nobody else uses it until the unit is over."""
    held = _code(session, code)
    if held.used_at is not None or held.expires_at <= now:
        raise Invalid(code=NOT_GOOD)
    if held.clinic_id == clinic_id:
        raise Invalid(code=OWN)
    widen(session, [held.clinic_id])
    return Subject(held.clinic_id, held.patient_id)


def _code(session: Session, code: str) -> MoveCode:
    hashed = move_code_hash(code)
    held = session.get(MoveCode, hashed, with_for_update=True) if hashed else None
    if held is None:
        raise Invalid(code=NOT_GOOD)
    return held
