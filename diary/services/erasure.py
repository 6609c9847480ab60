"""Erasure: a patient asks, an admin carries it out, a certificate stays; the one permitted DELETE of facts."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import structlog
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from diary.access.identity import OPERATOR, Identity
from diary.access.policy import Permission, Subject, require, require_confirmed
from diary.clock import Clock
from diary.db import rewrite_file, snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import Clinic, ClinicTally, Erasure, ErasureRequest, Member, Patient
from diary.security.erasure_files import ErasureFiles, Tombstone, TombstonesBroken
from diary.services import audit
from diary.services.erased_rows import erase_rows, is_anything_left
from diary.services.retention import has_passed
from diary.vocabulary import ErasureHow

ANSWERED_WITHIN: Final = timedelta(days=30)
"""Within which a clinic answers who asks to be erased (GDPR, article 12: a month)."""

FIRST_YEAR: Final = 2000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wish to be erased that the clinic has not carried out yet; `code` is what its certificate will be called."""

    asked_at: datetime
    code: uuid.UUID

    @property
    def answer_by(self) -> datetime:
        """By when the clinic must answer."""
        return self.asked_at + ANSWERED_WITHIN


def own_wish(who: Identity, patient: Subject) -> Waiting | None:
    """Return the wish of the patient who is asking, or None."""
    require(who, Permission.ERASURE_TAKE_BACK, patient)
    with snapshot() as session:
        row = session.get(ErasureRequest, (patient.clinic_id, patient.patient_id))
        return Waiting(row.asked_at, row.code) if row else None


def ask_for_erasure(who: Identity, patient: Subject, *, clock: Clock) -> Waiting:
    """Note that a patient wants to be erased; asked twice, the first time counts."""
    require_confirmed(who, Permission.ERASURE_ASK, patient, now=clock())
    with transaction() as session:
        _there(session, patient)
        row = session.get(ErasureRequest, (patient.clinic_id, patient.patient_id))
        if row is None:
            now, code = clock(), uuid.uuid4()
            row = ErasureRequest(clinic_id=patient.clinic_id, patient_id=patient.patient_id, code=code, asked_at=now)
            session.add(row)
            audit.write(session, who, "erasure.asked", about=patient, at=now, content={"code": str(code)})
        return Waiting(row.asked_at, row.code)


def take_back_wish(who: Identity, patient: Subject, *, clock: Clock) -> None:
    """Take the wish to be erased back; without one nothing happens."""
    require(who, Permission.ERASURE_TAKE_BACK, patient)
    with transaction() as session:
        row = session.get(ErasureRequest, (patient.clinic_id, patient.patient_id))
        if row is not None:
            said = {"code": str(row.code)}
            session.execute(
                delete(ErasureRequest).where(
                    ErasureRequest.clinic_id == patient.clinic_id, ErasureRequest.patient_id == patient.patient_id
                )
            )
            audit.write(session, who, "erasure.taken_back", about=patient, at=clock(), content=said)


def carry_out_erasure(
    who: Identity,
    patient: Subject,
    *,
    how: ErasureHow,
    files: ErasureFiles,
    clock: Clock,
    asked_on: date | None = None,
) -> uuid.UUID:
    """Erase a patient for good and return the id of the certificate.

    One who asked on their own pages was erased for that, whatever `how` says. `asked_on` is the day of a paper.

    Raises:
        Invalid: the day lies ahead or is missing, or the erasure could not be noted beside the database.
        NotThere: no such patient, or they took their wish back meanwhile.
        ConfirmFirst: it is longer than five minutes ago that the admin proved who they are.
    """
    require_confirmed(who, Permission.ERASE, patient, now=clock())
    with transaction() as session:
        row, now = _there(session, patient), clock()
        if how is ErasureHow.RETENTION and not has_passed(session, row, now):
            raise Invalid(Sentence("The clinic's years have not passed for this patient: look at the list again."))
        wish = session.get(ErasureRequest, (patient.clinic_id, patient.patient_id))
        if wish is None and how is ErasureHow.SELF:
            raise NotThere
        erasure = Erasure(
            clinic_id=patient.clinic_id,
            id=wish.code if wish else uuid.uuid4(),
            how=ErasureHow.SELF if wish else how,
            asked_at=wish.asked_at if wish else _asked_at(how, asked_on, now),
            carried_out_at=now,
            member_id=who.member_id,
        )
        erasure.rows = _erase(session, patient)
        session.add(erasure)
        said = {"erasure": str(erasure.id), "how": erasure.how}
        audit.write(session, who, "patient.erased", about=Subject(patient.clinic_id), at=now, content=said)
        session.flush()
        _note(files, patient, erasure)
    wipe_where_asked(files)
    return erasure.id


