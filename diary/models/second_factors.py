"""What proves an account beside its password, and the links that make it possible to begin again."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import one_of
from diary.models.types import Moment, UtcMoment
from diary.vocabulary import LinkPurpose


class OneTimeCodes(Base):
    """The authenticator app of an account; kept when a first code of it was right.

    `secret` is sealed under the installation's key; `last_step` is the time step of the code that was taken last.
    """

    __tablename__ = "one_time_codes"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary(128))
    last_step: Mapped[int] = mapped_column(Integer, default=0)
    made_at: Mapped[Moment]


class RecoveryCode(Base):
    """One printed code, good for one sign-in; only its hash is stored."""

    __tablename__ = "recovery_code"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    made_at: Mapped[Moment]
    used_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class Passkey(Base):
    """A passkey of an account; nothing of it is secret."""

    __tablename__ = "passkey"
    __table_args__ = (Index(None, "account_id"),)

    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    public_key: Mapped[bytes] = mapped_column(LargeBinary(1024))
    sign_count: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[Moment]
    last_used_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class Ceremony(Base):
    """A question that was put to a passkey; answered once, within minutes."""

    __tablename__ = "ceremony"
    __table_args__ = (Index(None, "expires_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    challenge: Mapped[bytes] = mapped_column(LargeBinary(64))
    expires_at: Mapped[Moment]


class AccountLink(Base):
    """A link with which somebody who has an account sets a new password, or a new second factor beside it."""

    __tablename__ = "account_link"
    __table_args__ = (one_of("purpose", LinkPurpose), Index(None, "account_id"))

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[datetime | None] = mapped_column(UtcMoment)
