"""Doing it again: a unit that the database turned away is done anew, whole, as long as that cannot double anything."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from diary.errors import BeingMoved

Result = TypeVar("Result")

AT_MOST: Final = 5
"""Attempts: the first one, and four more."""
WITHIN_SECONDS: Final = 5.0
FIRST_WAIT: Final = 0.05

TURNED_AWAY: Final = frozenset({"40001", "40P01"})
"""Not serializable, deadlock: the database has taken the unit back and asks for it again."""
ELSEWHERE_MEANWHILE: Final = "23505"
"""Somebody else stored what was not there a moment ago: done again, the unit finds it."""
GOING_AWAY: Final = frozenset({"57P01", "57P02", "57P03", "25006"})
"""Shut down, crashed, starting, or a standby that takes no writing."""

log = structlog.get_logger()


class CommitUnknown(OperationalError):
    """The connection broke while the unit was committed: nobody can say whether it was stored."""

    def __init__(self, why: BaseException) -> None:
        super().__init__("COMMIT", None, why)


@dataclass
class Attempt:
    """One attempt at a request; `committed` counts the units that would be doubled if they were done again.

    `along` are small writings, by name, that wait for the next unit of the request that writes, whichever that is: a
    commit of their own would cost as much as an entry.
    """

    repeatable: bool
    is_last: bool = False
    committed: int = 0
    in_doubt: bool = False
    along: dict[str, Callable[[Session], object]] = field(default_factory=dict)

    @property
    def may_be_repeated(self) -> bool:
        """Say whether doing all of it again stores nothing twice."""
        return not self.is_last and (self.repeatable or not (self.committed or self.in_doubt))

    @property
    def may_be_half_done(self) -> bool:
        """Say whether something of it may be stored."""
        return not self.repeatable and (self.committed > 0 or self.in_doubt)


class Again(BaseException):
    """Do the request again; nothing that handles errors may catch it."""


_open: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def this_attempt() -> Attempt | None:
    """Return the attempt that is under way, or None outside of requests."""
    return _open.get()


def write_along(session: Session) -> None:
    """Write what waited for a unit of this request."""
    attempt = _open.get()
    if attempt is not None:
        for write in attempt.along.values():
            write(session)


def note_commit(*, once: object) -> None:
    """Note that a unit was committed; one that stores the same `once`, however often it is done, does not count."""
    attempt = _open.get()
    if attempt is None:
        return
    attempt.along.clear()
    if once is None:
        attempt.committed += 1


def note_doubt(*, once: object) -> None:
    """Note that a unit may have been committed."""
    attempt = _open.get()
    if attempt is not None and once is None:
        attempt.in_doubt = True


def is_unavailable(error: BaseException) -> bool:
    """Say whether the database did not answer, or not in time, so that it may answer later."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout | BeingMoved):
        return True
    return isinstance(error, InternalError) and _state(error) in GOING_AWAY


def can_be_done_again(error: BaseException) -> bool:
    """Say whether the same unit may well pass when it is done again at once."""
    if isinstance(error, CommitUnknown):
        return True
    if isinstance(error, IntegrityError):
        return _state(error) == ELSEWHERE_MEANWHILE
    if not isinstance(error, DBAPIError) or not type(error.orig).__module__.startswith("psycopg"):
        return False
    state = _state(error)
    if state is None:
        return isinstance(error, OperationalError | InterfaceError)  # no connection, or none any more
    return error.connection_invalidated or state[:2] == "08" or state in TURNED_AWAY | GOING_AWAY


def again_or_not(error: BaseException) -> None:
    """Have the request done again if that can help and doubles nothing.

    Raises:
        Again: it is.
    """
    attempt = _open.get()
    if attempt is not None and can_be_done_again(error) and attempt.may_be_repeated:
        log.info("done_again", kind=type(getattr(error, "orig", error)).__name__)
        raise Again from error


def until_done(act: Callable[[], Result], *, repeatable: bool = False) -> Result:
    """Do `act` until it is not asked to be done again, at most five times within five seconds."""
    began = time.monotonic()
    for number in range(AT_MOST):
        late = time.monotonic() - began > WITHIN_SECONDS
        with _attempted(Attempt(repeatable, is_last=late or number == AT_MOST - 1)):
            try:
                return act()
            except Again:
                pass
        time.sleep(FIRST_WAIT * 2**number * random.uniform(0.5, 1.5))  # noqa: S311 (so that two do not meet again)
    raise AssertionError("the last attempt is never asked to be done again")


@contextmanager
def _attempted(attempt: Attempt) -> Iterator[None]:
    token = _open.set(attempt)
    try:
        yield
    finally:
        _open.reset(token)


def _state(error: Any) -> str | None:
    state: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state
