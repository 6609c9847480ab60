"""The database: engine, safe SQLite settings, and the two ways to open a session."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import structlog
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase, Session

from diary.errors import DatabaseUnfit

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_MILLISECONDS: Final = 10_000
WRITES: Final = {"begin": "IMMEDIATE"}


class Base(DeclarativeBase):
    """Base of all tables; every constraint gets a name."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"autobegin": False})
log = structlog.get_logger()
_one_writer = threading.Lock()
_in_unit: ContextVar[bool] = ContextVar("in_unit", default=False)


@contextmanager
def transaction() -> Iterator[Session]:
    """Open one unit that writes: all of it is committed at the end, or none of it.

    On SQLite it begins IMMEDIATE and waits for the one writer of this process, so that a unit that read is never
    refused its write.
    """
    engine = db.engine
    on_sqlite = engine.dialect.name == "sqlite"
    with (
        _alone(),
        _one_writer if on_sqlite else nullcontext(),
        Session(engine.execution_options(**WRITES), expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


@contextmanager
def snapshot() -> Iterator[Session]:
    """Open one unit that only reads; close it before rendering, since an open reader holds up a commit."""
    with _alone(), Session(db.engine, expire_on_commit=False, autoflush=False) as session:
        yield session


def rewrite_file() -> bool:
    """Write the database file anew from what its tables hold, and say whether that was done; nothing to do elsewhere.

    `secure_delete` wipes what is deleted, but not the copies that SQLite left behind when it once moved rows between
    pages: only a file that is written anew holds nothing of what was erased.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    with _alone(), _one_writer, db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as refusal:  # somebody reads for long, or the disk is full
            log.error("file_not_written_anew", reason=str(refusal))  # noqa: TRY400 (no fault of ours)
            return False
    return True


@contextmanager
def _alone() -> Iterator[None]:
    if _in_unit.get():
        raise RuntimeError("A unit of work is open already: hand its session on instead of opening a second one.")
    token = _in_unit.set(True)
    try:
        yield
    finally:
        _in_unit.reset(token)


def safe_journal(version: tuple[int, int, int]) -> tuple[str, str]:
    """Return journal mode and synchronous setting that lose nothing with this SQLite library.

    WAL only where the WAL-reset bug is fixed (3.51.3, 3.50.7 and 3.44.6 and later of their lines); else a rollback
    journal with EXTRA.
    """
    fixed = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)
    return ("wal", "FULL") if fixed else ("delete", "EXTRA")


_SYNCHRONOUS: Final = {"FULL": 2, "EXTRA": 3}


def prepare_engine(engine: Engine) -> None:
    """Give every connection of `engine` the safe settings; called once, before the first connection."""
    if engine.dialect.name != "sqlite":
        return
    _make_private(engine)
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)


def check_engine(engine: Engine) -> None:
    """Read the settings back.

    Raises:
        DatabaseUnfit: SQLite does not hold a setting that was made.
    """
    if engine.dialect.name != "sqlite":
        return
    journal, synchronous = safe_journal(sqlite3.sqlite_version_info)
    wanted = {
        "journal_mode": journal,
        "synchronous": _SYNCHRONOUS[synchronous],
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": BUSY_MILLISECONDS,
    }
    with engine.connect() as connection:
        for name, value in wanted.items():
            held = connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            if held != value:
                raise DatabaseUnfit(
                    f"SQLite keeps {name} at {held} where {value} is needed: move the file to a local disk."
                )


def _set_up_connection(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would be deferred and leave DDL outside
    journal, synchronous = safe_journal(sqlite3.sqlite_version_info)
    for pragma in (
        f"busy_timeout = {BUSY_MILLISECONDS}",
        f"journal_mode = {journal}",
        f"synchronous = {synchronous}",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _begin(connection: Connection) -> None:
    kind = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")


def _make_private(engine: Engine) -> None:
    """Make the database file before SQLite does, readable by its owner only; its journals take over the mode."""
    file = Path(engine.url.database or "")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
