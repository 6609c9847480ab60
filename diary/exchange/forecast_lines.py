"""Forecasts and book by as plain JSON values: for the command line, and for what a decision was bound to."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from diary.clinical.book_by import BookBy, ExpectedFrom
from diary.clinical.forecast import Forecast, Silent

DECIMALS = 4


def plain_forecast(forecast: Forecast) -> dict[str, Any]:
    """Return the forecast under the names of the `forecast` command; absent is None."""
    return {
        "p10": forecast.p10,
        "p50": forecast.p50,
        "p90": forecast.p90,
        "p_loss_14d": _rounded(forecast.p_loss_14d),
        "beyond_horizon": _rounded(forecast.beyond_horizon),
        "shown": forecast.shown,
        "silent_reason": forecast.silent.value if forecast.silent else None,
    }


def plain_book_by(advice: BookBy) -> dict[str, Any]:
    """Return the advice on booking with its arithmetic."""
    return {
        "day": advice.day.isoformat(),
        "expected_end": advice.expected_end.isoformat(),
        "expected_from": advice.expected_from.value,
        "own_days": list(advice.own_days),
        "allowed_from": advice.allowed_from.isoformat(),
        "waiting_time": advice.waiting_time,
    }


def plain_outlook(forecast: Forecast | None, advice: BookBy | None) -> dict[str, Any]:
    """Return what the clinic sees beside a state: the forecast with the day it was made for, and book by."""
    made = {"made_for": forecast.today.isoformat(), **plain_forecast(forecast)} if forecast else None
    return {"forecast": made, "book_by": plain_book_by(advice) if advice else None}


def read_forecast(plain: Mapping[str, Any], course_day_0: date | None) -> Forecast:
    """Return the forecast that was shown beside a state of the course with that day 0."""
    return Forecast(
        today=date.fromisoformat(plain["made_for"]),
        course_day_0=course_day_0,
        p10=plain["p10"],
        p50=plain["p50"],
        p90=plain["p90"],
        p_loss_14d=plain["p_loss_14d"],
        beyond_horizon=plain["beyond_horizon"],
        silent=Silent(plain["silent_reason"]) if plain["silent_reason"] else None,
    )


def read_book_by(plain: Mapping[str, Any]) -> BookBy:
    """Return the advice on booking that was shown."""
    return BookBy(
        day=date.fromisoformat(plain["day"]),
        expected_end=date.fromisoformat(plain["expected_end"]),
        expected_from=ExpectedFrom(plain["expected_from"]),
        own_days=tuple(plain["own_days"]),
        allowed_from=date.fromisoformat(plain["allowed_from"]),
        waiting_time=plain["waiting_time"],
    )


def _rounded(chance: float | None) -> float | None:
    return None if chance is None else round(chance, DECIMALS)
