"""Courses of infusions and the baselines given for them by hand."""

import uuid
from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.clinical.medicines import MEDICINE_CODES
from diary.db import Base
from diary.models.keys import belongs_to, one_of
from diary.models.types import ClinicId, Hundredths, Id, Moment, Words
from diary.vocabulary import CourseStatus, DoseUnit


class Course(Base):
    """One course: its ordered medicines, from the first infusion day to the last."""

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
    made_at: Mapped[Moment]
    made_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class Infusion(Base):
    """One infusion of a course as it was given."""

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
    remark: Mapped[str] = mapped_column(String(500), default="")
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
