"""What every test may ask for: a fresh installation with its clock, and people who work or write in it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from sqlalchemy import event

from diary.app import create_app
from diary.db import db
from diary.installation import Installation
from diary.schema import prepare_database
from diary.security.passwords import Passwords
from diary.settings import PasswordCost, Settings
from diary.wall import whole_house
from tests.databases import CITUS, ELSEWHERE, ON_POSTGRES, make_empty, put_copy, take_away, url_for, version
from tests.keeping import Keep, Kept, Made, Make, keep_what_is_there
from tests.routes_once import compile_rules_once
from tests.sharding.guard import GUARD
from tests.sharding.need import Need
from tests.storage.rows_of_every_table import FullClinic, rows_of_every_table

settings.register_profile("ebb", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("ebb")

CHEAP = PasswordCost(time=1, memory_kib=8, lanes=1)
"""Hashing at full cost proves nothing in most tests; production refuses this."""


OF_MINUTES = (
    "tests/browser/test_every_page",
    "tests/access/test_protected_diaries.py",
    "tests/web/test_canaries.py",
    "tests/web/test_sync.py",
    "tests/web/test_who_may_open.py",
    "tests/browser/",
    "tests/setup/",
    "tests/faults/",
    "tests/services/test_reminders.py",
    "tests/services/test_sync.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Listen to every statement from the first one on."""
    compile_rules_once()
    GUARD.listen()
    config.pluginmanager.register(Need())


@pytest.fixture(autouse=True)
def every_statement_fits_shards() -> Iterator[None]:
    """Fail the test in which a statement asks what no single shard of a database by clinics can answer."""
    yield
    unfit = GUARD.take_unfit()
    assert not unfit, "\n\n".join(unfit)


def pytest_report_header() -> str:
    """Say which database the tests run on."""
    sharded = "is set" if CITUS else "is not set: the tests of a sharded database (marker citus) are left out"
    return f"database: {version()}; CITUS_URL {sharded}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only the other database does; pytest counts it as deselected, and their marks say why.

    Files that take minutes come first, so that at the end no process waits for another.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(OF_MINUTES))
    absent = (ELSEWHERE, *(() if CITUS else ("citus",)))
    elsewhere = [item for item in items if any(item.get_closest_marker(mark) for mark in absent)]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]

    # A browser is another program, and on a busy machine it is late sometimes. What failed once is told below.
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell of what first failed of tests that were tried again: it is as much worth a look as a failure."""
    for report in terminalreporter.stats.get("rerun", ()):
        terminalreporter.section(f"failed at first: {report.nodeid}", sep="_")
        terminalreporter.line(report.longreprtext)


@dataclass
class TestClock:
    """A clock that stands until it is moved."""

    __test__ = False
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 20, 12, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        """Return the moment it shows."""
        return self.now

    def move(self, **by: float) -> datetime:
        """Move it, e.g. `days=1` or `minutes=11`."""
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> TestClock:
    """Noon UTC on Friday 20 March 2026."""
    return TestClock()


def settings_for(instance: Path) -> Settings:
    """Settings of an installation that keeps everything in `instance`."""
    return Settings(
        env="development",
        instance=instance,
        database_url=url_for(instance),
        secret_key="only-for-tests-only-for-tests-only",
        password_cost=CHEAP,
        slow_query_ms=60_000,  # a busy machine is told nowhere where output is compared
    )


@pytest.fixture(scope="session")
def empty_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a migrated, empty database that nobody has open."""
    instance = tmp_path_factory.mktemp("empty")
    make_empty(instance)
    made = create_app(settings_for(instance))
    prepare_database(made)
    with made.app_context():
        db.engine.dispose()
    return instance


@contextmanager
def running(instance: Path, clock: TestClock, before: Path) -> Iterator[Flask]:
    """An application on a copy of the installation in `before`."""
    put_copy(before, instance)
    instance.chmod(0o700)
    made = create_app(settings_for(instance))
    Installation(made.extensions["ebb"].settings, clock, Passwords(CHEAP)).put_into(made)
    with made.app_context(), whole_house():
        if not ON_POSTGRES:
            event.listen(db.engine, "connect", leave_it_to_the_system)
        yield made
        let_all_databases_go()


def let_all_databases_go() -> None:
    """Close what lies idle of every application of this process: a test may have made a second one."""
    for engines in list(db._app_engines.values()):
        for engine in engines.values():
            engine.dispose()


def leave_it_to_the_system(connection: sqlite3.Connection, _pooled: object) -> None:
    """Do not wait for the disk at every commit: no test pulls the plug, and the waiting was half of the time."""
    connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture
def durable(app: Flask) -> None:
    """Let the database wait for the disk, as it does outside of tests."""
    if not ON_POSTGRES:
        event.remove(db.engine, "connect", leave_it_to_the_system)
        db.engine.dispose()


@pytest.fixture
def app(tmp_path: Path, clock: TestClock, empty_instance: Path) -> Iterator[Flask]:
    """An application on a migrated, empty database of its own."""
    with running(tmp_path / "instance", clock, empty_instance) as made:
        yield made
    take_away(tmp_path / "instance")


@pytest.fixture(scope="session")
def keep(tmp_path_factory: pytest.TempPathFactory, empty_instance: Path) -> Keep:
    """Make once what many tests begin with; the fixture that asks has the scope of a module or of the session."""

    def make_once(make: Make[Made], *, after: Kept[Any] | None = None) -> Kept[Made]:
        clock = TestClock(after.ended_at) if after else TestClock()
        before = after.instance if after else empty_instance
        with running(tmp_path_factory.mktemp("kept") / "instance", clock, before):
            return keep_what_is_there(make(clock), clock)

    return make_once


@pytest.fixture(scope="session")
def west_kept(keep: Keep) -> Kept[FullClinic]:
    """Pain clinic West, made once."""
    return keep(rows_of_every_table)


@pytest.fixture(scope="session")
def east_kept(keep: Keep, west_kept: Kept[FullClinic]) -> Kept[FullClinic]:
    """Pain clinic East beside West, made once."""
    return keep(partial(rows_of_every_table, name="Pain clinic East"), after=west_kept)


@pytest.fixture
def full_clinic(app: Flask, clock: TestClock, west_kept: Kept[FullClinic]) -> FullClinic:
    """Pain clinic West, with a row in every table."""
    return west_kept.put_into_place(clock)


@pytest.fixture
def full_neighbour(full_clinic: FullClinic, clock: TestClock, east_kept: Kept[FullClinic]) -> FullClinic:
    """Pain clinic East beside Pain clinic West, each with a row in every table."""
    return east_kept.put_into_place(clock)
