"""Pauses: days in hospital or on holiday on which nobody reminds; a pause never changes a verdict."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Changed, Invalid, NotThere, Sentence
from diary.models import DiaryPause
from diary.services import audit
from diary.services.consents import refuse_when_stopped
from diary.services.courses import lock_patient
from diary.services.projection import refresh_summary
from diary.services.running_pauses import covers, live_pauses, running
from diary.services.some_days import begin_reading
from diary.vocabulary import PauseReason

LONGEST: Final = timedelta(days=366)
UNDO_WITHIN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class OwnPauses:
    """A patient's pauses that run or lie ahead on `today`, and the change that can still be undone."""

    today: date
    pauses: tuple[DiaryPause, ...]
    undoable: DiaryPause | None


def is_paused(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID, day: date) -> bool:
    """Say whether a pause of the patient covers `day`."""
    return running_pause(session, clinic_id, patient_id, day) is not None


def running_pause(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID, day: date) -> DiaryPause | None:
    """Return the pause of the patient that covers `day`."""
    return running(revisions_of_pauses(session, Subject(clinic_id, patient_id)), day)


def revisions_of_pauses(session: Session, patient: Subject) -> Sequence[DiaryPause]:
    """Return every revision of every pause, in the order of writing."""
    rows = select(DiaryPause).where(
        DiaryPause.clinic_id == patient.clinic_id, DiaryPause.patient_id == patient.patient_id
    )
    return session.scalars(rows.order_by(DiaryPause.written_at, DiaryPause.revision)).all()


def read_own_pauses(who: Identity, patient: Subject, *, clock: Clock) -> OwnPauses:
    """Return the pauses of the patient who is asking."""
    require(who, Permission.DIARY_READ, patient)
    with snapshot() as session:
        now = clock()
        today = begin_reading(session, patient).today(now)
        revisions = revisions_of_pauses(session, patient)
    ahead = (pause for pause in live_pauses(revisions) if pause.last_day is None or pause.last_day >= today)
    last = revisions[-1] if revisions else None
    undoable = last if last and not _is_undo(last, revisions) and now - last.written_at <= UNDO_WITHIN else None
    return OwnPauses(today, tuple(ahead), undoable)


def start_pause(
    who: Identity,
    patient: Subject,
    reason: PauseReason,
    *,
    first_day: date,
    last_day: date | None,
    client_ref: uuid.UUID,
    clock: Clock,
) -> uuid.UUID:
    """Pause from `first_day` to `last_day`, or until it is ended, and return the name of the pause.

    Raises:
        Invalid: the days are out of order, too far away, or shared with another pause.
        Changed: `client_ref` was sent before with something else.
    """
    require(who, Permission.EXTRAS_WRITE, patient)
    with transaction() as session:
        lock_patient(session, patient)
        revisions = revisions_of_pauses(session, patient)
        sent = next((one for one in revisions if one.client_ref == client_ref), None)
        if sent is not None:
            if (sent.reason, sent.first_day, sent.last_day) != (reason, first_day, last_day):
                raise Changed(Sentence("This form was sent before with something else. Nothing was changed."))
            return sent.pause_id
        refuse_when_stopped(session, patient)
        now = clock()
        _check_days(begin_reading(session, patient).today(now), first_day, last_day)
        _check_free(live_pauses(revisions), first_day, last_day)
        pause = _row(patient, uuid.uuid4(), 1, client_ref=client_ref, now=now)
        pause.reason, pause.first_day, pause.last_day, pause.taken_back = reason, first_day, last_day, False
        return _store(session, who, pause, now)


def end_pause(who: Identity, patient: Subject, pause_id: uuid.UUID, *, clock: Clock) -> None:
    """End a pause with the day before today; one that has not lasted a day yet is taken back. Ended twice: once.

    Raises:
        NotThere: the patient has no such pause.
    """
    require(who, Permission.EXTRAS_WRITE, patient)
    with transaction() as session:
        lock_patient(session, patient)
        last = _of_pause(revisions_of_pauses(session, patient), pause_id)[-1]
        now = clock()
        yesterday = begin_reading(session, patient).today(now) - timedelta(days=1)
        if last.taken_back or (last.last_day is not None and last.last_day <= yesterday):
            return
        pause = _next(patient, last, "end", now)
        pause.taken_back = pause.first_day > yesterday
        pause.last_day = pause.last_day if pause.taken_back else yesterday
        _store(session, who, pause, now)


