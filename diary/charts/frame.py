"""What every figure of the clinicians has in common: margins, legend, the scale of scores, words of the library."""

from typing import Any, Final

from diary.charts.course_chart import CourseChartWords
from diary.charts.palette import PAINT

MARGIN: Final = {"l": 36, "r": 16, "t": 50, "b": 44}
LEGEND: Final = {
    "orientation": "h",
    "xref": "container",
    "x": 0,
    "xanchor": "left",
    "yref": "container",
    "y": 0,
    "yanchor": "bottom",
}


def frame(decimal: str) -> dict[str, Any]:
    """Return the layout without its days."""
    return {
        "template": {},
        "margin": MARGIN,
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": PAINT["soft"]},
        "paper_bgcolor": PAINT["card"],
        "plot_bgcolor": PAINT["card"],
        "separators": f"{decimal} ",
        "dragmode": "zoom",
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": PAINT["card"],
            "bordercolor": PAINT["rule"],
            "font": {"color": PAINT["ink"]},
        },
        "modebar": {"bgcolor": PAINT["card"], "color": PAINT["soft"], "activecolor": PAINT["ink"]},
        "legend": LEGEND,
        "showlegend": True,
        "yaxis": scores_up(),
    }


def scores_up() -> dict[str, Any]:
    """Return the scale of scores, always 0 to 10."""
    return {
        "range": [0, 10],
        "fixedrange": True,
        "tick0": 0,
        "dtick": 2,
        "gridcolor": PAINT["rule"],
        "ticklabelstandoff": 5,
        "zeroline": False,
    }


def days_across() -> dict[str, Any]:
    """Return what the axis of days always has."""
    return {
        "showgrid": False,
        "zeroline": False,
        "ticks": "outside",
        "tickangle": 0,
        "automargin": True,
        "ticklen": 4,
        "tickcolor": PAINT["rule"],
    }


def config(words: CourseChartWords) -> dict[str, Any]:
    """Return the settings of the library: it asks nobody outside for anything, and speaks the reader's language."""
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
