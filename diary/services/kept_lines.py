"""Putting what was worked out of diaries into its tables: summaries, words, outcomes, and the wish for a forecast."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Select, Table, bindparam, func, insert, literal, select, update
from sqlalchemy.orm import Session

from diary.models import ClinicTally, Patient, PatientForecast, PatientSummary
from diary.models.types import UtcMoment
from diary.services.outcomes import store_outcomes
from diary.services.worklist_words import keep_words

LOCKED_AT_ONCE: Final = 5_000
"""Patients named in one statement: far fewer than a driver takes."""

_LINE: Final = cast("Table", PatientSummary.__table__)
_FORECAST: Final = cast("Table", PatientForecast.__table__)
_KEY: Final = ("clinic_id", "patient_id")
_CHANGED: Final = (
    update(_LINE)
    .where(
        _LINE.c.clinic_id == bindparam("of_clinic"),
        _LINE.c.patient_id == bindparam("of_patient"),
        _LINE.c.true_until == bindparam("seen"),
    )
    .values({column.name: bindparam(column.name) for column in _LINE.c if column.name not in _KEY})
)


@dataclass(frozen=True, slots=True)
class LineMade:
    """A patient's summary and what came of each course, worked out and not stored yet."""

    patient: Patient
    summary: dict[str, Any]
    outcomes: list[dict[str, Any]]

    @property
    def patient_id(self) -> uuid.UUID:
        """Whose they are."""
        return self.patient.id


def lock_patients(session: Session, clinic_id: uuid.UUID, patient_ids: Collection[uuid.UUID]) -> None:
    """Let nobody write in these diaries until the unit is over; always in the order of their ids.

    Who holds several holds them all before the head of the chain and the tally, or two units would wait in a ring.
    """
    if session.get_bind().dialect.name == "sqlite":
        return  # nobody else writes at all
    wanted = sorted(patient_ids)
    for begin in range(0, len(wanted), LOCKED_AT_ONCE):
        some = Patient.id.in_(wanted[begin : begin + LOCKED_AT_ONCE])
        session.execute(_locked(clinic_id).where(some)).all()


def lock_everyone(session: Session, clinic_id: uuid.UUID) -> None:
    """Let nobody write in any diary of a clinic until the unit is over; in the order of their ids too."""
    if session.get_bind().dialect.name == "sqlite":
        return
    everyone = session.execute(_locked(clinic_id).execution_options(yield_per=LOCKED_AT_ONCE))
    for _some in everyone.partitions():  # a clinic of a nation is never in memory together
        pass


def _locked(clinic_id: uuid.UUID) -> Select[uuid.UUID]:
    whole = select(Patient.id).where(Patient.clinic_id == clinic_id).order_by(Patient.id)
    return whole.with_for_update(key_share=True)


def true_until(session: Session, clinic_id: uuid.UUID, patient_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """Return until when the summaries that there are of these patients are right."""
    known = select(_LINE.c.patient_id, _LINE.c.true_until).where(
        _LINE.c.clinic_id == clinic_id, _LINE.c.patient_id.in_(patient_ids)
    )
    return {row.patient_id: row.true_until for row in session.execute(known)}


def put_lines(
    session: Session, clinic_id: uuid.UUID, made: Sequence[LineMade], *, now: datetime, whole: bool = True
) -> None:
    """Store what was made of diaries that nobody has written in since; the lines alone where it is not the `whole`."""
    if not made:
        return
    ids = [one.patient_id for one in made]
    seen = true_until(session, clinic_id, ids)
    if changed := [
        {**one.summary, "of_clinic": clinic_id, "of_patient": one.patient_id, "seen": seen[one.patient_id]}
        for one in made
        if one.patient_id in seen
    ]:
        session.execute(_CHANGED, changed)
    if added := [
        {"clinic_id": clinic_id, "patient_id": one.patient_id, **one.summary}
        for one in made
        if one.patient_id not in seen
    ]:
        session.execute(insert(_LINE), added)
    keep_words(session, clinic_id, [one.patient for one in made])
    if whole:
        store_outcomes(session, clinic_id, {one.patient_id: one.outcomes for one in made})
        _want_forecasts(session, clinic_id, ids, now)
    # Whatever it says: a count that is under way would not see these lines.
    session.execute(update(ClinicTally).where(ClinicTally.clinic_id == clinic_id).values(out_of_date=True))


def _want_forecasts(session: Session, clinic_id: uuid.UUID, patient_ids: list[uuid.UUID], now: datetime) -> None:
    """Ask for new forecasts; the asking is counted by the database, so that two at once are two."""
    row, asked_at = _FORECAST.c, literal(now, UtcMoment())
    asked = (
        update(_FORECAST)
        .where(row.clinic_id == clinic_id, row.patient_id.in_(patient_ids))
        .values(wanted=row.wanted + 1, wanted_since=func.coalesce(row.wanted_since, asked_at))
        .returning(row.patient_id)
    )
    known = set(session.scalars(asked))
    first = {"clinic_id": clinic_id, "wanted": 1, "wanted_since": now}
    if new := [{**first, "patient_id": one} for one in patient_ids if one not in known]:
        session.execute(insert(_FORECAST), new)
