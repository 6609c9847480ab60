"""The clinicians' chart, made and validated by plotly; import it only where a figure is asked for."""

from collections.abc import Sequence
from typing import Any, Final

from diary.charts.course_chart import CourseChart, CourseChartWords
from diary.charts.course_layers import labels_of, last_shown, shapes_of
from diary.charts.drawing import Trace, validated
from diary.charts.frame import config, days_across, frame
from diary.charts.palette import PAINT, as_tokens
from diary.charts.plain_text import plain
from diary.charts.series import DayPoint, Kind
from diary.charts.ticks import tick_traces

__all__ = ("CourseChart", "CourseChartWords", "course_figure")

_SYMBOLS: Final[dict[Kind, str]] = {"counts": "circle", "late": "circle-open", "paper": "square"}
_OUTLINES: Final[dict[Kind, float]] = {"counts": 0, "late": 1.25, "paper": 0}
_DAYS_WITH_ROOM: Final = 270
_BYTES_OF_A_DATE: Final = 13
_BYTES_OF_A_NULL: Final = 5


def course_figure(chart: CourseChart) -> dict[str, Any]:
    """Return the figure (data, layout, config) with colours as "var:" and the name of a token.

    The config asks nobody outside for anything: no sharing, no logo.
    """
    traces = [*_forecast(chart), *_days(chart), *_mean(chart), *_courses(chart)]
    traces += tick_traces(chart.ticks, chart.time_axis)
    return {**as_tokens(validated(traces, _layout(chart))), "config": config(chart.words)}


def _forecast(chart: CourseChart) -> list[Trace]:
    """Return the forecast window as a hatched band, which says under the pointer what it is."""
    if chart.forecast is None:
        return []
    first, last = (chart.time_axis.place(*edge) for edge in ((chart.forecast.first, -0.5), (chart.forecast.last, 0.5)))
    return [
        {
            "x": [first, first, last, last],
            "y": [0, 10, 10, 0],
            "mode": "none",
            "fill": "toself",
            "fillpattern": {"shape": "/", "size": 10, "solidity": 0.1, "fgcolor": PAINT["brand"], "fgopacity": 0.45},
            "name": plain(chart.words.forecast),
            "hoveron": "fills",
            "hoverinfo": "name",
        }
    ]


def _days(chart: CourseChart) -> list[Trace]:
    words = chart.words
    names: dict[Kind, str] = {"counts": words.score, "late": words.late, "paper": words.paper}
    traces = []
    for kind, name in names.items():
        points = [point for point in chart.points if point.kind == kind]
        if points:
            traces.append(_days_of(kind, name, points, chart))
    return traces


def _days_of(kind: Kind, name: str, points: Sequence[DayPoint], chart: CourseChart) -> Trace:
    return dict(
        **_across(points, chart),
        mode="markers",
        name=plain(name),
        marker={
            "symbol": _SYMBOLS[kind],
            "size": _dot_size(chart),
            "color": PAINT["dot"],
            "line": {"width": _OUTLINES[kind]},
        },
        cliponaxis=False,
        hovertemplate=f"{chart.time_axis.when}<br>{plain(name)}: %{{y}}<extra></extra>",
    )


def _across(points: Sequence[DayPoint], chart: CourseChart) -> dict[str, Any]:
    """Return x and y the shorter way: every day with nulls for the missing ones, or days one by one."""
    axis, first = chart.time_axis, points[0].day
    days = (points[-1].day - first).days + 1
    if _BYTES_OF_A_DATE * len(points) < _BYTES_OF_A_NULL * (days - len(points)):
        return {"x": [axis.place(point.day) for point in points], "y": [point.score for point in points]}
    scores: list[int | None] = [None] * days
    for point in points:
        scores[(point.day - first).days] = point.score
    return {"x0": axis.place(first), "dx": axis.step, "y": scores}


def _mean(chart: CourseChart) -> list[Trace]:
    weeks = chart.means
    if not weeks:
        return []
    name, axis = plain(chart.words.mean), chart.time_axis
    entries = plain(chart.words.entries).replace("{n}", "%{customdata}")
    return [
        {
            "x0": axis.place(weeks[0].day),
            "dx": axis.step,
            "y": [None if week.mean is None else round(week.mean, 2) for week in weeks],
            "customdata": [week.n for week in weeks],
            "mode": "lines",
            "connectgaps": False,
            "name": name,
            "line": {"width": 2.75, "color": PAINT["brand"]},
            "hovertemplate": f"{axis.when}<br>{name}: %{{y:.1f}}<br>{entries}<extra></extra>",
        }
    ]


def _courses(chart: CourseChart) -> list[Trace]:
    """Return a handle at the top of each course, which names it under the pointer."""
    if not chart.bands:
        return []
    place = chart.time_axis.place
    return [
        {
            "x": [place(band.first_day, (band.last_day - band.first_day).days / 2) for band in chart.bands],
            "y": [10] * len(chart.bands),
            "text": [plain(band.label) for band in chart.bands],
            "mode": "markers",
            "name": plain(chart.words.course),
            "marker": {
                "symbol": "square",
                "size": 7,
                "color": PAINT["course-band"],
                "line": {"width": 1, "color": PAINT["course-edge"]},
            },
            "cliponaxis": False,
            "hovertemplate": "%{text}<extra></extra>",
        }
    ]


def _dot_size(chart: CourseChart) -> int:
    return 6 if (last_shown(chart) - chart.first).days <= _DAYS_WITH_ROOM else 4


def _layout(chart: CourseChart) -> dict[str, Any]:
    return {
        **frame(chart.words.decimal),
        "xaxis": _days_across(chart),
        "shapes": shapes_of(chart),
        "annotations": labels_of(chart),
    }


def _days_across(chart: CourseChart) -> dict[str, Any]:
    place, first, last = chart.time_axis.place, chart.first, last_shown(chart)
    title = {"title": {"text": plain(chart.words.days_axis), "standoff": 4}} if chart.axis == "days" else {}
    return {
        **chart.time_axis.ticks((last - first).days),
        **title,
        "range": [place(first, -1), place(last)],
        **days_across(),
    }
