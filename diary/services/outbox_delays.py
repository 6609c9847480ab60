"""What becomes of a message that was not taken: it waits, longer after each attempt, or it is given up."""

from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from diary.messaging.problems import Delayed, DeliveryProblem, PutOff, Unclear
from diary.vocabulary import OutboxState

FIRST_DELAY: Final = timedelta(minutes=1)
LONGEST_DELAY: Final = timedelta(hours=2)


class Attempted(Protocol):
    """A message that somebody tried to hand over, this time counted among its attempts."""

    @property
    def attempts(self) -> int:
        """How often it was tried."""

    @property
    def expires_at(self) -> datetime:
        """When it is worth nothing any more."""


def delay_after(attempts: int) -> timedelta:
    """Return how long a message waits after so many attempts: a minute, then twice as long each time, up to hours."""
    longer: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_DELAY * longer, LONGEST_DELAY)


def what_becomes_of(problem: DeliveryProblem, message: Attempted, now: datetime) -> dict[str, Any]:
    """Return what is written down of a message that met a problem; where nobody was asked, nothing was attempted."""
    if isinstance(problem, Unclear):
        return {"state": OutboxState.UNKNOWN}
    if not isinstance(problem, Delayed):
        return {"state": OutboxState.FAILED}
    again, attempts = now + max(delay_after(message.attempts), problem.after), message.attempts
    if isinstance(problem, PutOff):
        again, attempts = now + problem.after, message.attempts - 1
    if again >= message.expires_at:
        return {"state": OutboxState.FAILED}
    return {"state": OutboxState.WAITING, "due_at": again, "attempts": attempts}
