"""Events that staff recorded, taken back by staff with the reason."""

import uuid
from typing import Final

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import NotThere
from diary.models import EventWithdrawal, PatientEvent
from diary.services.courses import lock_patient
from diary.services.events import take_back_event
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.services.staff_notes import LONGEST_REASON, checked_words
from diary.vocabulary import EventKind

RECORDED_BY_STAFF: Final = (EventKind.LIVER_TEST, EventKind.INTERCURRENT, EventKind.CO_TREATMENT)


def is_of_staff(event: PatientEvent) -> bool:
    """Say whether staff recorded it: not the patient on their own phone, nor the rule of very high scores."""
    return event.kind in RECORDED_BY_STAFF and event.client_ref is None and event.due_day is None


def correct_event(who: Identity, patient: Subject, event_id: uuid.UUID, *, reason: str, clock: Clock) -> None:
    """Take back what staff recorded by mistake; it stays to be read, and no mark is made of it. Twice is once.

    Raises:
        NotThere: staff recorded no such event about the patient.
        Invalid: the reason is missing.
    """
    with transaction() as session:
        now = clock()
        require(who, Permission.COURSE_WRITE, looked_up(session, patient, now=now))
        lock_patient(session, patient)
        event = session.get(PatientEvent, (patient.clinic_id, event_id))
        if event is None or event.patient_id != patient.patient_id or not is_of_staff(event):
            raise NotThere
        words = checked_words(reason, LONGEST_REASON, "reason")
        if session.get(EventWithdrawal, (patient.clinic_id, event_id)) is not None:
            return
        take_back_event(session, who, event, now=now, reason=words)
        refresh_summary(session, event.clinic_id, event.patient_id, now=now)
