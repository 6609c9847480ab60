"""Requests go first: work of this process that can wait lets those that are being answered pass before it goes on."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

QUIET: Final = 0.003
"""Seconds without a request: so soon after one answer, whoever sends one after the other has sent the next."""
LONGEST_WAIT: Final = 0.25
"""Seconds after which waiting work takes one step all the same: where requests never cease, it still goes on."""

_at_hand, _begun = 0, 0
_changed = threading.Condition()
_can_wait: ContextVar[bool] = ContextVar("can_wait", default=False)


def request_begins() -> None:
    """Count a request as being answered."""
    global _at_hand, _begun
    with _changed:
        _at_hand, _begun = _at_hand + 1, _begun + 1


def request_ends() -> None:
    """Count it as answered."""
    global _at_hand  # noqa: PLW0603 (there is one process)
    with _changed:
        _at_hand -= 1
        if _at_hand == 0:
            _changed.notify_all()


@contextmanager
def work_that_can_wait() -> Iterator[None]:
    """Say that what is done within can wait; `let_requests_pass` does nothing elsewhere."""
    token = _can_wait.set(True)
    try:
        yield
    finally:
        _can_wait.reset(token)


def let_requests_pass() -> None:
    """Wait until requests have ceased for a moment, `LONGEST_WAIT` at most: called between two steps of long work."""
    if not _can_wait.get():
        return
    until = time.monotonic() + LONGEST_WAIT
    while (left := until - time.monotonic()) > 0:
        with _changed:
            _changed.wait_for(lambda: _at_hand == 0, left)
            begun = _begun
        time.sleep(QUIET)
        if _at_hand == 0 and _begun == begun:
            return
