"""When a score was written, by a phone's clock that may be wrong."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from diary.clinical.calendar_days import check_moment

ON_THE_WAY: Final = timedelta(minutes=1)
"""A sending may take so long: what is measured below it is a slow line, no wrong clock."""
TOO_WRONG: Final = timedelta(hours=12)
LONGEST_OFFLINE: Final = timedelta(days=366)


def clock_error(measured: timedelta, known: Iterable[timedelta] = ()) -> timedelta:
    """Return by how much a phone's clock is behind ours, in whole seconds.

    Every sending measures it a little differently, since lines are not always equally slow. So that two scores of one
    phone stay in the order in which they were tapped, an error that is known from another of them is taken again where
    both can be of one clock.

    Args:
        measured: the moment of arrival minus what the phone called the moment of sending.
        known: errors that were found for other writings of the same day.
    """
    nearest = min(known, key=lambda error: abs(error - measured), default=None)
    if nearest is not None and abs(nearest - measured) <= 2 * ON_THE_WAY:
        return nearest
    return timedelta() if abs(measured) <= ON_THE_WAY else timedelta(seconds=round(measured.total_seconds()))


def moment_of_writing(entered_at: datetime, error: timedelta, received_at: datetime) -> datetime:
    """Return the phone's moment, corrected; one that cannot be, since the clock was moved in between, is the arrival's.

    Raises:
        ClinicalError: a moment that does not know its offset from UTC.
    """
    check_moment(entered_at, "The time at which a score is written")
    check_moment(received_at, "The time at which a score arrives")
    corrected = entered_at + error
    is_possible = received_at - LONGEST_OFFLINE <= corrected <= received_at + ON_THE_WAY
    return corrected if is_possible else received_at


def is_day_doubtful(entered_at: datetime, error: timedelta, received_at: datetime) -> bool:
    """Say whether the day that the phone took may be another one: its clock is, or was, off by more than 12 hours."""
    corrected = entered_at + error
    was_moved = not received_at - LONGEST_OFFLINE <= corrected <= received_at + TOO_WRONG
    return was_moved or abs(error) > TOO_WRONG
