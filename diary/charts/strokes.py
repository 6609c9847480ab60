"""Numbers and paths in SVG, short and exact to a tenth of a unit."""

from collections.abc import Sequence
from typing import Final

DASH: Final = 3


def short(number: float) -> str:
    """Return `number` with at most one decimal, without a needless zero."""
    return f"{round(number, 1) + 0.0:.1f}".removesuffix(".0")


def path_of(runs: Sequence[Sequence[tuple[float, float]]]) -> str:
    """Return the path data of `runs`, unbroken lines of x and y; a single place becomes a short dash."""
    return "".join(_run(run) for run in runs)


def _run(run: Sequence[tuple[float, float]]) -> str:
    if len(run) == 1:
        x, y = run[0]
        return f"M{short(x - DASH / 2)} {short(y)}h{DASH}"
    return "M" + " ".join(f"{short(x)} {short(y)}" for x, y in run)
