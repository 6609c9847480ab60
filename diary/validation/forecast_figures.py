"""What the forecast reaches, beside its rivals on the same rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from diary.validation.figures import DAYS, FINE_DAYS, FINE_SHARE, PERCENT, SHARE, Figure, Grid, Rival, Target, told
from diary.validation.followed import FOLLOWED
from diary.validation.forecast_columns import (
    DayOfLoss,
    ForecastColumns,
    due_day,
    loss_by_the_rules,
    true_loss,
)
from diary.validation.resampling import Estimate, Floats
from diary.validation.rivals import ALWAYS, Logistic
from diary.validation.standings import ORIGINS, Standing

COVERS: Final = Target(0.75, 0.92)
CLOSEST: Final[Mapping[int, float]] = {21: 21, 35: 19, 56: 18}
"""Mean absolute error that the middle of the window must reach, days, by origin."""
BELOW_KAPLAN_MEIER: Final = 0.15
SKILL: Final = 0.40
AUC: Final = 0.92
LONGER: Final = 180
"""A longer look at the courses, days."""


def forecast_figures(test: Sequence[Standing], known: Sequence[Standing]) -> list[Figure]:
    """Return the rows of the table of section 5 that are about the forecast.

    Args:
        test: standings of the cohort that is forecast.
        known: standings of another cohort, from which the rivals learn.
    """
    origins = [ForecastColumns([one for one in test if one.origin == origin]) for origin in ORIGINS]
    figures: list[Callable[[ForecastColumns, Sequence[Standing]], Figure]] = [_covers, _error, _pinball]
    by_origin = [figure(columns, known) for figure in figures for columns in origins]
    return by_origin + _chances(ForecastColumns(test), ForecastColumns(known))


def _covers(columns: ForecastColumns, _known: Sequence[Standing]) -> Figure:
    name = f"80 % window covers, day {_origin(columns)}"
    return Figure(name, Estimate.of(columns.coverage(columns.finished)), SHARE, COVERS)


def _error(columns: ForecastColumns, known: Sequence[Standing]) -> Figure:
    finished = columns.finished
    middles: dict[str, Floats | float] = {
        "Kaplan-Meier": columns.last_relieved(known)[:, 1],
        f"always {ALWAYS}": ALWAYS,
        "straight line": np.array([one.straight for one in columns.standings]),
    }
    return Figure(
        f"mean absolute error of the median, day {_origin(columns)}",
        Estimate.of(columns.error(columns.window[:, 1], finished)),
        FINE_DAYS,
        Target(high=CLOSEST[_origin(columns)]),
        [Rival(name, float(columns.error(middle, finished)[0])) for name, middle in middles.items()],
    )


def _pinball(columns: ForecastColumns, known: Sequence[Standing]) -> Figure:
    of_rival = columns.pinball(columns.last_relieved(known), columns.finished)
    below = 1 - columns.pinball(columns.window, columns.finished) / of_rival
    name = f"pinball loss below Kaplan-Meier's, day {_origin(columns)}"
    return Figure(name, Estimate.of(below), PERCENT, Target(low=BELOW_KAPLAN_MEIER))


def _chances(test: ForecastColumns, known: ForecastColumns) -> list[Figure]:
    rows, lost = test.rows, test.lost_soon
    by_distance = Logistic.fitted(known.distance, known.lost_soon).chances(test.distance)
    return [
        Figure(
            name,
            Estimate.of(measure(lost, test.soon)),
            FINE_SHARE,
            Target(low=target),
            [Rival("logistic on the distance", float(measure(lost, by_distance)[0]))],
            smaller_wins=False,
        )
        for name, measure, target in (
            ("loss within 14 days: Brier skill", rows.brier_skill, SKILL),
            ("loss within 14 days: AUC", rows.auc, AUC),
        )
    ]


def _origin(columns: ForecastColumns) -> int:
    return int(columns.origin[0])


TRUTHS: Final[Mapping[str, DayOfLoss]] = {"true day of loss": true_loss, "day of loss by the rules": loss_by_the_rules}


def in_detail(test: Sequence[Standing], known: Sequence[Standing]) -> Grid:
    """Return the same figures by origin, by what counts as the day of loss, by the end of the look and where shown."""
    rows = [
        _detail(name, loss, until, [one for one in test if one.origin == origin], known)
        for name, loss, until in [
            *((name, loss, FOLLOWED) for name, loss in TRUTHS.items()),
            ("true day of loss", true_loss, LONGER),
        ]
        for origin in ORIGINS
    ]
    return Grid(
        "The forecast in detail",
        (
            "day of loss",
            "seen up to day",
            "origin",
            "forecasts (finished)",
            "covers",
            "error of the median",
            "pinball (Kaplan-Meier)",
            "shown",
            "covers where shown",
            "error where shown",
        ),
        rows,
    )


def _detail(
    name: str, loss: DayOfLoss, until: int, standings: Sequence[Standing], known: Sequence[Standing]
) -> tuple[str, ...]:
    columns = ForecastColumns(standings, loss=loss, until=until)
    finished, shown = columns.finished, columns.finished & columns.shown
    middle = columns.window[:, 1]
    of_rival = DAYS.written(columns.pinball(columns.last_relieved(known), finished)[0])
    return (
        name,
        str(until),
        str(_origin(columns)),
        f"{len(standings)} ({finished.sum()})",
        told(columns.coverage(finished), SHARE),
        told(columns.error(middle, finished), DAYS),
        f"{told(columns.pinball(columns.window, finished), DAYS)} ({of_rival})",
        PERCENT.written(columns.rows.mean(columns.shown)[0]),
        told(columns.coverage(shown), SHARE),
        told(columns.error(middle, shown), DAYS),
    )


EVENTS: Final[Mapping[str, DayOfLoss]] = {**TRUTHS, "REPEAT_DUE": due_day}


def chances_in_detail(test: Sequence[Standing], known: Sequence[Standing]) -> Grid:
    """Return Brier skill and AUC of the chance within 14 days, by origin and by what is to come."""
    rows = [
        _chance(name, event, origins, test, known)
        for name, event in EVENTS.items()
        for origins in (ORIGINS, *((origin,) for origin in ORIGINS))
    ]
    return Grid(
        "The chance within 14 days in detail",
        ("what comes", "origin", "forecasts (it came)", "Brier skill (logistic)", "AUC (logistic)", "mean chance"),
        rows,
    )


def _chance(
    name: str, event: DayOfLoss, origins: Sequence[int], test: Sequence[Standing], known: Sequence[Standing]
) -> tuple[str, ...]:
    columns, learnt = (
        ForecastColumns([one for one in some if one.origin in origins], loss=event) for some in (test, known)
    )
    lost, rows = columns.lost_soon, columns.rows
    by_distance = Logistic.fitted(learnt.distance, learnt.lost_soon).chances(columns.distance)
    skill, area = rows.brier_skill(lost, by_distance)[0], rows.auc(lost, by_distance)[0]
    return (
        name,
        "all" if len(origins) > 1 else str(origins[0]),
        f"{len(lost)} ({lost.sum()})",
        f"{told(rows.brier_skill(lost, columns.soon), FINE_SHARE)} ({FINE_SHARE.written(skill)})",
        f"{told(rows.auc(lost, columns.soon), FINE_SHARE)} ({FINE_SHARE.written(area)})",
        FINE_SHARE.written(float(columns.soon.mean())),
    )
