"""Weekly means of groups with their errors, and the single patients behind them; responders at some weeks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import plotly.graph_objects as go

from diary.charts.cohort_look import SINGLE, CohortWords, Look, axis, filled, finished, look_of
from diary.charts.palette import PAINT
from diary.clinical.cohort.singles import SingleLine

if TYPE_CHECKING:
    from diary.clinical.cohort.figures import Group

Numbered = Sequence[tuple[int, SingleLine]]
MOST_TICKS: Final = 13
FEW: Final = 2
"""Groups up to which a legend names their single patients too."""
DODGE: Final = 0.06
"""Weeks by which the means of two groups stand apart, so that no error hides another."""


def weeks_figure(groups: "Sequence[Group]", lines: Numbered, words: CohortWords) -> dict[str, Any]:
    """Return weekly means ± SE of `groups` over the thin lines of their single patients."""
    weeks = max((week.week for group in groups for week in group.weeks if week.mean is not None), default=1)
    singles = [_singles(group, lines, look_of(place), words) for place, group in enumerate(groups)]
    for trace in filter(None, singles):
        trace.showlegend = len(groups) <= FEW
    means = [_means(group, place, len(groups), words) for place, group in enumerate(groups)]
    step = -(-weeks // MOST_TICKS)
    return finished(
        [*filter(None, singles), *means],
        words,
        xaxis=axis(words.week_axis, range=[0.5, weeks + 0.5], tick0=0 if step > 1 else 1, dtick=step, showgrid=False),
        yaxis=axis(words.pain_axis, range=[0, 10], tick0=0, dtick=2, fixedrange=True),
    )


def responders_figure(groups: "Sequence[Group]", weeks: Sequence[int], words: CohortWords) -> dict[str, Any]:
    """Return shares of responders at `weeks`: an open bar for 30 % relief, and in it a filled one for 50 %."""
    traces = [
        _responders(group, place, percent, weeks, words) for place, group in enumerate(groups) for percent in (30, 50)
    ]
    names = [filled(words.week, week=str(week)) for week in weeks]
    return finished(
        traces,
        words,
        barmode="group",
        bargap=0.25,
        xaxis=axis("", type="category", categoryorder="array", categoryarray=names, showgrid=False),
        yaxis=axis(words.share_axis, range=[0, 100], ticksuffix=" %", tick0=0, dtick=25, fixedrange=True),
    )


def _singles(group: "Group", lines: Numbered, look: Look, words: CohortWords) -> go.Scatter | None:
    """Return all single patients of a group as one line with gaps: a trace for each would be a legend of sixty."""
    weeks: list[int | None] = []
    means: list[float | None] = []
    numbers: list[int | None] = []
    for number, line in lines:
        if line.group != group.name:
            continue
        for week, mean in enumerate(line.means, 1):
            weeks.append(week)
            means.append(None if mean is None else round(mean, 2))
            numbers.append(number)
        weeks.append(None)
        means.append(None)
        numbers.append(None)
    if not numbers:
        return None
    hover = [filled(words.patient, number="%{customdata}"), filled(words.week, week="%{x}"), "%{y:.1f}"]
    return go.Scatter(
        x=weeks[:-1],
        y=means[:-1],
        customdata=numbers[:-1],
        mode="lines+markers",
        connectgaps=False,
        name=filled(words.single, group=words.name(group.name)),
        legendgroup=words.name(group.name),
        opacity=SINGLE,
        line={"width": 1, "color": look.paint},
        marker={"size": 3, "color": look.paint},
        hovertemplate="<br>".join(hover) + "<extra></extra>",
    )


def _means(group: "Group", place: int, of: int, words: CohortWords) -> go.Scatter:
    look, shift = look_of(place), (place - (of - 1) / 2) * DODGE
    hover = filled(words.mean, mean="%{y:.1f}", se="%{customdata[0]:.2f}", n="%{customdata[1]}")
    week = filled(words.week, week="%{customdata[2]}")
    return go.Scatter(
        x=[round(week.week + shift, 3) for week in group.weeks],
        y=[None if week.mean is None else round(week.mean, 2) for week in group.weeks],
        customdata=[[week.se and round(week.se, 3), week.n, week.week] for week in group.weeks],
        error_y={
            "type": "data",
            "array": [None if week.se is None else round(week.se, 3) for week in group.weeks],
            "color": look.paint,
            "thickness": 1.5,
            "width": 4,
        },
        mode="lines+markers",
        connectgaps=False,
        name=words.name(group.name),
        legendgroup=words.name(group.name),
        line={"width": 2.75, "color": look.paint, "dash": look.dash},
        marker={"size": 8, "symbol": look.sign, "color": look.paint},
        hovertemplate=f"{words.name(group.name)}<br>{week}<br>{hover}<extra></extra>",
    )


def _responders(group: "Group", place: int, percent: int, weeks: Sequence[int], words: CohortWords) -> go.Bar:
    look = look_of(place)
    shown = [week for week in group.weeks if week.week in weeks]
    shares = [week.responders30 if percent == 30 else week.responders50 for week in shown]
    name = filled(words.responders, group=words.name(group.name), percent=str(percent))
    solid = percent == 50
    return go.Bar(
        x=[filled(words.week, week=str(week.week)) for week in shown],
        y=[None if share is None else round(100 * share, 1) for share in shares],
        customdata=[week.with_baseline for week in shown],
        offsetgroup=str(place),
        name=name,
        marker={
            "color": look.paint if solid else PAINT["card"],
            "line": {"width": 1.5, "color": look.paint},
            "pattern": {
                "shape": look.pattern if solid else "",
                "fgcolor": PAINT["card"],
                "bgcolor": look.paint if solid else PAINT["card"],
                "size": 7,
                "solidity": 0.2,
            },
        },
        hovertemplate=f"{name}<br>{filled(words.share, share='%{y:.0f}', n='%{customdata}')}<extra></extra>",
    )
