"""Figures of an installation in the text that Prometheus reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, what it says, and its value for every combination of its labels."""

    name: str
    says: str
    labels: tuple[str, ...] = ()
    values: dict[tuple[str, ...], float] = field(default_factory=dict)


def one(name: str, says: str, value: float) -> Figure:
    """Return a figure without labels."""
    return Figure(name, says, values={(): value})


def written(figures: Iterable[Figure]) -> bytes:
    """Return the figures as text."""
    registry = CollectorRegistry()
    registry.register(_Collected(tuple(figures)))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, figures: tuple[Figure, ...]) -> None:
        self.figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return each figure as the library wants it."""
        for figure in self.figures:
            family = GaugeMetricFamily(figure.name, figure.says, labels=figure.labels)
            for labels, value in figure.values.items():
                family.add_metric(labels, value)
            yield family
