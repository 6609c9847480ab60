"""The figures of a backtest in their order, as text for a terminal and for a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from diary.validation.booking import booking_grid
from diary.validation.calibrating import compared, learnt
from diary.validation.figures import HEADER, Figure, Grid
from diary.validation.forecast_figures import chances_in_detail, forecast_figures, in_detail
from diary.validation.measuring import Cohorts, Measured
from diary.validation.rule_figures import loss_figures, loss_in_detail, response_figures, response_in_detail
from diary.validation.sham import RealDiaries, given_grid, sham_grid
from diary.validation.speed import time_figures
from diary.validation.trial import trial_figures, trial_grid
from diary.validation.worlds import worlds_grid


@dataclass(frozen=True)
class Report:
    """The figures with a target (sections 5 and 6 of the clinical rules), and tables of further ones."""

    figures: Sequence[Figure]
    grids: Sequence[Grid]

    @property
    def reached(self) -> int:
        """How many figures reach their target and beat their rivals."""
        return sum(figure.reached for figure in self.figures)

    @property
    def table(self) -> Grid:
        """The figures with a target as a table."""
        return Grid("Targets", HEADER, [figure.cells for figure in self.figures])

    @property
    def summary(self) -> str:
        """How many targets are reached, in words."""
        missed = [figure.name for figure in self.figures if not figure.reached]
        told = f"{self.reached} of {len(self.figures)} figures reach their target"
        return f"{told}; missed: {'; '.join(missed)}." if missed else f"{told}."


def report_of(measured: Measured, real: Sequence[RealDiaries]) -> Report:
    """Return all figures of a backtest; `real` are diaries of people who got no infusion, none when there are none."""
    known, test = measured.cohorts.known.standings, measured.cohorts.test
    short_acting = measured.short_acting.courses
    figures = [
        *forecast_figures(test.standings, known),
        *loss_figures(test.courses),
        *response_figures(test.courses, short_acting),
        *time_figures(measured.verdict, measured.forecast),
        *trial_figures(measured.trials),
    ]
    worlds = {name: world.standings for name, world in measured.worlds.items()}
    grids = [
        in_detail(test.standings, known),
        chances_in_detail(test.standings, known),
        calibration_grid(measured.cohorts),
        loss_in_detail(test.courses),
        response_in_detail(test.courses, short_acting),
        booking_grid(measured.chairs),
        worlds_grid(worlds, known),
        sham_grid(measured.shams, real),
        *([given_grid(real)] if real else []),
        trial_grid(measured.trials),
    ]
    return Report(figures, grids)


def calibration_grid(cohorts: Cohorts) -> Grid:
    """Return what a calibration would change on a cohort that neither made it nor is reported."""
    return compared(learnt(cohorts.known.standings), cohorts.third.standings)


def aligned(grid: Grid) -> str:
    """Return a table for a terminal."""
    rows = [grid.header, *grid.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(grid: Grid) -> str:
    """Return a table for a page in Markdown."""
    return "\n".join(_line(row) for row in (grid.header, ["---"] * len(grid.header), *grid.rows))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
