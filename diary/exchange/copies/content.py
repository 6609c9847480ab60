"""What a copy of a diary holds; the names of the fields are the names in the file."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class HomeClinic:
    """The clinic that the patient comes from, its own number for them, and who they are there."""

    clinic_id: uuid.UUID
    name: str
    patient_id: uuid.UUID
    reference: str


@dataclass(frozen=True, slots=True)
class CopiedZone:
    """A time zone the patient lives in from a diary day on."""

    valid_from: date
    time_zone: str


@dataclass(frozen=True, slots=True)
class CopiedEntry:
    """One revision of the score of one diary day, as it is stored."""

    day: date
    revision: int
    score: int | None
    client_ref: uuid.UUID
    item_version: str
    entered_at: datetime | None
    utc_offset_minutes: int | None
    clock_error_seconds: int
    written_at: datetime
    received_at: datetime
    days_late: int
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class CopiedInfusion:
    """One infusion as it was given."""

    day: date
    medicine: str
    dose: Decimal | None
    unit: str | None
    hours: Decimal | None
    weight_kg: Decimal | None
    remark: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CopiedBaseline:
    """A baseline given by hand; an empty value took an earlier one back."""

    value: Decimal | None
    reason: str
    set_on: date
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CopiedCourse:
    """One course with its infusions and the baselines given for it."""

    medicines: tuple[str, ...]
    status: str
    first_day: date
    last_day: date
    made_at: datetime
    infusions: tuple[CopiedInfusion, ...]
    baselines: tuple[CopiedBaseline, ...]


@dataclass(frozen=True, slots=True)
class CopiedEvent:
    """Something said by the patient or recorded by the clinic."""

    kind: str
    day: date
    note: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class CopiedConsent:
    """What the patient said to one purpose there; a yes is shown and never taken over, a no to the diary is."""

    purpose: str
    version: str
    said: str
    day: date


@dataclass(frozen=True, slots=True)
class DiaryCopy:
    """A whole diary with what another clinic needs to go on with it; no verdict, decision or name of staff."""

    made_at: datetime
    home: HomeClinic
    name: str
    birth_year: int | None
    phone: str
    language: str
    left_handed: bool
    protected: bool
    zones: tuple[CopiedZone, ...]
    entries: tuple[CopiedEntry, ...]
    courses: tuple[CopiedCourse, ...]
    events: tuple[CopiedEvent, ...]
    consents: tuple[CopiedConsent, ...]

    @property
    def days_written(self) -> int:
        """Number of diary days with an entry."""
        return len({entry.day for entry in self.entries})
