"""When the counts of the morning are mailed: at seven of the clinic's clock, on the days on which it works."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SEVEN: Final = time(7)
USEFUL_FOR: Final = timedelta(hours=5)
"""How late a digest may still come: at noon the morning is over."""
FURTHEST_AHEAD: Final = timedelta(days=8)
"""No morning lies further ahead: one that does was reckoned by a clock that was wrong."""
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Morning:
    """Seven o'clock of a working day, as a moment in UTC."""

    day: date
    at: datetime

    @property
    def useful_until(self) -> datetime:
        """When its digest is worth nothing any more."""
        return self.at + USEFUL_FOR


@dataclass(frozen=True, slots=True)
class Mornings:
    """The mornings of a clinic: its zone, and the days of the week on which it works (0 is Monday), at least one."""

    zone: ZoneInfo
    weekdays: Collection[int]

    def on(self, day: date) -> Morning | None:
        """Return the morning of `day`; None where nobody works, or where the date is left out in that zone.

        A seven o'clock that the clock skips counts as if it had not been changed, one that comes twice the first time.
        """
        at = datetime.combine(day, SEVEN, tzinfo=self.zone).astimezone(UTC)
        if day.weekday() not in self.weekdays or at.astimezone(self.zone).date() != day:
            return None
        return Morning(day, at)

    def next_after(self, now: datetime) -> Morning:
        """Return the first morning after `now`."""
        day = now.astimezone(self.zone).date() - DAY
        while True:
            morning = self.on(day)
            if morning is not None and morning.at > now:
                return morning
            day += DAY

    def due(self, planned: date, now: datetime) -> Morning | None:
        """Return the morning to be mailed at `now`: that of `planned` or of a later day, unless it is over."""
        morning = self.on(now.astimezone(self.zone).date())
        if morning is None or morning.day < planned:
            return None
        return morning if morning.at <= now < morning.useful_until else None
