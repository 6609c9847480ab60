"""Phones and other browsers that reminders are pushed to."""

import uuid

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.types import Moment


class PushSubscription(Base):
    """One browser that listens for an account; a phone that changed hands listens for its new owner alone.

    Address and keys are sealed; `key_id` names the key of this installation that the browser asked for; the
    subscription ends with the sign-in `session_id`: the one that made it, or a later one on the same phone.
    """

    __tablename__ = "push_subscription"
    __table_args__ = (Index(None, "id", unique=True), Index(None, "account_id"), Index(None, "session_id"))

    endpoint_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, default=uuid.uuid4)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    session_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    sealed: Mapped[bytes] = mapped_column(LargeBinary(1500))
    key_id: Mapped[bytes] = mapped_column(LargeBinary(16))
    device: Mapped[str] = mapped_column(String(60), default="")
    made_at: Mapped[Moment]
