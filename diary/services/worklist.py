"""The worklist: read from the summary table alone, a page at a time by key."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.medicines import MEDICINE_CODES
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.models import Clinic, ClinicTally, PatientSummary, SavedView
from diary.services import audit
from diary.services.clinic_by_clinic import clinic_by_clinic
from diary.services.fresh_lines import remake_lines, remake_stale
from diary.services.rules import rules_in_force
from diary.services.saved_views import views_of
from diary.services.summary_marks import marked_patients, stale_patients
from diary.services.tallies import SMALL, is_to_be_counted, refresh_tally
from diary.services.worklist_by_name import ByName, ClosedRow, GoneRow, is_by_name, read_by_name
from diary.services.worklist_finding import WorklistFilter, key_of, places, tags_of_clinic, whole_lines

__all__ = ["ClosedRow", "GoneRow", "WorklistFilter", "WorklistPage", "read_worklist", "refresh_everywhere"]

PAGE: Final = 50
AT_ONCE: Final = 50
"""Lines out of date which a page makes again wherever they stand; of more, those written in since, and those it shows.
"""
LOOKS: Final = 3
"""How often a page looks whether what it shows is right, before the jobs are left to it."""


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """One page of summaries in their order, the key of the next page, and the counts of the whole list.

    `gone` are found by a search alone, by name after the last summary; no count has them in it. `closed` are diaries
    that are protected from whoever asks; they come by name after all others, whatever is in them, and not at all when
    a state, a medicine, a tag or a chair is asked for. `knows_somebody` is False before the clinic has its first
    patient. `chairs` has Monday, medicine and number; `counted_at` is when both were counted. `stale` are patients of
    `rows` whose summary could not be made right: what it says is as of its own day and of what was written until then.
    """

    rows: list[PatientSummary]
    closed: list[ClosedRow]
    next_key: str | None
    counts: dict[str, int]
    counted_at: datetime | None
    gone: list[GoneRow] = field(default_factory=list)
    knows_somebody: bool = True
    chairs: list[tuple[str, str, int]] = field(default_factory=list)
    knows_waiting_time: bool = False
    tags: list[str] = field(default_factory=list)
    views: list[SavedView] = field(default_factory=list)
    stale: frozenset[uuid.UUID] = frozenset()

    @property
    def counts_itself(self) -> bool:
        """Say whether the list is so small that every page counts it."""
        return self.counts.get("all", 0) <= SMALL


@dataclass(frozen=True, slots=True)
class _ToDo:
    """What must be written before a page may be shown."""

    look: bool
    count: bool
    stale: list[uuid.UUID]

    def __bool__(self) -> bool:
        return self.look or self.count or bool(self.stale)


def read_worklist(who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, *, clock: Clock) -> WorklistPage:
    """Return a page of the worklist, with every verdict on it right for the patient's diary day, or told as `stale`."""
    require(who, Permission.WORKLIST_READ, Subject(clinic_id))
    failed: set[uuid.UUID] = set()
    for _look in range(LOOKS):
        page, to_do = _read(who, clinic_id, wanted, failed, now=clock())
        if not to_do:
            return page
        failed |= _do(who, clinic_id, to_do, clock=clock)
    return _read(who, clinic_id, wanted, failed, now=clock())[0]


