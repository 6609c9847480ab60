"""Courses of single patients, a line each: what was given, how long it was seen to help, and where it was lost."""

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

from diary.charts.cohort_look import LEGEND, CohortWords, Look, axis, filled, finished, look_of
from diary.charts.palette import PAINT
from diary.clinical.cohort.singles import Stretch

Numbered = Sequence[tuple[int, Stretch]]
ROW: Final = 15
AROUND: Final = 150
"""Pixels of a patient, and above and below all of them."""
TO_LEGEND: Final = 52
SHORTEST: Final = 3
"""Days that a course is wide at least: one day of a year and a half would not be seen."""


def courses_figure(stretches: Numbered, words: CohortWords) -> dict[str, Any]:
    """Return one line a patient: the look at each course, on it its infusions and its days of relief, and losses."""
    medicines = sorted({one.medicine for _, one in stretches if one.medicine})
    looks: dict[str | None, Look] = {medicine: look_of(place) for place, medicine in enumerate(medicines)}
    looks[None] = Look(PAINT["soft"], "dot", "circle", ".")
    patients = max((number for number, _ in stretches), default=0)
    named = [*medicines, *([None] if any(one.medicine is None for _, one in stretches) else [])]
    traces = [_followed(stretches, words)]
    for medicine in named:
        own = [(number, one) for number, one in stretches if one.medicine == medicine]
        traces += _of_medicine(own, looks[medicine], words.name(medicine) if medicine else words.unnamed, words)
    return finished(
        [*traces, *_losses(stretches, words)],
        words,
        barmode="overlay",
        height=AROUND + ROW * patients,
        legend={**LEGEND, "y": round(-TO_LEGEND / (ROW * max(patients, 1)), 3)},
        xaxis=axis(words.course_axis, rangemode="tozero"),
        yaxis=axis(
            words.patient_axis,
            range=[patients + 0.7, 0.3],
            tickvals=[number for number in range(1, patients + 1) if number == 1 or number % 5 == 0],
            showgrid=False,
            fixedrange=True,
        ),
    )


def _followed(stretches: Numbered, words: CohortWords) -> go.Bar:
    return go.Bar(
        **_across([(number, one.first, one.end) for number, one in stretches]),
        orientation="h",
        width=0.16,
        name=filled(words.followed),
        marker={"color": PAINT["rule"], "line": {"width": 0}},
        hoverinfo="skip",
    )


def _of_medicine(own: Numbered, look: Look, name: str, words: CohortWords) -> list[go.Bar]:
    """Return the days of relief of a medicine in its pattern, and its infusions as solid blocks before them."""
    relieved = [(number, one) for number, one in own if one.relieved is not None and one.relieved > one.last]
    pattern = {"shape": look.pattern, "fgcolor": look.paint, "bgcolor": PAINT["card"], "size": 6, "solidity": 0.35}
    bars = [
        go.Bar(
            **_across([(number, one.first, max(one.last, one.first + SHORTEST)) for number, one in own]),
            customdata=[number for number, _ in own],
            orientation="h",
            width=0.9,
            name=name,
            legendgroup=name,
            marker={"color": look.paint, "line": {"width": 0}},
            hovertemplate=f"{filled(words.patient, number='%{customdata}')}<br>{name}<extra></extra>",
        )
    ]
    if relieved:
        label = f"{name}: {filled(words.relieved)}"
        spans = [(number, max(one.last, one.first + SHORTEST), one.relieved or one.last) for number, one in relieved]
        bars.append(
            go.Bar(
                **_across(spans),
                customdata=[[number, (one.relieved or one.last) - one.last] for number, one in relieved],
                orientation="h",
                width=0.62,
                name=label,
                legendgroup=name,
                marker={"color": PAINT["card"], "line": {"width": 1, "color": look.paint}, "pattern": pattern},
                hovertemplate=f"{filled(words.patient, number='%{customdata[0]}')}<br>{label}: "
                "%{customdata[1]}<extra></extra>",
            )
        )
    return bars


def _losses(stretches: Numbered, words: CohortWords) -> list[go.Scatter]:
    lost = [(number, one.relieved) for number, one in stretches if one.lost and one.relieved is not None]
    if not lost:
        return []
    return [
        go.Scatter(
            x=[day for _, day in lost],
            y=[number for number, _ in lost],
            mode="markers",
            name=filled(words.lost),
            marker={"symbol": "x-thin", "size": 8, "color": PAINT["due"], "line": {"width": 2, "color": PAINT["due"]}},
            hovertemplate=f"{filled(words.patient, number='%{y}')}<br>{filled(words.lost)}<extra></extra>",
        )
    ]


def _across(spans: Sequence[tuple[int, int, int]]) -> dict[str, Any]:
    return {
        "y": [number for number, _, _ in spans],
        "base": [first for _, first, _ in spans],
        "x": [max(last - first, 0) for _, first, last in spans],
    }
