"""A message to one person, and whom it is about."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from diary.vocabulary import Channel, MessageKind


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a message goes, in which language, and to whose account it belongs."""

    to: str = field(repr=False)
    language: str = "en"
    clinic_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    patient_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent once; a second message with the same `id` is the same message.

    It waits until `not_before`, and is no longer sent from `expires_at` on. A mail has an address, a subject and a
    text; what goes another way says in `more` what the carrier of its channel asks for.
    """

    kind: MessageKind
    to: str = field(default="", repr=False)
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    clinic_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    patient_id: uuid.UUID | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    channel: Channel = Channel.MAIL
    more: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def said(self) -> dict[str, Any]:
        """Return what is sealed in the outbox, and opened by the carrier alone."""
        if self.channel is not Channel.MAIL:
            return dict(self.more)
        return {"to": self.to, "subject": self.subject, "text": self.text, **self.more}
