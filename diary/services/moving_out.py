"""A patient who moves: a signed copy as a file, or a code that hands the diary over within this installation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require, require_confirmed
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.exchange.copies import write_copy
from diary.models import Clinic, Course, Entry, MoveCode, Patient
from diary.security.move_codes import move_code_hash, new_move_code
from diary.services import audit
from diary.services.copies import copy_of, signed_copy
from diary.services.handed_out import end_codes, open_codes
from diary.services.protection import looked_up, refuse_through_glass, write_look
from diary.vocabulary import LifeCycle

GOOD_FOR: Final = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class MovePage:
    """Who would move and what would be taken along; `code_until` is when the code that is out ends."""

    name: str
    reference: str
    clinic: str
    has_moved: bool
    days: int
    courses: int
    code_until: datetime | None
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class MoveCodeMade:
    """A code, which stands on the screen once, and when it ends."""

    code: str
    until: datetime


def read_move_page(who: Identity, patient: Subject, *, clock: Clock) -> MovePage:
    """Return what would be taken along; that staff looked is written before it is handed out.

    Raises:
        Refused: `who` sees the diary through broken glass alone.
    """
    now = clock()
    with snapshot() as session:
        about = looked_up(session, patient, now=now)
        require(who, Permission.MOVE_OUT, about)
        refuse_through_glass(who, about)
        row, clinic = _patient(session, patient), session.get_one(Clinic, patient.clinic_id)
        here = (Entry.clinic_id == patient.clinic_id, Entry.patient_id == patient.patient_id)
        days = session.scalar(select(func.count(func.distinct(Entry.day))).where(*here)) or 0
        theirs = (Course.clinic_id == patient.clinic_id, Course.patient_id == patient.patient_id)
        courses = session.scalar(select(func.count()).select_from(Course).where(*theirs)) or 0
        until = session.scalar(select(func.max(MoveCode.expires_at)).where(*open_codes(patient, now)))
    if who.member_id is not None:
        with transaction() as session:
            write_look(session, who, about, at=now)
    return MovePage(
        name=row.name,
        reference=row.reference,
        clinic=clinic.name,
        has_moved=row.life_cycle == LifeCycle.MOVED,
        days=days,
        courses=courses,
        code_until=until,
        zone=ZoneInfo(clinic.time_zone),
    )


def take_copy_out(who: Identity, patient: Subject, *, clock: Clock) -> bytes:
    """Return the file with the signed copy of the diary; that it was taken out is written with it.

    Raises:
        ConfirmFirst: it is longer than five minutes ago that `who` proved who they are.
        Refused: they see the diary through broken glass alone.
        Invalid: the patient has died.
    """
    with transaction() as session:
        now = clock()
        _ask(session, who, patient, now)
        _check_lives(_patient(session, patient))
        signed = signed_copy(copy_of(session, patient, now=now))
        said = {"digest": signed.digest, "entries": len(signed.copy.entries), "courses": len(signed.copy.courses)}
        audit.write(session, who, "diary.copied", about=patient, at=now, content=said)
    return write_copy(signed)


def make_move_code(who: Identity, patient: Subject, *, clock: Clock) -> MoveCodeMade:
    """Return a new code for the patient to carry to another clinic of this installation; earlier ones end.

    Raises:
        ConfirmFirst: it is longer than five minutes ago that `who` proved who they are.
        Refused: they see the diary through broken glass alone.
        Invalid: the patient has moved already, or died.
    """
    with transaction() as session:
        now = clock()
        _ask(session, who, patient, now)
        row = _patient(session, patient)
        _check_lives(row)
        if row.life_cycle == LifeCycle.MOVED:
            raise Invalid(Sentence("This patient has moved already."))
        end_codes(session, patient, now=now)
        made = MoveCodeMade(new_move_code(), now + GOOD_FOR)
        session.add(
            MoveCode(
                code_hash=move_code_hash(made.code),
                clinic_id=patient.clinic_id,
                patient_id=row.id,
                made_at=now,
                expires_at=made.until,
            )
        )
        audit.write(session, who, "move.code_made", about=patient, at=now, content={"until": made.until.isoformat()})
    return made


def _ask(session: Session, who: Identity, patient: Subject, now: datetime) -> None:
    """Ask for the permission, after a fresh proof; an hour of broken glass is no reason to take a diary away."""
    about = looked_up(session, patient, now=now)
    require_confirmed(who, Permission.MOVE_OUT, about, now=now)
    refuse_through_glass(who, about)


def _patient(session: Session, patient: Subject) -> Patient:
    row = session.get(Patient, (patient.clinic_id, patient.patient_id))
    if row is None:
        raise NotThere
    return row


def _check_lives(row: Patient) -> None:
    if row.life_cycle == LifeCycle.DIED:
        raise Invalid(Sentence("This patient has died: nothing is taken to another clinic."))
