"""Clinics, their staff, their rule parameters and the counts of their worklist."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to, belongs_to_clinic, one_of
from diary.models.types import ClinicId, Id, Moment, UtcMoment, Words
from diary.vocabulary import MemberStatus


class Clinic(Base):
    """A clinic; phone and emergency number stand on every page of its patients.

    `notes_since` is when it began to take short notes from patients, None while it takes none; `working_days` are the
    days of the week on which it works, None for Monday to Friday.
    """

    __tablename__ = "clinic"

    clinic_id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(40), default="")
    emergency_number: Mapped[str] = mapped_column(String(20), default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    language: Mapped[str] = mapped_column(String(10), default="en")
    made_at: Mapped[Moment]
    notes_since: Mapped[datetime | None] = mapped_column(UtcMoment)
    working_days: Mapped[tuple[str, ...] | None] = mapped_column(Words)


class Member(Base):
    """Staff of a clinic."""

    __tablename__ = "member"
    __table_args__ = (
        belongs_to_clinic(),
        one_of("status", MemberStatus),
        Index(None, "clinic_id", "account_id", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(120))
    roles: Mapped[tuple[str, ...]] = mapped_column(Words)
    status: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[Moment]


class ClinicRules(Base):
    """One version of a clinic's rule parameters; a new version is a new row."""

    __tablename__ = "clinic_rules"
    __table_args__ = (belongs_to_clinic(), CheckConstraint("version >= 1", name="version_counts"))

    clinic_id: Mapped[ClinicId]
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(500))
    made_at: Mapped[Moment]
    made_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class ClinicTally(Base):
    """How many patients of a clinic stand in each band and state, as counted at `counted_at`.

    `chairs` has the chairs likely needed: the Monday of the week, the medicine, how many.
    """

    __tablename__ = "clinic_tally"
    __table_args__ = (belongs_to_clinic(),)

    clinic_id: Mapped[ClinicId]
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    chairs: Mapped[list[tuple[str, str, int]] | None] = mapped_column(JSON)
    counted_at: Mapped[Moment]
    out_of_date: Mapped[bool] = mapped_column(Boolean, default=True)


class SavedView(Base):
    """A filter of the worklist that a member gave a name, for themselves alone."""

    __tablename__ = "saved_view"
    __table_args__ = (belongs_to("member"), Index(None, "clinic_id", "member_id", "name", unique=True))

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    name: Mapped[str] = mapped_column(String(60))
    filters: Mapped[dict[str, str]] = mapped_column(JSON)
    made_at: Mapped[Moment]
