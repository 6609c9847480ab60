"""What a patient takes away of how they are reminded: phones, their wish, and the reminders that were made."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class OwnPhone:
    """A phone or another browser that reminders are pushed to."""

    device: str
    since: datetime


@dataclass(frozen=True, slots=True)
class OwnReminderSetting:
    """How the patient wants to be reminded; hours from 24 on are those after midnight."""

    on: bool
    hour: int
    by_mail: bool
    email: str | None
    email_confirmed_at: datetime | None
    calendar_link: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class OwnReminder:
    """One reminder of the last 90 days, the first or the second of its day."""

    day: date
    number: int
    channel: str
    delivery: str | None
    sent_at: datetime | None
    opened_at: datetime | None
    answered_at: datetime | None
