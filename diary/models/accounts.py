"""Who signs in: accounts, their sessions, and the invites that make them."""

import uuid
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to, belongs_to_clinic, one_of
from diary.models.types import ClinicId, Id, Moment, UtcMoment
from diary.vocabulary import InvitePurpose, Proof


class Account(Base):
    """Someone who signs in; what they may do is said by their memberships and by the patient they are."""

    __tablename__ = "account"

    id: Mapped[Id]
    sign_in_name: Mapped[str] = mapped_column(String(254), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[Moment]
    disabled_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class AccountClinic(Base):
    """A clinic in which an account is a member or a patient; found by account, so that no clinic is asked in vain."""

    __tablename__ = "account_clinic"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.clinic_id"), primary_key=True)


class SignedInSession(Base):
    """One sign-in on one device; the cookie holds the token, the table only its hash.

    `id` names it on the page of one's own sessions; `network` is what throttling counts too, never a whole address;
    `lock_hash` is the hash of the PIN of a screen lock, where there is one.
    """

    __tablename__ = "session"
    __table_args__ = (
        one_of("proven_by", Proof),
        Index(None, "account_id"),
        Index(None, "id", unique=True),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, default=uuid.uuid4)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    clinic_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    member_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    patient_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    proven_by: Mapped[str] = mapped_column(String(20))
    confirmed_at: Mapped[Moment]
    device: Mapped[str] = mapped_column(String(60), default="")
    network: Mapped[str] = mapped_column(String(50), default="")
    shared: Mapped[bool] = mapped_column(Boolean, default=False)
    lock_hash: Mapped[str | None] = mapped_column(String(255))
    lock_failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    created_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class Invite(Base):
    """A link handed over once; only the hash of its secret is stored.

    `email` is where a member's link was sent, until it is used or withdrawn; a patient's address is never stored here.
    """

    __tablename__ = "invite"
    __table_args__ = (
        belongs_to_clinic(),
        ForeignKeyConstraint(["clinic_id", "patient_id"], ["patient.clinic_id", "patient.id"]),
        belongs_to("member"),
        one_of("purpose", InvitePurpose),
        Index(None, "clinic_id", "token_hash", unique=True),
        Index(None, "clinic_id", "patient_id"),
        Index(None, "clinic_id", "member_id"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    purpose: Mapped[str] = mapped_column(String(20))
    patient_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    member_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    email: Mapped[str | None] = mapped_column(String(254))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcMoment)
