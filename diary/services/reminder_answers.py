"""What an entry says to the reminders of its day: answered, as long as the day has a score."""

import uuid
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from diary.models import Reminder


def note_answer(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID, day: date, now: datetime) -> None:
    """Note that `day` has an entry, within the unit of the entry."""
    of_day = (Reminder.clinic_id == clinic_id, Reminder.patient_id == patient_id, Reminder.day == day)
    session.execute(update(Reminder).where(*of_day, Reminder.answered_at.is_(None)).values(answered_at=now))


def take_answer_back(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID, day: date) -> None:
    """Note that `day` has no score any more, within the unit of what took it back."""
    of_day = (Reminder.clinic_id == clinic_id, Reminder.patient_id == patient_id, Reminder.day == day)
    session.execute(update(Reminder).where(*of_day, Reminder.answered_at.is_not(None)).values(answered_at=None))
