"""Plans in plain words, as the clinic released them to a patient."""

import uuid
from datetime import date

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to
from diary.models.types import ClinicId, Id, Moment


class ReleasedPlan(Base):
    """What a clinician told the patient of a decision, or that it was taken back; append-only, the last revision holds.

    `words` are what the patient reads; `reason`, why it was taken back, is for the clinic.
    """

    __tablename__ = "released_plan"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("decision"),
        belongs_to("member"),
        CheckConstraint("revision >= 1", name="revision_counts"),
        CheckConstraint("taken_back = (words = '')", name="words_or_taken_back"),
        Index(None, "clinic_id", "decision_id", "revision", unique=True),
        Index(None, "clinic_id", "patient_id"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    decision_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    revision: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(1000))
    taken_back: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(String(500))
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    member_name: Mapped[str] = mapped_column(String(120))
    day: Mapped[date]
    made_at: Mapped[Moment]
