"""Courses of infusions, what was changed of them, the baselines given for them by hand, and the clinic's protocols."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.clinical.medicines import MEDICINE_CODES
from diary.db import Base
from diary.models.keys import belongs_to, belongs_to_clinic, one_of
from diary.models.types import ClinicId, Hundredths, Id, Moment, UtcMoment, Words
from diary.vocabulary import CourseChanged, CourseStatus, DoseUnit


class Course(Base):
    """One course: its ordered medicines, from the first infusion day to the last.

    `asks_baseline`: while it is planned, the patient is asked to write every day of the week before. `from_notes`: it
    was brought in later from the clinic's notes, with `remark`.
    """

    __tablename__ = "course"
    __table_args__ = (
        belongs_to("patient"),
        one_of("status", CourseStatus),
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        Index(None, "clinic_id", "patient_id", "first_day"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    medicines: Mapped[tuple[str, ...]] = mapped_column(Words)
    status: Mapped[str] = mapped_column(String(20))
    first_day: Mapped[date]
    last_day: Mapped[date]
    asks_baseline: Mapped[bool] = mapped_column(Boolean, nullable=True, default=False)
    from_notes: Mapped[bool] = mapped_column(Boolean, nullable=True, default=False)
    remark: Mapped[str] = mapped_column(String(500), nullable=True, default="")
    made_at: Mapped[Moment]
    made_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class Infusion(Base):
    """One infusion of a course as it was given; what it said before a correction stands in `CourseChange`.

    `side_effects` are the codes that were ticked, `side_effect_words` what else came; one that was taken back stays.
    """

    __tablename__ = "infusion"
    __table_args__ = (
        belongs_to("course"),
        one_of("medicine", sorted(MEDICINE_CODES)),
        one_of("unit", DoseUnit),
        CheckConstraint("dose IS NULL OR dose > 0", name="dose_positive"),
        CheckConstraint("hours IS NULL OR hours BETWEEN 1 AND 24000", name="hours_plausible"),
        CheckConstraint("weight_kg IS NULL OR weight_kg BETWEEN 100 AND 40000", name="weight_plausible"),
        Index(None, "clinic_id", "course_id", "day"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    course_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    day: Mapped[date]
    medicine: Mapped[str] = mapped_column(String(40))
    dose: Mapped[Decimal | None] = mapped_column(Hundredths)
    unit: Mapped[str | None] = mapped_column(String(20))
    hours: Mapped[Decimal | None] = mapped_column(Hundredths)
    weight_kg: Mapped[Decimal | None] = mapped_column(Hundredths)
    side_effects: Mapped[tuple[str, ...]] = mapped_column(Words, nullable=True, default=())
    side_effect_words: Mapped[str] = mapped_column(String(500), nullable=True, default="")
    remark: Mapped[str] = mapped_column(String(500), default="")
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    made_at: Mapped[Moment]
    made_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class BaselineByHand(Base):
    """A baseline given for a course, with the reason; a later row replaces it, an empty value takes it back."""

    __tablename__ = "baseline_by_hand"
    __table_args__ = (
        belongs_to("course"),
        CheckConstraint("value IS NULL OR value BETWEEN 0 AND 1000", name="value_in_range"),
        Index(None, "clinic_id", "course_id"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    course_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    value: Mapped[Decimal | None] = mapped_column(Hundredths)
    reason: Mapped[str] = mapped_column(String(500))
    set_on: Mapped[date]
    made_at: Mapped[Moment]
    made_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class CourseChange(Base):
    """What was changed of a course or of one infusion of it, and why; append-only, shown on the patient's page.

    `before` is what it said until then; of a course planned in spite of a warning, what the warning said.
    """

    __tablename__ = "course_change"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("course"),
        belongs_to("infusion"),
        one_of("changed", CourseChanged),
        Index(None, "clinic_id", "patient_id"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    course_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    infusion_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    changed: Mapped[str] = mapped_column(String(20))
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(500))
    made_at: Mapped[Moment]
    made_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class Protocol(Base):
    """A template of the clinic for courses; `dose_range` is words to be read, never used."""

    __tablename__ = "protocol"
    __table_args__ = (
        belongs_to_clinic(),
        one_of("unit", DoseUnit),
        CheckConstraint("days BETWEEN 1 AND 60", name="days_plausible"),
        CheckConstraint("hours IS NULL OR hours BETWEEN 1 AND 2400", name="hours_plausible"),
        Index(None, "clinic_id", "name"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    medicines: Mapped[tuple[str, ...]] = mapped_column(Words)
    days: Mapped[int] = mapped_column(Integer)
    hours: Mapped[Decimal | None] = mapped_column(Hundredths)
    unit: Mapped[str | None] = mapped_column(String(20))
    dose_range: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[Moment]
    made_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    retired_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class CourseProtocol(Base):
    """The protocol that a course was planned from."""

    __tablename__ = "course_protocol"
    __table_args__ = (belongs_to("course"), belongs_to("protocol"))

    clinic_id: Mapped[ClinicId]
    course_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    protocol_id: Mapped[uuid.UUID] = mapped_column(Uuid)
