"""Who is mailed the counts of the morning."""

import uuid
from datetime import date, datetime

from sqlalchemy import Boolean, Index, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to
from diary.models.types import ClinicId, Moment, UtcMoment


class DigestSetting(Base):
    """Whether a member wants the counts of each working morning by mail, and at which address.

    Mail goes to `email` once that was confirmed; `next_at` is when it is looked at next, for the day `next_day` of the
    clinic's zone. Of links only hashes are stored: the one that confirms the address, and the one that stops the mails.
    """

    __tablename__ = "digest_setting"
    __table_args__ = (
        belongs_to("member"),
        Index(None, "clinic_id", "next_at"),
        Index(None, "clinic_id", "confirm_hash", unique=True),
        Index(None, "clinic_id", "stop_hash", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    is_on: Mapped[bool] = mapped_column(Boolean)
    email: Mapped[str] = mapped_column(String(254))
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    confirm_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    confirm_until: Mapped[datetime | None] = mapped_column(UtcMoment)
    stop_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    changed_at: Mapped[Moment]
    next_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    next_day: Mapped[date | None]
