"""A week from paper or from a call: staff write entries in for a patient, all of them or none."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.diary_day import start_of_day
from diary.clinical.rules import WEEK
from diary.clinical.scores import Source
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Changed, Invalid, NotThere, Sentence
from diary.models import Entry, Member, Patient, Transcription
from diary.services.consents import is_diary_stopped, refuse_when_stopped
from diary.services.courses import lock_patient
from diary.services.diaries import Diary
from diary.services.entries import put_told
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up, write_look
from diary.services.some_days import begin_reading, first_days
from diary.services.writings import Told
from diary.vocabulary import WrittenFrom

BEFORE_THE_BEGINNING: Final = timedelta(days=28)
"""How far a sheet may reach back behind what is known first of a patient: the weeks before they came."""
INTO_THE_DAY: Final = timedelta(hours=12)
SHOWN: Final = 28
SOURCES: Final = {WrittenFrom.SHEET: Source.PAPER, WrittenFrom.CALL: Source.STAFF}


@dataclass(frozen=True, slots=True)
class Week:
    """What staff write in: the score of each day that has one, from what, and as of which day.

    `over` holds the entries that were shown and are to be corrected, `reason` says why.
    """

    scores: Mapping[date, int]
    written_from: WrittenFrom
    dated: date
    over: frozenset[uuid.UUID] = frozenset()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WrittenDay:
    """What stands in the diary of one day: the live entry, if it has a score, and where staff had it from."""

    day: date
    entry_id: uuid.UUID | None = None
    score: int | None = None
    source: str | None = None
    behind: Transcription | None = None


@dataclass(frozen=True)
class WeekPage:
    """Seven days of a patient as they stand; `earliest` is the first day that may be written in."""

    patient: Patient
    today: date
    earliest: date
    days: list[WrittenDay]
    is_stopped: bool


class EntriesThere(Changed):
    """Days of the week have another score already; `days` says which, nothing was stored."""

    def __init__(self, days: list[WrittenDay]) -> None:
        super().__init__(Sentence("Some of these days have an entry already. Look at them, then save again."))
        self.days = days


def read_week(who: Identity, patient: Subject, first: date | None, *, clock: Clock) -> WeekPage:
    """Return the 7 days from `first` on, or the last 7; that `who` looked is written before it is handed out.

    Raises:
        NotThere: the clinic has no such patient, or `first` lies beyond the calendar.
    """
    now = clock()
    with snapshot() as session:
        about = looked_up(session, patient, now=now)
        require(who, Permission.ENTRY_TRANSCRIBE, about)
        diary = begin_reading(session, patient)
        today = diary.today(now)
        earliest = _earliest(session, diary)
        begins = first or today - timedelta(days=WEEK - 1)
        days = _written(session, patient, _days_from(min(begins, today)))
        stopped = is_diary_stopped(session, patient.clinic_id, patient.patient_id)
    with transaction() as session:
        write_look(session, who, about, at=now)
    return WeekPage(diary.patient, today, earliest, days, stopped)


def transcriptions_of(who: Identity, patient: Subject, *, clock: Clock, at_most: int = SHOWN) -> list[WrittenDay]:
    """Return the days that staff wrote in last, the latest day first, for the page of a patient that was looked at."""
    with snapshot() as session:
        require(who, Permission.PATIENT_READ, looked_up(session, patient, now=clock()))
        told = (
            select(Entry, Transcription)
            .join(
                Transcription,
                (Transcription.clinic_id == Entry.clinic_id) & (Transcription.entry_id == Entry.id),
            )
            .where(Entry.clinic_id == patient.clinic_id, Entry.patient_id == patient.patient_id)
            .order_by(Entry.day.desc(), Entry.revision.desc())
            .limit(at_most)
        )
        return [
            WrittenDay(entry.day, entry.id, entry.score, entry.source, behind)
            for entry, behind in session.execute(told)
        ]


def write_week(who: Identity, patient: Subject, week: Week, *, client_ref: uuid.UUID, clock: Clock) -> int:
    """Store a week, all of it or nothing, and return how many days were written; sent twice, it is stored once.

    A day whose entry says the same already is left as it is.

    Raises:
        Invalid: a day lies ahead, before the patient's beginning or after the call; under the names of the days in ISO.
        EntriesThere: days have another score, and were not confirmed with that entry in view.
        Changed: `client_ref` was sent before with something else.
        Refused: the diary is stopped.
    """
    with transaction() as session:
        now = clock()
        about = looked_up(session, patient, now=now)
        require(who, Permission.ENTRY_TRANSCRIBE, about)
        lock_patient(session, patient)
        if _is_sent(session, patient, week, client_ref):
            return 0
        refuse_when_stopped(session, patient)
        diary = begin_reading(session, patient)
        _check(session, diary, week, diary.today(now))
        there = {one.day: one for one in _written(session, patient, week.scores)}
        wanted = {day: score for day, score in sorted(week.scores.items()) if there[day].score != score}
        _ask_about([there[day] for day in wanted if there[day].score is not None], week)
        for day, score in wanted.items():
            told = _told(diary, week, day, score, now, is_second=there[day].entry_id is not None, ref=client_ref)
            entry = put_told(session, who, about, told, now=now)
            session.add(_behind(session, who, entry, week, client_ref))
        if wanted:
            refresh_summary(session, patient.clinic_id, diary.patient.id, now=now)
        return len(wanted)


def _check(session: Session, diary: Diary, week: Week, today: date) -> None:
    if not week.scores:
        raise Invalid(Sentence("Write the score of at least one day."))
    if week.dated > today:
        raise Invalid(dated=Sentence("This day has not come yet. Write the date of the sheet or of the call."))
    earliest = _earliest(session, diary)
    if week.dated < earliest:
        raise Invalid(dated=Sentence("This day lies before the patient's beginning."))
    wrong = {day.isoformat(): words for day in sorted(week.scores) if (words := _wrong(day, today, earliest, week))}
    if wrong:
        raise Invalid(**wrong)


def _wrong(day: date, today: date, earliest: date, week: Week) -> Sentence | None:
    if day > today:
        return Sentence("This day has not come yet.")
    if day < earliest:
        return Sentence("This day lies before the patient's beginning.")
    if week.written_from is WrittenFrom.CALL and day > week.dated:
        return Sentence("This day is after the call.")
    return None


def _ask_about(there: list[WrittenDay], week: Week) -> None:
    """Let days with another score pass when each was confirmed as it stands, with a reason."""
    if any(one.entry_id not in week.over for one in there):
        raise EntriesThere(there)
    if there and not week.reason:
        raise Invalid(reason=Sentence("Say why, in a few words."))


def _told(diary: Diary, week: Week, day: date, score: int, now: datetime, *, is_second: bool, ref: uuid.UUID) -> Told:
    """Return the score as it was told: on the day of the call, or on a sheet on the very day; a correction, now."""
    told_on = week.dated if week.written_from is WrittenFrom.CALL else diary.today(now) if is_second else day
    noon = start_of_day(told_on, diary.zone_on(told_on)) + INTO_THE_DAY
    return Told(
        day=day,
        score=score,
        client_ref=uuid.uuid5(ref, day.isoformat()),
        source=SOURCES[week.written_from],
        told_at=now if told_on == diary.today(now) else min(noon, now),
        told_on=told_on,
        reason=week.reason if is_second else "",
    )


def _behind(session: Session, who: Identity, entry: Entry, week: Week, sending: uuid.UUID) -> Transcription:
    if who.member_id is None:
        raise NotThere
    return Transcription(
        clinic_id=entry.clinic_id,
        entry_id=entry.id,
        patient_id=entry.patient_id,
        sending=sending,
        written_from=week.written_from,
        dated=week.dated,
        member_id=who.member_id,
        member_name=session.get_one(Member, (who.clinic_id, who.member_id)).name,
        made_at=entry.received_at,
    )


def _is_sent(session: Session, patient: Subject, week: Week, sending: uuid.UUID) -> bool:
    """Say whether this form was stored before.

    Raises:
        Changed: with something else in it.
    """
    told = select(Entry.day, Entry.score).join(
        Transcription, (Transcription.clinic_id == Entry.clinic_id) & (Transcription.entry_id == Entry.id)
    )
    stored = session.execute(
        told.where(
            Entry.clinic_id == patient.clinic_id,
            Transcription.clinic_id == patient.clinic_id,
            Transcription.patient_id == patient.patient_id,
            Transcription.sending == sending,
        )
    ).all()
    if any(week.scores.get(day) != score for day, score in stored):
        raise Changed(Sentence("This form was sent before with something else. Look at the page, then send it again."))
    return bool(stored)


def _earliest(session: Session, diary: Diary) -> date:
    """Return the first day that may be written in: four weeks before what is known first of the patient."""
    known = [diary.today(diary.patient.made_at), *(day for day in first_days(session, diary) if day)]
    return min(known) - BEFORE_THE_BEGINNING


def _days_from(first: date) -> list[date]:
    try:
        return [first + timedelta(days=number) for number in range(WEEK)]
    except OverflowError:
        raise NotThere from None


def _written(session: Session, patient: Subject, days: Iterable[date]) -> list[WrittenDay]:
    """Return what stands in the diary of each of `days`."""
    wanted = sorted(days)
    rows = session.execute(
        select(Entry, Transcription)
        .outerjoin(Transcription, (Transcription.clinic_id == Entry.clinic_id) & (Transcription.entry_id == Entry.id))
        .where(Entry.clinic_id == patient.clinic_id, Entry.patient_id == patient.patient_id, Entry.day.in_(wanted))
        .order_by(Entry.written_at, Entry.received_at, Entry.client_ref)
    )
    live = {entry.day: WrittenDay(entry.day, entry.id, entry.score, entry.source, behind) for entry, behind in rows}
    return [live.get(day, WrittenDay(day)) for day in wanted]
