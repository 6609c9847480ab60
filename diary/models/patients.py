"""Patients, their tags and the time zones they lived in."""

import uuid
from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to, belongs_to_clinic, one_of
from diary.models.types import ClinicId, Id, Moment, UtcMoment
from diary.vocabulary import LifeCycle


class Patient(Base):
    """A patient of one clinic; `reference` is the clinic's own number for them.

    `protected_at` is when the diary was closed to all but the responsible clinician, None where it is not. `wording`
    names the words in which they are asked, from their first day on; None: those of the first patients.
    """

    __tablename__ = "patient"
    __table_args__ = (
        belongs_to_clinic(),
        belongs_to("member", "responsible_id"),
        one_of("life_cycle", LifeCycle),
        CheckConstraint("birth_year IS NULL OR birth_year BETWEEN 1880 AND 2100", name="birth_year_plausible"),
        Index(None, "clinic_id", "reference", unique=True),
        Index(None, "clinic_id", "account_id", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    reference: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    birth_year: Mapped[int | None] = mapped_column(Integer)
    phone: Mapped[str] = mapped_column(String(40), default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    left_handed: Mapped[bool] = mapped_column(Boolean, default=False)
    responsible_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    life_cycle: Mapped[str] = mapped_column(String(20), default=LifeCycle.ACTIVE)
    made_at: Mapped[Moment]
    protected_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    wording: Mapped[str | None] = mapped_column(String(20))


class PatientZone(Base):
    """The time zone a patient lives in from a diary day on."""

    __tablename__ = "patient_zone"
    __table_args__ = (belongs_to("patient"),)

    clinic_id: Mapped[ClinicId]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    time_zone: Mapped[str] = mapped_column(String(64))


class PatientTag(Base):
    """A word the clinic groups its patients by."""

    __tablename__ = "patient_tag"
    __table_args__ = (belongs_to("patient"), Index(None, "clinic_id", "tag"))

    clinic_id: Mapped[ClinicId]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    tag: Mapped[str] = mapped_column(String(64), primary_key=True)
