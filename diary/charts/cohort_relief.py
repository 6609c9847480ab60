"""Days of relief of groups as Kaplan-Meier curves, with a mark where the look at a course ended."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import plotly.graph_objects as go

from diary.charts.cohort_look import CohortWords, Look, axis, filled, finished, look_of
from diary.charts.palette import PAINT

if TYPE_CHECKING:
    from diary.clinical.cohort.figures import GroupRelief

MONTH: Final = 30
FEW: Final = 2
"""Groups up to which a legend names the marks of their curves too."""


def relief_figure(curves: "Sequence[GroupRelief]", places: Mapping[str, int], words: CohortWords) -> dict[str, Any]:
    """Return the curves, each drawn as its group is in the other figures; `places` says at which place that is."""
    last = max((one.curve.days[-1].day for one in curves if one.curve.days), default=MONTH)
    traces = []
    for one in curves:
        look = look_of(places[one.group])
        traces += [_curve(one, look, words), *_ended(one, look, words, in_legend=len(curves) <= FEW)]
    step = MONTH if last <= 8 * MONTH else 2 * MONTH
    return finished(
        traces,
        words,
        xaxis=axis(words.day_axis, range=[0, last + 5], tick0=0, dtick=step, showgrid=False),
        yaxis=axis(words.share_axis, range=[0, 102], ticksuffix=" %", tick0=0, dtick=25, fixedrange=True),
        shapes=[_half(last)],
    )


def _curve(relief: "GroupRelief", look: Look, words: CohortWords) -> go.Scatter:
    steps = [(0, 1.0, relief.n), *((day.day, day.share, day.at_risk) for day in relief.curve.days if day.lost)]
    if relief.curve.days and relief.curve.days[-1].day > steps[-1][0]:
        steps.append((relief.curve.days[-1].day, steps[-1][1], relief.curve.days[-1].at_risk))
    hover = filled(words.left, day="%{x}", share="%{y:.0f}", n="%{customdata}")
    return go.Scatter(
        x=[day for day, _, _ in steps],
        y=[round(100 * share, 1) for _, share, _ in steps],
        customdata=[at_risk for _, _, at_risk in steps],
        mode="lines",
        line={"shape": "hv", "width": 2.5, "color": look.paint, "dash": look.dash},
        name=words.name(relief.group),
        legendgroup=words.name(relief.group),
        hovertemplate=f"{words.name(relief.group)}<br>{hover}<extra></extra>",
    )


def _ended(relief: "GroupRelief", look: Look, words: CohortWords, *, in_legend: bool) -> list[go.Scatter]:
    ended = [day for day in relief.curve.days if day.censored]
    if not ended:
        return []
    return [
        go.Scatter(
            x=[day.day for day in ended],
            y=[round(100 * day.share, 1) for day in ended],
            mode="markers",
            marker={"symbol": "line-ns", "size": 9, "color": look.paint, "line": {"width": 1.5, "color": look.paint}},
            name=f"{words.name(relief.group)}: {filled(words.censored)}",
            legendgroup=words.name(relief.group),
            showlegend=in_legend,
            hoverinfo="skip",
        )
    ]


def _half(last: int) -> dict[str, Any]:
    """Return the rule at which the median is read."""
    return {
        "type": "line",
        "x0": 0,
        "x1": last + 5,
        "y0": 50,
        "y1": 50,
        "layer": "below",
        "line": {"width": 1, "dash": "dot", "color": PAINT["soft"]},
    }
