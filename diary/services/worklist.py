"""The worklist: read from the summary table alone, a page at a time by key."""

import re
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.models import Clinic, ClinicTally, Patient, PatientSummary
from diary.services import audit
from diary.services.projection import refresh_stale

PAGE: Final = 50
_KEY: Final = re.compile(
    r"(?P<band>[0-9])-(?P<rank>[0-9]{1,3})-(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})-(?P<patient>[0-9a-f]{32})"
)


@dataclass(frozen=True, slots=True)
class WorklistFilter:
    """What to show: all patients, or those in a state, on a medicine, of one member, or whose name begins so."""

    state: str = ""
    medicine: str = ""
    search: str = ""
    responsible_id: uuid.UUID | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """One page of summaries in their order, the key of the next page, and the counts of the whole list."""

    rows: list[PatientSummary]
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
        rows = list(session.scalars(_page(session, clinic_id, wanted)))
        tally = session.get(ClinicTally, clinic_id)
        counts, counted_at = (dict(tally.counts), tally.counted_at) if tally else ({}, None)
    more = len(rows) > PAGE
    return WorklistPage(rows[:PAGE], _key_of(rows[PAGE - 1]) if more else None, counts, counted_at)


def _page(session: Session, clinic_id: uuid.UUID, wanted: WorklistFilter) -> Any:
    row = PatientSummary
    page = select(row).where(row.clinic_id == clinic_id, row.on_worklist.is_(True))
    if wanted.state:
        page = page.where(row.state == wanted.state)
    if wanted.medicine:
        page = page.where(row.medicine == wanted.medicine)
    if wanted.responsible_id:
        page = page.where(row.responsible_id == wanted.responsible_id)
    if wanted.search:
        page = page.where(_begins(wanted.search.strip()))
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
