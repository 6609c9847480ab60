"""The only reader of time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)


def clock_from(file: Path | None) -> Clock:
    """Return the clock of the machine, or one that reads an ISO moment with offset from `file` at every use.

    A file stands still, time does not: each reading is a microsecond later, so that what comes second stays second.
    """
    if file is None:
        return utc_now
    readings = count()

    def read() -> datetime:
        written = datetime.fromisoformat(file.read_text(encoding="utf-8").strip())
        return written.astimezone(UTC) + timedelta(microseconds=next(readings))

    return read
