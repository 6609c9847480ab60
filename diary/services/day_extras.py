"""What goes with a day: worst pain, sleep, what else was and came, a short note, and PEG once a week.

Everything is optional. A correction is a further revision; what is left out of it is taken back. Nothing of it is ever
counted by the rules; that other medicine changed and that something else came make the events that marks are made of.
"""

import uuid
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.after_infusion import medicines_given_near, side_effects_of
from diary.clinical.scores import SCORES
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Changed, Invalid, NotThere, Sentence
from diary.models import Clinic, DayNote, ExtraReading, PatientEvent
from diary.services import audit
from diary.services.consents import is_diary_stopped, refuse_when_stopped
from diary.services.courses import lock_patient
from diary.services.entries import earliest_day_offered
from diary.services.events import put_event, standing_events, take_back_event
from diary.services.pegs import Peg, check_peg, is_peg_asked, peg_of, put_peg
from diary.services.projection import refresh_summary
from diary.services.readings import standing_readings
from diary.services.rules import rules_in_force
from diary.services.some_days import Span, begin_reading, read_courses
from diary.vocabulary import EventKind, Happened

LONGEST_NOTE: Final = 500


@dataclass(frozen=True, slots=True)
class Extras:
    """What a patient says of a day beside its score; each of it may be left out."""

    worst: int | None = None
    sleep: int | None = None
    side_effects: tuple[str, ...] = ()
    medicine_changed: bool = False
    happened: tuple[str, ...] = ()
    note: str = ""
    peg: Peg | None = None


NOTHING_SAID: Final = Extras()


class SavedMeanwhile(Changed):
    """Something else was saved for the day since the form was made; `made_from` is what held then."""

    def __init__(self, made_from: Extras) -> None:
        super().__init__(Sentence("Something else was saved for this day meanwhile. Nothing was changed."))
        self.made_from = made_from


def put_together(made_from: Extras, stored: Extras, said: Extras) -> tuple[Extras, tuple[str, ...]]:
    """Return what somebody changed, put onto what is stored now, and the names of what was changed on both sides."""
    mine, both = {}, []
    for name in (one.name for one in fields(Extras)):
        before, now, wanted = (getattr(one, name) for one in (made_from, stored, said))
        if wanted != before:
            mine[name] = wanted
            if now not in (before, wanted):
                both.append(name)
    return replace(stored, **mine), tuple(both)


@dataclass(frozen=True, slots=True)
class DayExtras:
    """What a day's page asks and knows.

    Attributes:
        said: what holds now.
        revision: how often something was said of this day; 0 for never.
        medicines: those of courses that the day is close to.
        side_effects: codes that may be ticked.
        peg_is_asked: a week has passed since PEG was answered, or it was answered on this day.
        notes_are_taken: the clinic takes short notes, or there is one already.
        readings: other scores of the day.
        zone: where the patient lived on that day.
    """

    day: date
    today: date
    said: Extras
    revision: int
    medicines: tuple[str, ...]
    side_effects: tuple[str, ...]
    peg_is_asked: bool
    notes_are_taken: bool
    readings: tuple[ExtraReading, ...]
    zone: Any
    stopped: bool

    @property
    def written(self) -> bool:
        """Say whether something was said of this day before."""
        return self.revision > 0


def read_extras(who: Identity, patient: Subject, day: date, *, clock: Clock) -> DayExtras:
    """Return what the patient who is asking said of `day`, and what may be asked.

    Raises:
        NotThere: the day is neither offered nor was anything said of it.
    """
    require(who, Permission.DIARY_READ, patient)
    with snapshot() as session:
        return _read(session, patient, day, clock())


def record_extras(
    who: Identity,
    patient: Subject,
    *,
    day: date,
    said: Extras,
    client_ref: uuid.UUID,
    clock: Clock,
    seen: int | None = None,
) -> bool:
    """Store what was said of `day` and say whether it was anything new; the same sending is stored once.

    It replaces all that held before, so a form says which revision it was made from: `seen`, 0 for none.

    Raises:
        NotThere: the day is not offered.
        Invalid: something said cannot be taken.
        SavedMeanwhile: something else holds than what was `seen`.
        Changed: `client_ref` was sent before with something else.
        Refused: the diary was stopped.
    """
    require(who, Permission.EXTRAS_WRITE, patient)
    with transaction() as session:
        lock_patient(session, patient)
        sent = _sent_before(session, patient, client_ref)
        if sent is not None:
            if not _is_same(session, patient, sent, day, said):
                raise _sent_with_something_else(session, patient, day, seen)
            return True
        refuse_when_stopped(session, patient)
        now = clock()
        page = _read(session, patient, day, now)
        _check(page, said)
        if said == page.said:
            return False
        if seen is not None and seen != page.revision:
            raise SavedMeanwhile(_said_at(session, patient, day, seen))
        _put_note(session, who, patient, day, said, client_ref=client_ref, now=now)
        if said.peg != page.said.peg:
            put_peg(session, who, patient, day, said.peg, client_ref=client_ref, now=now)
        if _tell_events(session, who, patient, day, said, client_ref=client_ref, now=now):
            refresh_summary(session, patient.clinic_id, patient.patient_id or uuid.UUID(int=0), now=now)
        return True


def live_notes(session: Session, patient: Subject) -> dict[date, DayNote]:
    """Return the last revision of the extras of each day, in the order of days."""
    rows = select(DayNote).where(DayNote.clinic_id == patient.clinic_id, DayNote.patient_id == patient.patient_id)
    return {note.day: note for note in session.scalars(rows.order_by(DayNote.day, DayNote.revision))}


