"""Messages on their way out, and what came of them."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import one_of
from diary.models.types import Id, Moment, UtcMoment
from diary.vocabulary import Channel, MessageKind, OutboxState


class OutboxMessage(Base):
    """One message; what it says and to whom is sealed, and wiped when it is no longer on its way.

    Its ids point nowhere by force: a message may be sent before its clinic is known, and erasing a person finds them.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("kind", MessageKind),
        one_of("channel", Channel),
        one_of("state", OutboxState),
        CheckConstraint("sealed IS NULL OR state IN ('waiting', 'sending')", name="sealed_on_its_way"),
        Index(None, "state", "due_at"),
        Index(None, "made_at"),
        Index(None, "account_id"),
        Index(None, "clinic_id", "patient_id"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(10))
    clinic_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    account_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    patient_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[Moment]
    due_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    lease_until: Mapped[datetime | None] = mapped_column(UtcMoment)
    sent_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    why: Mapped[str | None] = mapped_column(String(30))
