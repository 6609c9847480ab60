"""Whether a patient wants to be reminded of a day still: asked when it is planned, and right before it is sent."""

import uuid
from datetime import date, datetime

from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.models import Patient, Reminder, ReminderSetting
from diary.services.consents import is_diary_stopped
from diary.services.pauses import is_paused
from diary.services.revisions import live_score
from diary.vocabulary import ON_WORKLIST, Channel


def is_wanted(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID, day: date) -> bool:
    """Say whether somebody is to be reminded of `day`: their diary goes on, and the day has no score."""
    patient = session.get(Patient, (clinic_id, patient_id))
    if patient is None or patient.life_cycle not in ON_WORKLIST or is_diary_stopped(session, clinic_id, patient_id):
        return False
    if is_paused(session, clinic_id, patient_id, day):
        return False
    return live_score(session, Subject(clinic_id, patient_id), day) is None


def is_still_wanted(session: Session, clinic_id: uuid.UUID | None, message_id: uuid.UUID, *, now: datetime) -> bool:
    """Say whether the reminder that a message is may be handed over: nothing was written or switched off since."""
    reminder = session.get(Reminder, (clinic_id, message_id)) if clinic_id else None
    if reminder is None or reminder.expires_at <= now:
        return False
    setting = session.get(ReminderSetting, (reminder.clinic_id, reminder.patient_id))
    if setting is None or not setting.is_on or not _takes(setting, reminder):
        return False
    return is_wanted(session, reminder.clinic_id, reminder.patient_id, reminder.day)


def takes_mail(setting: ReminderSetting) -> bool:
    """Say whether reminders go by mail: it was chosen, and the address confirmed."""
    return setting.by_mail and setting.email is not None and setting.email_confirmed_at is not None


def _takes(setting: ReminderSetting, reminder: Reminder) -> bool:
    """Say whether a reminder may go its way still: a mail goes to an address that was confirmed before it was made."""
    if reminder.channel != Channel.MAIL:
        return True  # a phone that was taken away is no longer there
    confirmed_at = setting.email_confirmed_at
    return takes_mail(setting) and confirmed_at is not None and confirmed_at <= reminder.made_at
