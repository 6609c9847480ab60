"""What goes with the days of a diary, as its patient takes it out: every revision, and what was taken back."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.exchange.own_data import OwnEvent, OwnExtras, OwnPause, OwnReport
from diary.exchange.own_days import OwnPeg, OwnReading
from diary.models import DayNote, EventWithdrawal, ExtraReading, PatientEvent, WeeklyPeg
from diary.services.pauses import revisions_of_pauses
from diary.vocabulary import EventKind

NOTED: Final = (EventKind.CO_TREATMENT, EventKind.INTERCURRENT, EventKind.HIGH_SCORES)


def own_extras(session: Session, patient: Subject) -> list[OwnExtras]:
    """Return the extras of each day."""
    rows = session.scalars(_of(DayNote, patient).order_by(DayNote.day, DayNote.revision))
    return [_like(OwnExtras, row) for row in rows]


def own_pegs(session: Session, patient: Subject) -> list[OwnPeg]:
    """Return the answers to the three questions of a week."""
    rows = session.scalars(_of(WeeklyPeg, patient).order_by(WeeklyPeg.day, WeeklyPeg.revision))
    return [_like(OwnPeg, row) for row in rows]


def own_readings(session: Session, patient: Subject) -> list[OwnReading]:
    """Return the other scores of each day."""
    rows = list(session.scalars(_of(ExtraReading, patient).order_by(ExtraReading.day, ExtraReading.written_at)))
    taken_back = {row.takes_back: row.written_at for row in rows if row.takes_back}
    return [
        OwnReading(row.day, row.score, row.felt_at, row.written_at, taken_back.get(row.id))
        for row in rows
        if row.score is not None
    ]


def own_reports(session: Session, patient: Subject) -> list[OwnReport]:
    """Return when they said that it is wearing off."""
    return [
        OwnReport(event.day, event.recorded_at, taken_back_at)
        for event, taken_back_at in _events(session, patient, (EventKind.WEARING_OFF,))
    ]


def own_events(session: Session, patient: Subject) -> list[OwnEvent]:
    """Return what else was noted of their days from what they wrote; what the clinic wrote itself is not theirs."""
    return [
        OwnEvent(event.day, event.kind, event.recorded_at, taken_back_at)
        for event, taken_back_at in _events(session, patient, NOTED)
        if event.client_ref is not None or event.due_day is not None
    ]


def own_pauses(session: Session, patient: Subject) -> list[OwnPause]:
    """Return the pauses."""
    rows = revisions_of_pauses(session, patient)
    numbers = {pause_id: n for n, pause_id in enumerate(dict.fromkeys(row.pause_id for row in rows), start=1)}
    return [
        OwnPause(
            numbers[row.pause_id], row.revision, row.reason, row.first_day, row.last_day, row.taken_back, row.written_at
        )
        for row in rows
    ]


def _events(session: Session, patient: Subject, kinds: tuple[EventKind, ...]) -> Iterator[Any]:
    withdrawn = (EventWithdrawal.clinic_id == PatientEvent.clinic_id) & (EventWithdrawal.event_id == PatientEvent.id)
    rows = (
        select(PatientEvent, EventWithdrawal.taken_back_at)
        .outerjoin(EventWithdrawal, withdrawn)
        .where(
            PatientEvent.clinic_id == patient.clinic_id,
            PatientEvent.patient_id == patient.patient_id,
            PatientEvent.kind.in_(kinds),
        )
    )
    yield from session.execute(rows.order_by(PatientEvent.day, PatientEvent.recorded_at))


def _of(table: Any, patient: Subject) -> Any:
    return select(table).where(table.clinic_id == patient.clinic_id, table.patient_id == patient.patient_id)


def _like(kind: Any, row: Any) -> Any:
    """Return the columns of a row that its table to take out has."""
    return kind(*(getattr(row, name) for name in kind.__dataclass_fields__))
