"""Minutes of load on PostgreSQL with a server killed: `python -m bench.clinics --minutes 10`.

Phones of fifty clinics send 150 numbers a second to servers of one installation; in the middle one of the servers is
killed, and started again after `--away` seconds. A phone hides what it can send again: what is printed is how many
answers were none or errors, what phones were left with at the end, and what was acknowledged and lost, or there twice.
"""

import threading
import time
from collections import Counter
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Final

import click

from bench.crowd import crowd
from tests.faults.phones import Phone, acknowledged, compare, rows_of, tapped
from tests.faults.served import Ground, Served, Working
from tests.postgres.cluster import Cluster
from tests.postgres.machine import own_folder

SENDERS: Final = 24
"""Phones that are sending at the same moment, at most."""


class Load:
    """Phones in turns at a fixed rate; each goes to another server when one does not answer, as behind a proxy."""

    def __init__(self, phones: list[Phone], addresses: list[str], rate: float) -> None:
        self.turns, self.addresses, self.rate = cycle(phones), addresses, rate
        self.lock, self.stop = threading.Lock(), threading.Event()
        self.began, self.number, self.late = time.monotonic(), 0, 0.0

    def run(self, seconds: float, *, at_half: threading.Event) -> None:
        """Send for so long, and say when half of it is over."""
        threads = [threading.Thread(target=self._send_on, daemon=True) for _ in range(SENDERS)]
        self.began = time.monotonic()
        for thread in threads:
            thread.start()
        time.sleep(seconds / 2)
        at_half.set()
        time.sleep(seconds / 2)
        self.stop.set()
        for thread in threads:
            thread.join(60)

    def _send_on(self) -> None:
        while not self.stop.is_set():
            with self.lock:
                number, phone = self.number, next(self.turns)
                self.number += 1
            due = self.began + number / self.rate
            time.sleep(max(0.0, due - time.monotonic()))
            self.late = max(self.late, time.monotonic() - due)
            self._send(phone, number)

    def _send(self, phone: Phone, number: int) -> None:
        phone.tap(number % 11)
        for again in range(3):
            if phone.send() == "open":
                return
            phone.hang_up()
            phone.address = self.addresses[(number + again + 1) % len(self.addresses)]
            time.sleep(0.05 * 2**again)


@click.command()
@click.option("--minutes", type=click.FloatRange(0.1), default=10, show_default=True)
@click.option("--rate", type=click.IntRange(1), default=150, show_default=True)
@click.option("--clinics", type=click.IntRange(1), default=50, show_default=True)
@click.option("--patients", type=click.IntRange(10), default=2000, show_default=True)
@click.option("--servers", type=click.IntRange(2), default=3, show_default=True)
@click.option("--away", type=click.FloatRange(0), default=5, show_default=True, help="Seconds.")
def bench(minutes: float, rate: int, clinics: int, patients: int, servers: int, away: float) -> None:
    """Print errors, what was lost, and how long answers took."""
    with ExitStack() as kept:
        folder, cluster = (
            Path(kept.enter_context(TemporaryDirectory())),
            kept.enter_context(Cluster(own_folder(on_disk=True))),
        )
        ground = Ground(folder / "instance", cluster.create_database("own"))
        people = crowd(ground, patients=patients, clinics=clinics).people
        served = [Served(ground, name=f"server-{number}", DIARY_JOBS="none") for number in range(servers)]
        for one in served:
            kept.enter_context(one)
        kept.enter_context(Working(ground))
        addresses = [one.address for one in served]
        phones = [Phone(addresses[number % servers], person) for number, person in enumerate(people)]
        for phone in phones:
            phone.ask()
            phone.seconds.clear()
            phone.hang_up()
        load, half = Load(phones, addresses, rate), threading.Event()
        killing = threading.Thread(target=kill_one, args=(served[0], half, away))
        killing.start()
        load.run(60 * minutes, at_half=half)
        killing.join()
        left = settled(phones, addresses)
        print_figures(load, phones, left, ground)


def kill_one(server: Served, half: threading.Event, away: float) -> None:
    """Kill a server at half time and start it again a little later."""
    half.wait()
    server.kill()
    time.sleep(away)
    server.start()


def settled(phones: list[Phone], addresses: list[str]) -> int:
    """Let every phone send what still waits, as it does when it is opened next; return how many numbers do not go."""
    for number, phone in enumerate(phones):
        phone.address = addresses[number % len(addresses)]
        phone.hang_up()
        phone.send_until_all_is_told(20)
    return sum(len(phone.waiting) for phone in phones)


def print_figures(load: Load, phones: list[Phone], left: int, ground: Ground) -> None:
    """Print what came of it."""
    statuses = sum((phone.statuses for phone in phones), Counter[int]())
    taken = [seconds for phone in phones for seconds in phone.seconds]
    parts = quantiles(taken, n=100)
    found = compare(acknowledged(phones), rows_of(ground.url), tapped(phones))
    click.echo(f"{load.number} numbers tapped; the latest was sent {load.late:.1f} s after its turn")
    click.echo(f"answers: {dict(statuses)} (0: none; a phone sends again after 0 and 503)")
    click.echo(f"milliseconds: median {1000 * parts[49]:.1f}, 95 % {1000 * parts[94]:.1f}, 99 % {1000 * parts[98]:.1f}")
    click.echo(f"left on phones at the end, which phones would show: {left}")
    click.echo(f"acknowledged {found.acknowledged}, lost {len(found.lost)}, twice {len(found.doubled)}")


if __name__ == "__main__":
    bench()
