"""The small curve of a worklist row: the weekly mean of the last weeks with its courses and its line."""

from collections.abc import Sequence
from typing import Final

from diary.charts.series import unbroken_runs
from diary.charts.strokes import path_of, short

WIDTH: Final = 152
HEIGHT: Final = 36
_SIDE: Final = 4
_TOP: Final = 3
_NARROWEST_BAND: Final = 2.0


def sparkline(
    points: Sequence[tuple[int, float]],
    bands: Sequence[tuple[int, int]],
    *,
    line: float | None,
    width_days: int = 84,
) -> str:
    """Return a decorative inline SVG; the row says the same in words.

    Args:
        points: day counted from the left edge (0 … `width_days` - 1) and weekly mean, ordered by day.
        bands: first and last day of each course, counted the same way; what lies outside is cut off.
        line: the line of the judged course, drawn after the last course only.
        width_days: days from edge to edge.
    """
    shown = [(day, mean) for day, mean in points if 0 <= day < width_days]
    courses = [band for band in bands if band[0] < width_days and band[1] >= 0]
    parts = [_band(first, last, width_days) for first, last in courses]
    start = max((last for _, last in courses), default=-1)
    if line is not None and start < width_days - 1:
        parts.append(_line(line, start, width_days))
    if shown:
        parts += [_mean(shown, width_days), _last(shown[-1], width_days)]
    return (
        f'<svg class="ebb-spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' aria-hidden="true">{"".join(parts)}</svg>'
    )


def _x(day: float, width_days: int) -> float:
    return _SIDE + day * (WIDTH - 2 * _SIDE) / max(width_days - 1, 1)


def _y(score: float) -> float:
    return _TOP + (10 - score) * (HEIGHT - 2 * _TOP) / 10


def _band(first: int, last: int, width_days: int) -> str:
    left = max(_x(first - 0.5, width_days), 0)
    width = max(min(_x(last + 0.5, width_days), WIDTH) - left, _NARROWEST_BAND)
    return (
        f'<rect class="ebb-spark__band" x="{short(left)}" y="0" width="{short(width)}" height="{HEIGHT}"'
        ' fill-opacity=".25"/>'
    )


def _line(line: float, start: int, width_days: int) -> str:
    left = _x(start + 0.5, width_days) if start >= 0 else _SIDE
    return (
        f'<path class="ebb-spark__line" d="M{short(left)} {short(_y(line))}H{WIDTH - _SIDE}" fill="none"'
        ' stroke="currentColor" stroke-dasharray="3 2"/>'
    )


def _mean(points: Sequence[tuple[int, float]], width_days: int) -> str:
    runs = [[(_x(day, width_days), _y(mean)) for day, mean in run] for run in unbroken_runs(points)]
    return (
        f'<path class="ebb-spark__mean" d="{path_of(runs)}" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _last(point: tuple[int, float], width_days: int) -> str:
    x, y = _x(point[0], width_days), _y(point[1])
    return f'<circle class="ebb-spark__last" cx="{short(x)}" cy="{short(y)}" r="3"/>'
