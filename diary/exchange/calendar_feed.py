"""The calendar of a patient: one appointment a day at their hour, with an alarm and without a word of health."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LASTS: Final = timedelta(minutes=5)
YEAR: Final = timedelta(days=366)
LOOKED_AT_EVERY: Final = timedelta(hours=6)
EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Versions are counted from here: it never changes, or calendars would take what is newer for older."""


@dataclass(frozen=True, slots=True)
class AsChosen:
    """What holds of a calendar: its zone, from which day on, when that or the hour last changed, and its version."""

    zone: ZoneInfo
    since: date
    changed_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class DailyHour:
    """What a calendar shows: the hour of the diary day, and the words; `uid` never changes."""

    uid: str
    hour: int
    minute: int
    title: str
    words: str
    address: str


def version_of(chosen_at: datetime, *, moves: int) -> int:
    """Return the version of what was chosen last at a moment and moved along so often: each change makes it higher."""
    return max(0, int((chosen_at - EPOCH).total_seconds())) + moves


def calendar_of(daily: DailyHour | None, chosen: AsChosen) -> bytes:
    """Return the calendar (RFC 5545) with the appointment of every day, or an empty one; same values, same bytes.

    An empty one holds its time zone, since a calendar holds one component at least (section 3.6), and names no method,
    since what is published holds an appointment (RFC 5546, section 3.2.1).
    """
    from icalendar import Calendar, Timezone  # noqa: PLC0415 (a process that serves no calendar never loads it)

    calendar = Calendar()
    calendar.add("prodid", "-//Ebb//Reminders//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Ebb")
    calendar.add("refresh-interval", LOOKED_AT_EVERY, parameters={"value": "DURATION"})
    first, last = chosen.since - YEAR, chosen.since + 15 * YEAR
    if daily is None:
        calendar.add_component(Timezone.from_tzinfo(chosen.zone, first_date=first, last_date=last))
    else:
        calendar.add("method", "PUBLISH")
        calendar.add_component(_every_day(daily, chosen))
        calendar.add_missing_timezones(first_date=first, last_date=last)
    written: bytes = calendar.to_ical()
    return written


def tag_of(calendar: bytes) -> str:
    """Return what tells one version of a calendar from another."""
    return hashlib.sha256(calendar).hexdigest()[:32]


def _every_day(daily: DailyHour, chosen: AsChosen):  # type: ignore[no-untyped-def]
    from icalendar import Alarm, Event  # noqa: PLC0415

    first_day = chosen.since + timedelta(days=daily.hour // 24)
    begins = datetime.combine(first_day, time(daily.hour % 24, daily.minute), tzinfo=chosen.zone)
    event, alarm = Event(), Alarm()
    event.add("uid", daily.uid)
    event.add("dtstamp", chosen.changed_at)
    event.add("last-modified", chosen.changed_at)
    event.add("sequence", chosen.version)
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
