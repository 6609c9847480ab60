"""What a patient wrote or said, however it came in, and what is refused of it at once."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from diary.clinical.scores import HIGHEST_SCORE, LOWEST_SCORE, Source
from diary.errors import Invalid, Sentence
from diary.services.wordings import BY_VERSION

MOST_SECONDS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Writing:
    """A score as the patient wrote it, on a page or on a phone that sends it later.

    Attributes:
        day: the diary day it is about.
        score: 0-10, or None to take the day back.
        client_ref: what the form or the phone calls it; sent twice, it is stored once.
        entered_at: when it was written by the phone's clock; None on a page that is sent at once.
        utc_offset: minutes by which that clock is ahead of UTC.
        clock_error: by how much that clock is behind ours, as measured when it was sent.
        item_version: the wording of the question that was shown; None: the one that fits the day.
        reason: why an earlier score is corrected.
        known_at: when it was here first, where the patient was asked for its day; None: it is here for the first time.
    """

    day: date
    score: int | None
    client_ref: uuid.UUID
    entered_at: datetime | None = None
    utc_offset: int = 0
    clock_error: timedelta = timedelta()
    item_version: str | None = None
    reason: str = ""
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A score as staff write it in for a patient.

    Attributes:
        day: the diary day it is about.
        score: 0-10.
        client_ref: what it is called; written in twice, it is stored once.
        source: from paper, or told by the patient.
        told_at: when the patient wrote or said it.
        told_on: the diary day of that moment; lateness counts to it.
        reason: why an earlier score is corrected.
    """

    day: date
    score: int
    client_ref: uuid.UUID
    source: Source
    told_at: datetime
    told_on: date
    reason: str = ""


class NotYet(Invalid):
    """The day had not come when it was written."""


class NotOffered(Invalid):
    """A first entry, too long after its day."""


def check_writing(writing: Writing | Told) -> None:
    """Let a score pass that is one, asked in words that were ever shown.

    Raises:
        Invalid: it is none, or nobody was ever asked so.
    """
    if writing.score is not None and not LOWEST_SCORE <= writing.score <= HIGHEST_SCORE:
        raise Invalid(score=Sentence("Choose a number from 0 to 10."))
    if isinstance(writing, Writing) and writing.item_version is not None and writing.item_version not in BY_VERSION:
        raise Invalid(Sentence("This form is damaged. Reload the page and try again."))


def seconds_kept(clock_error: timedelta) -> int:
    """Return a clock error as it is stored; a phone without a battery may think that it is 1970."""
    return max(-MOST_SECONDS, min(MOST_SECONDS, int(clock_error.total_seconds())))
