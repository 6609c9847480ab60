"""The audit chain: one per clinic, append-only, over salted commitments."""

import uuid
from typing import Any

from sqlalchemy import JSON, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to_clinic
from diary.models.types import ClinicId, Moment


class AuditHead(Base):
    """The last link of a clinic's chain; locked while a link is added."""

    __tablename__ = "audit_head"
    __table_args__ = (belongs_to_clinic(),)

    clinic_id: Mapped[ClinicId]
    position: Mapped[int] = mapped_column(Integer)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditEvent(Base):
    """One change or one look.

    `commitment` is an HMAC of the content under `salt` (a plain hash of a 0-10 score could be guessed); `hash` covers
    position, moment, action, actor, patient, commitment and the hash before it. Destroying the salt leaves a chain
    that still verifies.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        belongs_to_clinic(),
        Index(None, "clinic_id", "patient_id", "position"),
        Index(None, "clinic_id", "actor_id", "position"),
    )

    clinic_id: Mapped[ClinicId]
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[Moment]
    actor: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    action: Mapped[str] = mapped_column(String(60))
    patient_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32))
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
