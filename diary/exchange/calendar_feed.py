"""The calendar of a patient: one appointment a day at their hour, with an alarm and without a word of health."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LASTS: Final = timedelta(minutes=5)
YEAR: Final = timedelta(days=366)
LOOKED_AT_EVERY: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class DailyHour:
    """What a calendar shows: the hour of the diary day in its zone since when, and the words; `uid` never changes."""

    uid: str
    hour: int
    minute: int
    zone: ZoneInfo
    since: date
    changed_at: datetime
    title: str
    words: str
    address: str


def calendar_of(daily: DailyHour | None) -> bytes:
    """Return the calendar (RFC 5545) with the appointment of every day, or an empty one; same values, same bytes."""
    from icalendar import Calendar  # noqa: PLC0415 (a process that serves no calendar never loads it)

    calendar = Calendar()
    calendar.add("prodid", "-//Ebb//Reminders//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Ebb")
    calendar.add("refresh-interval", LOOKED_AT_EVERY, parameters={"value": "DURATION"})
    if daily is not None:
        calendar.add_component(_every_day(daily))
        calendar.add_missing_timezones(first_date=daily.since - YEAR, last_date=daily.since + 15 * YEAR)
    written: bytes = calendar.to_ical()
    return written


def tag_of(calendar: bytes) -> str:
    """Return what tells one version of a calendar from another."""
    return hashlib.sha256(calendar).hexdigest()[:32]


def _every_day(daily: DailyHour):  # type: ignore[no-untyped-def]
    from icalendar import Alarm, Event  # noqa: PLC0415

    first_day = daily.since + timedelta(days=daily.hour // 24)
    begins = datetime.combine(first_day, time(daily.hour % 24, daily.minute), tzinfo=daily.zone)
    event, alarm = Event(), Alarm()
    event.add("uid", daily.uid)
    event.add("dtstamp", daily.changed_at)
    event.add("dtstart", begins)
    event.add("duration", LASTS)
    event.add("rrule", {"freq": "daily"})
    event.add("summary", daily.title)
    event.add("description", daily.words)
    event.add("url", daily.address)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    alarm.add("action", "DISPLAY")
    alarm.add("description", daily.title)
    alarm.add("trigger", timedelta(0))
    event.add_component(alarm)
    return event
