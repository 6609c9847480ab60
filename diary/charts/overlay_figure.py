"""All courses of a patient laid over each other by days since day 0; import it only where a figure is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from diary.charts.course_chart import CourseChartWords
from diary.charts.drawing import Trace, validated
from diary.charts.frame import config, days_across, frame
from diary.charts.palette import PAINT, as_tokens
from diary.charts.plain_text import plain

DASHES: Final = ("dash", "dot", "dashdot", "longdash")
_FORTNIGHT: Final = 14
_MOST_TICKS: Final = 12


class CourseCurve(NamedTuple):
    """The weekly means of a course, one a day from `first` on (days since its day 0), None for a gap."""

    label: str
    day_0: date
    first: int
    means: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class OverlayChart:
    """The courses of a patient in their order, the judged one last; `line` is that of the judged course, in points."""

    curves: Sequence[CourseCurve]
    line: float | None
    words: CourseChartWords


def overlay_figure(chart: OverlayChart) -> dict[str, Any]:
    """Return the figure (data, layout, config): the latest course strong, each earlier one with a dash of its own."""
    curves = [_curve(curve, back, chart) for back, curve in enumerate(reversed(chart.curves))]
    return {**as_tokens(validated(curves, _layout(chart))), "config": config(chart.words)}


def _curve(curve: CourseCurve, back: int, chart: OverlayChart) -> Trace:
    name, when = plain(curve.label), plain(chart.words.day).replace("{day}", "%{x}")
    dash = {"dash": DASHES[(back - 1) % len(DASHES)]} if back else {}
    return {
        "x0": curve.first,
        "dx": 1,
        "y": [None if mean is None else round(mean, 2) for mean in curve.means],
        "mode": "lines",
        "connectgaps": False,
        "name": name,
        "line": {"width": 1.75 if back else 2.75, "color": PAINT["soft" if back else "brand"], **dash},
        "hovertemplate": f"{name}<br>{when}: %{{y:.1f}}<extra></extra>",
    }


def _layout(chart: OverlayChart) -> dict[str, Any]:
    first = min((curve.first for curve in chart.curves), default=0)
    last = max((curve.first + len(curve.means) for curve in chart.curves), default=1)
    fortnights = max(-(-(last - first) // (_MOST_TICKS * _FORTNIGHT)), 1)
    return {
        **frame(chart.words.decimal),
        "xaxis": {
            "type": "linear",
            "tick0": 0,
            "dtick": fortnights * _FORTNIGHT,
            "tickformat": "d",
            "title": {"text": plain(chart.words.days_axis), "standoff": 4},
            "range": [first - 1, last + 1],
            **days_across(),
        },
        "shapes": [_day_0(), *_line(chart, last)],
        "annotations": list(_line_label(chart)),
    }


def _day_0() -> dict[str, Any]:
    return {
        "type": "line",
        "name": "today",
        "x0": 0,
        "x1": 0,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"width": 1, "color": PAINT["course-edge"]},
    }


def _line(chart: OverlayChart, last: int) -> list[dict[str, Any]]:
    if chart.line is None:
        return []
    height = round(chart.line, 2)
    line = {"width": 1.5, "color": PAINT["due"], "dash": "dash"}
    return [{"type": "line", "name": "line", "x0": 0.5, "x1": last + 1, "y0": height, "y1": height, "line": line}]


def _line_label(chart: OverlayChart) -> list[dict[str, Any]]:
    if chart.line is None:
        return []
    return [
        {
            "name": "line",
            "text": plain(chart.words.line),
            "showarrow": False,
            "font": {"size": 12, "color": PAINT["ink"]},
            "xref": "paper",
            "x": 1,
            "xanchor": "right",
            "y": round(chart.line, 2),
            "yanchor": "top",
        }
    ]
