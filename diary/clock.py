"""The only reader of time."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)


def clock_from(file: Path | None) -> Clock:
    """Return the clock of the machine, or one that reads an ISO moment with offset from `file` at every use."""
    if file is None:
        return utc_now
    return lambda: datetime.fromisoformat(file.read_text(encoding="utf-8").strip()).astimezone(UTC)
