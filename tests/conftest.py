"""What every test may ask for: a fresh installation with its clock, and people who work or write in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings

from diary.app import create_app
from diary.db import db
from diary.installation import Installation
from diary.schema import prepare_database
from diary.security.passwords import Passwords
from diary.settings import PasswordCost, Settings

settings.register_profile("ebb", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("ebb")

CHEAP = PasswordCost(time=1, memory_kib=8, lanes=1)
"""Hashing at full cost proves nothing in most tests; production refuses this."""


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
        database_url=f"sqlite:///{instance / 'diary.sqlite3'}",
        secret_key="only-for-tests-only-for-tests-only",
        password_cost=CHEAP,
    )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database that nobody has open."""
    instance = tmp_path_factory.mktemp("empty")
    made = create_app(settings_for(instance))
    prepare_database(made)
    with made.app_context():
        db.engine.dispose()
    return instance / "diary.sqlite3"


@pytest.fixture
def app(tmp_path: Path, clock: TestClock, empty_database: Path) -> Iterator[Flask]:
    """An application on a migrated, empty database of its own."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    copy(empty_database, instance)
    made = create_app(settings_for(instance))
    Installation(made.extensions["ebb"].settings, clock, Passwords(CHEAP)).put_into(made)
    with made.app_context():
        yield made
        db.engine.dispose()
