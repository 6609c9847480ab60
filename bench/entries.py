"""What an entry costs, beside the floor: `python -m bench.entries --on sqlite --on postgresql`.

Patients who are signed in send one number after the other as phones do, sealed, each the first of its day as long as
there are days; the floor is sent the same over the same kind of line. Both servers run at once and are asked in turns,
a few seconds each, so that whatever else the machine does slows both. Printed are entries a second and milliseconds
(median, 99th percentile) with one client and with eight, and at a fixed rate that no slow answer slows down; and
milliseconds of processor time that the server took for each, which other programs disturb least.
"""

import http.client
import json
import os
import sys
import tempfile
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any, Final

import click

from bench.crowd import crowd
from bench.demo_clinic import free_port, serving
from tests.faults.patients import Person
from tests.faults.phones import Phone
from tests.faults.served import Ground, Served
from tests.postgres.cluster import Cluster
from tests.postgres.machine import own_folder

DAYS_OFFERED: Final = 4
SEALED_AHEAD: Final = 3000
"""Sendings made before a round, so that sealing takes no time from the server."""
TICK: Final = os.sysconf("SC_CLK_TCK")
Body = tuple[str, dict[str, str]]


@dataclass
class Side:
    """One of the two that are compared: where it is asked, what with, and what was found."""

    name: str
    port: int
    path: str
    pid: int
    bodies: Iterator[Body]
    ready: deque[Body] = field(default_factory=deque)
    taken: list[float] = field(default_factory=list)
    seconds: float = 0.0
    processor: float = 0.0
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, sendings: int) -> None:
        """Forget what was found, and seal ahead what will be sent."""
        self.ready.extend(islice(self.bodies, max(0, sendings - len(self.ready))))
        self.taken, self.seconds, self.processor, self.refused = [], 0.0, 0.0, 0

    def told(self) -> str:
        """Return the figures of a round."""
        if not self.taken:
            return f"{self.name}: nothing was stored, {self.refused} refused"
        inorder = sorted(self.taken)
        rate, p99 = len(inorder) / self.seconds, inorder[min(len(inorder) - 1, int(0.99 * len(inorder)))]
        refused = f", {self.refused} refused" if self.refused else ""
        return (
            f"{rate:>8.1f}{1000 * median(inorder):>9.1f}{1000 * p99:>9.1f}"
            f"{1000 * self.processor / len(inorder):>9.2f}{refused}"
        )


@click.command()
@click.option("--on", "kinds", type=click.Choice(["sqlite", "postgresql"]), multiple=True, default=("sqlite",))
@click.option("--patients", type=click.IntRange(10), default=1000, show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=4, show_default=True, help="Of each turn.")
@click.option("--turns", type=click.IntRange(1), default=3, show_default=True)
@click.option("--rate", type=click.IntRange(1), default=50, show_default=True, help="Of the round at a fixed rate.")
@click.option("--jobs", type=click.Choice(["beside", "none"]), default="beside", show_default=True)
def bench(kinds: Sequence[str], patients: int, seconds: int, turns: int, rate: int, jobs: str) -> None:
    """Print entries a second, how long each took, and what it cost, beside the floor."""
    for kind in kinds:
        with both_served(kind, patients, jobs) as sides:
            click.echo(f"{kind}, jobs {jobs}, {turns} turns of {seconds} s each")
            head = "".join(f"{word:>9}" for word in ("a second", "median", "p99", "cpu ms"))
            click.echo(f"{'':<24}{head}")
            for clients in (1, 8):
                in_turns(sides, turns, lambda side, n=clients: closed_loop(side, n, seconds))
                show(sides, f"{clients} at once")
            in_turns(sides, turns, lambda side: open_loop(side, rate, seconds))
            show(sides, f"{rate} a second")


def show(sides: Sequence[Side], words: str) -> None:
    """Print a round."""
    own, floor = sides
    for side in sides:
        click.echo(f"{words + ', ' + side.name:<24}{side.told()}")
    if own.taken and floor.taken:
        rates = len(own.taken) / own.seconds / (len(floor.taken) / floor.seconds)
        click.echo(f"{'':<24}{rates:>8.2f} of the floor's rate")


def in_turns(sides: Sequence[Side], turns: int, run: Callable[[Side], None]) -> None:
    """Let each side have a short turn, again and again."""
    for side in sides:
        side.begin(SEALED_AHEAD)
    for _turn in range(turns):
        for side in sides:
            before, began = processor_of(side.pid), time.monotonic()
            run(side)
            side.seconds += time.monotonic() - began
            side.processor += processor_of(side.pid) - before


