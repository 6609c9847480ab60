"""The database: engine, safe SQLite settings, and the two ways to open a session."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import structlog
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from diary import postgres
from diary.attempt import CommitUnknown, note_commit, note_doubt, write_along
from diary.errors import BeingMoved, DatabaseUnfit
from diary.one_writer import OneWriter, Readers
from diary.prepared import run_text
from diary.room import NoRoom, require_room
from diary.sqlite_file import check_file, damaged
from diary.unit import Unit, connection_of, flush
from diary.wall import wall_here

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_MILLISECONDS: Final = 5_000
"""How long a unit waits for another process. Phones queue behind one another, and give up after twenty seconds."""
GATE_SECONDS: Final = 1.0
"""How long readers and commits of this process wait for each other here, before SQLite's own waiting begins."""
WRITES: Final = {"begin": "IMMEDIATE"}
READS: Final = {"begin": "DEFERRED"}
HELD: Final = {"key_share": True}
"""How a row is held against other units while rows that point at it are still added: FOR NO KEY UPDATE."""


class Base(DeclarativeBase):
    """Base of all tables; every constraint gets a name."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"autobegin": False})
log = structlog.get_logger()
_one_writer = OneWriter(most=BUSY_MILLISECONDS / 1000)
_in_unit: ContextVar[bool] = ContextVar("in_unit", default=False)


@contextmanager
def transaction(*, once: object = None) -> Iterator[Session]:
    """Open one unit that writes: all of it is committed at the end, or none of it.

    On SQLite it begins IMMEDIATE and waits for the one writer of this process, so that a unit that read is never
    refused its write. On PostgreSQL it sees what lies within the wall, and those of one patient, or of one clinic's
    staff, come one after another.

    Args:
        once: what the unit stores once, however often it is done (a `client_ref`): it may be done again when nobody
            knows whether it was committed.

    Raises:
        NoWall: nobody said whose rows it may touch.
        CommitUnknown: the connection broke while it was committed.
    """
    wall, engine = wall_here(), db.engine
    if engine.dialect.name == "sqlite":
        with _alone(), _one_writer, _unit(engine, WRITES) as session:
            write_along(session)
            yield session
            flush(session)
            with _readers.committing():
                _commit_in_file(connection_of(session))
        note_commit(once=once)
        return
    with _alone(), _unit(engine, postgres.writing(wall)) as session:
        write_along(session)
        yield session
        flush(session)
        _commit(connection_of(session), once)


@contextmanager
def snapshot() -> Iterator[Session]:
    """Open one unit that only reads; close it before rendering, since an open reader holds up a commit.

    Raises:
        NoWall: nobody said whose rows it may touch.
    """
    wall, engine = wall_here(), db.engine
    if engine.dialect.name == "sqlite":
        with _alone(), _readers.reading(), _unit(engine, READS, autoflush=False) as session:
            yield session
        return
    with _alone(), _unit(engine, postgres.reading(wall), autoflush=False) as session:
        yield session
        postgres.end_reading(connection_of(session))


@contextmanager
def _unit(engine: Engine, how: dict[str, str], *, autoflush: bool = True) -> Iterator[Unit]:
    """Begin a unit on a connection; what is not committed at its end is not."""
    with engine.connect().execution_options(**how) as connection:
        connection.begin()
        unit = Unit(connection, autoflush=autoflush)
        try:
            yield unit
        finally:
            unit.end()


def _commit_in_file(connection: Connection) -> None:
    """Commit on SQLite; a file that refuses it is let go."""
    try:
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _commit(connection: Connection, once: object) -> None:
    """Commit on PostgreSQL, and say so when nobody can know whether it was done.

    A server that gave up waiting for its standby has stored the unit where a failover loses it: that is not done.
    """
    told = connection.connection.info
    told.pop(postgres.NOT_COPIED, None)
    try:
        connection.commit()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        note_doubt(once=once)
        raise CommitUnknown(error) from error
    if told.pop(postgres.NOT_COPIED, False):
        note_doubt(once=once)
        raise CommitUnknown(TimeoutError("the standby did not answer"))
    note_commit(once=once)


def rewrite_file() -> bool:
    """Write the database file anew from what its tables hold, and say whether that was done; nothing to do elsewhere.

    `secure_delete` wipes what is deleted, but not the copies that SQLite left behind when it once moved rows between
    pages: only a file that is written anew holds nothing of what was erased.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    file = Path(db.engine.url.database or "")
    try:
        require_room({file.parent: 2 * file.stat().st_size})  # a copy, and a journal as long as the file
        with _alone(), _one_writer, db.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except (sqlite3.Error, NoRoom) as refusal:  # somebody reads for long, or the disk is full
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


_readers = Readers(most=GATE_SECONDS if safe_journal(sqlite3.sqlite_version_info)[0] == "delete" else 0.0)
"""In WAL mode nobody waits for anybody there."""
_SYNCHRONOUS: Final = {"FULL": 2, "EXTRA": 3}


def connection_options(address: str) -> dict[str, Any]:
    """Return how connections to the database at `address` are made, beside what SQLAlchemy does by itself."""
    if postgres.is_postgresql(address):
        return postgres.engine_options(address)
    return {"pool_use_lifo": True, "pool_size": postgres.KEPT_OPEN, "max_overflow": postgres.MORE_AT_ONCE}


def prepare_engine(engine: Engine) -> None:
    """Give every connection of `engine` the safe settings; called once, before the first connection."""
    if engine.dialect.name != "sqlite":
        postgres.prepare_connections(engine)
        return
    _make_private(engine)
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)


def check_engine(engine: Engine, *, production: bool = False) -> None:
    """Read the settings back.

    Raises:
        DatabaseUnfit: the file is damaged, SQLite does not hold a setting that was made, or PostgreSQL keeps no
            promise of ours.
    """
    if engine.dialect.name != "sqlite":
        postgres.check_server(engine, production=production)
        return
    file = Path(engine.url.database or "")
    check_file(file)
    try:
        _read_back(engine)
    except DatabaseError as found:
        if isinstance(found, OperationalError):
            raise
        raise damaged(file, found.orig) from found


def _read_back(engine: Engine) -> None:
    journal, synchronous = safe_journal(sqlite3.sqlite_version_info)
    wanted = {
        "journal_mode": journal,
        "synchronous": _SYNCHRONOUS[synchronous],
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": BUSY_MILLISECONDS,
    }
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()  # the schema can be read
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
    kind = connection.get_execution_options().get("begin", READS["begin"])
    run_text(connection, f"BEGIN {kind}").close()
    if kind == WRITES["begin"] and moving_mark(connection.engine).exists():
        run_text(connection, "ROLLBACK").close()
        raise BeingMoved("The database is being moved, or was: nothing is written here (diary move-to says more).")


def moving_mark(engine: Engine) -> Path:
    """Return the file beside an SQLite database that says that it is being moved away, or was."""
    return _beside(engine.url.database or "", ".moving")


@lru_cache(maxsize=8)  # it is looked for before every writing
def _beside(file: str, ending: str) -> Path:
    return Path(file + ending)


def _make_private(engine: Engine) -> None:
    """Make the database file before SQLite does, readable by its owner only; its journals take over the mode."""
    file = Path(engine.url.database or "")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
