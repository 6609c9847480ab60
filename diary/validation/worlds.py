"""Other worlds: cohorts that are not as the forecast expects them."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from diary.validation.figures import DAYS, FINE_SHARE, SHARE, Grid, told
from diary.validation.forecast_columns import ForecastColumns
from diary.validation.simulation import Shape, World
from diary.validation.standings import Standing

WORLDS: Final[Mapping[str, World]] = {
    "as in the rules": World(),
    "half times × 0.6": World(half_time_factor=0.6),
    "half times × 1.6": World(half_time_factor=1.6),
    "half times spread wider (log SD 0.8)": World(half_time_log_sd=0.8),
    "noise × 1.3": World(noise=1.3),
    "30-40 % of days missing": World(missing=(0.3, 0.4)),
    "only S-shaped": World(shapes={Shape.SIGMOID: 1}),
    "only linear": World(shapes={Shape.LINEAR: 1}),
    "only exponential": World(shapes={Shape.EXPONENTIAL: 1}),
    "only abrupt": World(shapes={Shape.ABRUPT: 1}),
}


def worlds_grid(standings: Mapping[str, Sequence[Standing]], known: Sequence[Standing]) -> Grid:
    """Return what the forecast reaches in each world, with rivals that learnt in the usual one."""
    header = (
        "world",
        "forecasts (finished)",
        "covers",
        "error of the median (Kaplan-Meier)",
        "pinball (Kaplan-Meier)",
        "Brier skill",
        "AUC",
    )
    return Grid("Other worlds", header, [_row(name, some, known) for name, some in standings.items()])


def _row(name: str, standings: Sequence[Standing], known: Sequence[Standing]) -> tuple[str, ...]:
    columns = ForecastColumns(standings)
    finished, rival = columns.finished, columns.last_relieved(known)
    error, pinball = columns.error(rival[:, 1], finished)[0], columns.pinball(rival, finished)[0]
    soon = columns.lost_soon
    return (
        name,
        f"{len(standings)} ({np.count_nonzero(finished)})",
        told(columns.coverage(finished), SHARE),
        f"{told(columns.error(columns.window[:, 1], finished), DAYS)} ({DAYS.written(error)})",
        f"{told(columns.pinball(columns.window, finished), DAYS)} ({DAYS.written(pinball)})",
        told(columns.rows.brier_skill(soon, columns.soon), FINE_SHARE),
        told(columns.rows.auc(soon, columns.soon), FINE_SHARE),
    )
