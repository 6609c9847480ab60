"""Forecasts and book by as plain JSON values: for the command line, and for what a decision was bound to."""

from typing import Any

from diary.clinical.book_by import BookBy
from diary.clinical.forecast import Forecast

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


def _rounded(chance: float | None) -> float | None:
    return None if chance is None else round(chance, DECIMALS)
