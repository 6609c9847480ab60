"""Turns on SQLite: one unit of this process writes after another, and nobody waits for that for ever."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
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


class Readers:
    """Those who read, and the commit that waits for them, or they for it.

    SQLite keeps them apart by itself, but whoever waits there sleeps in growing steps, far longer than a commit takes.
    Whoever has waited `most` seconds here goes on to SQLite, which has the last word.
    """

    def __init__(self, *, most: float) -> None:
        """Let nobody wait longer than `most` seconds."""
        self._most, self._reading, self._committing = most, 0, 0
        self._changed = threading.Condition()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Begin once no commit is under way or waits for those who read already."""
        with self._changed:
            self._changed.wait_for(lambda: not self._committing, self._most)
            self._reading += 1
        try:
            yield
        finally:
            with self._changed:
                self._reading -= 1
                self._changed.notify_all()

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Commit once nobody reads any more."""
        with self._changed:
            self._committing += 1
            self._changed.wait_for(lambda: not self._reading, self._most)
        try:
            yield
        finally:
            with self._changed:
                self._committing -= 1
                self._changed.notify_all()
