"""Figures as plotly takes them; import it only where a figure is asked for."""

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

Trace = dict[str, Any]
NUMBERS: Final = ("x", "y", "customdata", "text")
"""What a trace has one of for each day: our own numbers, of which plotly would look at each and copy it three times."""


def validated(traces: Sequence[Trace], layout: dict[str, Any]) -> dict[str, Any]:
    """Return data and layout once plotly has taken every setting of them; the numbers of the days go in as they are.

    Raises:
        ValueError: a setting that plotly does not know.
    """
    settings = [{name: part for name, part in trace.items() if name not in NUMBERS} for trace in traces]
    figure = go.Figure(data=[go.Scatter(**each) for each in settings], layout=layout)
    drawn = figure.to_plotly_json()
    del drawn["layout"]["template"]
    for taken, trace in zip(drawn["data"], traces, strict=True):
        taken |= {name: trace[name] for name in NUMBERS if name in trace}
    return {"data": drawn["data"], "layout": drawn["layout"]}
