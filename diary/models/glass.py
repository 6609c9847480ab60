"""Glass broken before protected diaries, and what was said of it afterwards."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to, one_of
from diary.models.types import ClinicId, Id, Moment, UtcMoment
from diary.vocabulary import ReviewOutcome


class BreakGlass(Base):
    """A protected diary opened by one member for an hour, with their reason and the admin's review of it."""

    __tablename__ = "break_glass"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("member"),
        belongs_to("member", "reviewed_by"),
        one_of("review_outcome", ReviewOutcome),
        CheckConstraint("broken_at < ends_at", name="ends_later"),
        CheckConstraint(
            "(reviewed_at IS NULL) = (review_outcome IS NULL) AND (reviewed_at IS NULL) = (reviewed_by IS NULL)",
            name="reviewed_whole",
        ),
        Index(None, "clinic_id", "patient_id", "ends_at"),
        Index(None, "clinic_id", "reviewed_at", "broken_at"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(String(500))
    broken_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    closed_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    reviewed_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    review_outcome: Mapped[str | None] = mapped_column(String(20))
    review_words: Mapped[str] = mapped_column(String(500), default="")
