"""What the clinicians' chart shows, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from diary.charts.axes import Calendar, DaysSince, TimeAxis
from diary.charts.series import CourseBand, DayPoint, WeekPoint
from diary.charts.ticks import TickLayer


@dataclass(frozen=True, slots=True)
class CourseChartWords:
    """What the chart says, all of it plain text.

    Attributes:
        score: legend of the days, "score of a day".
        late: legend of late days.
        paper: legend of days from a paper sheet.
        mean: legend of the weekly mean, "mean of 7 days".
        course: legend of the courses, "course".
        entries: how many days are behind a mean, with {n} in it, "{n} of 7 days".
        day: hover of a day on the axis of days, with {day} in it, "day {day}".
        days_axis: title of the axis of days, "days since the infusion".
        baseline: label of the baseline, "baseline 7.3".
        line: label of the line, "line 5.1: 30 % relief".
        today: label of today's rule, "today, day 61".
        forecast: legend of the forecast window, "likely end of relief: 3 to 21 June".
        months: twelve names; short_months: the same in few letters.
        date_format: day, month and year in d3's letters; day_format: day and month.
        decimal: the decimal mark of the place.
        buttons: plotly's own words ("Zoom", "Pan", "Reset axes" …) in the reader's language.
    """

    score: str
    late: str
    paper: str
    mean: str
    course: str
    entries: str
    day: str
    days_axis: str
    baseline: str
    line: str
    today: str
    forecast: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    date_format: str = "%-d %b %Y"
    day_format: str = "%-d %b"
    decimal: str = "."
    buttons: Mapping[str, str] = field(default_factory=dict)


class ForecastWindow(NamedTuple):
    """The days between which relief is likely to end, with the middle one."""

    first: date
    middle: date
    last: date


@dataclass(frozen=True, slots=True)
class CourseChart:
    """One patient's points, means and courses, and the baseline and line of the judged course.

    Attributes:
        points: scored days, ordered.
        means: weekly mean of each day, ordered, no day left out; gaps as None.
        bands: courses given.
        baseline: in points, drawn from `baseline_from` on; line: the same from `line_from` on.
        today: where the rule stands.
        axis: dates, or whole days since `day_0` of the judged course.
        forecast: the forecast window, where it speaks.
        ticks: what happened, by kind.
        first_shown: left edge of the first view; what lies before it is a pan away. None shows everything.
    """

    points: Sequence[DayPoint]
    means: Sequence[WeekPoint]
    bands: Sequence[CourseBand]
    baseline: float | None
    line: float | None
    baseline_from: date | None
    line_from: date | None
    today: date
    axis: Literal["calendar", "days"]
    day_0: date | None
    words: CourseChartWords
    first_shown: date | None = None
    forecast: ForecastWindow | None = None
    ticks: Sequence[TickLayer] = ()

    def __post_init__(self) -> None:
        if self.axis == "days" and self.day_0 is None:
            raise ValueError("Days are counted from day 0 of a course, and this chart has none.")

    @property
    def time_axis(self) -> TimeAxis:
        """The way its days are laid out."""
        if self.axis == "days" and self.day_0 is not None:
            return DaysSince(self.day_0, self.words.day)
        return Calendar(self.words.date_format)

    @property
    def first(self) -> date:
        """The first day of the first view."""
        if self.first_shown:
            return self.first_shown
        days = [self.today, *(band.first_day for band in self.bands)]
        if self.points:
            days.append(self.points[0].day)
        return min(days)
