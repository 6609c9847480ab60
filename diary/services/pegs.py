"""PEG, once a week: pain, enjoyment of life and general activity, each 0 to 10, within a unit that is open already.

Source: Krebs 2009, J Gen Intern Med 24:733. The three answers are kept as they are given and judged by nobody here.
"""

import uuid
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clinical.scores import SCORES
from diary.errors import Invalid, Sentence
from diary.models import WeeklyPeg
from diary.services import audit

A_WEEK: Final = timedelta(days=7)


class Peg(NamedTuple):
    """The three answers, each 0 to 10."""

    pain: int
    enjoyment: int
    activity: int


def live_pegs(session: Session, patient: Subject) -> dict[date, Peg]:
    """Return the answers that hold, by the day on which they were given."""
    rows = select(WeeklyPeg).where(*_of(patient)).order_by(WeeklyPeg.day, WeeklyPeg.revision)
    last = {row.day: _answers(row) for row in session.scalars(rows)}
    return {day: peg for day, peg in last.items() if peg is not None}


def peg_of(
    session: Session, patient: Subject, day: date, *, sent_as: Collection[uuid.UUID] | None = None
) -> Peg | None:
    """Return what was answered on `day`, of all that was sent or of what was `sent_as` some names."""
    of_day = select(WeeklyPeg).where(*_of(patient), WeeklyPeg.day == day)
    if sent_as is not None:
        of_day = of_day.where(WeeklyPeg.client_ref.in_(sent_as))
    row = session.scalar(of_day.order_by(WeeklyPeg.revision.desc()).limit(1))
    return _answers(row) if row else None


def is_peg_asked(session: Session, patient: Subject, day: date) -> bool:
    """Say whether nothing was answered within a week before or after `day`."""
    return not any(abs(day - answered) < A_WEEK for answered in live_pegs(session, patient))


def check_peg(peg: Peg | None, *, is_asked: bool) -> None:
    """Pass answers that can be stored.

    Raises:
        Invalid: one lies outside 0 to 10, or less than a week has passed since the last ones.
    """
    if peg is None:
        return
    if not all(answer in SCORES for answer in peg):
        raise Invalid(peg_pain=Sentence("Choose a number from 0 to 10."))
    if not is_asked:
        raise Invalid(peg_pain=Sentence("These three questions were answered less than a week ago."))


def put_peg(
    session: Session,
    who: Identity,
    patient: Subject,
    day: date,
    peg: Peg | None,
    *,
    client_ref: uuid.UUID,
    now: datetime,
) -> None:
    """Add a revision of the answers of `day`; None takes them back."""
    so_far = session.scalar(select(func.max(WeeklyPeg.revision)).where(*_of(patient), WeeklyPeg.day == day)) or 0
    row = WeeklyPeg(
        clinic_id=patient.clinic_id,
        id=uuid.uuid4(),
        patient_id=patient.patient_id,
        day=day,
        revision=so_far + 1,
        client_ref=client_ref,
        pain=peg.pain if peg else None,
        enjoyment=peg.enjoyment if peg else None,
        activity=peg.activity if peg else None,
        written_at=now,
    )
    session.add(row)
    session.flush()
    content = {"peg": str(row.id), "day": day.isoformat(), "revision": row.revision}
    audit.write(session, who, "peg.recorded", about=patient, at=now, content=content)


def _of(patient: Subject):  # type: ignore[no-untyped-def]
    return WeeklyPeg.clinic_id == patient.clinic_id, WeeklyPeg.patient_id == patient.patient_id


def _answers(row: WeeklyPeg) -> Peg | None:
    if row.pain is None or row.enjoyment is None or row.activity is None:
        return None
    return Peg(row.pain, row.enjoyment, row.activity)
