"""The diary day: a calendar date in the patient's time zone that turns at 04:00."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from diary.clinical.calendar_days import check_day, check_moment
from diary.clinical.errors import ClinicalError

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

    Raises:
        ClinicalError: `day` is no calendar date.
    """
    check_day(day, "A diary day")
    return _begins(day, zone)


def diary_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the latest day that has begun at `moment`, an aware datetime.

    Raises:
        ClinicalError: `moment` does not know its offset from UTC.
    """
    check_moment(moment, "The time of writing")
    day = moment.astimezone(zone).date()
    while _begins(day, zone) > moment:
        day -= timedelta(days=1)
    return day


def diary_day_of(moment: datetime, zones: Sequence[ZoneFrom]) -> date:
    """Return the diary day of `moment` for a patient who lived in `zones` (ordered by `valid_from`, at least one).

    The zone in force is the latest whose `valid_from` has come by its own reckoning.

    Raises:
        ClinicalError: no zone, or a moment that does not know its offset from UTC.
    """
    if not zones:
        raise ClinicalError("A patient lives in at least one time zone.")
    for lived in reversed(zones):
        day = diary_day(moment, lived.zone)
        if day >= lived.valid_from:
            return day
    return diary_day(moment, zones[0].zone)


def zone_on(day: date, zones: Sequence[ZoneFrom]) -> ZoneInfo:
    """Return the zone lived in on `day`: the latest that had come by then, else the first (ordered, at least one)."""
    return next((lived.zone for lived in reversed(zones) if lived.valid_from <= day), zones[0].zone)


def end_of_day(day: date, zones: Sequence[ZoneFrom]) -> datetime:
    """Return the UTC moment at which `day` is over for a patient who lived in `zones`, also on the day of a move.

    Raises:
        ClinicalError: no zone, or `day` is no calendar date.
    """
    check_day(day, "A diary day")
    if not zones:
        raise ClinicalError("A patient lives in at least one time zone.")
    tomorrow = day + timedelta(days=1)
    turns = [(tomorrow, lived.zone) for lived in zones]
    # Whoever moves west over the date line can leave a date out: then the first date in the new zone ends the day.
    turns += [(lived.valid_from, lived.zone) for lived in zones[1:]]
    begins = (_begins(date_there, zone) for date_there, zone in turns)
    return min(moment for moment in begins if diary_day_of(moment, zones) >= tomorrow)


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, TURN, tzinfo=zone).astimezone(UTC)
