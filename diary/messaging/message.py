"""A message to one person, and whom it is about."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from diary.vocabulary import MessageKind


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

    It waits until `not_before`, and is no longer sent from `expires_at` on.
    """

    kind: MessageKind
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    clinic_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    patient_id: uuid.UUID | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)
