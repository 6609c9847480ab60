"""The database behind the application's back: read whole, changed by hand, put back; on SQLite and on PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any

import psycopg

from diary.db import db
from diary.installation import installation
from tests.databases import ON_POSTGRES, cluster
from tests.postgres.cluster import SUPERUSER


@contextmanager
def another_program() -> Iterator[Any]:
    """Open the database as somebody with a program and all rights would: no key, wall or trigger is in their way."""
    if not ON_POSTGRES:
        with closing(sqlite3.connect(db.engine.url.database)) as connection:
            yield connection
        return
    with closing(psycopg.connect(cluster().url(_name(), role=SUPERUSER))) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.commit()
        yield connection


def by_hand(*statements: str) -> None:
    """Run statements as another program, and commit them."""
    with another_program() as other:
        for statement in statements:
            other.execute(statement)
        other.commit()


@contextmanager
def as_it_was() -> Iterator[None]:
    """Put the database back afterwards."""
    db.engine.dispose()
    name = _name()
    kept = f"{name}_kept" if ON_POSTGRES else str(Path(name).with_suffix(".kept"))
    if ON_POSTGRES:
        cluster().create_database(kept, template=name)
    else:
        copyfile(name, kept)
    yield
    db.engine.dispose()
    if ON_POSTGRES:
        cluster().drop_database(name)
        cluster().create_database(name, template=kept)
        cluster().drop_database(kept)
    else:
        copyfile(kept, name)


def all_words() -> str:
    """Return everything that is stored as text, bytes in hexadecimal capitals."""
    if not ON_POSTGRES:
        with another_program() as other:
            return "\n".join(other.iterdump())
    return "\n".join(one.hex().upper() if isinstance(one, bytes) else str(one) for one in _values())


def all_bytes() -> bytes:
    """Return everything that is stored as it lies there: SQLite's files, the values of PostgreSQL's rows."""
    db.engine.dispose()
    if not ON_POSTGRES:
        folder = installation().settings.instance
        return b"".join(file.read_bytes() for file in sorted(folder.glob("diary.sqlite3*")))
    return b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in _values())


def _values() -> Iterator[Any]:
    with another_program() as other:
        for table in db.metadata.sorted_tables:
            for row in other.execute(f'SELECT * FROM "{table.name}"'):
                yield from row


def _name() -> str:
    return db.engine.url.database or ""
