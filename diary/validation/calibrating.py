"""Whether a calibration from finished courses would be better than the forecast as it is."""

from collections.abc import Sequence

import numpy as np

from diary.clinical.forecast.calibration import AS_FORECAST, Calibration, calibrate
from diary.clinical.forecast.horizon import HORIZON
from diary.clinical.forecast.outlook import WINDOW
from diary.validation.figures import DAYS, FINE_SHARE, PERCENT, SHARE, Grid, told
from diary.validation.followed import FOLLOWED
from diary.validation.forecast_columns import ForecastColumns, due_day, pinball
from diary.validation.simulation import DAYS_AFTER
from diary.validation.standings import ORIGINS, Standing, is_finished


def learnt(known: Sequence[Standing]) -> Calibration:
    """Return the calibration from the finished courses among `known`, on every origin they reached."""
    finished = [one for one in known if is_finished(one.followed.truth.lost, FOLLOWED)]
    ranks = [one.losses.rank_of(one.followed.truth.lost) for one in finished]
    return calibrate(ranks, courses=len({one.followed.number for one in finished}))


def compared(learnt_from: Calibration, others: Sequence[Standing]) -> Grid:
    """Return what the forecast reaches on `others` as it is, and with a calibration from finished courses."""
    rows = [
        row
        for name, calibration in (("as forecast", AS_FORECAST), ("calibrated on finished courses", learnt_from))
        for row in (
            *(_on_origin(name, calibration, origin, others) for origin in ORIGINS),
            _of_all(name, calibration, others),
        )
    ]
    header = ("forecast", "courses", "covers", "before the window", "after it", "error", "pinball", "Brier skill")
    return Grid("Calibration", (*header, "Brier skill, REPEAT_DUE"), rows)


def _on_origin(name: str, calibration: Calibration, origin: int, others: Sequence[Standing]) -> tuple[str, ...]:
    columns = ForecastColumns([one for one in others if one.origin == origin], calibration=calibration)
    finished = columns.finished
    return (
        name,
        f"finished, day {origin}",
        told(columns.coverage(finished), SHARE),
        PERCENT.written(float(np.mean((columns.lost < columns.window[:, 0])[finished]))),
        PERCENT.written(float(np.mean((columns.lost > columns.window[:, 2])[finished]))),
        told(columns.error(columns.window[:, 1], finished), DAYS),
        told(columns.pinball(columns.window, finished), DAYS),
        "",
        "",
    )


def _of_all(name: str, calibration: Calibration, others: Sequence[Standing]) -> tuple[str, ...]:
    """Return one row of all courses, those that last as well: a loss after the horizon counts as on its last day."""
    columns = ForecastColumns(others, until=DAYS_AFTER, calibration=calibration)
    due = ForecastColumns(others, loss=due_day, calibration=calibration)
    lost = np.minimum(columns.lost, columns.origin + HORIZON)
    after = (columns.lost > columns.window[:, 2]) & (columns.window[:, 2] < columns.origin + HORIZON)
    rows = columns.rows
    return (
        name,
        "all, all origins",
        told(rows.mean((columns.window[:, 0] <= lost) & (lost <= columns.window[:, 2])), SHARE),
        PERCENT.written(float(np.mean(columns.lost < columns.window[:, 0]))),
        PERCENT.written(float(np.mean(after))),
        told(rows.mean(np.abs(columns.window[:, 1] - lost)), DAYS),
        told(rows.mean(pinball(lost, columns.window)), DAYS),
        told(rows.brier_skill(columns.lost_soon, columns.soon), FINE_SHARE),
        told(rows.brier_skill(due.lost_soon, due.soon), FINE_SHARE),
    )


def levels_used(calibration: Calibration) -> str:
    """Return which forecast chances stand for 10, 50 and 90 %."""
    return ", ".join(f"{calibration.forecast_chance(share):.3f}" for share in WINDOW)
