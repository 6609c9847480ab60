"""The real application on a free port of this machine, with the demo clinic in an SQLite file."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
from flask import Flask
from waitress import create_server, wasyncore

from diary.app import create_app
from diary.db import db
from diary.demo.clinic import fill_demo
from diary.installation import Installation
from diary.schema import prepare_database
from diary.security.passwords import Passwords
from diary.settings import Settings
from diary.wall import whole_house
from tests.conftest import CHEAP, TestClock

THREADS = 4
FILE = "diary.sqlite3"
PATIENT = "M-2120"
"""The reference of the demo's patient who signs in."""


@dataclass(frozen=True)
class Served:
    """An application that answers browsers at `address`; its clock stands until it is moved."""

    app: Flask
    address: str
    clock: TestClock
    file: Path
    sign_ins: list[dict[str, Any]]

    def sign_in_of(self, role: str) -> dict[str, Any]:
        """Return name and password of whoever has this role in the demo clinic."""
        return next(one for one in self.sign_ins if one["role"] == role)

    def code_of(self, known: dict[str, Any]) -> str:
        """Return what the authenticator app of a member shows; the clock stands, so it is taken as a new one."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute("UPDATE one_time_codes SET last_step = 0")
        return str(pyotp.TOTP(known["totp_secret"]).at(self.clock()))

    def ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database itself, past the application."""
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(question, values).fetchall()

    def entries_of(self, reference: str, day: str) -> list[tuple[Any, ...]]:
        """Return score and source of every revision of a day, the oldest first."""
        return self.ask(
            "SELECT entry.score, entry.source FROM entry JOIN patient ON patient.id = entry.patient_id"
            " WHERE patient.reference = ? AND entry.day = ? ORDER BY entry.revision",
            reference,
            day,
        )


def make_app(instance: Path, clock: TestClock) -> Flask:
    """Return the application on a migrated database in `instance`."""
    made = create_app(
        Settings(
            env="development",
            instance=instance,
            database_url=f"sqlite:///{instance / FILE}",
            secret_key="only-for-tests-only-for-tests-only",
            password_cost=CHEAP,
        )
    )
    Installation(made.extensions["ebb"].settings, clock, Passwords(CHEAP)).put_into(made)
    prepare_database(made)
    return made


def make_demo(instance: Path) -> list[dict[str, Any]]:
    """Fill a new database with the demo clinic and return its sign-ins."""
    app = make_app(instance, TestClock())
    with app.app_context(), whole_house():
        sign_ins = fill_demo(app.extensions["ebb"])
        db.engine.dispose()
    return sign_ins


@contextmanager
def serving(instance: Path, sign_ins: list[dict[str, Any]]) -> Iterator[Served]:
    """Serve what stands in `instance` until the block ends."""
    clock, sockets = TestClock(), {}
    app = make_app(instance, clock)
    server = create_server(app, map=sockets, host="127.0.0.1", port=0, threads=THREADS)
    thread = threading.Thread(target=server.run, name="served", daemon=True)
    thread.start()
    try:
        port = server.effective_port
        yield Served(app, f"http://127.0.0.1:{port}", clock, instance / FILE, sign_ins)
    finally:
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))
        thread.join()
        server.task_dispatcher.shutdown()
        with app.app_context(), whole_house():
            db.engine.dispose()


def copy_database(original: Path, copy: Path) -> None:
    """Copy a database with everything that is committed."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
