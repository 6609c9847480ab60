"""It is wearing off: said once until the clinic has decided, and taken back within a day."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Changed, NotThere, Refused, Sentence
from diary.models import Decision, EventWithdrawal, Patient, PatientEvent
from diary.services.consents import refuse_when_stopped
from diary.services.courses import lock_patient
from diary.services.diaries import read_diary
from diary.services.events import put_event, standing_events, take_back_event
from diary.services.projection import refresh_summary
from diary.vocabulary import ON_WORKLIST, EventKind

TAKE_BACK_WITHIN: Final = timedelta(days=1)


def say_wearing_off(who: Identity, patient: Subject, *, clock: Clock) -> None:
    """Tell the clinic that it is wearing off; said again before the clinic has decided, it is kept once.

    Raises:
        Refused: the clinic does not treat this patient any more, or the diary was stopped.
    """
    require(who, Permission.WEARING_OFF_SAY, patient)
    with transaction() as session:
        lock_patient(session, patient)
        now = clock()
        if said_since_decision(session, patient) is not None:
            return
        refuse_when_stopped(session, patient)
        _refuse_when_gone(session, patient)
        diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
        if diary is None:
            raise NotThere
        ref = _once(session, patient)
        put_event(session, who, patient, EventKind.WEARING_OFF, day=diary.today(now), now=now, client_ref=ref)
        refresh_summary(session, patient.clinic_id, diary.patient.id, now=now)


def take_back_wearing_off(who: Identity, patient: Subject, *, clock: Clock) -> None:
    """Take it back, within a day of saying it and before the clinic has decided; taken back twice, it is kept once.

    Raises:
        Changed: it was said longer ago.
    """
    require(who, Permission.WEARING_OFF_SAY, patient)
    with transaction() as session:
        lock_patient(session, patient)
        said, now = said_since_decision(session, patient), clock()
        if said is None:
            return
        if not may_be_taken_back(said, now):
            raise Changed(Sentence("This was said more than a day ago. Tell your clinic if it is no longer so."))
        since = PatientEvent.recorded_at >= said.recorded_at
        for event in standing_events(session, patient, EventKind.WEARING_OFF, since):
            take_back_event(session, who, event, now=now)
        refresh_summary(session, patient.clinic_id, said.patient_id, now=now)


def said_since_decision(session: Session, patient: Subject) -> PatientEvent | None:
    """Return when they said first since the clinic's last decision that it is wearing off, if that still stands."""
    decided = _decided_at(session, patient)
    since = () if decided is None else (PatientEvent.recorded_at > decided,)
    return next(iter(standing_events(session, patient, EventKind.WEARING_OFF, *since)), None)


def may_be_taken_back(said: PatientEvent, now: datetime) -> bool:
    """Say whether what was said can still be taken back."""
    return now - said.recorded_at <= TAKE_BACK_WITHIN


def _once(session: Session, patient: Subject) -> uuid.UUID:
    """Return the name under which it can be stored once: after this decision, and after so many were taken back.

    Two servers that both found nothing said make the same name, and the database takes one of them.
    """
    decided = _decided_at(session, patient)
    taken_back = (
        select(func.count())
        .select_from(EventWithdrawal)
        .where(EventWithdrawal.clinic_id == patient.clinic_id, EventWithdrawal.patient_id == patient.patient_id)
    )
    name = f"wearing off, decided {decided and decided.isoformat()}, taken back {session.scalar(taken_back)}"
    return uuid.uuid5(patient.patient_id or uuid.UUID(int=0), name)


def _decided_at(session: Session, patient: Subject) -> datetime | None:
    reversal = aliased(Decision)
    reversed_since = (reversal.clinic_id == Decision.clinic_id) & (reversal.reverses == Decision.id)
    return session.scalar(
        select(func.max(Decision.decided_at)).where(
            Decision.clinic_id == patient.clinic_id,
            Decision.patient_id == patient.patient_id,
            Decision.reverses.is_(None),
            ~exists(select(reversal.id).where(reversal.clinic_id == patient.clinic_id, reversed_since)),
        )
    )


def _refuse_when_gone(session: Session, patient: Subject) -> None:
    row = session.get_one(Patient, (patient.clinic_id, patient.patient_id))
    if row.life_cycle not in ON_WORKLIST:
        raise Refused(Sentence("Your clinic does not treat you any more, so its list would not show this. Call them."))
