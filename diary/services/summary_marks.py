"""Which summaries are out of date: a diary day has passed since, or something was written since.

An entry does not make the summary again: it puts `true_until` far into the past. The jobs look for such lines every
few seconds, and whatever shows, counts or sends lines makes them again before. No two marks are alike, so that whoever
reckons outside of a unit sees whether anything was written meanwhile.
"""

import secrets
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from diary.models import PatientSummary
from diary.prepared import Prepared

LONG_AGO: Final = timedelta(days=36_500)
"""So far back a mark lies, in the order of writing: no day that has passed is ever as long overdue."""
MARKED_BEFORE: Final = timedelta(days=18_250)
"""What is overdue for longer was marked, also by a server whose clock goes differently."""
MICROSECONDS: Final = 1_000_000

_LINE: Final = cast("Table", PatientSummary.__table__)
_MARK: Final = Prepared(
    update(_LINE)
    .where(_LINE.c.clinic_id == bindparam("clinic"), _LINE.c.patient_id == bindparam("patient"))
    .values(true_until=bindparam("mark"))
)


def mark_summary(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID, *, now: datetime) -> None:
    """Let the summary of a patient be made again before anybody is shown it."""
    mark = (now - LONG_AGO).replace(microsecond=secrets.randbelow(MICROSECONDS))
    _MARK.run(session, clinic=clinic_id, patient=patient_id, mark=mark)


def stale_patients(
    session: Session, clinic_id: uuid.UUID, *, now: datetime, at_most: int | None = None
) -> list[uuid.UUID]:
    """Return patients whose summary is out of date, `at_most` if so: those marked first, then the longest overdue."""
    stale = select(PatientSummary.patient_id).where(
        PatientSummary.clinic_id == clinic_id, PatientSummary.true_until <= now
    )
    return list(session.scalars(stale.order_by(PatientSummary.true_until).limit(at_most)))


def marked_patients(
    session: Session,
    clinic_id: uuid.UUID,
    *,
    now: datetime,
    at_most: int | None = None,
    among: Collection[uuid.UUID] | None = None,
) -> list[uuid.UUID]:
    """Return patients, or those `among` some, in whose diaries something was written since, the earliest first."""
    marked = select(PatientSummary.patient_id).where(
        PatientSummary.clinic_id == clinic_id, PatientSummary.true_until <= now - MARKED_BEFORE
    )
    if among is not None:
        marked = marked.where(PatientSummary.patient_id.in_(among))
    return list(session.scalars(marked.order_by(PatientSummary.true_until).limit(at_most)))


def overdue_since(true_until: datetime, now: datetime) -> datetime:
    """Return since when a summary right until `true_until` waits to be made again: from its mark, if it has one."""
    return true_until + LONG_AGO if true_until <= now - MARKED_BEFORE else true_until
