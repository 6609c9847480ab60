"""What throttling counts, and the devices it does not keep waiting for others."""

import uuid

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.types import Moment


class SignInAttempts(Base):
    """Attempts counted under one key; the key is a hash, so that neither a name nor an address is kept."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "forgotten_at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer)
    open_at: Mapped[Moment]
    forgotten_at: Mapped[Moment]


class KnownDevice(Base):
    """A device from which an account has signed in; its cookie holds the token, the table only its hash."""

    __tablename__ = "known_device"
    __table_args__ = (Index(None, "account_id"), Index(None, "last_seen_at"))

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    first_seen_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
