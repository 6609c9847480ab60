"""How long the figures of the groups take: `python -m bench.cohort`.

Outcomes of many courses are made up in a scratch database; the figures of the page are timed as the page asks for
them, beside the bare reading of the same rows by the SQLite driver.
"""

import json
import random
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any, Final

import click
from flask import Flask
from sqlalchemy import insert

from diary.access.identity import OPERATOR, Identity
from diary.app import create_app
from diary.clinical.cohort.groups import GroupBy
from diary.clinical.medicines import MEDICINE_CODES
from diary.clinical.relief import ReliefIs
from diary.db import Base, db, transaction
from diary.models import Course, CourseOutcome, Patient, PatientSummary, PatientTag
from diary.schema import prepare_database
from diary.services.clinics import add_clinic
from diary.services.cohort import cohort_of_clinic
from diary.settings import Settings
from diary.vocabulary import Role
from diary.wall import whole_house

NOW: Final = datetime(2026, 10, 31, 12, tzinfo=UTC)
TAGS: Final = ("ketamine", "placebo", "left arm", "right arm", "old", "new")
READ: Final = (
    "SELECT patient_id, medicine, judged, baseline, weeks, confirmed, days, followed FROM course_outcome",
    "SELECT patient_id, tag FROM patient_tag",
)


@click.command()
@click.option("--patients", type=click.IntRange(10), default=10_000, show_default=True)
@click.option("--times", type=click.IntRange(1), default=7, show_default=True, help="Runs; the median is printed.")
def bench(patients: int, times: int) -> None:
    """Print the time of the figures of PATIENTS patients beside the floor."""
    with scratch() as (app, file), app.app_context(), whole_house():
        clinic_id = filled(patients)
        who = Identity(uuid.uuid4(), clinic_id, uuid.uuid4(), frozenset({Role.RESEARCHER}))
        floor = timed(lambda: bare(file), times)
        click.echo(f"{patients} patients, {times} runs, median and slowest in milliseconds")
        click.echo(f"{'the same rows read bare':<40} {told(floor)}")
        pages: dict[str, dict[str, Any]] = {
            "by medicine": {"by": GroupBy.MEDICINE},
            "by tag": {"by": GroupBy.TAG},
            "by tag, two compared": {"by": GroupBy.TAG, "compared": ("ketamine", "placebo")},
            "by tag, two compared, 52 weeks": {"by": GroupBy.TAG, "compared": ("ketamine", "placebo"), "weeks": 52},
        }
        first = timed(lambda: cohort_of_clinic(who, clinic_id, by=GroupBy.MEDICINE, clock=lambda: NOW), 1)
        click.echo(f"{'the first ever, numpy and scipy loaded':<40} {told(first)}")
        for name, asked in pages.items():
            taken = timed(lambda a=asked: cohort_of_clinic(who, clinic_id, clock=lambda: NOW, **a), times)  # type: ignore[misc]
            click.echo(f"{name:<40} {told(taken)}  {median(taken) / median(floor):.1f} × the floor")


def timed(act: Callable[[], Any], times: int) -> list[float]:
    """Return how many milliseconds each of the runs took."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - start))
    return taken


def told(taken: list[float]) -> str:
    """Write down median and slowest."""
    return f"{median(taken):8.1f} {max(taken):8.1f}"


def bare(file: Path) -> None:
    """Read the rows as the driver gives them, and the JSON of the weekly means."""
    connection = sqlite3.connect(file)
    for sql in READ:
        for row in connection.execute(sql):
            if len(row) > 2 and row[2]:
                json.loads(row[4])
    connection.close()


@contextmanager
def scratch() -> Iterator[tuple[Flask, Path]]:
    """Give an application on a database of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "diary.sqlite3"
        app = create_app(Settings("development", Path(folder), f"sqlite:///{file}", "only-for-a-bench-" * 3))
        prepare_database(app)
        yield app, file
        with app.app_context(), whole_house():
            db.engine.dispose()


def filled(patients: int) -> uuid.UUID:
    """Make a clinic of `patients` with one to five courses each, and return its id."""
    chance = random.Random(2009)  # noqa: S311 (made-up diaries need no secrecy)
    clinic_id = add_clinic(OPERATOR, "Bench", clock=lambda: NOW)
    rows: dict[type[Base], list[dict[str, Any]]] = {
        table: [] for table in (Patient, PatientTag, PatientSummary, Course, CourseOutcome)
    }
    for number in range(patients):
        key = {"clinic_id": clinic_id, "patient_id": uuid.UUID(int=chance.getrandbits(128), version=4)}
        name = f"P{number:06}"
        rows[Patient].append(
            {"clinic_id": clinic_id, "id": key["patient_id"], "reference": name, "name": name, "made_at": NOW}
        )
        rows[PatientTag] += [{**key, "tag": tag} for tag in chance.sample(TAGS, 1)]
        rows[PatientSummary].append({**key, **summary(name)})
        given = chance.randint(1, 5)
        for place in range(given):
            course, outcome = course_with_outcome(chance, weeks=52 if place + 1 == given else 14)
            rows[Course].append({**key, **course})
            rows[CourseOutcome].append({**key, **outcome, "judged": place + 1 == given})
    with transaction() as session:
        for table, made in rows.items():
            session.execute(insert(table), made)
    return clinic_id


def summary(name: str) -> dict[str, Any]:
    """Return a line of the worklist that is right until tomorrow."""
    return {
        "reference": name, "name": name, "search_name": name.lower(), "responsible_id": None, "on_worklist": True,
        "state": "HOLDING", "medicine": None, "band": 3, "rank": 1, "order_day": NOW.date(), "as_of": NOW.date(),
        "true_until": NOW + timedelta(days=1), "shown": {},
    }  # fmt: skip


def course_with_outcome(chance: random.Random, *, weeks: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a course and what came of it: noise around a level, a tenth of the weeks missing."""
    medicine, course_id = chance.choice(sorted(MEDICINE_CODES)), uuid.UUID(int=chance.getrandbits(128), version=4)
    level, entries = chance.uniform(1, 8), 7
    means = [
        None if chance.random() < 0.1 else round(min(70, max(0, chance.gauss(entries * level, entries)))) * 60
        for _ in range(chance.randint(weeks // 2, weeks))
    ]
    lost = chance.random() < 0.6
    confirmed = 14 if chance.random() < 0.6 else None
    day = date(2026, 1, 1) + timedelta(days=chance.randrange(300))
    days = {"medicines": (medicine,), "first_day": day, "last_day": day}
    course = {"id": course_id, "status": "given", "made_at": NOW, "made_by": None, **days}
    outcome = {
        "course_id": course_id,
        "medicine": medicine,
        "baseline": Fraction(chance.randint(28, 66), 7),
        "weeks": means[:12],
        "later_weeks": means[12:],
        "confirmed": confirmed,
        "relief": ReliefIs.LOST if lost else ReliefIs.RUNNING,
        "days": chance.randint(14, 120) if confirmed and lost else None,
        "followed": chance.randint(120, 360),
        "back_at_baseline": None,
        "as_of": NOW.date(),
        **days,
    }
    return course, outcome


if __name__ == "__main__":
    bench()
