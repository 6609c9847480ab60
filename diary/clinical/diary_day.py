"""The diary day: a calendar date in the patient's time zone that turns at 04:00."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

TURN: Final = time(4, 0)


@dataclass(frozen=True, slots=True)
class ZoneFrom:
    """The time zone a patient lives in from the diary day `valid_from` on."""

    valid_from: date
    zone: ZoneInfo


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC moment at which `day` begins in `zone`.

    A 04:00 that a clock change repeats counts the first time; one that it skips, as if nothing had changed. A date that
    a zone left out altogether (Apia, 30 December 2011) begins together with the next one and has no moment.
    """
    return datetime.combine(day, TURN, tzinfo=zone).astimezone(UTC)


def diary_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the latest day that has begun at `moment`, an aware datetime."""
    day = moment.astimezone(zone).date()
    while start_of_day(day, zone) > moment:
        day -= timedelta(days=1)
    return day


def diary_day_of(moment: datetime, zones: Sequence[ZoneFrom]) -> date:
    """Return the diary day of `moment` for a patient who lived in `zones` (ordered by `valid_from`, at least one).

    The zone in force is the latest whose `valid_from` has come by its own reckoning.
    """
    for lived in reversed(zones):
        day = diary_day(moment, lived.zone)
        if day >= lived.valid_from:
            return day
    return diary_day(moment, zones[0].zone)


def end_of_day(day: date, zones: Sequence[ZoneFrom]) -> datetime:
    """Return the UTC moment at which `day` is over for a patient who lived in `zones`, also on the day of a move."""
    tomorrow = day + timedelta(days=1)
    begins = (start_of_day(tomorrow, lived.zone) for lived in zones)
    return min(moment for moment in begins if diary_day_of(moment, zones) >= tomorrow)
