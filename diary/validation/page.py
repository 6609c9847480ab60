"""The page docs/validation.md."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

from diary.validation.explanations import MEASURED, NOT_MEASURED, OPENING, READINGS, WORDS
from diary.validation.figures import Grid
from diary.validation.measuring import Sizes
from diary.validation.report import Report, markdown


@dataclass(frozen=True)
class Run:
    """One run of the backtest.

    Attributes:
        commit: the commit it ran on, and whether there were changes beside it; empty outside a checkout.
        day: when.
        seed, sizes: what was simulated.
        seconds, processes: how long it took, and on how many processes.
        real: names of the real diaries.
    """

    commit: str
    day: date
    seed: int
    sizes: Sizes
    seconds: float
    processes: int
    real: Sequence[str]


def page_of(report: Report, run: Run) -> str:
    """Return the page in Markdown."""
    parts = [
        "# Validation",
        "Made by `flask --app wsgi diary backtest`; not edited by hand.",
        OPENING,
        "## Targets",
        markdown(report.table),
        report.summary,
        READINGS,
        *(_section(grid, run) for grid in report.grids),
        _how(run),
    ]
    return "\n\n".join(parts) + "\n"


def _section(grid: Grid, run: Run) -> str:
    parts = [f"## {grid.title}", WORDS[grid.title], markdown(grid)]
    if grid.title == "Untreated diaries":
        parts.append(MEASURED.format(names="; ".join(run.real)) if run.real else NOT_MEASURED)
    return "\n\n".join(parts)


def _how(run: Run) -> str:
    sizes = run.sizes
    simulated = (
        f"{sizes.cohort} courses in each of the three cohorts of the forecast, {sizes.short_acting} of a short-acting "
        f"medicine, {sizes.world} in each other world, {sizes.returning} patients with three courses, "
        f"{sizes.first_courses} first courses for booking, {sizes.untreated} untreated diaries, {sizes.trials} trials"
    )
    lines = [
        f"Commit: {run.commit or 'not in a checkout'}",
        f"Day: {run.day.isoformat()}",
        f"Seed: {run.seed}, from which each part has its own",
        f"Simulated: {simulated}",
        f"Versions: Python {platform.python_version()}, numpy {version('numpy')}, scipy {version('scipy')}",
        f"Time: {run.seconds / 60:.1f} minutes with {run.processes} processes",
    ]
    return "## How it was made\n\n" + "\n".join(f"- {line}" for line in lines)
