"""Where a day lies on the x axis of a figure: on the calendar, or in whole days since day 0."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

_DAY_MS: Final = 86_400_000
_FORTNIGHT: Final = 14
_MOST_TICKS: Final = 12


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days by their date, written in hover texts in the d3 format `date_format`."""

    date_format: str

    step: int = _DAY_MS

    @property
    def when(self) -> str:
        """The day of a point in a hover text."""
        return f"%{{x|{self.date_format}}}"

    def place(self, day: date, shift: float = 0) -> str:
        """Return where `day` lies, `shift` days later."""
        moment = datetime.combine(day, time()) + timedelta(days=shift)
        return moment.isoformat(" ", "minutes").removesuffix(" 00:00")

    def ticks(self, _days: int) -> dict[str, Any]:
        """Return the kind of axis; plotly finds good dates for any number of days."""
        return {"type": "date"}


@dataclass(frozen=True, slots=True)
class DaysSince:
    """Whole days since `day_0`, written in hover texts as `day_hover` with {day} in it."""

    day_0: date
    day_hover: str
    step: int = 1

    @property
    def when(self) -> str:
        """The day of a point in a hover text."""
        return self.day_hover.replace("{day}", "%{x}")

    def place(self, day: date, shift: float = 0) -> float:
        """Return where `day` lies, `shift` days later."""
        since = (day - self.day_0).days
        return since + shift if shift else since

    def ticks(self, days: int) -> dict[str, Any]:
        """Return the kind of axis, with ticks at whole fortnights that `days` leave room for."""
        fortnights = max(-(-days // (_MOST_TICKS * _FORTNIGHT)), 1)
        return {"type": "linear", "tick0": 0, "dtick": fortnights * _FORTNIGHT, "tickformat": "d"}


TimeAxis = Calendar | DaysSince
