"""Growing waits: what failed is left alone for a while, each time for longer, as long as it is what it was."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FIRST: Final = timedelta(seconds=2)
LONGEST: Final = timedelta(minutes=10)
MOST_KNOWN: Final = 10_000
"""Failures that are remembered; where there are more, all are forgotten, and each is tried once more."""


@dataclass(frozen=True, slots=True)
class _Failure:
    mark: Hashable
    at: datetime
    wait: timedelta


class GrowingWaits:
    """What failed in this process, by its key; under another mark it is another thing, which nobody has tried yet."""

    def __init__(self) -> None:
        self._failures: dict[Hashable, _Failure] = {}

    def is_waiting(self, key: Hashable, mark: Hashable, now: datetime) -> bool:
        """Say whether it failed so lately that it is not tried again yet; a clock that was set back ends the wait."""
        failure = self._failures.get(key)
        return failure is not None and failure.mark == mark and failure.at <= now < failure.at + failure.wait

    def note_failure(self, key: Hashable, mark: Hashable, now: datetime) -> None:
        """Let it wait from now on, for twice as long as the last time."""
        before = self._failures.get(key)
        again = before is not None and before.mark == mark
        if before is None and len(self._failures) >= MOST_KNOWN:
            self._failures.clear()
        wait = min(before.wait * 2, LONGEST) if before is not None and again else FIRST
        self._failures[key] = _Failure(mark, now, wait)

    def forget(self, key: Hashable) -> None:
        """Forget that it ever failed."""
        self._failures.pop(key, None)
