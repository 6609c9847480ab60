"""A line between a browser and a server on this machine that is as slow as is asked, can break, and counts its bytes.

It stands outside the browser, so that the requests of a service worker are as slow as those of its pages.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

CHUNK: Final = 8192
LONGEST_WAIT: Final = 20.0
"""Seconds for an answer that may never come."""


class Line(Enum):
    """What a line does with what is said over it."""

    OPEN = "open"
    DEAD = "dead"
    """Nobody is reached."""
    LOSES_ANSWERS = "loses answers"
    """What is sent arrives, and the connection breaks before its answer does."""


@dataclass(frozen=True)
class Speed:
    """Round trip in seconds and bits a second, down and up."""

    round_trip: float = 0.0
    down: float = float("inf")
    up: float = float("inf")


SLOW_4G: Final = Speed(0.150, 1_638_400, 768_000)
"""What Lighthouse calls slow 4G."""


@dataclass
class SlowLine:
    """A line to the server at `port`; everything about it may be changed while it is used."""

    port: int
    speed: Speed = field(default_factory=Speed)
    does: Line = Line.OPEN
    came: int = 0
    went: int = 0
    opened: int = 0
    here: int = 0
    used_at: float = 0.0
    _asked: set[asyncio.StreamWriter] = field(default_factory=set)
    _free: dict[str, float] = field(default_factory=lambda: {"down": 0.0, "up": 0.0})

    @property
    def address(self) -> str:
        """The beginning of every address at this end."""
        return f"http://127.0.0.1:{self.here}"

    def count_anew(self) -> None:
        """Begin to count bytes and connections at nothing."""
        self.came = self.went = self.opened = 0

    def wait_until_quiet(self, seconds: float) -> None:
        """Wait until every question is answered and nobody has said anything for so long."""
        until = time.monotonic() + LONGEST_WAIT
        while (self._asked or time.monotonic() < self.used_at + seconds) and time.monotonic() < until:
            time.sleep(0.01)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection; its first round trip is the handshake's."""
        self.opened += 1
        self.used_at = time.monotonic()
        with closing(writer), suppress(OSError, asyncio.CancelledError):
            await asyncio.sleep(self.speed.round_trip)
            if self.does is not Line.DEAD:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
                with closing(far_writer):
                    await self._both_ways(reader, writer, far_reader, far_writer)

    async def _both_ways(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        up = asyncio.create_task(self._pump(reader, far_writer, "up", far_writer))
        down = asyncio.create_task(self._pump(far_reader, writer, "down", far_writer))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if up.done():  # a browser that has said all still waits for the answer
                await asyncio.wait({down}, timeout=30)
        finally:
            self._asked.discard(far_writer)
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: str, server: asyncio.StreamWriter
    ) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.create_task(self._deliver(waiting, target))
        try:
            with suppress(OSError):
                while piece := await source.read(CHUNK):
                    if self.does is Line.DEAD or (way == "down" and self.does is Line.LOSES_ANSWERS):
                        break
                    (self._asked.add if way == "up" else self._asked.discard)(server)
                    await waiting.put((self._arrives(way, len(piece)), piece))
            await waiting.put((0.0, b""))
            await delivery
        finally:
            delivery.cancel()
        if way == "down":
            target.close()

    def _arrives(self, way: str, size: int) -> float:
        self.used_at = time.monotonic()
        if way == "down":
            self.came += size
        else:
            self.went += size
        each = 8 * size / (self.speed.down if way == "down" else self.speed.up)
        self._free[way] = max(time.monotonic(), self._free[way]) + each
        return self._free[way] + self.speed.round_trip / 2

    async def _deliver(self, waiting: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # whoever waited has gone
            while True:
                at, piece = await waiting.get()
                if not piece:
                    return
                await asyncio.sleep(max(0.0, at - time.monotonic()))
                target.write(piece)
                await target.drain()


@contextmanager
def slow_line(port: int, speed: Speed = Speed()) -> Iterator[SlowLine]:
    """Lay a line to the server at `port` until the block ends."""
    line, ready, loop, over = SlowLine(port, speed), threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def lie() -> None:
        server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
        line.here = server.sockets[0].getsockname()[1]
        ready.set()
        await over.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(lie())

    thread = threading.Thread(target=run, name="line", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield line
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
