"""What the figures of groups have in common: colours with dashes, signs and patterns, axes, and no upload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import plotly.graph_objects as go

from diary.charts.palette import PAINT, as_tokens
from diary.charts.plain_text import plain


class Look(NamedTuple):
    """How one group, or one medicine, is drawn: told apart without its colour too."""

    paint: str
    dash: str
    sign: str
    pattern: str


LOOKS: Final = tuple(
    Look(PAINT[token], dash, sign, pattern)
    for token, dash, sign, pattern in (
        ("brand", "solid", "circle", "/"),
        ("due", "dash", "square", "\\"),
        ("holding", "dot", "diamond", "x"),
        ("says", "dashdot", "triangle-up", "-"),
        ("near", "longdash", "triangle-down", "|"),
        ("course-ink", "longdashdot", "pentagon", "+"),
        ("ink", "4px,2px", "star", "."),
        ("soft", "8px,3px", "cross", ""),
    )
)
LEGEND: Final = {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.16, "yanchor": "top"}
SINGLE: Final = 0.3
"""How strongly a single patient is drawn beside the mean of the group."""


@dataclass(frozen=True, slots=True)
class CohortWords:
    """What the figures of groups say, all of it plain text.

    Attributes:
        names: a group, or a medicine, as people read it, by its name; a name without one is read as it is.
        week: hover of a week with {week} in it; the names that end in axis: titles of axes.
        mean: hover of a mean with {mean}, {se} and {n} in it.
        single: the single patients of a group, with {group} in it.
        patient: a patient, with {number} in it; patient_axis: title of the axis of patients.
        responders: legend of responders, with {group} and {percent} in it; share: hover of a share with {share}, {n}.
        left: hover of the share still relieved, with {day}, {share} and {n} at risk in it.
        censored: legend of the days on which the look at a course ended.
        followed, relieved, lost: legend of the parts of a course.
        unnamed: a medicine that fewer than five patients had.
        decimal: the decimal mark of the place.
        buttons: plotly's own words in the reader's language.
    """

    names: Mapping[str, str]
    week: str
    week_axis: str
    pain_axis: str
    share_axis: str
    day_axis: str
    course_axis: str
    mean: str
    single: str
    patient: str
    patient_axis: str
    responders: str
    share: str
    left: str
    censored: str
    followed: str
    relieved: str
    lost: str
    unnamed: str
    decimal: str
    buttons: Mapping[str, str]

    def name(self, group: str) -> str:
        """Return the name of a group as plotly draws it."""
        return plain(self.names.get(group, group))


def look_of(place: int) -> Look:
    """Return how the group at `place` is drawn in every figure."""
    return LOOKS[place % len(LOOKS)]


def finished(traces: Sequence[Any], words: CohortWords, **layout: Any) -> dict[str, Any]:
    """Return the validated figure (data, layout, config) with names of tokens for colours; it asks nobody outside."""
    figure = go.Figure(data=list(traces), layout={**_calm(words), **layout})
    drawn = figure.to_plotly_json()
    del drawn["layout"]["template"]
    return {**as_tokens({"data": drawn["data"], "layout": drawn["layout"]}), "config": _config(words)}


def axis(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis with its title and quiet lines."""
    return {
        "title": {"text": plain(title), "standoff": 6},
        "gridcolor": PAINT["rule"],
        "zeroline": False,
        "tickcolor": PAINT["rule"],
        "automargin": True,
        **more,
    }


def filled(words: str, **values: str) -> str:
    """Return words of a hover as plotly draws them, with its own variables put in."""
    text = plain(words)
    for name, variable in values.items():
        text = text.replace("{" + name + "}", variable)
    return text


def _calm(words: CohortWords) -> dict[str, Any]:
    return {
        "template": {},
        "margin": {"l": 48, "r": 16, "t": 34, "b": 44},
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": PAINT["soft"]},
        "paper_bgcolor": PAINT["card"],
        "plot_bgcolor": PAINT["card"],
        "separators": f"{words.decimal} ",
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": PAINT["card"], "bordercolor": PAINT["rule"], "font": {"color": PAINT["ink"]}},
        "modebar": {"bgcolor": PAINT["card"], "color": PAINT["soft"], "activecolor": PAINT["ink"]},
        "legend": LEGEND,
        "showlegend": True,
    }


def _config(words: CohortWords) -> dict[str, Any]:
    return {
        "showSendToCloud": False,
        "plotlyServerURL": "",
        "displaylogo": False,
        "locale": "reader",
        "locales": {"reader": {"dictionary": dict(words.buttons), "format": {}}},
    }
