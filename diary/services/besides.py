"""What a patient wrote besides the score, as the clinic reads it; none of it is ever counted by the rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot
from diary.models import DayNote, DiaryPause, EventWithdrawal, ExtraReading, PatientEvent
from diary.services.day_extras import live_notes
from diary.services.diaries import Diary
from diary.services.pauses import revisions_of_pauses
from diary.services.pegs import Peg, live_pegs
from diary.services.protection import looked_up
from diary.services.readings import standing_readings
from diary.services.running_pauses import live_pauses
from diary.services.some_days import begin_reading


@dataclass(frozen=True, slots=True)
class Besides:
    """Everything that holds now of what a patient wrote besides the score, and what they took back of events.

    `events` are those of the patient and those of very high scores, each with when it was taken back.
    """

    notes: dict[date, DayNote]
    pegs: dict[date, Peg]
    readings: tuple[tuple[ExtraReading, datetime | None], ...]
    events: tuple[tuple[PatientEvent, datetime | None], ...]
    pauses: tuple[DiaryPause, ...]

    def days(self) -> list[date]:
        """Return the days of which anything was said, the latest first."""
        return sorted({*self.notes, *self.pegs, *(reading.day for reading, _at in self.readings)}, reverse=True)


def besides_of_patient(who: Identity, patient: Subject, *, clock: Clock) -> Besides:
    """Return what a patient of the clinic wrote besides; the page it stands on writes the look."""
    with snapshot() as session:
        require(who, Permission.PATIENT_READ, looked_up(session, patient, now=clock()))
        return read_besides(session, patient)


def read_besides(session: Session, patient: Subject) -> Besides:
    """Return the same within a unit that is open already."""
    diary = begin_reading(session, patient)
    return Besides(
        notes=live_notes(session, patient),
        pegs=live_pegs(session, patient),
        readings=tuple(_readings(session, patient, diary)),
        events=tuple(_events(session, patient)),
        pauses=tuple(live_pauses(revisions_of_pauses(session, patient))),
    )


def besides_with(session: Session, patient: Subject, diary: Diary) -> Besides:
    """Return the same beside a diary that was read within this unit."""
    events = [event for event in diary.events if event.client_ref is not None or event.due_day is not None]
    latest_first = sorted(events, key=lambda event: (event.day, event.recorded_at), reverse=True)
    return Besides(
        notes=live_notes(session, patient),
        pegs=live_pegs(session, patient),
        readings=tuple(_readings(session, patient, diary)),
        events=tuple((event, diary.taken_back.get(event.id)) for event in latest_first),
        pauses=tuple(live_pauses(diary.pauses)),
    )


def _readings(session: Session, patient: Subject, diary: Diary) -> Iterator[tuple[ExtraReading, datetime | None]]:
    for reading in standing_readings(session, patient):
        yield reading, reading.felt_at and reading.felt_at.astimezone(diary.zone_on(reading.day))


def _events(session: Session, patient: Subject) -> Iterator[tuple[PatientEvent, Any]]:
    withdrawn = (EventWithdrawal.clinic_id == PatientEvent.clinic_id) & (EventWithdrawal.event_id == PatientEvent.id)
    rows = (
        select(PatientEvent, EventWithdrawal.taken_back_at)
        .outerjoin(EventWithdrawal, withdrawn)
        .where(
            PatientEvent.clinic_id == patient.clinic_id,
            PatientEvent.patient_id == patient.patient_id,
            PatientEvent.client_ref.is_not(None) | PatientEvent.due_day.is_not(None),
        )
    )
    latest_first = (PatientEvent.day.desc(), PatientEvent.recorded_at.desc())
    yield from session.execute(rows.order_by(*latest_first))
