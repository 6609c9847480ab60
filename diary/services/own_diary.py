"""What patients see of themselves: their numbers and plain averages, never a state."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, own_subject, require
from diary.charts.series import CourseBand, DayPoint
from diary.clinical.after_infusion import medicines_given_near
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.scores import Source
from diary.clock import Clock
from diary.db import snapshot
from diary.models import AuditEvent, Clinic, DiaryPause, Entry, Patient
from diary.services.conflicts import Conflict, open_conflicts
from diary.services.consent_texts import REQUIRED
from diary.services.consents import standings
from diary.services.diaries import Diary
from diary.services.entries import earliest_day_offered, entry_of, live_revision
from diary.services.pauses import running_pause
from diary.services.projection import course_bands, day_points
from diary.services.rules import rules_in_force
from diary.services.some_days import EVERY_DAY, Span, begin_reading, first_days, read_courses, read_days
from diary.services.wearing_off import may_be_taken_back, said_since_decision

LAST_DAYS: Final = 14
"""Days up to today that every page of the patient may speak of."""
BY_CLINIC: Final = (Source.STAFF, Source.PAPER)


@dataclass(frozen=True, slots=True)
class Window:
    """Which days a page shows beside the last ones: `days` up to `until` (None: today), and the day it is `about`."""

    days: int = LAST_DAYS
    until: date | None = None
    about: date | None = None

    def spans(self, today: date) -> tuple[Span, ...]:
        """Return the days to read; the first means shown need the week before them."""
        until = min(self.until or today, today)
        about = (Span(self.about, self.about),) if self.about else ()
        return (Span.up_to(today, days=LAST_DAYS), Span.up_to(until, days=self.days + WEEK - 1), *about)


THE_LAST_DAYS: Final = Window()


class NotRead(LookupError):
    """A page asks about a day that it did not ask to be read: a mistake in the page."""


@dataclass(frozen=True)
class OwnDiary:
    """A patient's own diary on `today`, as much of it as a page shows.

    Attributes:
        read: the days that were read; `points` and `bands` are those of these days.
        red_flags: medicines whose red flags are shown, in the days after an infusion.
        pause: the pause that runs today.
        first_day: earliest day with an entry or a course, None in an empty diary.
        is_treated: a course has begun.
        earliest_offered: earliest day that may still be filled in.
        conflicts: second numbers that came and were not settled yet.
        saved: the entry stored just now, while it is what counts for its day.
        is_over: that entry counts no more: it was corrected or taken back.
        said_wearing_off: when they said so, since the last decision.
        may_take_it_back: that can still be taken back.
        seen_on: the date, where they live, of the clinic's last look.
        by_clinic: days whose score staff wrote in, each with from what.
        stopped: they took back their consent to the diary.
        asked_again: they have not read the words of today.
    """

    patient: Patient
    clinic: Clinic
    today: date
    read: tuple[Span, ...]
    points: list[DayPoint]
    bands: list[CourseBand]
    red_flags: tuple[str, ...]
    pause: DiaryPause | None
    first_day: date | None
    is_treated: bool
    earliest_offered: date
    conflicts: tuple[Conflict, ...]
    saved: Entry | None
    is_over: bool
    said_wearing_off: date | None
    may_take_it_back: bool
    seen_on: date | None
    by_clinic: dict[date, Source]
    stopped: bool
    asked_again: bool

    def point_of(self, day: date) -> DayPoint | None:
        """Return the live score of `day` and how it came; a day that lies ahead has none.

        Raises:
            NotRead: the page did not ask for that day.
        """
        if day <= self.today and not any(day in span for span in self.read):
            raise NotRead(day)
        return next((point for point in reversed(self.points) if point.day == day), None)

    def score_of(self, day: date) -> int | None:
        """Return the live score of `day`.

        Raises:
            NotRead: the page did not ask for that day.
        """
        point = self.point_of(day)
        return point.score if point else None

    def may_be_filled_in(self, day: date) -> bool:
        """Say whether a first entry for `day` is still offered."""
        return self.earliest_offered <= day <= self.today


def read_own_diary(
    who: Identity, *, clock: Clock, saved: uuid.UUID | None = None, window: Window = THE_LAST_DAYS
) -> OwnDiary:
    """Return the days of `window` in the diary of the patient who is asking, with the entry `saved` just now."""
    patient = _own(who)
    with snapshot() as session:
        diary = begin_reading(session, patient)
        return _read(session, patient, diary, window.spans(diary.today(clock())), saved=saved, now=clock())


def read_whole_diary(who: Identity, *, clock: Clock) -> OwnDiary:
    """Return the diary of the patient who is asking from its first day on, to be taken out."""
    patient = _own(who)
    with snapshot() as session:
        return _read(session, patient, begin_reading(session, patient), (EVERY_DAY,), saved=None, now=clock())


def _own(who: Identity) -> Subject:
    patient = own_subject(who)
    require(who, Permission.DIARY_READ, patient)
    return patient


def _read(
    session: Session,
    patient: Subject,
    diary: Diary,
    spans: tuple[Span, ...],
    *,
    saved: uuid.UUID | None,
    now: datetime,
) -> OwnDiary:
    rules: RuleSet = rules_in_force(session, patient.clinic_id)
    today = diary.today(now)
    read_days(session, diary, spans)
    read_courses(session, diary, spans)
    first_entry, first_given = first_days(session, diary)
    said = said_since_decision(session, patient)
    consents = standings(session, patient.clinic_id, patient.patient_id)
    conflicts = open_conflicts(session, patient)
    just_saved, is_over = _named(session, patient, saved, conflicts) if saved else (None, False)
    return OwnDiary(
        patient=diary.patient,
        clinic=session.get_one(Clinic, patient.clinic_id),
        today=today,
        read=spans,
        points=day_points(diary, today, rules),
        red_flags=medicines_given_near(diary.given, today),
        pause=running_pause(session, patient.clinic_id, diary.patient.id, today),
        bands=course_bands([course for course in diary.given if course.first_day <= today]),
        first_day=min((day for day in (first_entry, first_given) if day and day <= today), default=None),
        is_treated=first_given is not None and first_given <= today,
        earliest_offered=earliest_day_offered(today, rules),
        conflicts=conflicts,
        saved=just_saved,
        is_over=is_over,
        said_wearing_off=said.day if said else None,
        may_take_it_back=said is not None and may_be_taken_back(said, now),
        seen_on=_last_seen(session, patient, diary),
        by_clinic={day: one.source for day, one in diary.scores(today, rules).items() if one.source in BY_CLINIC},
        stopped=any(one.is_withdrawn for one in consents if one.purpose is REQUIRED),
        asked_again=any(one.is_to_be_asked for one in consents),
    )


def _named(
    session: Session, patient: Subject, name: uuid.UUID, conflicts: tuple[Conflict, ...]
) -> tuple[Entry | None, bool]:
    """Return the entry that a page names as stored just now while it counts for its day, and whether it does no more.

    Under the name that the phone gave it a second number may have come: then it is asked which of the two counts.
    """
    entry = entry_of(session, patient, name)
    if entry is None:
        return None, False
    live = live_revision(session, patient, entry.day)
    is_over = live is None or live.id != entry.id
    stored = {(conflict.stored_day, conflict.stored_score) for conflict in conflicts}
    is_asked = entry.id != name and (entry.day, entry.score) in stored
    return None if is_over or is_asked else entry, is_over


def _last_seen(session: Session, patient: Subject, diary: Diary) -> date | None:
    """Return the date, where the patient lives, of the clinic's last look."""
    looks = select(AuditEvent.at).where(
        AuditEvent.clinic_id == patient.clinic_id,
        AuditEvent.patient_id == patient.patient_id,
        AuditEvent.action.in_(("patient.seen", "patient.seen_under_glass")),
    )
    # From the last link back: the whole history is gone through only where nobody ever looked.
    seen_at: datetime | None = session.scalar(looks.order_by(AuditEvent.position.desc()).limit(1))
    return seen_at.astimezone(diary.zone_on(diary.today(seen_at))).date() if seen_at else None
