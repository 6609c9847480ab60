"""Forecasts: asked for by whatever changes a diary, made by a job outside of any unit, stored with their day."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from diary.attempt import can_be_done_again, is_unavailable
from diary.clinical.forecast import Calibration, Forecast, forecast_of
from diary.clinical.rules import RuleSet
from diary.clinical.scores import counting_scores
from diary.clock import Clock
from diary.db import HELD, snapshot, transaction
from diary.giving_way import let_requests_pass
from diary.growing_waits import GrowingWaits
from diary.metering import count_fault
from diary.models import Clinic, PatientForecast
from diary.services.calibrations import calibration_in_force
from diary.services.clinic_by_clinic import clinic_by_clinic
from diary.services.diaries import Diary, forecast_in, read_diaries
from diary.services.fresh_lines import FAILED as LINE_FAILED
from diary.services.fresh_lines import make_right
from diary.services.kept_lines import lock_patients, true_until
from diary.services.projection import take_in_forecasts
from diary.services.rules import rules_in_force
from diary.services.summary_marks import mark_summary, marked_patients

AT_MOST: Final = 200
"""Forecasts of each clinic in a turn."""
AT_ONCE: Final = 20
"""Patients whose diaries are read together and whose forecasts are stored together."""

FAILED: Final = "forecast_failed"
"""What the log says of a forecast that could not be made."""

log = structlog.get_logger()
_waits = GrowingWaits()
"""Forecasts that failed in this process, by clinic and patient; each asking is another mark."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    patient_id: uuid.UUID
    count: int


def forecast_now(diary: Diary, today: date, rules: RuleSet, calibration: Calibration) -> Forecast:
    """Return the forecast for `today`, as if nothing after it had been written; nothing is read or stored."""
    counting = counting_scores(diary.scores(today, rules))
    return forecast_of(diary.judged(today, rules), counting, today, rules=rules, calibration=calibration)


def make_forecasts(clock: Clock, *, at_most: int = AT_MOST, enough: Callable[[], bool] = lambda: False) -> int:
    """Make forecasts that are wanted, the longest wanted first, `at_most` in each clinic; return how many were stored.

    One that is wanted again while it is being made stays wanted, and so do all of a clinic that changes its rules
    meanwhile. What was stored is stored, whenever this is stopped; it stops by itself between two handfuls once there
    is `enough`.
    """
    with snapshot() as session:
        clinic_ids = list(session.scalars(select(Clinic.clinic_id)))
    act = partial(_make_in, clock=clock, at_most=at_most, enough=enough)
    return clinic_by_clinic(clinic_ids, act, told_as="forecasts_failed")


def _make_in(clinic_id: uuid.UUID, *, clock: Clock, at_most: int, enough: Callable[[], bool]) -> int:
    if enough():
        return 0
    make_right(clinic_id, clock=clock)  # what was written since asks for forecasts first
    wanted, stored = _wanted_in(clinic_id, at_most, clock()), 0
    for first in range(0, len(wanted), AT_ONCE):
        if enough():
            break
        stored += _make_in_parts(clinic_id, wanted[first : first + AT_ONCE], clock)
    return stored


def _wanted_in(clinic_id: uuid.UUID, at_most: int, now: datetime) -> list[_Wanted]:
    row = PatientForecast
    waiting = (
        select(row.patient_id, row.wanted)
        .where(row.clinic_id == clinic_id, row.wanted_since.is_not(None))
        .order_by(row.wanted_since, row.patient_id)
        .limit(at_most)
    )
    with snapshot() as session:
        wanted = [_Wanted(patient_id, count) for patient_id, count in session.execute(waiting)]
    return [one for one in wanted if not _waits.is_waiting((clinic_id, one.patient_id), one.count, now)]


def _make_in_parts(clinic_id: uuid.UUID, some: Sequence[_Wanted], clock: Clock) -> int:
    """Make forecasts, in smaller parts where one cannot be read or stored: it goes behind the others that wait."""
    try:
        return _make(clinic_id, some, clock)
    except Exception as error:
        if is_unavailable(error) or can_be_done_again(error):
            raise
        if len(some) == 1:
            log.exception(FAILED, patient=str(some[0].patient_id))
            count_fault("jobs")
            with transaction() as session:
                _put_behind(session, clinic_id, some[0], clock())
            return 0
    middle = len(some) // 2
    return sum(_make_in_parts(clinic_id, part, clock) for part in (some[:middle], some[middle:]))


