"""The patient's own chart: days, weekly mean and courses, without a line, a baseline or a state."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Final

from diary.charts.series import CourseBand, DayPoint, cut, unbroken_runs, weekly_means
from diary.charts.strokes import path_of, short

WIDTH: Final = 320
HEIGHT: Final = 208
_LEFT, _RIGHT, _TOP, _BOTTOM = 26, 312, 26, 178
_INSET: Final = 6
_TEXT: Final = 13
_LETTER: Final = 0.58 * _TEXT
"""Width to reckon with for one letter; labels are left out rather than laid over each other."""
_LONGEST_LABEL: Final = 25
_STEPS: Final = (1, 2, 3, 7, 14, 28, 56, 91, 182, 364, 728)
_MOST_DATES: Final = 4
_SMALLEST_DOT, _LARGEST_DOT = 1.2, 2.6
_NARROWEST_BAND: Final = 3.0


@dataclass(frozen=True, slots=True)
class DiaryChartWords:
    """What the chart says.

    Attributes:
        title: its name, read out.
        summary: the same in a sentence or two, read out.
        day_label: a date in as few letters as the axis has room for, "19 Oct".
    """

    title: str
    summary: str
    day_label: Callable[[date], str]


def diary_chart(
    points: Sequence[DayPoint],
    bands: Sequence[CourseBand],
    *,
    first: date,
    last: date,
    words: DiaryChartWords,
    highlight: date | None,
) -> str:
    """Return the chart of the days `first` … `last` as an inline SVG.

    Args:
        points: scored days; those of the week before `first` belong to the first means and are not drawn.
        bands: courses given.
        first: day at the left edge.
        last: day at the right edge.
        words: what it says.
        highlight: the day just saved, drawn larger and ringed.
    """
    frame = _Frame(first, last)
    shown = [point for point in points if first <= point.day <= last]
    courses = [band for band in bands if band.first_day <= last and band.last_day >= first]
    quiet = [point for point in shown if point.day != highlight]
    new = [point for point in shown if point.day == highlight]
    parts = [
        f"<title>{escape(words.title)}</title><desc>{escape(words.summary)}</desc>",
        _scale(),
        *(_band(band, frame) for band in courses),
        *(_day(point, frame) for point in quiet),
        _mean(points, bands, frame),
        *(_new_day(point, frame) for point in new),
        *_band_labels(courses, frame),
        *_dates(words.day_label, frame),
    ]
    return (
        f'<svg class="ebb-chart" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" font-size="{_TEXT}">{"".join(parts)}</svg>'
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    first: date
    last: date

    @property
    def day_width(self) -> float:
        return (_RIGHT - _LEFT - 2 * _INSET) / max((self.last - self.first).days, 1)

    @property
    def dot(self) -> float:
        """Radius of a day, smaller where many days share the width."""
        return min(max(0.8 * self.day_width, _SMALLEST_DOT), _LARGEST_DOT)

    def x(self, day: date, shift: float = 0.0) -> float:
        place = _LEFT + _INSET + ((day - self.first).days + shift) * self.day_width
        return min(max(place, _LEFT), _RIGHT)


def _y(score: float) -> float:
    return _BOTTOM - score * (_BOTTOM - _TOP) / 10


def _scale() -> str:
    lines = "".join(f"M{_LEFT} {short(_y(score))}H{_RIGHT}" for score in (0, 5, 10))
    numbers = "".join(
        _text("axis", str(score), x=_LEFT - 6, y=_y(score) + _TEXT / 3, anchor="end") for score in (0, 5, 10)
    )
    return f'<path class="ebb-chart__grid" d="{lines}" fill="none" stroke="currentColor"/>{numbers}'


def _text(part: str, words: str, *, x: float, y: float, anchor: str = "middle") -> str:
    place = f'x="{short(x)}" y="{short(y)}" text-anchor="{anchor}"'
    return f'<text class="ebb-chart__{part}" {place}>{escape(words)}</text>'


def _day(point: DayPoint, frame: _Frame) -> str:
    place = _place(point, frame)
    if point.kind == "late":
        place += f' r="{short(max(frame.dot - 0.3, 1))}" fill="none" stroke="currentColor"'
        return f'<circle class="ebb-chart__day ebb-chart__day--late" {place}/>'
    return f'<circle class="ebb-chart__day" {place} r="{short(frame.dot)}"/>'


def _place(point: DayPoint, frame: _Frame) -> str:
    return f'cx="{short(frame.x(point.day))}" cy="{short(_y(point.score))}"'


def _new_day(point: DayPoint, frame: _Frame) -> str:
    place = _place(point, frame)
    late = " ebb-chart__day--late" if point.kind == "late" else ""
    inside = ' fill="none" stroke="currentColor"' if late else ""
    return (
        f'<circle class="ebb-chart__ring" {place} r="7.5" fill="none" stroke="currentColor"/>'
        f'<circle class="ebb-chart__day{late} ebb-chart__day--new" {place} r="4.2"{inside}/>'
    )


def _mean(points: Sequence[DayPoint], bands: Sequence[CourseBand], frame: _Frame) -> str:
    means = weekly_means(points, since=None, bands=bands, until=frame.last)
    defined = [((week.day - frame.first).days, week.mean) for week in means if week.mean is not None]
    shown = [place for place in defined if place[0] >= 0]
    runs = [[(frame.x(frame.first, day), _y(mean)) for day, mean in run] for run in unbroken_runs(shown)]
    if not runs:
        return ""
    return (
        f'<path class="ebb-chart__mean" d="{path_of(runs)}" fill="none" stroke="currentColor"'
        f' stroke-width="{short(min(max(frame.dot, 1.5), 2.5))}"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _edges(band: CourseBand, frame: _Frame) -> tuple[float, float]:
    left, right = frame.x(band.first_day, -0.5), frame.x(band.last_day, 0.5)
    return left, max(right - left, _NARROWEST_BAND)


def _band(band: CourseBand, frame: _Frame) -> str:
    left, width = _edges(band, frame)
    left = min(left, _RIGHT - width)
    return (
        f'<rect class="ebb-chart__band" x="{short(left)}" y="{_TOP}" width="{short(width)}"'
        f' height="{_BOTTOM - _TOP}" fill-opacity=".25"><title>{escape(band.label)}</title></rect>'
    )


def _band_labels(courses: Sequence[CourseBand], frame: _Frame) -> Iterator[str]:
    """Write the labels above the plot from the latest back; one without room stays in its band's title."""
    room_to = float(WIDTH)
    for band in sorted(courses, key=lambda course: course.first_day, reverse=True):
        left, width = _edges(band, frame)
        label = cut(band.label, _LONGEST_LABEL)
        wide = len(label) * _LETTER
        start = min(max(left + width / 2 - wide / 2, 0), WIDTH - wide)
        if start + wide > room_to:
            continue
        room_to = start - _LETTER
        yield _text("band-label", label, x=start + wide / 2, y=_TOP - 9)


def _dates(day_label: Callable[[date], str], frame: _Frame) -> Iterator[str]:
    """Write the last day and, at even steps before it, as many dates as there is room for."""
    days = (frame.last - frame.first).days
    step = next((step for step in _STEPS if days // step < _MOST_DATES), _STEPS[-1])
    room_to = float(WIDTH)
    for back in range(0, days + 1, step):
        day = frame.last - timedelta(days=back)
        label = day_label(day)
        wide = len(label) * _LETTER
        middle = min(frame.x(day), WIDTH - wide / 2)
        if middle - wide / 2 < 0 or middle + wide / 2 > room_to:
            continue
        room_to = middle - wide / 2 - _LETTER
        yield _text("axis", label, x=middle, y=_BOTTOM + 20)
