"""Courses, baseline, line, today and the forecast's middle in the clinicians' chart, with their labels."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from diary.charts.course_chart import CourseChart, ForecastWindow
from diary.charts.palette import PAINT
from diary.charts.plain_text import plain
from diary.charts.series import CourseBand, cut

ROOM_AFTER: Final = 0.24
_LEAST_ROOM: Final = 7
_NOMINAL_WIDTH: Final = 780
"""Width in pixels that the labels of courses are laid out for."""
_LETTER: Final = 6.5
_LONGEST_LABEL: Final = 40


def last_shown(chart: CourseChart) -> date:
    """Return the right edge of the first view: room for the labels after today and after every course."""
    last = max([chart.today, *(band.last_day for band in chart.bands), *_forecast_in_view(chart)])
    return last + timedelta(days=max(round((last - chart.first).days * ROOM_AFTER), _LEAST_ROOM))


def shapes_of(chart: CourseChart) -> list[dict[str, Any]]:
    """Return the courses as bands behind the curves, then baseline, line and today's rule."""
    place = chart.time_axis.place
    shapes = [_band(band, chart) for band in chart.bands]
    if chart.forecast:
        shapes.append(_window(chart.forecast, chart))
    if chart.baseline is not None and chart.baseline_from:
        start = place(chart.baseline_from, -0.5)
        shapes.append(_level(chart.baseline, start, PAINT["soft"], "dot", chart, name="baseline"))
    if chart.line is not None and chart.line_from:
        shapes.append(_level(chart.line, place(chart.line_from, 0.5), PAINT["due"], "dash", chart, name="line"))
    shapes.append(_today(chart))
    if chart.forecast:
        shapes.append(_middle_of(chart.forecast, chart))
    return shapes


def labels_of(chart: CourseChart) -> list[dict[str, Any]]:
    """Return the labels of all of them, named for the page's script, which moves them where a window has room."""
    labels = list(_band_labels(chart))
    if chart.baseline is not None and chart.baseline_from:
        labels.append(_level_label(chart.baseline, chart.words.baseline, name="baseline", yanchor="bottom"))
    if chart.line is not None and chart.line_from:
        labels.append(_level_label(chart.line, chart.words.line, name="line", yanchor="top"))
    labels.append(_today_label(chart))
    return labels


def _band(band: CourseBand, chart: CourseChart) -> dict[str, Any]:
    place = chart.time_axis.place
    return {
        "type": "rect",
        "name": plain(band.label),
        "x0": place(band.first_day, -0.5),
        "x1": place(band.last_day, 0.5),
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "fillcolor": PAINT["course-band"],
        "line": {"width": 1, "color": PAINT["course-edge"]},
    }


def _level(
    height: float, start: float | str, paint: str, dash: str, chart: CourseChart, *, name: str
) -> dict[str, Any]:
    return {
        "type": "line",
        "name": name,
        "x0": start,
        "x1": chart.time_axis.place(last_shown(chart)),
        "y0": round(height, 2),
        "y1": round(height, 2),
        "line": {"width": 1.5, "color": paint, "dash": dash},
    }


def _today(chart: CourseChart) -> dict[str, Any]:
    today = chart.time_axis.place(chart.today)
    return {
        "type": "line",
        "name": "today",
        "x0": today,
        "x1": today,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"width": 1, "color": PAINT["soft"]},
    }


def _forecast_in_view(chart: CourseChart) -> Iterator[date]:
    """Yield the end of the forecast window, or as far as it leaves half of the view to what has been."""
    if chart.forecast:
        yield min(chart.forecast.last, chart.today + (chart.today - chart.first))


def _window(forecast: ForecastWindow, chart: CourseChart) -> dict[str, Any]:
    """Return the faint ground of the forecast window, which labels keep clear of; its hatching is a trace."""
    return {
        "type": "rect",
        "name": "forecast",
        "x0": chart.time_axis.place(forecast.first, -0.5),
        "x1": chart.time_axis.place(forecast.last, 0.5),
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "opacity": 0.06,
        "fillcolor": PAINT["brand"],
        "line": {"width": 0},
    }


def _middle_of(forecast: ForecastWindow, chart: CourseChart) -> dict[str, Any]:
    """Return a tick on the axis at the middle of the forecast window."""
    middle = chart.time_axis.place(forecast.middle)
    return {
        "type": "line",
        "name": "forecast",
        "x0": middle,
        "x1": middle,
        "yref": "paper",
        "y0": 0,
        "y1": 0.12,
        "line": {"width": 3, "color": PAINT["brand"]},
    }


def _band_labels(chart: CourseChart) -> Iterator[dict[str, Any]]:
    """Label the courses above the plot, the latest first; those without room are named under the pointer."""
    pixels = _NOMINAL_WIDTH / max((last_shown(chart) - chart.first).days, 1)
    room_to = float("inf")
    for band in sorted(chart.bands, key=lambda course: course.first_day, reverse=True):
        start = (band.first_day - chart.first).days * pixels
        label = cut(band.label, _LONGEST_LABEL)
        if start + len(label) * _LETTER > room_to:
            continue
        room_to = start - _LETTER
        yield {
            **_text(label, PAINT["course-ink"], name="course"),
            "x": chart.time_axis.place(band.first_day, -0.5),
            "xanchor": "left",
            "yref": "paper",
            "y": 1,
            "yanchor": "bottom",
            "yshift": 3,
        }


def _level_label(height: float, words: str, *, name: str, yanchor: str) -> dict[str, Any]:
    return {
        **_text(words, PAINT["ink"], name=name),
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "y": round(height, 2),
        "yanchor": yanchor,
    }


def _today_label(chart: CourseChart) -> dict[str, Any]:
    return {
        **_text(chart.words.today, PAINT["soft"], name="today"),
        "x": chart.time_axis.place(chart.today),
        "xanchor": "left",
        "xshift": 3,
        "yref": "paper",
        "y": 0,
        "yanchor": "bottom",
    }


def _text(words: str, paint: str, *, name: str) -> dict[str, Any]:
    return {"name": name, "text": plain(words), "showarrow": False, "font": {"size": 12, "color": paint}}
