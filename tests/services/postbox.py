"""What waits in the outbox, unsealed: what would be read of it by those it is for."""

import json
from typing import NamedTuple

from sqlalchemy import select

from diary.db import snapshot
from diary.models import OutboxMessage
from diary.services.outbox import seal
from diary.vocabulary import Channel


class Waiting(NamedTuple):
    """One message that waits: its kind, and what it says to whom."""

    kind: str
    to: str
    subject: str
    text: str


def outbox():
    """Return every message of the outbox, the oldest first."""
    with snapshot() as session:
        return session.scalars(select(OutboxMessage).order_by(OutboxMessage.made_at, OutboxMessage.id)).all()


def letters_waiting():
    """Return what waits to be sent, the oldest first; nothing does without a mail server (`set_up_mail`)."""
    return [
        Waiting(row.kind, *(said[name] for name in ("to", "subject", "text")))
        for row, said in sealed_words()
        if row.channel == Channel.MAIL
    ]


def sealed_words():
    """Return each message that waits with all that its carrier is told."""
    waiting = [row for row in outbox() if row.sealed is not None]
    return [(row, json.loads(seal().open(row.sealed, owner=row.id.bytes))) for row in waiting]
