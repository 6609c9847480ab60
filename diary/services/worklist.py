"""The worklist: read from the summary table alone, a page at a time by key."""

import re
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, not_, or_, select, tuple_
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.models import Clinic, ClinicTally, Patient, PatientSummary
from diary.services import audit
from diary.services.projection import refresh_stale
from diary.vocabulary import Role

PAGE: Final = 50
_KEY: Final = re.compile(
    r"(?P<band>[0-9])-(?P<rank>[0-9]{1,3})-(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})-(?P<patient>[0-9a-f]{32})"
)
_CLOSED_KEY: Final = re.compile(r"closed-(?P<patient>[0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class WorklistFilter:
    """What to show: all patients, or those in a state, on a medicine, of one member, or whose name begins so."""

    state: str = ""
    medicine: str = ""
    search: str = ""
    responsible_id: uuid.UUID | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class ClosedRow:
    """A protected diary as everybody but the responsible clinician sees it in the list."""

    patient_id: uuid.UUID
    name: str
    reference: str


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """One page of summaries in their order, the key of the next page, and the counts of the whole list.

    `closed` are diaries that are protected from whoever asks; they come by name after the last summary, whatever is
    in them, and not at all when a state or a medicine is asked for.
    """

    rows: list[PatientSummary]
    closed: list[ClosedRow]
    next_key: str | None
    counts: dict[str, int]
    counted_at: datetime | None


def read_worklist(who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter, *, clock: Clock) -> WorklistPage:
    """Return a page of the worklist, with every verdict on it right for the patient's diary day."""
    about = Subject(clinic_id)
    require(who, Permission.WORKLIST_READ, about)
    with transaction() as session:
        audit.look(session, who, "worklist.seen", about=about, at=clock())
        while refresh_stale(session, clinic_id, now=clock()):
            pass
        refresh_tally(session, clinic_id, now=clock())
    with snapshot() as session:
        rows, closed, next_key = _rows(session, who, clinic_id, wanted)
        tally = session.get(ClinicTally, clinic_id)
        counts, counted_at = (dict(tally.counts), tally.counted_at) if tally else ({}, None)
    return WorklistPage(rows, closed, next_key, counts, counted_at)


def _rows(
    session: Session, who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter
) -> tuple[list[PatientSummary], list[ClosedRow], str | None]:
    """Return the rows of a page, the closed diaries behind the last of them, and the key of the next page."""
    rows: list[PatientSummary] = []
    if not _CLOSED_KEY.fullmatch(wanted.after):
        rows = list(session.scalars(_page(session, who, clinic_id, wanted)))
        if len(rows) > PAGE:
            return rows[:PAGE], [], _key_of(rows[PAGE - 1])
    if wanted.state or wanted.medicine:
        return rows, [], None
    closed = [ClosedRow(*row) for row in session.execute(_closed(session, who, clinic_id, wanted))]
    more = len(closed) > PAGE
    return rows, closed[:PAGE], f"closed-{closed[PAGE - 1].patient_id.hex}" if more else None


def _wanted(page: Any, clinic_id: uuid.UUID, wanted: WorklistFilter) -> Any:
    row = PatientSummary
    page = page.where(row.clinic_id == clinic_id, row.on_worklist.is_(True))
    if wanted.responsible_id:
        page = page.where(row.responsible_id == wanted.responsible_id)
    if wanted.search:
        page = page.where(_begins(wanted.search.strip()))
    return page


def _is_open_to(who: Identity) -> Any:
    """Return the condition that a diary is not closed to `who`; broken glass opens its own pages and not the list."""
    if Role.CLINICIAN not in who.roles:
        return PatientSummary.protected_at.is_(None)
    return or_(PatientSummary.protected_at.is_(None), PatientSummary.responsible_id == who.member_id)


def _closed(session: Session, who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter) -> Any:
    row = PatientSummary
    page = _wanted(select(row.patient_id, row.name, row.reference), clinic_id, wanted).where(
        row.protected_at.is_not(None), or_(row.responsible_id.is_(None), not_(_is_open_to(who)))
    )
    read = _CLOSED_KEY.fullmatch(wanted.after)
    after = session.get(row, (clinic_id, uuid.UUID(read["patient"]))) if read else None
    if after is not None:
        page = page.where(tuple_(row.search_name, row.patient_id) > tuple_(after.search_name, after.patient_id))
    return page.order_by(row.search_name, row.patient_id).limit(PAGE + 1)


def _page(session: Session, who: Identity, clinic_id: uuid.UUID, wanted: WorklistFilter) -> Any:
    row = PatientSummary
    page = _wanted(select(row), clinic_id, wanted).where(_is_open_to(who))
    if wanted.state:
        page = page.where(row.state == wanted.state)
    if wanted.medicine:
        page = page.where(row.medicine == wanted.medicine)
    key = _read_key(session, clinic_id, wanted.after)
    if key:
        page = page.where(tuple_(row.band, row.rank, row.order_day, row.reference, row.patient_id) > tuple_(*key))
    return page.order_by(row.band, row.rank, row.order_day, row.reference, row.patient_id).limit(PAGE + 1)


def _begins(search: str) -> Any:
    """Return the condition that the name, one of its parts, or the reference begins with `search`."""
    folded = search.casefold()
    return or_(
        PatientSummary.search_name.startswith(folded, autoescape=True),
        PatientSummary.search_name.contains(" " + folded, autoescape=True),
        PatientSummary.reference.startswith(search, autoescape=True),
    )


def _key_of(row: PatientSummary) -> str:
    return f"{row.band}-{row.rank}-{row.order_day.isoformat()}-{row.patient_id.hex}"


def _read_key(session: Session, clinic_id: uuid.UUID, after: str) -> tuple[int, int, date, str, uuid.UUID] | None:
    """Return the place after which a page begins, or None for a key that no page gave."""
    read = _KEY.fullmatch(after)
    patient = session.get(Patient, (clinic_id, uuid.UUID(read["patient"]))) if read else None
    if read is None or patient is None:
        return None
    try:
        order_day = date.fromisoformat(read["day"])
    except ValueError:
        return None
    return int(read["band"]), int(read["rank"]), order_day, patient.reference, patient.id


def refresh_tally(session: Session, clinic_id: uuid.UUID, *, now: datetime) -> None:
    """Count the worklist of a clinic again, when it changed since it was counted."""
    tally = session.get(ClinicTally, clinic_id)
    if tally is None or not tally.out_of_date:
        return
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
    tally.counts, tally.counted_at, tally.out_of_date = dict(counts), now, False


def refresh_everywhere(clock: Clock) -> int:
    """Make every summary again for which a diary day has passed, clinic by clinic; return how many there were."""
    with snapshot() as session:
        clinic_ids = list(session.scalars(select(Clinic.clinic_id)))
    refreshed = 0
    for clinic_id in clinic_ids:
        while True:
            with transaction() as session:
                made = refresh_stale(session, clinic_id, now=clock())
                refresh_tally(session, clinic_id, now=clock())
            refreshed += made
            if not made:
                break
    return refreshed
