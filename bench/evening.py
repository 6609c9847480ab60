"""The evening's peak: `python -m bench.evening --patients 20000`.

Everybody wants to be reminded at the same hour. The product's own job plans the reminders while a clock of ours jumps
over the seconds in which it would only wait, and runs as fast as the work itself is done; printed are the reminders of
each minute of the hour, how late the latest came, and what each cost.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from sqlalchemy import insert, select

from bench.crowd import SOME, crowd, secrets_uuid
from diary.clinical.diary_day import ZoneFrom
from diary.db import snapshot, transaction
from diary.installation import Installation
from diary.jobs import REMINDERS_EVERY_SECONDS
from diary.models import Reminder, ReminderSetting
from diary.security.passwords import Passwords
from diary.services.reminder_times import Hour, minute_of
from diary.services.reminders import remind_where_due
from diary.wall import whole_house
from tests.conftest import CHEAP
from tests.faults.patients import Person, app_of
from tests.faults.served import Ground
from tests.postgres.cluster import Cluster
from tests.postgres.machine import own_folder

HOUR: Final = 20
THERE: Final = ZoneInfo("Europe/Amsterdam")
MINUTE: Final = timedelta(minutes=1)


class Clock:
    """A clock that goes on from a moment, and jumps when it is told to."""

    def __init__(self, moment: datetime) -> None:
        self.moment, self.began = moment, time.monotonic()

    def __call__(self) -> datetime:
        """Return the moment it shows."""
        return self.moment + timedelta(seconds=time.monotonic() - self.began)

    def jump(self, seconds: float) -> None:
        """Let so much time pass in which nothing is done."""
        self.moment += timedelta(seconds=seconds)


@click.command()
@click.option("--patients", type=click.IntRange(10), default=20_000, show_default=True)
@click.option("--clinics", type=click.IntRange(1), default=50, show_default=True)
@click.option("--on", "kind", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True)
def bench(patients: int, clinics: int, kind: str) -> None:
    """Print the reminders of each minute, and how late the latest came."""
    with evening(patients, clinics, kind) as (clock, due):
        began, processor = clock(), time.process_time()
        while clock() < began + timedelta(minutes=75):
            while remind_where_due(clock):
                pass
            clock.jump(REMINDERS_EVERY_SECONDS)
        spent = time.process_time() - processor
        with snapshot() as session:
            made = {
                row.patient_id: row.made_at for row in session.execute(select(Reminder.patient_id, Reminder.made_at))
            }
    late = sorted((at - due[patient_id]).total_seconds() for patient_id, at in made.items())
    planned = Counter(int((at - began) / MINUTE) for at in due.values())
    came = Counter(int((at - began) / MINUTE) for at in made.values())
    click.echo(f"{len(made)} of {patients} reminded, {1000 * spent / max(len(made), 1):.1f} ms of processor time each")
    click.echo(
        f"wanted in a minute: from {min(planned.values())} to {max(planned.values())}, in {len(planned)} minutes"
    )
    click.echo("came in each minute: " + " ".join(str(came[minute]) for minute in range(max(came, default=0) + 1)))
    click.echo(
        f"late by: median {median(late):.1f} s, 99 % {late[int(0.99 * len(late))]:.1f} s, latest {late[-1]:.1f} s"
    )


@contextmanager
def evening(patients: int, clinics: int, kind: str) -> Iterator[tuple[Clock, dict[Any, datetime]]]:
    """Give a clock shortly before the hour, and when each patient is to be reminded."""
    with ExitStack() as kept:
        folder = Path(kept.enter_context(TemporaryDirectory()))
        cluster = kept.enter_context(Cluster(own_folder(on_disk=True))) if kind == "postgresql" else None
        ground = Ground(folder / "instance", cluster.create_database("own") if cluster else "")
        people = crowd(ground, patients=patients, clinics=clinics).people
        app = app_of(ground)
        tomorrow = datetime.now(THERE).date() + timedelta(days=1)
        before = datetime(tomorrow.year, tomorrow.month, tomorrow.day, HOUR, tzinfo=THERE).astimezone(UTC) - MINUTE
        clock = Clock(before)
        Installation(app.extensions["ebb"].settings, clock, Passwords(CHEAP)).put_into(app)
        kept.enter_context(app.app_context())
        kept.enter_context(whole_house())
        due = want_reminders(people, before)
        clock.began = time.monotonic()
        yield clock, due


def want_reminders(people: list[Person], now: datetime) -> dict[Any, datetime]:
    """Let everybody want a mail at the same hour, and return when each is due."""
    due, zones = {}, [ZoneFrom(now.date() - timedelta(days=9999), THERE)]
    for begin in range(0, len(people), SOME):
        rows = []
        for person in people[begin : begin + SOME]:
            turn = Hour(HOUR, minute_of(person.patient_id), zones).next_after(now)
            due[person.patient_id] = turn.at
            rows.append(
                {
                    "clinic_id": person.clinic_id, "patient_id": person.patient_id, "hour": HOUR, "by_mail": True,
                    "is_on": True, "email": person.name, "email_confirmed_at": now, "changed_at": now,
                    "stop_hash": secrets_uuid().bytes * 2, "next_at": turn.at, "next_day": turn.day,
                    "next_number": turn.number,
                }
            )  # fmt: skip
        with transaction() as session:
            session.execute(insert(ReminderSetting), rows)
    return due


if __name__ == "__main__":
    bench()
