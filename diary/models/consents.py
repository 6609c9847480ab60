"""What patients agreed to and took back, in which words."""

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to, one_of
from diary.models.types import ClinicId, Id, Moment
from diary.vocabulary import ConsentHow, ConsentPurpose, ConsentSaid


class Consent(Base):
    """One thing a patient said to one purpose; append-only, the highest revision of a purpose is what holds.

    `version` names the words that were read, `day` is the day they were agreed to or taken back (on paper: the day of
    the signature), `at` when that was stored, and `recorded_by` the member who brought it in from paper.
    """

    __tablename__ = "consent"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("member", "recorded_by"),
        one_of("purpose", ConsentPurpose),
        one_of("said", ConsentSaid),
        one_of("how", ConsentHow),
        CheckConstraint("revision >= 1", name="revision_counts"),
        Index(None, "clinic_id", "patient_id", "purpose", "revision", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    purpose: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer)
    version: Mapped[str] = mapped_column(String(20))
    said: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    at: Mapped[Moment]
    how: Mapped[str] = mapped_column(String(20))
    recorded_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
