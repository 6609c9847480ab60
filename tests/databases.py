"""Which database the tests run on: SQLite, or with EBB_TEST_DATABASE=postgresql a PostgreSQL that they start.

Every installation of a test has a database of its own, named by its instance folder, and copied like that folder.
"""

import atexit
import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import Final

import pytest

from tests.postgres.cluster import Cluster

DATABASES: Final = ("sqlite", "postgresql")
CHOSEN: Final = os.environ.get("EBB_TEST_DATABASE") or "sqlite"
if CHOSEN not in DATABASES:
    raise pytest.UsageError(f"EBB_TEST_DATABASE is {CHOSEN!r}: set it to one of {', '.join(DATABASES)}.")
ON_POSTGRES: Final = CHOSEN == "postgresql"

CITUS: Final = os.environ.get("CITUS_URL", "")
"""The address of an empty database in a Citus, whose tables the tests lay out."""
ELSEWHERE: Final = "about_sqlite" if ON_POSTGRES else "about_postgres"
"""The mark of tests that belong to the other database: they are left out here, counted and told."""


@cache
def cluster() -> Cluster:
    """Return the PostgreSQL of this process, started at the first call and stopped at the end."""
    started = Cluster().start()
    atexit.register(started.stop)
    return started


def version() -> str:
    """Return which database it is, for the head of the report."""
    return f"PostgreSQL {cluster().run_sql('SHOW server_version')[0][0]}" if ON_POSTGRES else "SQLite"


def url_for(instance: Path) -> str:
    """Return the address of the database that belongs to an instance folder."""
    return cluster().url(_name_for(instance)) if ON_POSTGRES else f"sqlite:///{instance / 'diary.sqlite3'}"


def make_empty(instance: Path) -> None:
    """Make the database of an instance folder, before its migrations; SQLite makes its file by itself."""
    if ON_POSTGRES:
        cluster().create_database(_name_for(instance))


def put_copy(before: Path, instance: Path) -> None:
    """Let an instance, folder and database, be a copy of one that nobody has open."""
    copytree(before, instance, dirs_exist_ok=True)
    if ON_POSTGRES:
        cluster().drop_database(_name_for(instance))
        cluster().create_database(_name_for(instance), template=_name_for(before))


def take_away(instance: Path) -> None:
    """Take the database of an instance folder away, if there is one beside the folder."""
    if ON_POSTGRES:
        cluster().drop_database(_name_for(instance))


def _name_for(instance: Path) -> str:
    return f"ebb_{sha256(bytes(instance)).hexdigest()[:20]}"
