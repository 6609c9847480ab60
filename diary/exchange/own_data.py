"""What is kept about a patient, as they take it out: values in, a JSON file or a zip of sheets out.

Both files hold the same tables with the same columns, which docs/own-data.md explains. A table is the fields of its
class in their order; days are written as 2026-03-20, moments in UTC as 2026-03-20T12:00:00Z.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from diary.exchange.own_days import OwnImpression, OwnPeg, OwnReading
from diary.exchange.own_reminders import OwnPhone, OwnReminder, OwnReminderSetting
from diary.exchange.study.cells import cell_of

SCHEMA: Final = "ebb-own-data"
VERSION: Final = 1
"""Raised when a table or a column changes its name or its meaning."""


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """One revision of the score of a day; no score where the patient took it back, three words more from the clinic."""

    day: date
    revision: int
    score: int | None
    source: str
    days_late: int
    entered_at: datetime | None
    received_at: datetime
    question: str
    reason: str
    written_from: str | None = None
    dated: date | None = None
    written_in_by: str | None = None


@dataclass(frozen=True, slots=True)
class OwnSecondNumber:
    """Another number that came under the name of an entry, and which of the two the patient chose."""

    day: date
    score: int | None
    stored_day: date
    stored_score: int | None
    written_at: datetime
    received_at: datetime
    chosen: str | None


@dataclass(frozen=True, slots=True)
class OwnCourse:
    """One course that was given; `course` counts them."""

    course: int
    medicines: tuple[str, ...]
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class OwnInfusion:
    """One infusion of the course of that number, as it was given."""

    course: int
    day: date
    medicine: str
    dose: Decimal | None
    unit: str | None
    hours: Decimal | None
    weight_kg: Decimal | None


@dataclass(frozen=True, slots=True)
class OwnReport:
    """A day on which the patient said that it is wearing off, and when they took that back."""

    day: date
    told_at: datetime
    taken_back_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnExtras:
    """One revision of what goes with a day beside its score."""

    day: date
    revision: int
    worst: int | None
    sleep: int | None
    side_effects: tuple[str, ...]
    medicine_changed: bool
    happened: tuple[str, ...]
    note: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """Something else that was noted of a day from what the patient wrote, and when it was taken back."""

    day: date
    kind: str
    told_at: datetime
    taken_back_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnPause:
    """One revision of a pause; `pause` counts them."""

    pause: int
    revision: int
    reason: str
    first_day: date
    last_day: date | None
    taken_back: bool
    written_at: datetime


@dataclass(frozen=True, slots=True)
class OwnPlan:
    """A plan that the clinic released to the patient, by whom, and when it was taken back or put in other words."""

    day: date
    kind: str
    words: str
    released_by: str
    released_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class OwnConsent:
    """What the patient said to one purpose, in the words of that version."""

    purpose: str
    version: str
    said: str
    day: date
    at: datetime
    how: str
    words: str


@dataclass(frozen=True, slots=True)
class OwnLook:
    """One look or act of somebody else, with the reason where one is told to the patient."""

    at: datetime
    who: str
    roles: tuple[str, ...]
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class About:
    """Whom it is about, and who keeps it."""

    name: str
    reference: str
    birth_year: int | None
    phone: str
    language: str
    time_zone: str
    clinic: str
    clinic_phone: str


@dataclass(frozen=True, slots=True)
class OwnData:
    """Everything a patient takes out, each table in the order of time; looks the newest first."""

    made_at: datetime
    about: About
    entries: tuple[OwnEntry, ...]
    second_numbers: tuple[OwnSecondNumber, ...]
    courses: tuple[OwnCourse, ...]
    infusions: tuple[OwnInfusion, ...]
    wearing_off: tuple[OwnReport, ...]
    extras: tuple[OwnExtras, ...]
    peg: tuple[OwnPeg, ...]
    impressions: tuple[OwnImpression, ...]
    readings: tuple[OwnReading, ...]
    events: tuple[OwnEvent, ...]
    pauses: tuple[OwnPause, ...]
    plans: tuple[OwnPlan, ...]
    consents: tuple[OwnConsent, ...]
    phones: tuple[OwnPhone, ...]
    reminder_settings: tuple[OwnReminderSetting, ...]
    reminders: tuple[OwnReminder, ...]
    looks: tuple[OwnLook, ...]


TABLES: Final[dict[str, type]] = {
    "entries": OwnEntry,
    "second_numbers": OwnSecondNumber,
    "courses": OwnCourse,
    "infusions": OwnInfusion,
    "wearing_off": OwnReport,
    "extras": OwnExtras,
    "peg": OwnPeg,
    "impressions": OwnImpression,
    "readings": OwnReading,
    "events": OwnEvent,
    "pauses": OwnPause,
    "plans": OwnPlan,
    "consents": OwnConsent,
    "phones": OwnPhone,
    "reminder_settings": OwnReminderSetting,
    "reminders": OwnReminder,
    "looks": OwnLook,
}


def columns_of(table: type) -> tuple[str, ...]:
    """Return the columns of a table."""
    return tuple(field.name for field in fields(table))


def own_data_json(own: OwnData) -> bytes:
    """Return the JSON file."""
    document = {"schema": SCHEMA, "version": VERSION, "made_at": _plain(own.made_at), "about": _named(own.about)}
    tables = {name: [_named(row) for row in getattr(own, name)] for name in TABLES}
    return json.dumps(document | tables, ensure_ascii=False, indent=2).encode() + b"\n"


def own_data_csv(own: OwnData) -> bytes:
    """Return a zip of one sheet a table; no cell of any is taken for a formula."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, sheet in _sheets(own):
            member = zipfile.ZipInfo(name, own.made_at.astimezone(UTC).timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, sheet)
    return packed.getvalue()


def _sheets(own: OwnData) -> Iterator[tuple[str, bytes]]:
    head = [("schema", SCHEMA), ("version", VERSION), ("made_at", own.made_at), *_values(own.about)]
    yield "about.csv", _sheet(("name", "value"), head)
    for name, table in TABLES.items():
        rows = [[value for _, value in _values(row)] for row in getattr(own, name)]
        yield f"{name}.csv", _sheet(columns_of(table), rows)


def _sheet(columns: tuple[str, ...], rows: Any) -> bytes:
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(columns)
    sheet.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _values(row: Any) -> list[tuple[str, Any]]:
    return [(name, getattr(row, name)) for name in columns_of(type(row))]


def _named(row: Any) -> dict[str, Any]:
    return {name: _plain(value) for name, value in _values(row)}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return list(value) if isinstance(value, tuple) else value


def _cell(value: Any) -> Any:
    """Return a value as a sheet has it: several words are joined by +, none is an empty cell."""
    if value is None:
        return ""
    plain = "+".join(value) if isinstance(value, tuple) else _plain(value)
    return cell_of(plain) if isinstance(plain, str) else plain
