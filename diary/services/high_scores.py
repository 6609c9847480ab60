"""Very high scores: whom to call is shown to the patient, and the clinic finds a row on its next working day."""

from datetime import date, datetime, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, own_subject, require
from diary.clinical.diary_day import diary_day_of
from diary.clinical.high_scores import QUIET_DAYS, days_that_decide, is_very_high, next_working_day
from diary.clinical.rules import RuleSet
from diary.clinical.scores import HIGHEST_SCORE, Alone, DayScore, Source, live_scores
from diary.clock import Clock
from diary.db import snapshot
from diary.models import Clinic, Entry, PatientEvent
from diary.prepared import Prepared
from diary.services.at_hand import AtHand
from diary.services.diaries import SOURCES, revisions_of
from diary.services.events import events_ever, put_event, standing_events, take_back_event
from diary.services.some_days import begin_reading
from diary.vocabulary import EventKind

_entry: Final = cast("Table", Entry.__table__).c
_LATELY: Final = Prepared(
    select(_entry.day, _entry.score, _entry.days_late, _entry.source, _entry.revision).where(
        _entry.clinic_id == bindparam("clinic"),
        _entry.patient_id == bindparam("patient"),
        _entry.day.between(bindparam("first"), bindparam("last")),
    )
)
WEEK_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
USUAL_WORKING_DAYS: Final = WEEK_DAYS[:5]
"""What a clinic works on that has said nothing else."""


def note_high_scores(
    session: Session, patient: Subject, diary: AtHand, day: date, now: datetime, *, highest: int = HIGHEST_SCORE
) -> bool:
    """Note very high scores after a writing of `day` was stored, and say whether the advice is to be shown.

    It is called for every writing, with the `highest` score of the day: a day that was corrected or taken back and
    calls for no advice any more takes its event with it. Only the day that it is now is judged, and only when it was
    written on that day by the patient. The advice is shown at most once in 7 days, also when its event was taken back
    since.
    """
    days = days_that_decide(highest)
    if patient.patient_id is None or not (days or diary.has_advice) or day != diary_day_of(now, diary.zones):
        return False
    rule = Identity(clinic_id=patient.clinic_id, patient_id=patient.patient_id)
    if not _calls_for_advice(_live(session, patient, day, diary.rules, days=days), day):
        if diary.has_advice:
            for event in standing_events(session, patient, EventKind.HIGH_SCORES, PatientEvent.day == day):
                take_back_event(session, rule, event, now=now)
        return False
    lately = _lately(day)
    if not standing_events(session, patient, EventKind.HIGH_SCORES, *lately):
        said_before = events_ever(session, patient, EventKind.HIGH_SCORES, *lately)
        due = _next_working_day(session, patient, now)
        put_event(session, rule, patient, EventKind.HIGH_SCORES, day=day, now=now, due_day=due)
        return not said_before
    return False


def advised_on(session: Session, patient: Subject, day: date) -> bool:
    """Say whether the score of `day` called for the advice: a sending whose answer was lost is answered alike."""
    return bool(standing_events(session, patient, EventKind.HIGH_SCORES, PatientEvent.day == day))


def is_advised_today(who: Identity, *, clock: Clock) -> bool:
    """Say whether today's score of the patient who is asking called for the advice, however it was sent.

    Raises:
        NotThere: whoever asks is no patient.
    """
    patient = own_subject(who)
    require(who, Permission.DIARY_READ, patient)
    with snapshot() as session:
        return advised_on(session, patient, begin_reading(session, patient).today(clock()))


def working_days(clinic: Clinic) -> tuple[str, ...]:
    """Return the days of the week on which a clinic works."""
    return clinic.working_days or USUAL_WORKING_DAYS


def _lately(day: date):  # type: ignore[no-untyped-def]
    quiet = timedelta(days=QUIET_DAYS)
    return PatientEvent.day > day - quiet, PatientEvent.day < day + quiet


def _live(session: Session, patient: Subject, day: date, rules: RuleSet, *, days: int) -> dict[date, DayScore]:
    first = day - timedelta(days=days)
    rows = _LATELY.rows(session, clinic=patient.clinic_id, patient=patient.patient_id, first=first, last=day)
    if all(row.revision == 1 for row in rows):
        alone = (Alone(row.day, row.score, row.days_late, SOURCES[row.source]) for row in rows)
        return live_scores((), day, rules, alone=alone)
    ids = [patient.patient_id] if patient.patient_id else []
    read = revisions_of(session, patient.clinic_id, ids, Entry.day >= first, Entry.day <= day)
    return live_scores((revision for _whose, revision in read), day, rules)


def _calls_for_advice(live: dict[date, DayScore], day: date) -> bool:
    written = live.get(day)
    if written is None or written.days_late != 0 or written.source is not Source.SELF:
        return False
    return is_very_high({one: entry.score for one, entry in live.items() if entry.counts}, day)


def _next_working_day(session: Session, patient: Subject, now: datetime) -> date:
    clinic = session.get_one(Clinic, patient.clinic_id)
    there = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    return next_working_day(there, frozenset(WEEK_DAYS.index(name) for name in working_days(clinic)))
