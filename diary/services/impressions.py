"""The patient's global impression of change, as staff record it at a visit or on the phone.

One question beside the pain, judged by nobody here: since the course began, how is your life with the pain as a whole?
Seven answers from 1, very much better, to 7, very much worse.

Source: Guy 1976, ECDEU assessment manual; Dworkin 2008, J Pain 9:105, names it beside pain intensity.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clinical.calendar_days import is_plausible
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.exchange.own_days import OwnImpression
from diary.models import GlobalImpression
from diary.services import audit
from diary.services.diaries import Diary
from diary.services.sent import sent_before
from diary.services.some_days import begin_reading
from diary.services.staff_notes import LONGEST_REASON, begin_writing, checked_words, find_written, is_taken_back

ANSWERS: Final = range(1, 8)
HOW: Final = ("visit", "phone")


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as the page shows it; `taken_back` is the row that took it back."""

    row: GlobalImpression
    taken_back: GlobalImpression | None


def record_impression(
    who: Identity, patient: Subject, answer: int, *, day: date, how: str, client_ref: uuid.UUID, clock: Clock
) -> uuid.UUID:
    """Record what a patient said on `day`, at a visit or on the phone; the same form sent twice is kept once.

    Raises:
        Invalid: no such answer, or the day lies ahead.
    """
    with transaction() as session:
        now = begin_writing(session, who, patient, clock)
        said = {"patient_id": patient.patient_id, "answer": answer, "day": day, "how": how}
        if sent := sent_before(session, GlobalImpression, patient, client_ref, said):
            return sent
        _check(answer, how, day, begin_reading(session, patient), now)
        row = GlobalImpression(
            clinic_id=patient.clinic_id, id=client_ref, member_id=who.member_id, reason="", recorded_at=now, **said
        )
        session.add(row)
        session.flush()
        content = {"impression": str(client_ref), "day": day.isoformat(), "how": how}
        audit.write(session, who, "impression.recorded", about=patient, at=now, content=content)
        return client_ref


def take_back_impression(
    who: Identity, patient: Subject, impression_id: uuid.UUID, *, reason: str, clock: Clock
) -> None:
    """Take an answer back; it stays to be read, with who took it back and why. Twice is once.

    Raises:
        NotThere: the patient has no such answer.
        Invalid: the reason is missing.
    """
    with transaction() as session:
        now = begin_writing(session, who, patient, clock)
        row = find_written(session, GlobalImpression, patient, impression_id)
        words = checked_words(reason, LONGEST_REASON, "reason")
        if is_taken_back(session, GlobalImpression, patient, impression_id):
            return
        session.add(
            GlobalImpression(
                clinic_id=patient.clinic_id,
                id=uuid.uuid4(),
                patient_id=patient.patient_id,
                member_id=who.member_id,
                day=row.day,
                how=row.how,
                reason=words,
                takes_back=impression_id,
                recorded_at=now,
            )
        )
        session.flush()
        said = {"impression": str(impression_id), "day": row.day.isoformat()}
        audit.write(session, who, "impression.taken_back", about=patient, at=now, content=said)


def impressions_of(session: Session, patient: Subject) -> Sequence[Said]:
    """Return what a patient said, the latest day first, with what was taken back."""
    rows = session.scalars(
        select(GlobalImpression)
        .where(GlobalImpression.clinic_id == patient.clinic_id, GlobalImpression.patient_id == patient.patient_id)
        .order_by(GlobalImpression.day.desc(), GlobalImpression.recorded_at.desc())
    ).all()
    taken_back = {row.takes_back: row for row in rows if row.takes_back}
    return [Said(row, taken_back.get(row.id)) for row in rows if row.takes_back is None]


def own_impressions(session: Session, patient: Subject) -> list[OwnImpression]:
    """Return the answers as their patient takes them out, the earliest day first."""
    return [
        OwnImpression(
            said.row.day,
            said.row.answer or 0,
            said.row.how,
            said.row.recorded_at,
            said.taken_back.recorded_at if said.taken_back else None,
        )
        for said in reversed(impressions_of(session, patient))
    ]


def _check(answer: int, how: str, day: date, diary: Diary, now: datetime) -> None:
    if answer not in ANSWERS:
        raise Invalid(answer=Sentence("Choose one of the seven answers."))
    if how not in HOW:
        raise NotThere
    if day > diary.today(now) or not is_plausible(day):
        raise Invalid(day=Sentence("This day has not come yet."))