def _read(session: Session, patient: Subject, day: date, now: datetime) -> DayExtras:
    diary = begin_reading(session, patient)
    today = diary.today(now)
    note, peg = _live_note(session, patient, day), peg_of(session, patient, day)
    earliest = earliest_day_offered(today, rules_in_force(session, patient.clinic_id))
    readings = tuple(standing_readings(session, patient, day))
    if day > today or (day < earliest and note is None and not readings):
        raise NotThere
    read_courses(session, diary, (Span(day - timedelta(days=31), day),))
    medicines = medicines_given_near(diary.given, day)
    ticked = note.side_effects if note else ()
    return DayExtras(
        day=day,
        today=today,
        said=_as_said(note, peg) if note else replace(NOTHING_SAID, peg=peg),
        revision=note.revision if note else 0,
        medicines=medicines,
        side_effects=tuple(dict.fromkeys((*side_effects_of(medicines), *ticked))),
        peg_is_asked=peg is not None or is_peg_asked(session, patient, day),
        notes_are_taken=session.get_one(Clinic, patient.clinic_id).notes_since is not None or bool(note and note.note),
        readings=readings,
        zone=diary.zone_on(day),
        stopped=is_diary_stopped(session, patient.clinic_id, patient.patient_id),
    )


def _is_same(session: Session, patient: Subject, sent: DayNote, day: date, said: Extras) -> bool:
    peg = peg_of(session, patient, sent.day) if sent is _live_note(session, patient, sent.day) else said.peg
    return (sent.day, _as_said(sent, peg)) == (day, said)


def _sent_with_something_else(session: Session, patient: Subject, day: date, seen: int | None) -> Changed:
    if seen is not None:
        return SavedMeanwhile(_said_at(session, patient, day, seen))
    return Changed(Sentence("This form was sent before with something else. Nothing was changed."))


def _said_at(session: Session, patient: Subject, day: date, revision: int) -> Extras:
    """Return what held as of a revision; nothing where there is no such revision."""
    up_to = select(DayNote).where(*_of(patient), DayNote.day == day, DayNote.revision <= revision)
    notes = session.scalars(up_to.order_by(DayNote.revision)).all()
    if not notes or notes[-1].revision != revision:
        return NOTHING_SAID
    peg = peg_of(session, patient, day, sent_as=[note.client_ref for note in notes])
    return _as_said(notes[-1], peg)


def _as_said(note: DayNote, peg: Peg | None) -> Extras:
    return Extras(note.worst, note.sleep, note.side_effects, note.medicine_changed, note.happened, note.note, peg=peg)


def _check(page: DayExtras, said: Extras) -> None:
    for name, score in (("worst", said.worst), ("sleep", said.sleep)):
        if score is not None and score not in SCORES:
            raise Invalid(**{name: Sentence("Choose a number from 0 to 10.")})
    if not set(said.side_effects) <= set(page.side_effects):
        raise Invalid(side_effects=Sentence("Choose only from those offered."))
    if not set(said.happened) <= {one.value for one in Happened}:
        raise Invalid(happened=Sentence("Choose only from those offered."))
    if said.note and not page.notes_are_taken:
        raise Invalid(note=Sentence("Your clinic takes no notes. Call them instead."))
    if len(said.note) > LONGEST_NOTE:
        raise Invalid(note=Sentence("Use at most %(number)s characters.", number=LONGEST_NOTE))
    check_peg(said.peg, is_asked=page.peg_is_asked)


def _of(patient: Subject):  # type: ignore[no-untyped-def]
    return DayNote.clinic_id == patient.clinic_id, DayNote.patient_id == patient.patient_id


def _live_note(session: Session, patient: Subject, day: date) -> DayNote | None:
    of_day = select(DayNote).where(*_of(patient), DayNote.day == day)
    return session.scalar(of_day.order_by(DayNote.revision.desc()).limit(1))


def _sent_before(session: Session, patient: Subject, client_ref: uuid.UUID) -> DayNote | None:
    return session.scalar(select(DayNote).where(*_of(patient), DayNote.client_ref == client_ref))


def _put_note(
    session: Session, who: Identity, patient: Subject, day: date, said: Extras, *, client_ref: uuid.UUID, now: datetime
) -> None:
    so_far = session.scalar(select(func.max(DayNote.revision)).where(*_of(patient), DayNote.day == day)) or 0
    note = DayNote(
        clinic_id=patient.clinic_id,
        id=uuid.uuid4(),
        patient_id=patient.patient_id,
        day=day,
        revision=so_far + 1,
        client_ref=client_ref,
        worst=said.worst,
        sleep=said.sleep,
        side_effects=said.side_effects,
        medicine_changed=said.medicine_changed,
        happened=said.happened,
        note=said.note,
        written_at=now,
    )
    session.add(note)
    session.flush()
    content = {"day_note": str(note.id), "day": day.isoformat(), "revision": note.revision}
    audit.write(session, who, "day_note.recorded", about=patient, at=now, content=content)


def _tell_events(
    session: Session, who: Identity, patient: Subject, day: date, said: Extras, *, client_ref: uuid.UUID, now: datetime
) -> bool:
    """Let the events of the day that the patient recorded be those that were said; say whether any changed."""
    changed = False
    wanted = {EventKind.CO_TREATMENT: said.medicine_changed, EventKind.INTERCURRENT: bool(said.happened)}
    own = PatientEvent.day == day, PatientEvent.client_ref.is_not(None)
    for kind, is_wanted in wanted.items():
        standing = standing_events(session, patient, kind, *own)
        if is_wanted and not standing:
            ref = uuid.uuid5(client_ref, kind.value)
            put_event(session, who, patient, kind, day=day, now=now, client_ref=ref)
        for event in () if is_wanted else standing:
            take_back_event(session, who, event, now=now)
        changed = changed or is_wanted != bool(standing)
    return changed
