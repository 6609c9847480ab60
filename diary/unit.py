"""A unit of work as services are handed it: a connection in a transaction, and a session for whoever asks for one."""

from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.orm import Session


class Unit(Session):
    """The session of a unit, which comes into being with the first thing that is asked of it.

    To make one and close it costs as much as two statements, and what phones send needs none of it: `Prepared`
    statements ask the connection alone.
    """

    def __init__(self, connection: Connection, *, autoflush: bool) -> None:
        """Take a connection that has begun its transaction, and will end it."""
        vars(self).update(bind=connection, autoflush=autoflush)

    def __getattr__(self, name: str) -> Any:
        """Become a session, since something of one is missing."""
        if self.is_asked or "bind" not in vars(self):
            raise AttributeError(name)
        super().__init__(self.bind, autoflush=self.autoflush, expire_on_commit=False)
        return getattr(self, name)

    @property
    def is_asked(self) -> bool:
        """Say whether it has become a session."""
        return "identity_map" in vars(self)

    def rollback(self) -> None:
        """Take the whole unit back, also what was written past the session."""
        if self.is_asked:
            super().rollback()
        cast("Connection", self.bind).rollback()

    def end(self) -> None:
        """Let go of whatever it has found; what is used after its unit is a value."""
        if self.is_asked:
            self.close()


def connection_of(session: Session) -> Connection:
    """Return the connection on which the unit of `session` runs.

    Raises:
        PendingRollbackError: the unit was taken back: whatever is written now would stand by itself.
    """
    connection = cast("Connection", session.bind)
    if not connection.in_transaction():
        raise PendingRollbackError("This unit was taken back: nothing more is done in it.")
    return connection


def flush(session: Session) -> None:
    """Send what waits in the unit of `session` to be written, if anything does."""
    if not isinstance(session, Unit) or session.is_asked:
        session.flush()
