"""What goes with a day beside its score: optional extras, PEG, other scores, pauses, events that were taken back.

All of it is append-only: a correction is a further revision, and taking something back is a row of its own. Nothing of
it is ever counted by the rules.
"""

import uuid
from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to, one_of
from diary.models.types import ClinicId, Id, Moment, UtcMoment, Words
from diary.vocabulary import PauseReason


def _in_range(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IS NULL OR {column} BETWEEN 0 AND 10", name=f"{column}_in_range")


class DayNote(Base):
    """One revision of the optional extras of one diary day; the highest revision is what holds.

    `side_effects` are the codes that were ticked, `happened` what else came (illness, fall, operation, other).
    """

    __tablename__ = "day_note"
    __table_args__ = (
        belongs_to("patient"),
        _in_range("worst"),
        _in_range("sleep"),
        CheckConstraint("revision >= 1", name="revision_counts"),
        Index(None, "clinic_id", "patient_id", "day", "revision", unique=True),
        Index(None, "clinic_id", "patient_id", "client_ref", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    day: Mapped[date]
    revision: Mapped[int] = mapped_column(Integer)
    client_ref: Mapped[uuid.UUID] = mapped_column(Uuid)
    worst: Mapped[int | None] = mapped_column(Integer)
    sleep: Mapped[int | None] = mapped_column(Integer)
    side_effects: Mapped[tuple[str, ...]] = mapped_column(Words)
    medicine_changed: Mapped[bool] = mapped_column(Boolean)
    happened: Mapped[tuple[str, ...]] = mapped_column(Words)
    note: Mapped[str] = mapped_column(String(500))
    written_at: Mapped[Moment]


class WeeklyPeg(Base):
    """One revision of the three PEG answers given on a diary day; all three are there, or none when taken back."""

    __tablename__ = "weekly_peg"
    __table_args__ = (
        belongs_to("patient"),
        _in_range("pain"),
        _in_range("enjoyment"),
        _in_range("activity"),
        CheckConstraint("revision >= 1", name="revision_counts"),
        CheckConstraint(
            "(pain IS NULL) = (enjoyment IS NULL) AND (pain IS NULL) = (activity IS NULL)", name="all_or_none"
        ),
        Index(None, "clinic_id", "patient_id", "day", "revision", unique=True),
        Index(None, "clinic_id", "patient_id", "client_ref", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    day: Mapped[date]
    revision: Mapped[int] = mapped_column(Integer)
    client_ref: Mapped[uuid.UUID] = mapped_column(Uuid)
    pain: Mapped[int | None] = mapped_column(Integer)
    enjoyment: Mapped[int | None] = mapped_column(Integer)
    activity: Mapped[int | None] = mapped_column(Integer)
    written_at: Mapped[Moment]


class ExtraReading(Base):
    """Another score of a day, at its moment; it never replaces the score of the day and never counts.

    A row without a score takes back the reading it names in `takes_back`.
    """

    __tablename__ = "extra_reading"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("extra_reading", "takes_back"),
        _in_range("score"),
        CheckConstraint("(score IS NULL) = (takes_back IS NOT NULL)", name="score_or_taken_back"),
        Index(None, "clinic_id", "patient_id", "day"),
        Index(None, "clinic_id", "patient_id", "client_ref", unique=True),
        Index(None, "clinic_id", "takes_back", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    day: Mapped[date]
    client_ref: Mapped[uuid.UUID] = mapped_column(Uuid)
    score: Mapped[int | None] = mapped_column(Integer)
    felt_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    takes_back: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    written_at: Mapped[Moment]


class DiaryPause(Base):
    """One revision of a pause; the highest revision of `pause_id` is what holds.

    The pause covers the days `first_day` to `last_day`, both included; without a last day it runs until it is ended.
    """

    __tablename__ = "diary_pause"
    __table_args__ = (
        belongs_to("patient"),
        one_of("reason", PauseReason),
        CheckConstraint("revision >= 1", name="revision_counts"),
        CheckConstraint("last_day IS NULL OR first_day <= last_day", name="days_in_order"),
        Index(None, "clinic_id", "patient_id", "pause_id", "revision", unique=True),
        Index(None, "clinic_id", "patient_id", "client_ref", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    pause_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    revision: Mapped[int] = mapped_column(Integer)
    client_ref: Mapped[uuid.UUID] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(String(20))
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    taken_back: Mapped[bool] = mapped_column(Boolean)
    written_at: Mapped[Moment]


class EventWithdrawal(Base):
    """An event that was taken back: since when, by whom, and why where staff did."""

    __tablename__ = "event_withdrawal"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("patient_event", "event_id"),
        Index(None, "clinic_id", "patient_id"),
    )

    clinic_id: Mapped[ClinicId]
    event_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    taken_back_at: Mapped[Moment]
    taken_back_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    reason: Mapped[str | None] = mapped_column(String(500))
