"""Plain makers and readers for the tests of charts."""

from collections.abc import Iterable
from datetime import date, timedelta
from xml.etree import ElementTree as ET

from diary.charts.series import CourseBand, DayPoint, Kind

FIRST = date(2025, 9, 1)


def day(number: int) -> date:
    """Return the day `number` days after the first one."""
    return FIRST + timedelta(days=number)


def points(scores: Iterable[int | None], *, start: int = 0, kind: Kind = "counts") -> list[DayPoint]:
    """Return one point a day from `start` on; None leaves the day out."""
    return [DayPoint(day(number), score, kind) for number, score in enumerate(scores, start) if score is not None]


def band(first: int, last: int, label: str = "ketamine") -> CourseBand:
    """Return a course from day `first` to day `last`."""
    return CourseBand(label, day(first), day(last))


def parsed(svg: str) -> ET.Element:
    """Return the drawing as XML, which it has to be."""
    return ET.fromstring(svg)  # noqa: S314  # the drawing is our own


def of_class(drawing: ET.Element, name: str) -> list[ET.Element]:
    """Return the elements that carry the class `name`, in the order they are drawn."""
    return [part for part in drawing.iter() if name in part.get("class", "").split()]


def runs(path: ET.Element) -> list[list[tuple[float, float]]]:
    """Return the places of each unbroken run of a path of absolute places."""
    drawn = [run.split("h")[0].split() for run in path.get("d", "").split("M")[1:]]
    return [[(float(x), float(y)) for x, y in zip(run[::2], run[1::2], strict=True)] for run in drawn]
