"""An end in good order: what is being answered is answered, what waits at the door is let in, nobody else is."""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import structlog

LOOK_EVERY: Final = 0.1
AT_THE_DOOR: Final = 0.3
"""Seconds in which a request that was on its way here arrives on a connection that is open already."""
MOST_AT_THE_DOOR: Final = 1024

log = structlog.get_logger()


class StopSignal:
    """Set by SIGTERM or Ctrl-C; a second Ctrl-C ends the process at once."""

    def __init__(self, wake: Callable[[], None] | None = None) -> None:
        self.asked = threading.Event()
        self.at = 0.0
        self._is_asked = False
        self._wake = wake
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    @property
    def is_asked(self) -> bool:
        """Say whether the process is to end."""
        return self._is_asked

    def left(self, within: float) -> float:
        """Return the seconds that are left of `within` since the process was asked to end."""
        return max(0.0, self.at + within - time.monotonic()) if self._is_asked else within

    def _ask(self, _number: int, _frame: object) -> None:
        if not self._is_asked:
            self._is_asked, self.at = True, time.monotonic()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        threading.Thread(target=self.asked.set, name="stop").start()  # the handler may have interrupted its lock
        if self._wake:
            self._wake()


def serve_until_asked(server: Any, asked: StopSignal, *, within: float) -> None:
    """Serve; once asked to end, take nobody in any more and answer whoever is in, for `within` seconds at most."""
    while not asked.is_asked:
        _turn(server, 1.0)
    _close_door(server)
    while server.active_channels and asked.left(within):
        _turn(server, LOOK_EVERY)
        if within - asked.left(within) >= min(AT_THE_DOOR, within):
            for channel in list(server.active_channels.values()):
                channel.will_close = channel.will_close or _is_idle(channel)
    if server.active_channels:
        log.warning("requests_cut_off", requests=len(server.active_channels))
    server.task_dispatcher.shutdown(timeout=LOOK_EVERY)
    server.close()


def end_process(threads: list[threading.Thread], asked: StopSignal, *, within: float) -> None:
    """Wait for the jobs to finish what they have in hand, then end; what takes longer is cut off, and begun again."""
    for thread in threads:
        thread.join(asked.left(within) + LOOK_EVERY)
    late = [thread.name for thread in threads if thread.is_alive()]
    if late:
        log.warning("jobs_cut_off", jobs=late)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _turn(server: Any, seconds: float) -> None:
    loop, polls = server.asyncore.loop, server.adj.asyncore_use_poll
    loop(timeout=seconds, map=server._map, use_poll=polls, count=1)  # noqa: SLF001 (its own run() does the same)


def _close_door(server: Any) -> None:
    """Let in who waits at the door already, then refuse the next one at once."""
    for _ in range(MOST_AT_THE_DOOR):
        if not select.select([server.socket], [], [], 0)[0]:
            break
        server.handle_accept()
    server.accepting = False
    server.del_channel()
    server.socket.close()


def _is_idle(channel: Any) -> bool:
    return not channel.requests and channel.request is None and not channel.total_outbufs_len
