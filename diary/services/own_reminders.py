"""What a patient takes away of their reminders, read within a unit that is open already."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.exchange.own_reminders import OwnReminder, OwnReminderSetting
from diary.models import OutboxMessage, Reminder, ReminderSetting


def own_reminder_settings(session: Session, patient: Subject) -> Iterator[OwnReminderSetting]:
    """Yield the one setting, or nothing for whoever never chose any."""
    row = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))
    if row is not None:
        yield OwnReminderSetting(
            on=row.is_on,
            hour=row.hour,
            by_mail=row.by_mail,
            email=row.email,
            email_confirmed_at=row.email_confirmed_at,
            calendar_link=row.feed_hash is not None,
            changed_at=row.changed_at,
        )


def own_reminders(session: Session, patient: Subject) -> Iterator[OwnReminder]:
    """Yield the reminders, the oldest first."""
    rows = (
        select(Reminder, OutboxMessage.state, OutboxMessage.sent_at)
        .outerjoin(OutboxMessage, OutboxMessage.id == Reminder.id)
        .where(Reminder.clinic_id == patient.clinic_id, Reminder.patient_id == patient.patient_id)
        .order_by(Reminder.day, Reminder.number, Reminder.channel, Reminder.id)
    )
    for row, state, sent_at in session.execute(rows):
        yield OwnReminder(row.day, row.number, row.channel, state, sent_at, row.opened_at, row.answered_at)
