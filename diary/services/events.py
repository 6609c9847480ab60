"""Events of a diary within a unit that is open already: written, found again, taken back."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.models import EventWithdrawal, PatientEvent
from diary.services import audit
from diary.vocabulary import EventKind


def put_event(
    session: Session,
    who: Identity,
    patient: Subject,
    kind: EventKind,
    *,
    day: date,
    now: datetime,
    note: str = "",
    client_ref: uuid.UUID | None = None,
    due_day: date | None = None,
    event_id: uuid.UUID | None = None,
) -> PatientEvent:
    """Add an event, recorded by the account of `who`; the caller has checked its day and makes the summary."""
    event = PatientEvent(
        clinic_id=patient.clinic_id,
        id=event_id or uuid.uuid4(),
        patient_id=patient.patient_id,
        kind=kind,
        day=day,
        note=note,
        recorded_at=now,
        recorded_by=who.account_id,
        client_ref=client_ref,
        due_day=due_day,
    )
    session.add(event)
    session.flush()
    said = {"event": str(event.id), "kind": kind.value, "day": day.isoformat()}
    audit.write(session, who, "event.recorded", about=patient, at=now, content=said)
    return event


def take_back_event(
    session: Session, who: Identity, event: PatientEvent, *, now: datetime, reason: str | None = None
) -> None:
    """Take an event back, with the reason where staff do: it stays stored, and no mark is made of it any more."""
    session.add(
        EventWithdrawal(
            clinic_id=event.clinic_id,
            event_id=event.id,
            patient_id=event.patient_id,
            taken_back_at=now,
            taken_back_by=who.account_id,
            reason=reason,
        )
    )
    session.flush()
    about = Subject(event.clinic_id, event.patient_id)
    said = {"event": str(event.id), "kind": str(event.kind), "day": event.day.isoformat()}
    audit.write(session, who, "event.taken_back", about=about, at=now, content=said)


def standing_events(
    session: Session, patient: Subject, kind: EventKind, *wanted: ColumnElement[bool]
) -> Sequence[PatientEvent]:
    """Return the events of a kind that were not taken back, in the order in which they were recorded."""
    return session.scalars(_of(patient, kind).where(~is_taken_back(), *wanted)).all()


def events_ever(
    session: Session, patient: Subject, kind: EventKind, *wanted: ColumnElement[bool]
) -> Sequence[PatientEvent]:
    """Return the events of a kind, those that were taken back too."""
    return session.scalars(_of(patient, kind).where(*wanted)).all()


def is_taken_back() -> ColumnElement[bool]:
    """Return what finds the events that were taken back, for use within a selection of events."""
    return exists().where(
        EventWithdrawal.clinic_id == PatientEvent.clinic_id, EventWithdrawal.event_id == PatientEvent.id
    )


def _of(patient: Subject, kind: EventKind):  # type: ignore[no-untyped-def]
    of_patient = PatientEvent.clinic_id == patient.clinic_id, PatientEvent.patient_id == patient.patient_id
    in_order = (PatientEvent.recorded_at, PatientEvent.id)
    return select(PatientEvent).where(*of_patient, PatientEvent.kind == kind).order_by(*in_order)


def reasons_of_withdrawals(session: Session, patient: Subject) -> dict[uuid.UUID, str]:
    """Return why staff took events back, by event."""
    taken = select(EventWithdrawal.event_id, EventWithdrawal.reason).where(
        EventWithdrawal.clinic_id == patient.clinic_id, EventWithdrawal.patient_id == patient.patient_id
    )
    return {row.event_id: row.reason for row in session.execute(taken) if row.reason}
