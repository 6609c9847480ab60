"""What happened on a day, as ticks at the foot of the clinicians' chart; each kind can be switched off on the page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from diary.charts.axes import TimeAxis
from diary.charts.palette import PAINT
from diary.charts.plain_text import plain

FOOT: Final = 0.3
"""Height of the ticks on the scale of scores, in points; it says nothing."""
SYMBOLS: Final[Mapping[str, str]] = {
    "decision": "diamond",
    "liver_test": "cross",
    "wearing_off": "triangle-down",
    "intercurrent_event": "x",
    "co_treatment_changed": "hexagon",
    "high_scores": "triangle-up",
    "impression": "star",
    "peg": "diamond-open",
}
OFF_AT_FIRST: Final = frozenset({"peg"})
PAUSE: Final = "pause"


class Tick(NamedTuple):
    """One day with the words for it; `height` in points where it has one of its own."""

    day: date
    words: str
    height: float | None = None


@dataclass(frozen=True, slots=True)
class TickLayer:
    """All ticks of a kind, ordered; a pause has its days from the first to the last in `stretches`.

    Attributes:
        code: names the kind to the page's buttons.
        name: the kind in words.
    """

    code: str
    name: str
    ticks: Sequence[Tick] = ()
    stretches: Sequence[tuple[date, date, str]] = ()

    @property
    def shown(self) -> bool:
        """Whether it is drawn before anybody switches it."""
        return self.code not in OFF_AT_FIRST


def tick_traces(layers: Sequence[TickLayer], axis: TimeAxis) -> Iterator[dict[str, Any]]:
    """Yield the trace of each kind."""
    for layer in layers:
        yield _stretches(layer, axis) if layer.stretches else _ticks(layer, axis)


def _ticks(layer: TickLayer, axis: TimeAxis) -> dict[str, Any]:
    return {
        "x": [axis.place(tick.day) for tick in layer.ticks],
        "y": [FOOT if tick.height is None else round(tick.height, 2) for tick in layer.ticks],
        "text": [plain(tick.words) for tick in layer.ticks],
        "mode": "markers",
        "marker": {
            "symbol": SYMBOLS[layer.code],
            "size": 10,
            "color": PAINT["ink"],
            "line": {"width": 1, "color": PAINT["ink"]},
        },
        **_switched(layer),
    }


def _stretches(layer: TickLayer, axis: TimeAxis) -> dict[str, Any]:
    places: list[Any] = []
    words: list[str | None] = []
    for first, last, said in layer.stretches:
        places += [axis.place(first, -0.4), axis.place(last, 0.4), None]
        words += [plain(said), plain(said), None]
    return {
        "x": places,
        "y": [None if place is None else FOOT / 2 for place in places],
        "text": words,
        "mode": "lines",
        "line": {"width": 5, "color": PAINT["soft"]},
        **_switched(layer),
    }


def _switched(layer: TickLayer) -> dict[str, Any]:
    return {
        "name": plain(layer.name),
        "meta": layer.code,
        "visible": layer.shown,
        "showlegend": False,
        "cliponaxis": False,
        "hovertemplate": "%{text}<extra></extra>",
    }
