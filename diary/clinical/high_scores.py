"""Very high scores: when a patient is shown whom to call. Nobody is alerted by them.

How the words of clinical-rules.md, section 7, are read (decision 0021):

- *the own 28-day mean*: the mean of the counting scores of the 28 days before today, today left out, with at least
  `FEWEST_OF_28` of them; without so many there is no own mean, and nothing is said.
- *3 points above the own 7-day mean for 3 days*: each of the scores of today, yesterday and the day before is at least
  3 points above one mean: that of the counting scores of the 7 days before those three, with at least `FEWEST_OF_7` of
  them. A mean that took the high days in would rise with them and hide what it is to show.
"""

from collections.abc import Mapping, Set
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from diary.clinical.calendar_days import check_day
from diary.clinical.errors import ClinicalError

HIGH: Final = 9
ABOVE_MONTH: Final = 2
MONTH: Final = 28
FEWEST_OF_28: Final = 7
ABOVE_WEEK: Final = 3
WEEK: Final = 7
IN_A_ROW: Final = 3
FEWEST_OF_7: Final = 4
QUIET_DAYS: Final = 7
"""The advice is shown at most once in so many days."""


def is_very_high(scores: Mapping[date, int], today: date) -> bool:
    """Say whether the score of `today` calls for the advice.

    Args:
        scores: counting scores (0-10, whole numbers) by diary day; later days are ignored.
        today: diary day whose score was written just now.

    Returns:
        True after a 9 or 10 at least 2 points above the own mean of the 28 days before, or when this day and the two
        before it each lie at least 3 points above the own mean of the 7 days before them; False without today's score.

    Raises:
        ClinicalError: `today` is no calendar date of the years 1900 to 2200.

    Source:
        clinical-rules.md, section 7 (opinion: a clinic signs it off).
    """
    check_day(today, "The day of a very high score")
    if today not in scores:
        return False
    return _is_above_month(scores, today) or _is_above_week(scores, today)


def days_that_decide(score: int) -> int:
    """Return how many days before today can decide whether its score (0-10) is very high; 0: it is not, whatever."""
    if score < ABOVE_WEEK:
        return 0
    return MONTH if score >= HIGH else IN_A_ROW - 1 + WEEK


def is_quiet(advised: date, today: date) -> bool:
    """Say whether advice that was shown on `advised` is too fresh to be shown again on `today`."""
    return abs((today - advised).days) < QUIET_DAYS


def next_working_day(day: date, working: Set[int]) -> date:
    """Return the first of the days after `day` on which the clinic works.

    Args:
        day: calendar date where the clinic is.
        working: days of the week, Monday 0 to Sunday 6, at least one.

    Raises:
        ClinicalError: the clinic works on no day, or on one that no week has.
    """
    if not working or not working <= set(range(WEEK)):
        raise ClinicalError(f"A clinic works on some of the days 0 to 6 of a week, not on {sorted(working)}.")
    return next(after for number in range(1, WEEK + 1) if (after := day + timedelta(days=number)).weekday() in working)


def _is_above_month(scores: Mapping[date, int], today: date) -> bool:
    if scores[today] < HIGH:
        return False
    mean = _mean_before(scores, today, days=MONTH, fewest=FEWEST_OF_28)
    return mean is not None and scores[today] - mean >= ABOVE_MONTH


def _is_above_week(scores: Mapping[date, int], today: date) -> bool:
    high_days = [today - timedelta(days=number) for number in range(IN_A_ROW)]
    if any(day not in scores for day in high_days):
        return False
    mean = _mean_before(scores, high_days[-1], days=WEEK, fewest=FEWEST_OF_7)
    return mean is not None and all(scores[day] - mean >= ABOVE_WEEK for day in high_days)


def _mean_before(scores: Mapping[date, int], day: date, *, days: int, fewest: int) -> Fraction | None:
    before = (day - timedelta(days=number) for number in range(1, days + 1))
    known = [scores[earlier] for earlier in before if earlier in scores]
    return Fraction(sum(known), len(known)) if len(known) >= fewest else None
