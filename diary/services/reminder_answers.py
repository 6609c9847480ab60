"""What an entry says to the reminders of its day: answered, and no link of that day opens anything any more."""

import uuid
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from diary.models import Reminder


def note_answer(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID, day: date, now: datetime) -> None:
    """Note that `day` has an entry, within the unit of the entry."""
    of_day = (Reminder.clinic_id == clinic_id, Reminder.patient_id == patient_id, Reminder.day == day)
    session.execute(update(Reminder).where(*of_day, Reminder.answered_at.is_(None)).values(answered_at=now))
