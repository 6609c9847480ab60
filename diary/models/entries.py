"""What the diary holds: entries, append-only, and what else was said or happened."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.clinical.scores import Source
from diary.db import Base
from diary.models.keys import belongs_to, one_of
from diary.models.types import ClinicId, Id, Moment, UtcMoment
from diary.vocabulary import EventKind


class Entry(Base):
    """One revision of the score of one diary day; a row is never changed and never removed.

    `written_at` is the device's moment, corrected by the clock error known from sending; rows imported without a
    moment count as written on their day. `days_late` is the diary day of that moment minus the day it is about.
    """

    __tablename__ = "entry"
    __table_args__ = (
        belongs_to("patient"),
        one_of("source", Source),
        CheckConstraint("score IS NULL OR score BETWEEN 0 AND 10", name="score_in_range"),
        CheckConstraint("revision >= 1", name="revision_counts"),
        Index(None, "clinic_id", "patient_id", "day", "revision", unique=True),
        Index(None, "clinic_id", "patient_id", "client_ref", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    day: Mapped[date]
    revision: Mapped[int] = mapped_column(Integer)
    score: Mapped[int | None] = mapped_column(Integer)
    client_ref: Mapped[uuid.UUID] = mapped_column(Uuid)
    item_version: Mapped[str] = mapped_column(String(40))
    entered_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    utc_offset_minutes: Mapped[int | None] = mapped_column(Integer)
    clock_error_seconds: Mapped[int] = mapped_column(Integer, default=0)
    written_at: Mapped[Moment]
    received_at: Mapped[Moment]
    days_late: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(20))
    entered_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(String(500), default="")


class EntryConflict(Base):
    """A second number that came under the name of an entry already stored: kept as it was written, never changed.

    `said` is day and score in one word, so that the same number once more is the same row.
    """

    __tablename__ = "entry_conflict"
    __table_args__ = (
        belongs_to("patient"),
        CheckConstraint("score IS NULL OR score BETWEEN 0 AND 10", name="score_in_range"),
        Index(None, "clinic_id", "patient_id", "client_ref", "said", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    client_ref: Mapped[uuid.UUID] = mapped_column(Uuid)
    day: Mapped[date]
    score: Mapped[int | None] = mapped_column(Integer)
    said: Mapped[str] = mapped_column(String(20))
    item_version: Mapped[str] = mapped_column(String(40))
    entered_at: Mapped[Moment]
    utc_offset_minutes: Mapped[int] = mapped_column(Integer)
    clock_error_seconds: Mapped[int] = mapped_column(Integer)
    written_at: Mapped[Moment]
    received_at: Mapped[Moment]


class PatientEvent(Base):
    """Something said by the patient or recorded by the clinic, on its diary day.

    `client_ref` names what may be there once only; `due_day` is the clinic's working day that very high scores are for.
    """

    __tablename__ = "patient_event"
    __table_args__ = (
        belongs_to("patient"),
        one_of("kind", EventKind),
        Index(None, "clinic_id", "patient_id", "day"),
        Index(None, "clinic_id", "patient_id", "client_ref", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(30))
    day: Mapped[date]
    note: Mapped[str] = mapped_column(String(500), default="")
    recorded_at: Mapped[Moment]
    recorded_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    client_ref: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    due_day: Mapped[date | None]
