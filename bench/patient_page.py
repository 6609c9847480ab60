"""What a patient's page costs the server: `python -m bench.patient_page`.

Two diaries side by side, 100 days and 3 years, in a clinic of their own and asked for through the whole application:
the page and the figure of each view in milliseconds of the processor (the least of all requests: whatever else runs
only adds), bytes, and the queries behind each.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy import event

from diary.access.identity import Identity
from diary.db import db
from diary.services import courses
from diary.vocabulary import DecisionKind, EventKind
from diary.wall import whole_house
from tests.clinic_builders import a_course, subject
from tests.conftest import TestClock, running, settings_for
from tests.services.deciding import decide
from tests.web.people import House, _written, a_house
from tests.web.visiting import Visitor

LENGTHS: Final = {"100 days": 100, "3 years": 1095}
VIEWS: Final = ("days", "calendar", "courses")
CYCLE: Final = 90
WARM_UP: Final = 3
FIGURE_MS, FIGURE_BYTES = 25.0, 40_000
"""Budgets of the figure of three years."""
CHART_READ: Final = "/figure.json?view="


@click.command()
@click.option("--times", type=click.IntRange(1), default=20, show_default=True, help="Requests of each.")
def bench(times: int) -> None:
    """Print milliseconds, bytes and queries of page and figure for both diaries."""
    with a_clinic() as (house, clock):
        staff = house.staff()
        found = {words: measured(staff, a_diary(house, clock, days), times) for words, days in LENGTHS.items()}
    click.echo(f"{'':<34}" + "".join(f"{words:>26}" for words in LENGTHS))
    click.echo(f"{'':<34}" + f"{'ms':>10}{'bytes':>9}{'queries':>7}" * len(LENGTHS))
    for what in next(iter(found.values())):
        cells = "".join("{:>10.1f}{:>9,}{:>7}".format(*found[words][what]) for words in LENGTHS)
        click.echo(f"{what:<34}{cells}")
    longest = found["3 years"]["figure days"]
    for words, value, budget in (("ms", longest[0], FIGURE_MS), ("bytes", longest[1], FIGURE_BYTES)):
        click.echo(f"figure of 3 years, {words}: {value:,.1f}, budget {budget:,}{'' if value <= budget else '   OVER'}")


@contextmanager
def a_clinic() -> Iterator[tuple[House, TestClock]]:
    """Yield an application on an empty database of its own, with a clinic in it."""
    from diary.app import create_app  # noqa: PLC0415
    from diary.schema import prepare_database  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before"
        before.mkdir(mode=0o700)
        made = create_app(settings_for(before))
        prepare_database(made)
        with made.app_context(), whole_house():
            db.engine.dispose()
        clock = TestClock()
        with running(Path(folder) / "instance", clock, before) as app:
            yield a_house(app, clock), clock


def a_diary(house: House, clock: TestClock, days: int) -> Identity:
    """Add a patient with `days` days, a course in every 90 of them, and a decision and events after each."""
    now = clock.now
    first = now.date() - timedelta(days=days - 1)
    patient = house.add_patient(f"P-{days}", f"Ramirez, {days}")
    scores = {number: wave(number % CYCLE) for number in range(days) if number % 9}
    _written(patient, scores, first, clock)
    for begins in range(14, days - 5, CYCLE):
        on = first + timedelta(days=begins)
        a_course(house, patient, on, clock)  # type: ignore[arg-type]
        a_decision(house, patient, on + timedelta(days=60), clock, now)
    clock.now = now
    return patient


def wave(place: int) -> int:
    """Return a score that falls after the course and comes back."""
    return 7 if place < 19 else min(2 + (place - 19) // 9, 8)


def a_decision(house: House, patient: Identity, on: date, clock: TestClock, now: datetime) -> None:
    """Decide and note a liver test two months after a course, where that has come already."""
    if on > now.date():
        return
    clock.now = datetime.combine(on, now.timetz())
    courses.record_event(house.clinician, subject(patient), EventKind.LIVER_TEST, clock=clock, day=on)
    decide(house.clinician, patient, DecisionKind.WAIT, clock)


def measured(staff: Visitor, patient: Identity, times: int) -> dict[str, tuple[float, int, int]]:
    """Return least milliseconds, bytes and queries of the page and of each figure."""
    address = f"/clinic/patients/{patient.patient_id}"
    asked = {"page": address} | {f"figure {view}": f"{address}{CHART_READ}{view}" for view in VIEWS}
    return {words: one(staff, path, times) for words, path in asked.items()}


def one(staff: Visitor, path: str, times: int) -> tuple[float, int, int]:
    """Ask `times` times without inspecting what comes."""
    taken, queries, size = [], 0, 0
    for turn in range(times + WARM_UP):
        with counted() as said:
            start = time.process_time()
            answer = staff.client.get(path, base_url=staff.base_url)
            spent = 1000 * (time.process_time() - start)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        size, queries = len(answer.data), len(said)
        if turn >= WARM_UP:
            taken.append(spent)
    return min(taken), size, queries


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield the statements that were sent to the database within the block."""
    said: list[str] = []

    def take(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            said.append(statement)

    event.listen(db.engine, "before_cursor_execute", take)
    yield said
    event.remove(db.engine, "before_cursor_execute", take)


if __name__ == "__main__":
    bench()
