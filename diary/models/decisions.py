"""What clinicians decided, bound to what was on their screen."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to, one_of
from diary.models.types import ClinicId, Id, Moment, UtcMoment
from diary.vocabulary import DecisionKind


class Decision(Base):
    """One decision; append-only, reversed only by a new one.

    `shown` is the verdict that was on the screen with what it was made from, `shown_digest` the SHA-256 of it all.
    `signature` is made by the installation's key `key_id` over everything here, with the member's name and the digest
    of the rules as they were then; what was recorded before decisions were signed has none of these. `reverses` is the
    decision that this one takes back, once and for all; `medicine` is what a change is to, where that is decided.
    """

    __tablename__ = "decision"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("member"),
        one_of("kind", DecisionKind),
        Index(None, "clinic_id", "patient_id", "decided_at"),
        Index(None, "clinic_id", "reverses", unique=True),
        Index(None, "clinic_id", "member_id", "decided_at"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(20))
    next_step: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(1000))
    day: Mapped[date]
    decided_at: Mapped[Moment]
    shown: Mapped[dict[str, Any]] = mapped_column(JSON)
    shown_digest: Mapped[str] = mapped_column(String(64))
    member_name: Mapped[str | None] = mapped_column(String(120))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    confirmed_by: Mapped[str | None] = mapped_column(String(20))
    rules_digest: Mapped[str | None] = mapped_column(String(64))
    key_id: Mapped[str | None] = mapped_column(String(32))
    signature: Mapped[bytes | None] = mapped_column(LargeBinary(64))
    reverses: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    medicine: Mapped[str | None] = mapped_column(String(40))
