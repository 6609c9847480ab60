"""Jobs that one process of all must do: who has taken one, until when, and how it ended last."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.types import Moment, UtcMoment


class JobLease(Base):
    """One job by its name; whoever holds it lets it go or loses it at `held_until`. It belongs to no clinic."""

    __tablename__ = "job_lease"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    held_by: Mapped[str | None] = mapped_column(String(80))
    held_until: Mapped[Moment]
    done_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    outcome: Mapped[str | None] = mapped_column(String(200))
