"""Days and moments that can be judged; anything else is refused before it is compared with one of them."""

from datetime import date, datetime
from typing import Final

from diary.clinical.errors import ClinicalError

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200


def is_plausible(day: date) -> bool:
    """Say whether `day` lies in the years that can be judged."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def check_day(day: object, what: str) -> None:
    """Pass when `day` is a calendar date of the years 1900 to 2200; a moment is none.

    Raises:
        ClinicalError: it is not; `what` begins the sentence.
    """
    if type(day) is not date or not is_plausible(day):
        raise ClinicalError(f"{what} is a calendar date from {FIRST_YEAR} to {LAST_YEAR}, not {day!r}.")


def check_moment(moment: object, what: str) -> None:
    """Pass when `moment` knows its offset from UTC and can lie in a day of these years, in whatever zone.

    Raises:
        ClinicalError: it does not; `what` begins the sentence.
    """
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ClinicalError(f"{what} is a moment with its offset from UTC, not {moment!r}.")
    if not FIRST_YEAR - 1 <= moment.year <= LAST_YEAR + 1:
        raise ClinicalError(f"{what} lies between {FIRST_YEAR} and {LAST_YEAR}, not at {moment}.")
