"""Forecasts as a test wants them, in the place of the model's."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from diary.clinical.forecast import Calibration, Forecast, Silent
from diary.clinical.rules import RuleSet
from diary.db import snapshot
from diary.installation import installation
from diary.models import PatientForecast
from diary.services import forecasts, rules
from diary.services.fresh_lines import make_right
from tests.clinic_builders import AClinic


def expecting(  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch,
    *,
    p50: int = 60,
    before: Callable[[date], None] = lambda _today: None,
    silent: Silent | None = None,
    chance: float | None = 0.35,
) -> list[date]:
    """Let every forecast of a patient with a course speak of day `p50` ± 10; return the days they were made for."""
    made: list[date] = []

    def forecast_of(judged: Any, _counting: Any, today: date, *, rules: RuleSet, calibration: Calibration) -> Forecast:
        made.append(today)
        before(today)
        if not judged:
            return Forecast(today, None, silent=Silent.NO_COURSE)
        day_0 = judged[-1].course.last_day
        if silent:
            return Forecast(today, day_0, p_loss_14d=chance, silent=silent)
        return Forecast(today, day_0, p50 - 10, p50, p50 + 10, chance, 0.1)

    monkeypatch.setattr(forecasts, "forecast_of", forecast_of)
    return made


def wait_for_chairs(clinic: AClinic, clock, days: int = 35) -> None:  # type: ignore[no-untyped-def]
    """Let the clinic say how long one waits for a chair for ketamine."""
    with snapshot() as session:
        version = int(rules.rules_in_force(session, clinic.clinic_id).version)
    changes = {"ketamine.waiting_time": days}
    rules.change_rules(
        clinic.admin, clinic.clinic_id, changes, reason="the waiting list", base_version=version, clock=clock
    )


def stored_forecast(patient) -> PatientForecast:  # type: ignore[no-untyped-def]
    """Return a patient's row, once what was written has come to the list."""
    make_right(patient.clinic_id, clock=installation().clock)
    with snapshot() as session:
        return session.get_one(PatientForecast, (patient.clinic_id, patient.patient_id))
