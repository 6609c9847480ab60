"""Memory of a server under load, and whether it grows: `python -m bench.memory --minutes 60`.

Phones of 10,000 patients send numbers and open their pages at a fixed rate to one server with its jobs beside it. The
resident memory of the process is read every few seconds; printed are its course and how it ran in the second half.
"""

import itertools
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bench.crowd import crowd
from tests.faults.phones import Phone
from tests.faults.served import Ground, Served
from tests.postgres.cluster import Cluster
from tests.postgres.machine import own_folder

PAGES = ("/today", "/diary", "/me")


@click.command()
@click.option("--minutes", type=click.FloatRange(0.2), default=60, show_default=True)
@click.option("--patients", type=click.IntRange(10), default=10_000, show_default=True)
@click.option("--days", type=click.IntRange(0), default=60, show_default=True, help="Of each diary.")
@click.option("--rate", type=click.IntRange(1), default=20, show_default=True, help="Requests a second.")
@click.option("--on", "kind", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True)
def bench(minutes: float, patients: int, days: int, rate: int, kind: str) -> None:
    """Print the memory of the server over the time."""
    with ExitStack() as kept:
        folder = Path(kept.enter_context(TemporaryDirectory()))
        cluster = kept.enter_context(Cluster(own_folder(on_disk=True))) if kind == "postgresql" else None
        ground = Ground(folder / "instance", cluster.create_database("own") if cluster else "")
        people = crowd(ground, patients=patients, clinics=min(20, patients), days=days).people
        served = kept.enter_context(Served(ground))
        phones = [Phone(served.address, person) for person in people]
        click.echo(
            f"{patients} patients of {days} days, {rate} requests a second; at rest {megabytes(served.pid):.0f} MB"
        )
        stop = threading.Event()
        threads = [threading.Thread(target=ask_on, args=(phones[n::4], rate / 4, stop), daemon=True) for n in range(4)]
        for thread in threads:
            thread.start()
        seen = watched(served.pid, 60 * minutes)
        stop.set()
        for thread in threads:
            thread.join(30)
        half = seen[len(seen) // 2 :]
        click.echo(f"highest {max(seen):.0f} MB; in the second half from {half[0]:.0f} to {half[-1]:.0f} MB")


def ask_on(phones: list[Phone], rate: float, stop: threading.Event) -> None:
    """Let one phone after the other send a number, or open a page, until it is told to stop."""
    began = time.monotonic()
    for number, phone in enumerate(itertools.cycle(phones)):
        if stop.wait(max(0.0, began + number / rate - time.monotonic())):
            return
        if number % 2 or phone.ask() != "open":
            phone.request("GET", PAGES[number // 2 % len(PAGES)])
        else:
            phone.tap(number % 11)
            phone.send()
        phone.hang_up()


def watched(pid: int, seconds: float) -> list[float]:
    """Return the memory over the time, and print twelve moments of it."""
    seen, until, every = [], time.monotonic() + seconds, max(1.0, seconds / 120)
    while time.monotonic() < until:
        time.sleep(every)
        seen.append(megabytes(pid))
        if len(seen) % 10 == 0:
            click.echo(f"after {len(seen) * every / 60:6.1f} min {seen[-1]:7.1f} MB")
    return seen


def megabytes(pid: int) -> float:
    """Return the resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    bench()