def undo_pause(who: Identity, patient: Subject, pause_id: uuid.UUID, *, clock: Clock) -> None:
    """Take the last change of a pause back: what stood before it stands again. Undone twice: once.

    Raises:
        NotThere: the patient has no such pause.
        Changed: it is too long ago.
    """
    require(who, Permission.EXTRAS_WRITE, patient)
    with transaction() as session:
        lock_patient(session, patient)
        revisions = _of_pause(revisions_of_pauses(session, patient), pause_id)
        if _is_undo(revisions[-1], revisions):
            return
        now = clock()
        if now - revisions[-1].written_at > UNDO_WITHIN:
            raise Changed(Sentence("This can no longer be undone. End the pause, or begin another one."))
        before = revisions[-2] if len(revisions) > 1 else None
        pause = _next(patient, revisions[-1], "undo", now)
        pause.taken_back = before.taken_back if before else True
        pause.last_day = before.last_day if before else pause.last_day
        _store(session, who, pause, now)


def _is_undo(last: DiaryPause, revisions: Sequence[DiaryPause]) -> bool:
    undone = {uuid.uuid5(one.client_ref, "undo") for one in revisions if one.pause_id == last.pause_id}
    return last.client_ref in undone


def _of_pause(revisions: Sequence[DiaryPause], pause_id: uuid.UUID) -> list[DiaryPause]:
    found = sorted((one for one in revisions if one.pause_id == pause_id), key=lambda one: one.revision)
    if not found:
        raise NotThere
    return found


def _check_days(today: date, first_day: date, last_day: date | None) -> None:
    if not today <= first_day <= today + LONGEST:
        raise Invalid(first_day=Sentence("A pause begins today or within a year."))
    if last_day is not None and last_day < first_day:
        raise Invalid(last_day=Sentence("The last day comes before the first one."))
    if last_day is not None and last_day > first_day + LONGEST:
        raise Invalid(last_day=Sentence("A pause lasts at most a year. Leave the last day empty if you cannot say."))


def _check_free(live: Sequence[DiaryPause], first_day: date, last_day: date | None) -> None:
    for pause in live:
        starts_within = covers(pause, first_day)
        if starts_within or (pause.first_day >= first_day and (last_day is None or pause.first_day <= last_day)):
            raise Invalid(first_day=Sentence("You have a pause in these days already. End it first."))


def _row(patient: Subject, pause_id: uuid.UUID, revision: int, *, client_ref: uuid.UUID, now: datetime) -> DiaryPause:
    return DiaryPause(
        clinic_id=patient.clinic_id,
        id=uuid.uuid4(),
        patient_id=patient.patient_id,
        pause_id=pause_id,
        revision=revision,
        client_ref=client_ref,
        written_at=now,
    )


def _next(patient: Subject, last: DiaryPause, what: str, now: datetime) -> DiaryPause:
    moment = max(now, last.written_at + timedelta(microseconds=1))
    ref = uuid.uuid5(last.client_ref, what)
    pause = _row(patient, last.pause_id, last.revision + 1, client_ref=ref, now=moment)
    pause.reason, pause.first_day, pause.last_day, pause.taken_back = (
        last.reason,
        last.first_day,
        last.last_day,
        last.taken_back,
    )
    return pause


def _store(session: Session, who: Identity, pause: DiaryPause, now: datetime) -> uuid.UUID:
    session.add(pause)
    session.flush()
    content = {
        "pause": str(pause.pause_id),
        "revision": pause.revision,
        "reason": str(pause.reason),
        "first_day": pause.first_day.isoformat(),
        "last_day": pause.last_day and pause.last_day.isoformat(),
        "taken_back": pause.taken_back,
    }
    about = Subject(pause.clinic_id, pause.patient_id)
    audit.write(session, who, "pause.recorded", about=about, at=now, content=content)
    refresh_summary(session, pause.clinic_id, pause.patient_id, now=now)
    return pause.pause_id
