"""When a patient is reminded: at their hour where they live, once more two hours later, never after the diary day."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from diary.clinical.diary_day import ZoneFrom, diary_day_of, end_of_day

AGAIN_AFTER: Final = timedelta(hours=2)
USEFUL_FOR: Final = timedelta(hours=2)
"""How late a reminder may still come."""
BEFORE_THE_END: Final = timedelta(minutes=30)
"""A clock change or a move can put an hour after the end of its diary day: it comes so long before that."""
FURTHEST_AHEAD: Final = timedelta(days=4)
"""No turn lies further ahead: one that does was reckoned by a clock that was wrong."""
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """The first or the second reminder of a diary day, and its moment in UTC."""

    day: date
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Hour:
    """A patient's hour of the diary day (4 … 27), their minute of it, and the zones they lived in."""

    hour: int
    minute: int
    zones: Sequence[ZoneFrom]

    def on(self, day: date) -> datetime | None:
        """Return the moment of that hour on `day`, within it; None for a date that is left out where they live.

        An hour that comes twice counts the first time, one that does not come as if the clock had not been changed.
        """
        begins, ends = end_of_day(day - DAY, self.zones), end_of_day(day, self.zones)
        if begins >= ends:
            return None
        at = time(self.hour % 24, self.minute)
        wall = datetime.combine(day + DAY * (self.hour // 24), at, tzinfo=self.zone_on(day)).astimezone(UTC)
        return wall if begins <= wall < ends else min(max(wall, begins), max(begins, ends - BEFORE_THE_END))

    def zone_on(self, day: date) -> ZoneInfo:
        """Return the zone that they live in on `day`."""
        return next((one.zone for one in reversed(self.zones) if one.valid_from <= day), self.zones[0].zone)

    def next_after(self, now: datetime) -> Turn:
        """Return the first reminder of the first day whose hour lies after `now`."""
        return next(turn for turn in self._first_turns(diary_day_of(now, self.zones)) if turn.at > now)

    def due(self, turn: Turn, now: datetime) -> tuple[Turn | None, Turn]:
        """Return the turn that is to be taken at `now`, if one is, and the one that comes next.

        What was missed is left out once it is two hours late, or its day is over.
        """
        today = diary_day_of(now, self.zones)
        if turn.at > now + FURTHEST_AHEAD:
            return None, self.next_after(now)
        if turn.day < today:
            turn = next(self._first_turns(today))
        while turn.at <= now:
            if now < turn.at + USEFUL_FOR:
                return turn, self._after(turn, now)
            turn = self._after(turn, turn.at)
        return None, turn

    def useful_until(self, turn: Turn) -> datetime:
        """Return when a reminder is worth nothing any more."""
        return min(turn.at + USEFUL_FOR, end_of_day(turn.day, self.zones))

    def _after(self, turn: Turn, taken_at: datetime) -> Turn:
        again = taken_at + AGAIN_AFTER
        if turn.number == 1 and again < end_of_day(turn.day, self.zones):
            return Turn(turn.day, 2, again)
        return next(self._first_turns(turn.day + DAY))

    def _first_turns(self, day: date) -> Iterator[Turn]:
        while True:
            at = self.on(day)
            if at is not None:
                yield Turn(day, 1, at)
            day += DAY


def minute_of(patient_id: uuid.UUID) -> int:
    """Return the minute of the hour that is a patient's own: reminders of one hour are spread over it."""
    return int.from_bytes(sha256(patient_id.bytes).digest()[:4]) % 60
