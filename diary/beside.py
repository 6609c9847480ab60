"""Beside the database that is served: still copies of it, other databases to stand on, and the mark of a move."""

import fcntl
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from flask import Flask
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from diary.clock import utc_now
from diary.db import BUSY_MILLISECONDS, db, prepare_engine
from diary.installation import Installation, installation
from diary.postgres import BEGIN, engine_options, is_postgresql, put_up
from diary.room import require_room
from diary.settings import Settings
from diary.wall import WHOLE_HOUSE, whole_house

SCRATCH: Final = ".scratch-"
LOCK: Final = "lock"
"""Held by the process that works in a scratch folder, on whichever machine: who gets it finds nobody there."""
UNTOUCHED_SECONDS: Final = 3600
"""A folder without that file is just being made, or an older Ebb made it: it goes once it is untouched for so long."""
PAGES_AT_ONCE: Final = 1000
"""Four megabytes: a commit waits some ten milliseconds for them."""
BEGUN_AGAIN: Final = 3
"""So often a copy begins again because of what others wrote meanwhile; then it is made in one go."""


@contextmanager
def scratch_folder(under: Path) -> Iterator[Path]:
    """Make a folder that its owner alone opens, and leave nothing of it behind; what a killed one left goes too."""
    under.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(under)
    folder = under / f"{SCRATCH}{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    try:
        with _held(folder):
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # a shared disk keeps the name of a file that is open


def sweep(under: Path) -> None:
    """Take away the scratch folders of processes that are gone: plain copies of the database may lie in them."""
    for left in under.glob(f"{SCRATCH}*"):
        with suppress(OSError):
            if (left / LOCK).exists():
                with (left / LOCK).open("rb+") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(left, ignore_errors=True)
            elif utc_now().timestamp() - _touched(left) > UNTOUCHED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def still_copy(scratch: Path) -> Iterator[Connection]:
    """Hand out a connection on which the whole database stands still, while others go on writing.

    SQLite is copied by itself into a file in `scratch`, a few pages at a time; PostgreSQL keeps one snapshot.

    Raises:
        NoRoom: the disk has none for the copy.
    """
    if db.engine.dialect.name == "sqlite":
        copy = scratch / "copy.sqlite3"
        require_room({scratch: size_of_copy()})
        _copy_still(Path(db.engine.url.database or "").resolve(), copy)
        with reading(copy) as connection:
            yield connection
        copy.unlink()
        return
    with db.engine.connect().execution_options(**{BEGIN: "REPEATABLE READ"}) as connection, connection.begin():
        patient_server(connection)
        yield connection


def size_of_copy() -> int:
    """Return how many bytes a still copy of the database takes; PostgreSQL makes none."""
    return Path(db.engine.url.database or "").stat().st_size if db.engine.dialect.name == "sqlite" else 0


@contextmanager
def reading(file: Path) -> Iterator[Connection]:
    """Open an SQLite file to be read as it stands."""
    engine = create_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def patient_server(connection: Connection) -> None:
    """Let PostgreSQL show everything to this unit, and take the time that a whole database needs."""
    if connection.dialect.name != "sqlite":
        put_up(connection, WHOLE_HOUSE)
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


@contextmanager
def elsewhere(url: str, *, instance: Path | None = None, secret_key: str | None = None) -> Iterator[Flask]:
    """Stand on another database: within it, everything that asks for the database is given that one."""
    made, settings = installation(), _settings_of(url, instance, secret_key)
    app = Flask("elsewhere", static_folder=None)
    options = engine_options(url) if is_postgresql(url) else {}
    app.config.from_mapping(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True, **options},
    )
    Installation(settings, made.clock, made.passwords).put_into(app)
    db.init_app(app)
    with app.app_context(), whole_house():
        prepare_engine(db.engine)
        try:
            yield app
        finally:
            db.engine.dispose()


def put_over(copy: Path, check: Callable[[Connection], None]) -> None:
    """Let the SQLite database that is served become `copy`, all of it or nothing, whenever the power fails.

    SQLite writes it in one unit of its own: who reads or writes meanwhile waits, and a unit that was cut is undone by
    whoever opens the file next. Nobody writes between what `check` sees and that unit, except in WAL mode, where some
    milliseconds lie between them.
    """
    served = sqlite3.connect(db.engine.url.database or "", timeout=BUSY_MILLISECONDS / 1000, isolation_level=None)
    source = sqlite3.connect(copy)
    engine = create_engine("sqlite://", creator=lambda: served, poolclass=StaticPool, pool_reset_on_return=None)
    try:
        served.execute("PRAGMA synchronous = EXTRA")
        with engine.connect() as connection:
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
                connection.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")  # its locks outlast the unit
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
            check(connection)
            connection.exec_driver_sql("COMMIT")
            source.backup(served)
    finally:
        source.close()
        served.close()


def _settings_of(url: str, instance: Path | None, secret_key: str | None) -> Settings:
    settings = installation().settings
    return replace(
        settings,
        database_url=url,
        instance=instance or settings.instance,
        secret_key=secret_key or settings.secret_key,
    )


def _copy_still(file: Path, copy: Path) -> None:
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    source = sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=BUSY_MILLISECONDS / 1000)
    target = sqlite3.connect(copy)
    again = _BegunAgain()
    try:
        target.execute("PRAGMA synchronous = OFF")
        with suppress(_TooOften):
            source.backup(target, pages=PAGES_AT_ONCE, progress=again, sleep=0.01)
            return
        source.backup(target)
    finally:
        target.close()
        source.close()


class _TooOften(Exception):
    """Others write faster than the copy is made."""


class _BegunAgain:
    """Counts how often a copy had to begin again: then more is left than before."""

    def __init__(self) -> None:
        self._left, self._times = -1, 0

    def __call__(self, _status: int, left: int, _whole: int) -> None:
        """Look at what is left after a step."""
        if self._left >= 0 and left > self._left:
            self._times += 1
        self._left = left
        if self._times > BEGUN_AGAIN:
            raise _TooOften


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; the file has its name only once it is locked, so that nobody takes it before."""
    draft = folder / f".{LOCK}"
    with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        draft.rename(folder / LOCK)
        yield


def _touched(folder: Path) -> float:
    return max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
