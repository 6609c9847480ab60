"""Jobs that one process of all must do: taken by a lease in the database, and let go with how they ended."""

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.models import JobLease

HOLDER: Final = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
"""This process, and no other that ever ran."""
LONGEST_OUTCOME: Final = 200
AHEAD: Final = timedelta(hours=1)
"""What was written so far ahead of now, or farther, was written while a clock was wrong, and does not count."""


@dataclass(frozen=True, slots=True)
class Lease:
    """How a job stands: who has it until when, when it was done last and what came of it."""

    name: str
    held_by: str | None
    held_until: datetime
    done_at: datetime | None
    outcome: str | None

    def is_free(self, *, lasts: timedelta, since: datetime, now: datetime) -> bool:
        """Say whether the job may be taken: nobody has it, and it was not done since `since`."""
        held = self.held_by is not None and now < self.held_until <= now + lasts + AHEAD
        return not held and (self.done_at is None or self.done_at < since or self.done_at > now + AHEAD)


def take_lease(name: str, *, lasts: timedelta, since: datetime, clock: Clock) -> bool:
    """Take the job `name` when nobody has it and it was not done since `since`; say whether this process has it now."""
    now = clock()
    with transaction() as session:
        _make_sure_of(session, name, now)
        taken: Any = session.execute(
            update(JobLease)
            .where(
                JobLease.name == name,
                or_(JobLease.held_by.is_(None), JobLease.held_until <= now, JobLease.held_until > now + lasts + AHEAD),
                or_(JobLease.done_at.is_(None), JobLease.done_at < since, JobLease.done_at > now + AHEAD),
            )
            .values(held_by=HOLDER, held_until=now + lasts)
        )
        return int(taken.rowcount) == 1


def let_go(name: str, *, outcome: str, done: bool, clock: Clock) -> None:
    """Let a job go that this process has, and say how it ended; one that was not `done` is due again."""
    now, said = clock(), {"outcome": outcome[:LONGEST_OUTCOME]}
    values = {"held_by": None, "held_until": now, **said, **({"done_at": now} if done else {})}
    with transaction() as session:
        session.execute(update(JobLease).where(JobLease.name == name, JobLease.held_by == HOLDER).values(values))


def leases() -> list[Lease]:
    """Return every job that was ever taken, by name."""
    with snapshot() as session:
        rows = session.scalars(select(JobLease).order_by(JobLease.name))
        return [Lease(row.name, row.held_by, row.held_until, row.done_at, row.outcome) for row in rows]


def _make_sure_of(session: Session, name: str, now: datetime) -> None:
    new = {"name": name, "held_until": now}
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(JobLease).values(new).on_conflict_do_nothing())