def _read(
    who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, failed: Collection[uuid.UUID], *, now: datetime
) -> tuple[WorklistPage, _ToDo]:
    """Return a page as it stands, and what must be written before; lines that `failed` are not tried once more."""
    with snapshot() as session:
        rows, by_name, next_key = _rows(session, who, clinic_id, wanted)
        tally = session.get(ClinicTally, clinic_id)
        chairs = [(monday, medicine, number) for monday, medicine, number in (tally and tally.chairs) or ()]
        page = WorklistPage(
            rows,
            by_name.closed,
            next_key,
            gone=by_name.gone,
            knows_somebody=bool(rows) or _knows_somebody(session, clinic_id),
            counts=dict(tally.counts) if tally else {},
            counted_at=tally.counted_at if tally else None,
            chairs=chairs,
            knows_waiting_time=bool(chairs) or _knows_waiting_time(session, clinic_id),
            tags=tags_of_clinic(session, who, clinic_id),
            views=views_of(session, who),
            stale=frozenset(row.patient_id for row in rows if row.true_until <= now),
        )
        stale = set(stale_patients(session, clinic_id, now=now, at_most=AT_ONCE + len(failed) + 1)).difference(failed)
        if len(stale) > AT_ONCE:
            marked = marked_patients(session, clinic_id, now=now, at_most=AT_ONCE + len(failed))
            stale = {*marked, *page.stale}.difference(failed)
        looked = audit.has_looked(session, who, "worklist.seen", about=Subject(clinic_id), at=now)
        return page, _ToDo(not looked, is_to_be_counted(session, clinic_id), sorted(stale))


def _knows_somebody(session: Session, clinic_id: uuid.UUID) -> bool:
    return bool(session.scalar(select(exists().where(PatientSummary.clinic_id == clinic_id))))


def _knows_waiting_time(session: Session, clinic_id: uuid.UUID) -> bool:
    rules = rules_in_force(session, clinic_id)
    return any(rules.medicine(code).waiting_time is not None for code in MEDICINE_CODES)


def _do(who: Identity, clinic_id: uuid.UUID, to_do: _ToDo, *, clock: Clock) -> set[uuid.UUID]:
    """Write what must be written, and return whose line failed."""
    failed = remake_lines(clinic_id, to_do.stale, clock=clock)
    with transaction() as session:
        now = clock()
        audit.look(session, who, "worklist.seen", about=Subject(clinic_id), at=now)
        if is_to_be_counted(session, clinic_id):
            refresh_tally(session, clinic_id, now=now)
    return failed


def _rows(
    session: Session, who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter
) -> tuple[list[PatientSummary], ByName, str | None]:
    """Return the rows of a page, those by name behind the last of them, and the key of the next page."""
    rows: list[PatientSummary] = []
    if not is_by_name(wanted):
        found = places(session, who, clinic_id, wanted, limit=PAGE + 1)
        rows = whole_lines(session, clinic_id, [place.patient_id for place in found[:PAGE]])
        if len(found) > PAGE:
            return rows, ByName(), key_of(found[PAGE - 1])
    by_name = read_by_name(session, who, clinic_id, wanted, limit=PAGE)
    return rows, by_name, by_name.next_key


def refresh_everywhere(clock: Clock, *, at_most: int | None = None, count: bool = True) -> int:
    """Make the summaries again that are out of date, `at_most` of each clinic, and return how many there were.

    Lists are counted again where that is asked for: small ones are counted by their pages, when they are opened.
    """
    act = partial(_refresh_clinic, clock=clock, at_most=at_most, count=count)
    return clinic_by_clinic(_clinics_to_do(clock(), count=count), act, told_as="worklist_failed")


def _clinics_to_do(now: datetime, *, count: bool) -> list[uuid.UUID]:
    line, tally = PatientSummary, ClinicTally
    to_do = [exists().where(line.clinic_id == Clinic.clinic_id, line.true_until <= now)]
    if count:
        to_do.append(exists().where(tally.clinic_id == Clinic.clinic_id, tally.out_of_date.is_(True)))
    with snapshot() as session:
        return list(session.scalars(select(Clinic.clinic_id).where(or_(*to_do))))


def _refresh_clinic(clinic_id: uuid.UUID, *, clock: Clock, at_most: int | None, count: bool) -> int:
    refreshed = remake_stale(clinic_id, clock=clock, at_most=at_most)
    if count and (at_most is None or refreshed < at_most):
        with transaction() as session:
            refresh_tally(session, clinic_id, now=clock())
    return refreshed
