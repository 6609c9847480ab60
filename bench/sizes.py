"""What an entry and a page cost at 10³, 10⁴ and 10⁵ patients: `python -m bench.sizes`.

Databases of so many patients stand side by side and are asked in turns, through the whole application and in this
process; printed are milliseconds of processor time, which other programs disturb least, and statements. Ten clinics
share the patients, so that both a clinic and an installation grow.
"""

import json
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import Context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click
from flask import Flask
from sqlalchemy import event

from bench.crowd import crowd
from diary.db import db
from diary.services.worklist import refresh_everywhere
from diary.wall import whole_house
from tests.faults.patients import Person, app_of
from tests.faults.served import Ground


@dataclass
class House:
    """An installation of so many patients, and who of them is asked next."""

    patients: int
    app: Flask
    people: list[Person]
    statements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.turns, self.client = cycle(self.people), self.app.test_client(use_cookies=False)

    def ask(self, method: str, path: str, **more: Any) -> None:
        """Send a request of the next patient."""
        headers = {"Origin": "http://localhost", "Cookie": next(self.turns).cookie}
        answer = Context().run(self.client.open, path, method=method, headers=headers, **more)
        if answer.status_code != 200:
            raise click.ClickException(f"{path} was answered with {answer.status}.")

    def enter(self) -> None:
        """Send an entry of today."""
        now = datetime.now(UTC)
        one = {
            "client_ref": str(uuid.uuid4()),
            "day": now.date().isoformat(),
            "score": 5,
            "entered_at": now.isoformat(),
        }
        body = json.dumps({"sent_at": now.isoformat(), "entries": [one]})
        self.ask("POST", "/sync/entries", data=body, content_type="application/json")


ACTS: dict[str, Callable[[House], None]] = {
    "an entry": House.enter,
    "today": lambda house: house.ask("GET", "/today"),
    "the diary": lambda house: house.ask("GET", "/diary"),
    "what a phone asks": lambda house: house.ask("GET", "/sync/state"),
}


@click.command()
@click.option("--patients", type=click.IntRange(10), multiple=True, default=(1_000, 10_000, 100_000), show_default=True)
@click.option("--days", type=click.IntRange(0), default=5, show_default=True, help="Of each diary.")
@click.option("--times", type=click.IntRange(3), default=60, show_default=True)
def bench(patients: tuple[int, ...], days: int, times: int) -> None:
    """Print what each costs with so many patients, side by side."""
    with ExitStack() as kept:
        houses = [house_of(Path(kept.enter_context(TemporaryDirectory())), number, days) for number in patients]
        click.echo(f"{times} times in turns; milliseconds of processor time (median), statements")
        click.echo(f"{'':<20}" + "".join(f"{f'{house.patients} patients':>22}" for house in houses) + "   growth")
        for name, act in ACTS.items():
            cells = cost(houses, act, times)
            told = "".join(f"{taken:>16.2f}{statements:>6}" for taken, statements in cells)
            click.echo(f"{name:<20}{told}   × {cells[-1][0] / cells[0][0]:.2f}")
        for house in houses:
            click.echo(lines_made(house))


def house_of(folder: Path, patients: int, days: int) -> House:
    """Make an installation of so many patients."""
    ground, began = Ground(folder / "instance"), time.monotonic()
    people = crowd(ground, patients=patients, clinics=10, days=days).people
    house = House(patients, app_of(ground), people)
    with house.app.app_context(), whole_house():
        event.listen(db.engine, "before_cursor_execute", lambda *about: house.statements.append(about[2]))
    click.echo(f"{patients} patients put in within {time.monotonic() - began:.0f} s")
    return house


def cost(houses: list[House], act: Callable[[House], None], times: int) -> list[tuple[float, int]]:
    """Return what an act costs in each house, in turns."""
    taken: list[list[float]] = [[] for _ in houses]
    for _turn in range(times + 3):
        for house, mine in zip(houses, taken, strict=True):
            house.statements.clear()
            began = time.process_time()
            act(house)
            mine.append(1000 * (time.process_time() - began))
    return [(median(mine[3:]), len(house.statements)) for house, mine in zip(houses, taken, strict=True)]


def lines_made(house: House) -> str:
    """Let the jobs make the lines again of those who wrote, and return what each took."""
    began = time.process_time()
    with house.app.app_context(), whole_house():
        made = refresh_everywhere(lambda: datetime.now(UTC))
    each = 1000 * (time.process_time() - began) / max(made, 1)
    return f"{house.patients} patients: {made} lines made again by the jobs, {each:.1f} ms of processor time each"


if __name__ == "__main__":
    bench()
