"""Tables of what was said beside the score, as a patient takes them out."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class OwnPeg:
    """One revision of the three answers of a week; none where they were taken back."""

    day: date
    revision: int
    pain: int | None
    enjoyment: int | None
    activity: int | None
    written_at: datetime


@dataclass(frozen=True, slots=True)
class OwnImpression:
    """How much they said that they have changed, 1 to 7, and when that was taken back."""

    day: date
    answer: int
    how: str
    recorded_at: datetime
    taken_back_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnReading:
    """Another score of a day, and when it was taken back."""

    day: date
    score: int
    felt_at: datetime | None
    written_at: datetime
    taken_back_at: datetime | None
