"""The turn to write on SQLite: one unit of this process after another, and nobody waits for it for ever."""

import sqlite3
import threading
import time
from typing import Final

from sqlalchemy.exc import OperationalError

MOST_BEHIND_ONE: Final = 5.0
"""Seconds after which nobody waits behind the same unit any more: it waits for another process itself, or is stuck.

A server has few threads, and a phone gives an answer up after twenty seconds.
"""


class OneWriter:
    """A lock around each unit that writes; who waits too long is refused, as SQLite refuses between processes."""

    def __init__(self, *, most: float) -> None:
        """Let nobody wait longer than `most` seconds, behind however many units."""
        self._lock, self._most, self._since = threading.Lock(), most, 0.0

    def __enter__(self) -> None:
        """Wait for the turn.

        Raises:
            OperationalError: it did not come in time.
        """
        until = time.monotonic() + self._most
        while not self._lock.acquire(blocking=False):
            left = min(until, self._since + MOST_BEHIND_ONE) - time.monotonic()
            if left <= 0:
                raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
            if self._lock.acquire(timeout=left):
                break
        self._since = time.monotonic()

    def __exit__(self, *_raised: object) -> None:
        """Give the turn to the next one."""
        self._lock.release()
