"""Verdicts and forecasts of a whole clinic, as if nothing after a day had been written."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from sqlalchemy import select

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.forecast import Calibration, Forecast
from diary.clinical.rules import RuleSet
from diary.clinical.states import State
from diary.clinical.verdict import Verdict
from diary.db import snapshot
from diary.exchange.forecast_lines import plain_forecast
from diary.exchange.verdict_lines import plain_verdict
from diary.models import Patient
from diary.services.calibrations import calibration_as_of
from diary.services.clinics import the_clinic
from diary.services.diaries import Diary, read_diaries
from diary.services.forecasts import forecast_now
from diary.services.rules import rules_on

AT_ONCE: Final = 200
"""Patients read in one look; between two looks others may write."""


def verdicts_as_of(who: Identity, day: date, *, clinic: str | None) -> Iterator[dict[str, Any]]:
    """Yield the verdict of each patient of a clinic for `day`, ordered by reference.

    Raises:
        Invalid: no such clinic, or several and none named.
    """
    known = _known_on(who, day, clinic)
    for diary in known.diaries():
        verdict = diary.verdict(day, known.rules)
        if _needs_forecast(verdict, known.rules):
            verdict = known.with_forecast(diary).verdict(day, known.rules)
        yield known.about(diary, plain_verdict(verdict))


def forecasts_as_of(who: Identity, day: date, *, clinic: str | None) -> Iterator[dict[str, Any]]:
    """Yield the forecast of each patient of a clinic for `day`, computed now, ordered by reference.

    Raises:
        Invalid: no such clinic, or several and none named.
    """
    known = _known_on(who, day, clinic)
    for diary in known.diaries():
        forecast = known.forecast(diary)
        verdict = diary.with_forecast(forecast).verdict(day, known.rules)
        said = {
            **plain_forecast(forecast),
            "book_by": verdict.book_by.day.isoformat() if verdict.book_by else None,
            "state": verdict.state.value,
            "t": verdict.t,
            "medicine": "+".join(verdict.course.medicines) if verdict.course else None,
        }
        yield known.about(diary, said)


@dataclass(frozen=True)
class _Known:
    """A clinic as it was known on `day`; the forecasts that are stored may know of later days and are left out."""

    clinic_id: uuid.UUID
    name: str
    day: date
    rules: RuleSet
    patient_ids: Sequence[uuid.UUID]

    def diaries(self) -> Iterator[Diary]:
        """Yield the diary of each patient, ordered by reference."""
        for first in range(0, len(self.patient_ids), AT_ONCE):
            with snapshot() as session:
                some = list(read_diaries(session, self.clinic_id, self.patient_ids[first : first + AT_ONCE]))
            for diary in some:
                yield diary.with_forecast(None)

    @cached_property
    def calibration(self) -> Calibration:
        """What the finished courses of that day teach; worked out when a forecast first asks for it."""
        return calibration_as_of(self.diaries(), self.day, self.rules)

    def forecast(self, diary: Diary) -> Forecast:
        """Return the forecast of one of the diaries."""
        return forecast_now(diary, self.day, self.rules, self.calibration)

    def with_forecast(self, diary: Diary) -> Diary:
        """Return one of the diaries with its forecast."""
        return diary.with_forecast(self.forecast(diary))

    def about(self, diary: Diary, said: dict[str, Any]) -> dict[str, Any]:
        """Return what is said of a patient with who it is."""
        patient = diary.patient
        return {"patient": patient.reference, **said, "clinic": self.name, "id": str(patient.id)}


def _known_on(who: Identity, day: date, clinic: str | None) -> _Known:
    with snapshot() as session:
        home = the_clinic(session, clinic)
        require(who, Permission.STUDY_WRITE, Subject(home.clinic_id))
        patients = select(Patient.id).where(Patient.clinic_id == home.clinic_id).order_by(Patient.reference)
        return _Known(home.clinic_id, home.name, day, rules_on(session, home, day), session.scalars(patients).all())


def _needs_forecast(verdict: Verdict, rules: RuleSet) -> bool:
    """Say whether a forecast could add the mark book_by; a clinic without waiting times never pays for one."""
    if verdict.course is None or verdict.book_by is not None:
        return False
    asks = verdict.state in (State.HOLDING, State.DUE_SOON, State.REPEAT_DUE)
    return asks and rules.medicine(verdict.course.governing).waiting_time is not None
