"""The chart of a letter to a doctor: days, weekly mean, courses, and the baseline and line of each, in one colour."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Final

from diary.charts.series import CourseBand, DayPoint, WeekPoint, cut, unbroken_runs
from diary.charts.strokes import path_of, short

WIDTH: Final = 720
HEIGHT: Final = 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 24, 704, 24, 154
_TEXT: Final = 12
_LETTER: Final = 0.58 * _TEXT
"""Width to reckon with for one letter; labels are left out rather than laid over each other."""
_LONGEST_LABEL: Final = 28
_STEPS: Final = (1, 7, 14, 28, 56, 91, 182, 364, 728)
_MOST_DATES: Final = 8
_NARROWEST_BAND: Final = 3.0
_DOT, _SQUARE = 1.5, 2.8


@dataclass(frozen=True, slots=True)
class Level:
    """Baseline and line (0-10 points) that hold for the days `first` … `last`."""

    first: date
    last: date
    baseline: float
    line: float


@dataclass(frozen=True, slots=True)
class LetterChartWords:
    """What the chart says: its name and summary, read out, the names of both levels, and a date on its axis."""

    title: str
    summary: str
    baseline: str
    line: str
    day_label: Callable[[date], str]


@dataclass(frozen=True, slots=True)
class _Frame:
    first: date
    last: date

    def x(self, day: date, shift: float = 0.0) -> float:
        width = (_RIGHT - _LEFT) / max((self.last - self.first).days + 1, 1)
        return min(max(_LEFT + ((day - self.first).days + 0.5 + shift) * width, _LEFT), _RIGHT)

    def within(self, first: date, last: date) -> bool:
        return first <= self.last and last >= self.first


def letter_chart(
    points: Sequence[DayPoint],
    means: Sequence[WeekPoint],
    bands: Sequence[CourseBand],
    levels: Sequence[Level],
    *,
    first: date,
    last: date,
    words: LetterChartWords,
) -> str:
    """Return the chart of the days `first` … `last` as an inline SVG that needs no styles.

    Args:
        points: scored days; those outside are not drawn. Late ones are hollow, those from paper square.
        means: the weekly mean by day, with gaps.
        bands: courses given.
        levels: baseline and line of each course, for the days on which they hold.
        first: day at the left edge.
        last: day at the right edge.
        words: what it says.
    """
    frame = _Frame(first, last)
    courses = [band for band in bands if frame.within(band.first_day, band.last_day)]
    held = [level for level in levels if frame.within(level.first, level.last)]
    parts = [
        f"<title>{escape(words.title)}</title><desc>{escape(words.summary)}</desc>",
        _scale(),
        *(_band(band, frame) for band in courses),
        *(_level(level, frame) for level in held),
        *(_day(point, frame) for point in points if first <= point.day <= last),
        _mean(means, frame),
        *_band_labels(courses, frame),
        *_level_labels(held, words),
        *_dates(words.day_label, frame),
    ]
    return (
        f'<svg class="ebb-letter__chart" role="img" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' fill="currentColor" font-size="{_TEXT}" font-family="sans-serif">{"".join(parts)}</svg>'
    )


def _y(score: float) -> float:
    return _BOTTOM - score * (_BOTTOM - _TOP) / 10


def _text(words: str, *, x: float, y: float, anchor: str = "middle") -> str:
    return f'<text x="{short(x)}" y="{short(y)}" text-anchor="{anchor}">{escape(words)}</text>'


def _scale() -> str:
    lines = "".join(f"M{_LEFT} {short(_y(score))}H{_RIGHT}" for score in (0, 5, 10))
    numbers = "".join(_text(str(score), x=_LEFT - 6, y=_y(score) + _TEXT / 3, anchor="end") for score in (0, 5, 10))
    return f'<path d="{lines}" fill="none" stroke="currentColor" stroke-opacity=".3" stroke-width=".6"/>{numbers}'


def _band(band: CourseBand, frame: _Frame) -> str:
    left = frame.x(band.first_day, -0.5)
    width = max(frame.x(band.last_day, 0.5) - left, _NARROWEST_BAND)
    return (
        f'<rect x="{short(min(left, _RIGHT - width))}" y="{_TOP}" width="{short(width)}"'
        f' height="{_BOTTOM - _TOP}" fill-opacity=".18"/>'
    )


def _level(level: Level, frame: _Frame) -> str:
    across = f"M{short(frame.x(level.first, -0.5))} {{y}}H{short(frame.x(level.last, 0.5))}"
    baseline, line = (across.format(y=short(_y(value))) for value in (level.baseline, level.line))
    return (
        f'<path d="{baseline}" fill="none" stroke="currentColor" stroke-width=".8" stroke-dasharray="1 3"/>'
        f'<path d="{line}" fill="none" stroke="currentColor" stroke-width="1" stroke-dasharray="6 3"/>'
    )


def _day(point: DayPoint, frame: _Frame) -> str:
    x, y = frame.x(point.day), _y(point.score)
    if point.kind == "paper":
        corner = f'x="{short(x - _SQUARE / 2)}" y="{short(y - _SQUARE / 2)}"'
        return f'<rect {corner} width="{_SQUARE}" height="{_SQUARE}" fill-opacity=".6"/>'
    inside = 'fill="none" stroke="currentColor" stroke-width=".7"' if point.kind == "late" else 'fill-opacity=".6"'
    return f'<circle cx="{short(x)}" cy="{short(y)}" r="{_DOT}" {inside}/>'


def _mean(means: Sequence[WeekPoint], frame: _Frame) -> str:
    shown = [((week.day - frame.first).days, week.mean) for week in means if week.mean is not None]
    within = [place for place in shown if 0 <= place[0] <= (frame.last - frame.first).days]
    runs = [
        [(frame.x(frame.first + timedelta(days=day)), _y(mean)) for day, mean in run] for run in unbroken_runs(within)
    ]
    path = path_of(runs)
    return (
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round"/>'
        if path
        else ""
    )


def _band_labels(courses: Sequence[CourseBand], frame: _Frame) -> Iterator[str]:
    """Write the labels above the plot from the latest back, as long as there is room."""
    room_to = float(WIDTH)
    for band in sorted(courses, key=lambda course: course.first_day, reverse=True):
        label = cut(band.label, _LONGEST_LABEL)
        wide = len(label) * _LETTER
        middle = (frame.x(band.first_day) + frame.x(band.last_day)) / 2
        start = min(max(middle - wide / 2, 0), WIDTH - wide)
        if start + wide > room_to:
            continue
        room_to = start - _LETTER
        yield _text(label, x=start + wide / 2, y=_TOP - 8)


def _level_labels(levels: Sequence[Level], words: LetterChartWords) -> Iterator[str]:
    """Name both levels of the last course at the right, above their strokes."""
    if levels:
        last = max(levels, key=lambda level: level.first)
        yield _text(words.baseline, x=_RIGHT, y=_y(last.baseline) - 3, anchor="end")
        yield _text(words.line, x=_RIGHT, y=_y(last.line) - 3, anchor="end")


def _dates(day_label: Callable[[date], str], frame: _Frame) -> Iterator[str]:
    """Write the last day and, at even steps before it, as many dates as there is room for."""
    days = (frame.last - frame.first).days
    step = next((step for step in _STEPS if days // step < _MOST_DATES), _STEPS[-1])
    room_to = float(WIDTH)
    for back in range(0, days + 1, step):
        label = day_label(frame.last - timedelta(days=back))
        wide = len(label) * _LETTER
        middle = min(frame.x(frame.last - timedelta(days=back)), WIDTH - wide / 2)
        if middle - wide / 2 < 0 or middle + wide / 2 > room_to:
            continue
        room_to = middle - wide / 2 - _LETTER
        yield _text(label, x=middle, y=_BOTTOM + 18)
