"""In which words the question is asked: versions, each kept for ever, and the one that is fixed for a patient."""

from dataclasses import dataclass
from typing import Final

from diary.errors import Sentence

ITEM_LAST_24_HOURS: Final = "average-24-hours-1"
ITEM_THAT_DAY: Final = "average-that-day-1"
"""Versions of the question; what was shown is kept with each answer."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of the question as it is shown; `question` may name its day by `%(day)s`.

    Other words are another version: a version that was ever shown is never changed and never removed.
    """

    version: str
    question: Sentence
    lowest: Sentence
    highest: Sentence


@dataclass(frozen=True, slots=True)
class Wordings:
    """What one patient is asked from their first day to their last: about today, and about a day before."""

    today: Wording
    that_day: Wording


FIRST: Final = "1"
NEWEST: Final = FIRST
"""What whoever is added now is asked."""
OF_PATIENTS: Final[dict[str, Wordings]] = {
    FIRST: Wordings(
        Wording(
            ITEM_LAST_24_HOURS,
            Sentence("On average, how strong was your pain over the last 24 hours?"),
            Sentence("no pain"),
            Sentence("worst pain you can imagine"),
        ),
        Wording(
            ITEM_THAT_DAY,
            Sentence("On %(day)s, how strong was your pain on average?"),
            Sentence("no pain"),
            Sentence("worst pain you can imagine"),
        ),
    ),
}
BY_VERSION: Final = {one.version: one for pair in OF_PATIENTS.values() for one in (pair.today, pair.that_day)}
"""Every wording that was ever shown."""


def wording_for(fixed: str | None, *, is_today: bool) -> Wording:
    """Return the words for a patient to whom the wording `fixed` belongs; None: for one who was there before others."""
    wordings = OF_PATIENTS[fixed or FIRST]
    return wordings.today if is_today else wordings.that_day
