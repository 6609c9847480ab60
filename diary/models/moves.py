"""Patients who move: the codes they carry to another clinic, and where a diary that was taken in comes from."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to
from diary.models.types import ClinicId, Moment, UtcMoment


class MoveCode(Base):
    """A code that hands a diary over to another clinic of this installation once; only its hash is stored."""

    __tablename__ = "move_code"
    __table_args__ = (
        ForeignKeyConstraint(["clinic_id", "patient_id"], ["patient.clinic_id", "patient.id"]),
        Index(None, "clinic_id", "patient_id"),
    )

    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    clinic_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class PatientOrigin(Base):
    """Where a patient's diary was taken in from, under which signature; what was agreed to there is kept to be read."""

    __tablename__ = "patient_origin"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("member", "taken_by"),
        Index(None, "clinic_id", "from_clinic_id", "from_patient_id", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    from_clinic_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    from_patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    from_clinic: Mapped[str] = mapped_column(String(120))
    from_reference: Mapped[str] = mapped_column(String(64))
    consents: Mapped[list[Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(32))
    key_origin: Mapped[str] = mapped_column(String(20))
    copied_at: Mapped[Moment]
    taken_at: Mapped[Moment]
    taken_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
