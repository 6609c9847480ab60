"""Finding lines of the worklist in their order: narrow columns and a few probes, however many patients there are."""

import re
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, not_, or_, select, tuple_
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from diary.access.identity import Identity
from diary.models import Patient, PatientSummary, PatientTag
from diary.models.summaries import WORKLIST_KEY
from diary.services.worklist_words import begin_with
from diary.vocabulary import Role

FEW: Final = 2000
"""So many that fit are sorted; of more, the list is walked in its order until a page is full."""
_KEY: Final = re.compile(
    r"(?P<band>[0-9])-(?P<rank>[0-9]{1,3})-(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})-(?P<patient>[0-9a-f]{32})"
)
ORDER: Final = WORKLIST_KEY[2:]
NARROW: Final = (
    *WORKLIST_KEY,
    "state",
    "medicine",
    "responsible_id",
    "protected_at",
    "chair_on",
    "search_name",
    "name",
)
Lines = ReadOnlyColumnCollection[str, Any]
"""Columns of the lines to choose from: of the whole table, or of the few that were found."""


@dataclass(frozen=True, slots=True)
class WorklistFilter:
    """What to show: all patients, or those in a state, on a medicine, with a tag, of one member, named like this.

    `chairs` is the Monday of the week for which a chair is likely needed, `chairs_overdue` adds all weeks before it;
    `after` is the key that the page before gave.
    """

    state: str = ""
    medicine: str = ""
    tag: str = ""
    search: str = ""
    responsible_id: uuid.UUID | None = None
    chairs: date | None = None
    chairs_overdue: bool = False
    after: str = ""

    @property
    def looks_inside(self) -> bool:
        """Say whether it asks for what is in a diary, which nothing tells of a protected one."""
        return bool(self.state or self.medicine or self.tag or self.chairs)

    @property
    def looks_for_somebody(self) -> bool:
        """Say whether it asks for a name or a reference: then whoever is no longer on the list is found too."""
        return bool(self.search.strip())

    @property
    def narrows(self) -> bool:
        """Say whether it leaves anybody out."""
        return self.looks_inside or bool(self.search or self.responsible_id)


def lines_of(
    session: Session, clinic_id: uuid.UUID, wanted: WorklistFilter, *, listed: Collection[bool] = (True,)
) -> tuple[Lines, list[ColumnElement[bool]]]:
    """Return the lines to choose from and the conditions on them, without those of protection and place.

    `listed` are the lines asked for: those on the worklist (True), those of patients who are no longer on it (False).
    """
    table = PatientSummary.__table__.c
    finders = _finders(clinic_id, wanted)
    few = next((finder for finder in finders if _is_few(session, finder)), None)
    if few is None:
        lines: Lines = table
        conditions = [_also(finder, lines) for finder in finders]
    else:
        # The limit keeps the database from walking the whole list in its order to find these few.
        own = [table[name] for name in NARROW]
        found = select(*own).where(table.clinic_id == clinic_id, table.patient_id.in_(few)).limit(FEW + 1)
        lines = found.subquery().c
        conditions = [_also(finder, lines) for finder in finders if finder is not few]
    conditions += [lines.clinic_id == clinic_id, _is_one_of(lines.on_worklist, listed)]
    if wanted.state:
        conditions.append(lines.state == wanted.state)
    if wanted.medicine:
        conditions.append(lines.medicine == wanted.medicine)
    if wanted.responsible_id:
        conditions.append(lines.responsible_id == wanted.responsible_id)
    return lines, conditions


def _is_one_of(on_worklist: Any, listed: Collection[bool]) -> ColumnElement[bool]:
    return or_(*(on_worklist.is_(one) for one in listed))


def _finders(clinic_id: uuid.UUID, wanted: WorklistFilter) -> list[Select[Any]]:
    finders = []
    if wanted.looks_for_somebody:
        finders.append(begin_with(clinic_id, wanted.search.strip()))
    if wanted.tag:
        tagged = select(PatientTag.patient_id)
        finders.append(tagged.where(PatientTag.clinic_id == clinic_id, PatientTag.tag == wanted.tag))
    if wanted.chairs:
        finders.append(_needing_chairs(clinic_id, wanted.chairs, overdue=wanted.chairs_overdue))
    return finders


def _needing_chairs(clinic_id: uuid.UUID, monday: date, *, overdue: bool) -> Select[Any]:
    row = aliased(PatientSummary)  # told apart from the lines it is asked about
    needing = select(row.patient_id).where(
        row.clinic_id == clinic_id,
        row.on_worklist.is_(True),
        row.chair_on.is_not(None),
        row.chair_on <= monday + timedelta(days=6),
    )
    return needing if overdue else needing.where(row.chair_on >= monday)


