"""The calendar of a patient by a secret link: the newest link alone is good, and none after it was taken back."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.diary_day import diary_day_of, end_of_day
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.exchange.calendar_feed import AsChosen, DailyHour, calendar_of, version_of
from diary.messaging.reminder_letters import daily_words
from diary.models import Clinic, ReminderSetting
from diary.services import audit
from diary.services.consents import is_diary_stopped
from diary.services.diaries import Diary
from diary.services.pauses import is_paused
from diary.services.reminder_links import address_of, new_link, row_behind
from diary.services.reminder_settings import end_link, put_setting
from diary.services.reminder_times import minute_of
from diary.services.some_days import begin_reading
from diary.vocabulary import ON_WORKLIST

ENDING: Final = ".ics"
UIDS: Final = uuid.UUID("0a6f3a1e-5d0f-4a35-b9e3-0a3a7b9b4c11")
"""The name space of the appointments' ids; it never changes."""


@dataclass(frozen=True, slots=True)
class NewFeed:
    """The address of a calendar, which stands on the screen once."""

    address: str


def make_feed(who: Identity, patient: Subject, *, clock: Clock) -> NewFeed:
    """Make a link for the calendar; an earlier one shows nothing any more."""
    require(who, Permission.REMINDERS_SET, patient)
    with transaction() as session:
        now = clock()
        row = put_setting(session, patient, now=now)
        link, row.feed_hash = new_link(patient.clinic_id, "/feed/")
        audit.write(session, who, "calendar.link_made", about=patient, at=now)
    return NewFeed(link + ENDING)


def end_feed(who: Identity, patient: Subject, *, clock: Clock) -> None:
    """Take the link back; without one nothing happens."""
    require(who, Permission.REMINDERS_SET, patient)
    with transaction() as session:
        row = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))
        if row is not None:
            end_link(session, who, patient, row, now=clock())


def read_feed(token: str, *, clock: Clock) -> bytes:
    """Return the calendar behind a link; it is empty while nobody is to be reminded.

    Raises:
        Expired: there is none behind it.
    """
    with snapshot() as session:
        row: ReminderSetting = row_behind(session, token, ReminderSetting.feed_hash)
        diary = begin_reading(session, Subject(row.clinic_id, row.patient_id))
        today = diary_day_of(clock(), diary.zones)
        daily = _daily(session, row, diary, today)
    return calendar_of(daily, _as_chosen(row, diary, today))


def _as_chosen(row: ReminderSetting, diary: Diary, today: date) -> AsChosen:
    """Return what the patient chose last, and where they have moved since; a move counts from its diary day on."""
    moves = [one.valid_from for one in diary.zones[1:] if one.valid_from <= today]
    changes = [row.changed_at, *(end_of_day(day - timedelta(days=1), diary.zones) for day in moves)]
    return AsChosen(
        zone=diary.zone_on(today),
        since=diary_day_of(max(changes), diary.zones),
        changed_at=max(changes),
        version=version_of(row.changed_at, moves=len(moves)),
    )


def _daily(session: Session, row: ReminderSetting, diary: Diary, today: date) -> DailyHour | None:
    if diary.patient.life_cycle not in ON_WORKLIST or is_diary_stopped(session, row.clinic_id, row.patient_id):
        return None
    if is_paused(session, row.clinic_id, row.patient_id, today):
        return None
    clinic = session.get_one(Clinic, row.clinic_id)
    title, words = daily_words(diary.patient.language, (clinic.phone, clinic.emergency_number))
    return DailyHour(
        uid=f"{uuid.uuid5(UIDS, f'{row.clinic_id}/{row.patient_id}')}@ebb",
        hour=row.hour,
        minute=minute_of(row.patient_id),
        title=title,
        words=words,
        address=address_of("/today"),
    )
