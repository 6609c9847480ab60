"""The clinicians' chart, made and validated by plotly; import it only where a figure is asked for."""

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

from diary.charts.course_chart import CourseChart, CourseChartWords
from diary.charts.course_layers import labels_of, last_shown, shapes_of
from diary.charts.palette import PAINT, as_tokens
from diary.charts.plain_text import plain
from diary.charts.series import DayPoint, Kind

__all__ = ("CourseChart", "CourseChartWords", "course_figure")

MARGIN: Final = {"l": 36, "r": 16, "t": 50, "b": 44}
_SYMBOLS: Final[dict[Kind, str]] = {"counts": "circle", "late": "circle-open", "paper": "square"}
_OUTLINES: Final[dict[Kind, float]] = {"counts": 0, "late": 1.25, "paper": 0}
_LEGEND: Final = {
    "orientation": "h",
    "xref": "container",
    "x": 0,
    "xanchor": "left",
    "yref": "container",
    "y": 0,
    "yanchor": "bottom",
}
_DAYS_WITH_ROOM: Final = 270
_BYTES_OF_A_DATE: Final = 13
_BYTES_OF_A_NULL: Final = 5


def course_figure(chart: CourseChart) -> dict[str, Any]:
    """Return the figure (data, layout, config) with colours as "var:" and the name of a token.

    The config asks nobody outside for anything: no sharing, no logo.
    """
    data = [*_forecast(chart), *_days(chart), *_mean(chart), *_courses(chart)]
    figure = go.Figure(data=data, layout=_layout(chart))
    drawn = figure.to_plotly_json()
    del drawn["layout"]["template"]
    return {**as_tokens({"data": drawn["data"], "layout": drawn["layout"]}), "config": _config(chart)}


def _forecast(chart: CourseChart) -> list[go.Scatter]:
    """Return the forecast window as a hatched band, which says under the pointer what it is."""
    if chart.forecast is None:
        return []
    first, last = (chart.time_axis.place(*edge) for edge in ((chart.forecast.first, -0.5), (chart.forecast.last, 0.5)))
    return [
        go.Scatter(
            x=[first, first, last, last],
            y=[0, 10, 10, 0],
            mode="none",
            fill="toself",
            fillpattern={"shape": "/", "size": 10, "solidity": 0.1, "fgcolor": PAINT["brand"], "fgopacity": 0.45},
            name=plain(chart.words.forecast),
            hoveron="fills",
            hoverinfo="name",
        )
    ]


def _days(chart: CourseChart) -> list[go.Scatter]:
    words = chart.words
    names: dict[Kind, str] = {"counts": words.score, "late": words.late, "paper": words.paper}
    traces = []
    for kind, name in names.items():
        points = [point for point in chart.points if point.kind == kind]
        if points:
            traces.append(_days_of(kind, name, points, chart))
    return traces


def _days_of(kind: Kind, name: str, points: Sequence[DayPoint], chart: CourseChart) -> go.Scatter:
    return go.Scatter(
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


def _mean(chart: CourseChart) -> list[go.Scatter]:
    weeks = chart.means
    if not weeks:
        return []
    name, axis = plain(chart.words.mean), chart.time_axis
    entries = plain(chart.words.entries).replace("{n}", "%{customdata}")
    return [
        go.Scatter(
            x0=axis.place(weeks[0].day),
            dx=axis.step,
            y=[None if week.mean is None else round(week.mean, 2) for week in weeks],
            customdata=[week.n for week in weeks],
            mode="lines",
            connectgaps=False,
            name=name,
            line={"width": 2.75, "color": PAINT["brand"]},
            hovertemplate=f"{axis.when}<br>{name}: %{{y:.1f}}<br>{entries}<extra></extra>",
        )
    ]


def _courses(chart: CourseChart) -> list[go.Scatter]:
    """Return a handle at the top of each course, which names it under the pointer."""
    if not chart.bands:
        return []
    place = chart.time_axis.place
    return [
        go.Scatter(
            x=[place(band.first_day, (band.last_day - band.first_day).days / 2) for band in chart.bands],
            y=[10] * len(chart.bands),
            text=[plain(band.label) for band in chart.bands],
            mode="markers",
            name=plain(chart.words.course),
            marker={
                "symbol": "square",
                "size": 7,
                "color": PAINT["course-band"],
                "line": {"width": 1, "color": PAINT["course-edge"]},
            },
            cliponaxis=False,
            hovertemplate="%{text}<extra></extra>",
        )
    ]


def _dot_size(chart: CourseChart) -> int:
    return 6 if (last_shown(chart) - chart.first).days <= _DAYS_WITH_ROOM else 4


def _layout(chart: CourseChart) -> dict[str, Any]:
    return {
        "template": {},
        "margin": MARGIN,
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": PAINT["soft"]},
        "paper_bgcolor": PAINT["card"],
        "plot_bgcolor": PAINT["card"],
        "separators": f"{chart.words.decimal} ",
        "dragmode": "zoom",
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": PAINT["card"],
            "bordercolor": PAINT["rule"],
            "font": {"color": PAINT["ink"]},
        },
        "modebar": {"bgcolor": PAINT["card"], "color": PAINT["soft"], "activecolor": PAINT["ink"]},
        "legend": _LEGEND,
        "showlegend": True,
        "xaxis": _days_across(chart),
        "yaxis": _scores_up(),
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
        "showgrid": False,
        "zeroline": False,
        "ticks": "outside",
        "tickangle": 0,
        "automargin": True,
        "ticklen": 4,
        "tickcolor": PAINT["rule"],
    }


def _scores_up() -> dict[str, Any]:
    return {
        "range": [0, 10],
        "fixedrange": True,
        "tick0": 0,
        "dtick": 2,
        "gridcolor": PAINT["rule"],
        "ticklabelstandoff": 5,
        "zeroline": False,
    }


def _config(chart: CourseChart) -> dict[str, Any]:
    words = chart.words
    dates = {
        "months": list(words.months),
        "shortMonths": list(words.short_months),
        "date": words.date_format,
        "dayMonth": words.day_format,
        "dayMonthYear": words.date_format,
    }
    return {
        "showSendToCloud": False,
        "plotlyServerURL": "",
        "displaylogo": False,
        "responsive": True,
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
        "locale": "reader",
        "locales": {"reader": {"dictionary": dict(words.buttons), "format": dates}},
    }