def closed_loop(side: Side, clients: int, seconds: float) -> None:
    """Let so many clients send one after the other, each waiting for its answer."""
    until = time.monotonic() + seconds

    def send_on() -> None:
        with closing(line_to(side)) as line:
            while time.monotonic() < until:
                send(side, line, time.monotonic())

    run_all([send_on] * clients)


def open_loop(side: Side, rate: int, seconds: float) -> None:
    """Send at a fixed rate; what waits for an answer that is late counts as waiting."""
    began, due = time.monotonic(), iter(range(int(rate * seconds)))

    def send_on() -> None:
        with closing(line_to(side)) as line:
            while True:
                with side.lock:
                    number = next(due, None)
                if number is None:
                    return
                moment = began + number / rate
                time.sleep(max(0.0, moment - time.monotonic()))
                send(side, line, moment)

    run_all([send_on] * 8)


def send(side: Side, line: http.client.HTTPConnection, since: float) -> None:
    """Send one number and note how long it took."""
    with side.lock:
        body, headers = side.ready.popleft() if side.ready else next(side.bodies)
    line.request("POST", side.path, body, headers)
    answer = line.getresponse()
    said = answer.read()
    stored = answer.status == http.HTTPStatus.OK and b'"stored"' in said
    with side.lock:
        if stored:
            side.taken.append(time.monotonic() - since)
        else:
            side.refused += 1


def line_to(side: Side) -> http.client.HTTPConnection:
    """Return a line that is kept open, as a phone keeps it."""
    return http.client.HTTPConnection("127.0.0.1", side.port, timeout=30)


def run_all(acts: Sequence[Callable[[], None]]) -> None:
    """Do all acts at once and wait for them."""
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def processor_of(pid: int) -> float:
    """Return the seconds of processor time that a process has taken."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICK


@contextmanager
def both_served(kind: str, patients: int, jobs: str) -> Iterator[list[Side]]:
    """Serve Ebb and the floor on a database of their own each."""
    with ExitStack() as kept:
        folder = Path(kept.enter_context(tempfile.TemporaryDirectory()))
        cluster = kept.enter_context(Cluster(own_folder(on_disk=True))) if kind == "postgresql" else None
        ground = Ground(folder / "instance", cluster.create_database("own") if cluster else "")
        people = crowd(ground, patients=patients, clinics=min(10, patients // 10)).people
        served = kept.enter_context(Served(ground, DIARY_JOBS=jobs))
        port = free_port()
        database = cluster.create_database("floor") if cluster else str(folder / "floor.sqlite3")
        floor = kept.enter_context(serving([sys.executable, "-m", "bench.floor", str(port), database], {}, port))
        yield [
            Side("Ebb", served.port, "/sync/entries", served.pid, sealed_bodies(served, people)),
            Side("the floor", port, "/", floor.pid, plain_bodies()),
        ]


def sealed_bodies(served: Served, people: Sequence[Person]) -> Iterator[Body]:
    """Yield what phones send, everybody's today first, then the days before, then corrections."""
    first = Phone(served.address, people[0])
    first.ask()
    today = datetime.fromisoformat(first.state["day"]).date()
    for back in cycle(range(DAYS_OFFERED)):
        for person in people:
            phone = Phone(served.address, person, state=first.state | {"owner": owner_of(served.ground, person)})
            row = phone.tap(5, day=today - timedelta(days=back))
            yield json.dumps({"sent_at": datetime.now(UTC).isoformat(), "entries": [row.letter]}), headers_of(phone)


def owner_of(ground: Ground, person: Person) -> str:
    """Return what the phone of a patient calls them."""
    from diary.security.phone_keys import owner_tag  # noqa: PLC0415 (needs no application)

    return owner_tag(ground.settings()["DIARY_SECRET_KEY"], person.clinic_id, person.patient_id)


def headers_of(phone: Phone) -> dict[str, str]:
    """Return what a phone sends along."""
    always = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    return {"Cookie": phone.person.cookie, "Origin": phone.address, **always}


def plain_bodies() -> Iterator[Body]:
    """Yield what the floor is sent."""
    while True:
        now = datetime.now(UTC).isoformat()
        one: dict[str, Any] = {"client_ref": str(uuid.uuid4()), "day": now[:10], "score": 5, "entered_at": now}
        yield json.dumps({"sent_at": now, "entries": [one]}), {"Content-Type": "application/json"}


if __name__ == "__main__":
    bench()
