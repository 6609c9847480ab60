"""The tally of a worklist: how many stand where and how many chairs are likely needed, counted beside the pages."""

import uuid
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.models import ClinicTally, PatientSummary

SMALL: Final = 2000
"""Up to so many patients a page counts for itself; of more, the jobs alone do, and the page says when."""


def is_to_be_counted(session: Session, clinic_id: uuid.UUID) -> bool:
    """Say whether a page must count the list: it changed since it was counted, and it is small."""
    tally = session.get(ClinicTally, clinic_id)
    if tally is None or not tally.out_of_date:
        return False
    row = PatientSummary
    listed = select(row.patient_id).where(row.clinic_id == clinic_id, row.on_worklist.is_(True)).limit(SMALL + 1)
    return (session.scalar(select(func.count()).select_from(listed.subquery())) or 0) <= SMALL


def refresh_tally(session: Session, clinic_id: uuid.UUID, *, now: datetime) -> None:
    """Count the worklist of a clinic again, when it changed since it was counted."""
    tally = session.get(ClinicTally, clinic_id)
    if tally is None or not tally.out_of_date:
        return
    tally.counted_at, tally.out_of_date = now, False
    session.flush()  # from here on the tally is held: lines that are stored meanwhile mark it again afterwards
    tally.counts, tally.chairs = _counts(session, clinic_id), _chairs(session, clinic_id)


def _counts(session: Session, clinic_id: uuid.UUID) -> dict[str, int]:
    row = PatientSummary
    grouped = (
        select(row.state, row.band, func.count())
        .where(row.clinic_id == clinic_id, row.on_worklist.is_(True))
        .group_by(row.state, row.band)
    )
    counts: Counter[str] = Counter()
    for state, band, number in session.execute(grouped):
        counts[state] += number
        counts[f"band-{band}"] += number
        counts["all"] += number
    return dict(counts)


def _chairs(session: Session, clinic_id: uuid.UUID) -> list[tuple[str, str, int]]:
    """Return Monday, medicine and number of the chairs likely needed; protected diaries are left out."""
    row = PatientSummary
    grouped = (
        select(row.chair_on, row.medicine, func.count())
        .where(
            row.clinic_id == clinic_id,
            row.on_worklist.is_(True),
            row.chair_on.is_not(None),
            row.protected_at.is_(None),
        )
        .group_by(row.chair_on, row.medicine)
    )
    chairs: Counter[tuple[str, str]] = Counter()
    for day, medicine, number in session.execute(grouped):
        if day is not None:
            chairs[monday_of(day).isoformat(), medicine or ""] += number
    return [(monday, medicine, number) for (monday, medicine), number in sorted(chairs.items())]


def monday_of(day: date) -> date:
    """Return the Monday of the week of `day`."""
    return day - timedelta(days=day.weekday())