def replay_erasures(files: ErasureFiles, *, clock: Clock) -> int:
    """Repeat every erasure that an older backup undid, and return how many there were.

    Raises:
        TombstonesBroken: one cannot be read; or one that was not written here asks for a patient who is in the
            database, or for whom no certificate is there; nobody is erased because of it.
    """
    repeated = 0
    for stone in files.read():
        repeated += _replay(stone, clock())
    if repeated:
        files.ask_for_rewrite()
    wipe_where_asked(files)
    return repeated


def wipe_where_asked(files: ErasureFiles) -> None:
    """Write the database file anew after an erasure, so that no byte is left; when that fails it stays asked for."""
    if files.is_rewrite_due():
        files.is_rewritten() if rewrite_file() else files.was_in_vain()


def _replay(stone: Tombstone, now: datetime) -> bool:
    patient = Subject(stone.clinic_id, stone.patient_id)
    with snapshot() as session:
        is_left = is_anything_left(session, patient)
        is_certified = session.get(Erasure, (stone.clinic_id, stone.erasure_id)) is not None
        is_clinic = session.get(Clinic, stone.clinic_id) is not None
    if not is_clinic or (not is_left and is_certified):
        return False
    if not stone.proven:
        raise TombstonesBroken(
            f"A tombstone of patient {stone.patient_id} was changed, or written under another secret key: look into"
            " it, then put the file or the key back (docs/after-a-restore.md)."
        )
    with transaction() as session:
        if is_left:
            _erase(session, patient)
            about, said = Subject(stone.clinic_id), {"erasure": str(stone.erasure_id)}
            audit.write(session, OPERATOR, "erasure.repeated", about=about, at=now, content=said)
        if not is_certified:
            session.add(_certificate(session, stone))
    return is_left


def _erase(session: Session, patient: Subject) -> dict[str, int]:
    counted = erase_rows(session, patient)
    out_of_date = update(ClinicTally).where(ClinicTally.clinic_id == patient.clinic_id).values(out_of_date=True)
    session.execute(out_of_date)
    return counted


def _certificate(session: Session, stone: Tombstone) -> Erasure:
    """Return the certificate that a tombstone was written with; the member may be younger than the backup."""
    is_known = stone.member_id and session.get(Member, (stone.clinic_id, stone.member_id)) is not None
    return Erasure(
        clinic_id=stone.clinic_id,
        id=stone.erasure_id,
        how=stone.how,
        asked_at=stone.asked_at,
        carried_out_at=stone.carried_out_at,
        member_id=stone.member_id if is_known else None,
        rows=stone.rows,
    )


def _note(files: ErasureFiles, patient: Subject, erasure: Erasure) -> None:
    """Write the tombstone, the last thing before the commit: what is erased is noted, whatever happens next."""
    stone = Tombstone(
        clinic_id=patient.clinic_id,
        patient_id=patient.patient_id or uuid.UUID(int=0),
        erasure_id=erasure.id,
        how=erasure.how,
        asked_at=erasure.asked_at,
        carried_out_at=erasure.carried_out_at,
        member_id=erasure.member_id,
        rows=erasure.rows,
    )
    try:
        files.add(stone)
    except OSError as refused:
        log.error("tombstone_not_written", reason=str(refused))  # noqa: TRY400 (no fault of ours)
        raise Invalid(
            Sentence("Nothing was erased: it could not be noted beside the database. Ask whoever runs Ebb for you.")
        ) from refused


def _asked_at(how: ErasureHow, asked_on: date | None, now: datetime) -> datetime:
    if how is ErasureHow.RETENTION:
        return now
    if asked_on is None:
        raise Invalid(asked_on=Sentence("Give the day on which the patient asked."))
    if asked_on > now.date() + timedelta(days=1) or asked_on.year < FIRST_YEAR:
        raise Invalid(asked_on=Sentence("The day on which the patient asked cannot lie ahead."))
    return min(now, datetime.combine(asked_on, time(12), tzinfo=UTC))


def _there(session: Session, patient: Subject) -> Patient:
    row = session.get(Patient, (patient.clinic_id, patient.patient_id))
    if row is None:
        raise NotThere
    return row