def _is_few(session: Session, finder: Select[Any]) -> bool:
    counted = select(func.count()).select_from(finder.limit(FEW + 1).subquery())
    return (session.scalar(counted) or 0) <= FEW


def _also(finder: Select[Any], lines: Lines) -> ColumnElement[bool]:
    """Return the condition that a line is among those of `finder`, asked of one line at a time."""
    return (
        finder.where(next(iter(finder.selected_columns)) == lines.patient_id)
        .correlate_except(*finder.get_final_froms())
        .exists()
    )


def is_open_to(who: Identity, lines: Lines) -> ColumnElement[bool]:
    """Return the condition that a diary is not closed to `who`; broken glass opens its own pages and not the list."""
    if Role.CLINICIAN not in who.roles:
        is_open: ColumnElement[bool] = lines.protected_at.is_(None)
        return is_open
    return or_(lines.protected_at.is_(None), lines.responsible_id == who.member_id)


def is_closed_to(who: Identity, lines: Lines) -> ColumnElement[bool]:
    """Return the condition that a diary is protected from `who`, or from everybody."""
    is_protected: ColumnElement[bool] = lines.protected_at.is_not(None)
    return is_protected & or_(lines.responsible_id.is_(None), not_(is_open_to(who, lines)))


def in_order(lines: Lines) -> list[Any]:
    """Return the columns of the one total order."""
    return [lines[name] for name in ORDER]


def places(
    session: Session,
    who: Identity,
    clinic_id: uuid.UUID,
    wanted: WorklistFilter,
    *,
    limit: int,
    band: int | None = None,
) -> list[Any]:
    """Return the first lines that are open to `who` after the key in `wanted`, as rows of the order's columns."""
    lines, conditions = lines_of(session, clinic_id, wanted)
    page = select(*in_order(lines)).where(*conditions, is_open_to(who, lines))
    if band is not None:
        page = page.where(lines.band == band)
    key = read_key(session, clinic_id, wanted.after)
    if key:
        page = page.where(tuple_(*in_order(lines)) > tuple_(*key))
    return list(session.execute(page.order_by(*in_order(lines)).limit(limit)))


def whole_lines(session: Session, clinic_id: uuid.UUID, found: Iterable[uuid.UUID]) -> list[PatientSummary]:
    """Return the lines of some patients in the order of their ids."""
    ids = list(found)
    row = PatientSummary
    known = {
        line.patient_id: line
        for line in session.scalars(select(row).where(row.clinic_id == clinic_id, row.patient_id.in_(ids)))
    }
    return [known[one] for one in ids if one in known]


def key_of(place: Any) -> str:
    """Return the key by which the page after a place is asked for."""
    return f"{place.band}-{place.rank}-{place.order_day.isoformat()}-{place.patient_id.hex}"


def read_key(session: Session, clinic_id: uuid.UUID, after: str) -> tuple[int, int, date, str, uuid.UUID] | None:
    """Return the place after which a page begins, or None for a key that no page gave."""
    read = _KEY.fullmatch(after)
    if read is None:
        return None
    patient_id = uuid.UUID(read["patient"])
    row = PatientSummary
    of_patient = (row.clinic_id == clinic_id, row.patient_id == patient_id)
    reference = session.scalar(select(row.reference).where(*of_patient))
    try:
        order_day = date.fromisoformat(read["day"])
    except ValueError:
        return None
    return None if reference is None else (int(read["band"]), int(read["rank"]), order_day, reference, patient_id)


def tags_of_clinic(session: Session, who: Identity, clinic_id: uuid.UUID, *, at_most: int = 200) -> list[str]:
    """Return the tags of the patients who are open to `who`, in order, each found by one probe behind the one before.

    A tag is a word about a person: one that only a protected diary has is not told.
    """
    tag = PatientTag.tag
    of_open = (
        select(tag)
        .join(Patient, (Patient.clinic_id == PatientTag.clinic_id) & (Patient.id == PatientTag.patient_id))
        .where(PatientTag.clinic_id == clinic_id, is_open_to(who, Patient.__table__.c))
        .order_by(tag)
        .limit(1)
    )
    known = select(of_open.scalar_subquery().label("tag")).cte("known", recursive=True)
    behind = of_open.where(tag > known.c.tag).scalar_subquery()
    known = known.union_all(select(behind).where(known.c.tag.is_not(None)))
    return [word for word in session.scalars(select(known.c.tag).limit(at_most + 1)) if word is not None]