def _make(clinic_id: uuid.UUID, some: Sequence[_Wanted], clock: Clock) -> int:
    ids = [one.patient_id for one in some]
    let_requests_pass()
    with snapshot() as session:
        seen = true_until(session, clinic_id, ids)  # before anything else is read
        rules, calibration = rules_in_force(session, clinic_id), calibration_in_force(session, clinic_id)
        diaries = {diary.patient.id: diary for diary in read_diaries(session, clinic_id, ids)}
    let_requests_pass()
    known = [one for one in some if one.patient_id in diaries]
    made = {one: _attempt(diaries[one.patient_id], rules, calibration, clock()) for one in known}
    let_requests_pass()
    with transaction() as session:
        # The clinic, so that its rules stay; then its patients, before any forecast or line of theirs.
        if session.get(Clinic, clinic_id, with_for_update=HELD) is None:
            return 0
        lock_patients(session, clinic_id, ids)
        if rules_in_force(session, clinic_id) != rules:
            return 0
        now, still = clock(), true_until(session, clinic_id, ids)
        written = set(marked_patients(session, clinic_id, now=now, among=ids))
        stored = 0
        for one, forecast in made.items():
            whose = one.patient_id
            if forecast is None:
                _put_behind(session, clinic_id, one, now)
            elif (
                whose not in written
                and still.get(whose) == seen.get(whose)
                and diaries[whose].today(now) == forecast.today
            ):
                stored += _store(session, clinic_id, one, forecast, rules, now)
    return stored


def _attempt(diary: Diary, rules: RuleSet, calibration: Calibration, now: datetime) -> Forecast | None:
    """Return the forecast, or None where it cannot be made: one diary never holds up the others."""
    try:
        return forecast_now(diary, diary.today(now), rules, calibration)
    except Exception:
        log.exception(FAILED, patient=str(diary.patient.id))
        count_fault("jobs")
        return None


def _put_behind(session: Session, clinic_id: uuid.UUID, one: _Wanted, now: datetime) -> None:
    """Let one that failed wait, behind the others and for a while that grows, unless it is wanted anew."""
    _waits.note_failure((clinic_id, one.patient_id), one.count, now)
    row = session.get(PatientForecast, (clinic_id, one.patient_id), with_for_update=True)
    if row is not None and row.wanted_since is not None and row.wanted == one.count:
        row.wanted_since = now


def _store(
    session: Session, clinic_id: uuid.UUID, one: _Wanted, forecast: Forecast, rules: RuleSet, now: datetime
) -> bool:
    row = session.get(PatientForecast, (clinic_id, one.patient_id), with_for_update=True)
    if row is None or row.wanted_since is None or row.wanted != one.count:
        return False
    before = forecast_in(row)
    row.as_of, row.made_at, row.wanted_since = forecast.today, now, None
    row.course_day_0 = forecast.course_day_0
    row.p10, row.p50, row.p90 = forecast.p10, forecast.p50, forecast.p90
    row.p_loss_14d, row.beyond_horizon = forecast.p_loss_14d, forecast.beyond_horizon
    row.silent = forecast.silent.value if forecast.silent else None
    if _may_move_booking(before, forecast, rules):
        _take_in(session, clinic_id, one.patient_id, now)
    return True


def _take_in(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID, now: datetime) -> None:
    """Make the line again, or leave it out of date where it cannot be made: it never holds up the others."""
    try:
        take_in_forecasts(session, clinic_id, [patient_id], now=now)
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception(LINE_FAILED, patient=str(patient_id))
        count_fault("jobs")
        mark_summary(session, clinic_id, patient_id, now=now)


def _may_move_booking(before: Forecast | None, forecast: Forecast, rules: RuleSet) -> bool:
    """Say whether the summary can look different now; nothing on it but book by knows the forecast."""
    if all(medicine.waiting_time is None for medicine in rules.medicines):
        return False
    return (before and before.course_day_0, before and before.p50) != (forecast.course_day_0, forecast.p50)
