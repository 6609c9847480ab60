"""Migrations that are cut off: by a statement that fails, or by a kill; the schema is the old one or the new one."""

import random
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from flask import Flask
from sqlalchemy import Connection, Engine, event, inspect

from diary.db import db
from diary.schema import alembic_config, is_up_to_date, prepare_database, revision_of_database
from tests.faults.figures import Figures, Progress, unseen
from tests.faults.forked import Forked
from tests.faults.patients import app_of, in_the_whole_house
from tests.faults.phones import Phone, acknowledged, compare, rows_of, settle, tapped
from tests.faults.served import Ground, flask

CHANGES = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE", "GRANT", "REVOKE")


class Cut(RuntimeError):
    """The migration ends here."""


def fail_after_each_statement(ground: Ground, *, tries: int, seed: int = 0, progress: Progress = unseen) -> Figures:
    """Let a migration of a database with entries fail after each of its statements, and then let it pass.

    After each failure the schema and the rows are those of before; with `tries` fewer than there are statements, so
    many of them are drawn, the first and the last among them.
    """
    figures, chance = Figures("migration failing after each statement"), random.Random(seed)
    people = settle(ground, patients=1)
    app = app_of(ground)
    with app.app_context(), in_the_whole_house():
        command.downgrade(alembic_config(), _the_one_before())
        statements = _count_statements(app, figures)
        before = _everything(db.engine)
        for number in _drawn(statements, tries, chance):
            try:
                with _failing_after(db.engine, number):
                    prepare_database(app)
                figures.check(False, f"Nothing failed after statement {number}.")
            except Cut:
                figures.check(_everything(db.engine) == before, f"Statement {number} of {statements} left something.")
            figures.tries += 1
            progress(figures.tries / max(1, min(tries, statements)))
        prepare_database(app)
        figures.check(is_up_to_date(), "The migration does not pass after it failed.")
        figures.phases["statements"] = statements
        db.engine.dispose()
    _serves(ground, people, figures)
    return figures


def kill_the_first_start(ground: Ground, *, tries: int, seed: int = 0, progress: Progress = unseen) -> Figures:
    """Kill a new installation at any moment of its first start; the next start makes it whole and serves."""
    figures, chance = Figures("killed while it starts and migrates"), random.Random(seed)
    usual = 0.0
    for number in range(tries + 1):
        fresh = Ground(ground.instance / str(number), "", ground.more)
        fresh.instance.mkdir(parents=True, mode=0o700)
        began = time.monotonic()
        if not number:
            figures.check(_started(fresh, None) == 0, "A first start fails.")
            usual = time.monotonic() - began
            continue
        _started(fresh, chance.uniform(0.3, 1.0) * usual)
        figures.phases["database begun" if fresh.file.exists() else "nothing there yet"] += 1
        began = time.monotonic()
        said = fresh.command("audit", "verify")
        figures.recovered_in(time.monotonic() - began)
        figures.check(said.returncode == 0, f"The next start fails: {said.stderr[-500:]}")
        figures.tries += 1
        progress(number / tries)
    return figures


def _started(ground: Ground, killed_after: float | None) -> int:
    """Start a command that migrates first, and kill it after so many seconds."""
    with subprocess.Popen(
        flask("audit", "verify"), cwd=_root(), env=ground.environment(), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        if killed_after is not None:
            threading.Timer(killed_after, process.kill).start()
        return process.wait(60)


def _root() -> Any:
    from diary.settings import ROOT  # noqa: PLC0415

    return ROOT


def _the_one_before() -> str:
    """Return the revision that made the tables of entries and patients as good as they are, three before the last."""
    from diary.schema import _known  # noqa: PLC0415

    return _known()[3]


def _drawn(statements: int, tries: int, chance: random.Random) -> list[int]:
    inner = range(2, statements)
    drawn = inner if tries >= statements else chance.sample(inner, max(0, min(tries - 2, len(inner))))
    return sorted({1, *drawn, statements})


def _count_statements(app: Flask, figures: Figures) -> int:
    """Return how many statements the migration has: it passes, and is taken back."""
    with _counted(db.engine) as counted:
        prepare_database(app)
    figures.check(is_up_to_date(), "The migration does not pass.")
    command.downgrade(alembic_config(), _the_one_before())
    return counted[0]


@contextmanager
def _counted(engine: Engine) -> Iterator[list[int]]:
    counted = [0]

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted[0] += _changes(statement)

    event.listen(engine, "after_cursor_execute", count)
    try:
        yield counted
    finally:
        event.remove(engine, "after_cursor_execute", count)


@contextmanager
def _failing_after(engine: Engine, number: int) -> Iterator[None]:
    seen = [0]

    def cut(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen[0] += _changes(statement)
        if seen[0] == number and _changes(statement):
            raise Cut(statement)

    event.listen(engine, "after_cursor_execute", cut)
    try:
        yield
    finally:
        event.remove(engine, "after_cursor_execute", cut)


def _changes(statement: str) -> bool:
    return statement.lstrip().upper().startswith(CHANGES)


def _everything(engine: Engine) -> Any:
    """Return the schema, the revision and every row."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET diary.clinics = '*'")
        return revision_of_database(), _schema(connection), _rows(connection)


def _schema(connection: Connection) -> Any:
    if connection.dialect.name == "sqlite":
        return sorted(map(tuple, connection.exec_driver_sql("SELECT name, sql FROM sqlite_master")), key=str)
    seen = inspect(connection)
    return {
        table: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(table)],
            sorted(str(index["name"]) for index in seen.get_indexes(table)),
            sorted(str(one["name"]) for one in seen.get_check_constraints(table)),
        )
        for table in sorted(seen.get_table_names())
    }


def _rows(connection: Connection) -> Any:
    names = inspect(connection).get_table_names()
    quoted = connection.dialect.identifier_preparer.quote
    return {name: sorted(map(str, connection.exec_driver_sql(f"SELECT * FROM {quoted(name)}"))) for name in names}


def _serves(ground: Ground, people: Any, figures: Figures) -> None:
    """See that the migrated database is served."""
    with Forked(ground) as served:
        phone = Phone(served.address, people[0])
        if figures.check(phone.ask() == "open", f"The phone is not let in: {phone.statuses}"):
            phone.tap(4)
            figures.check(phone.send_until_all_is_told(30), "Nothing is stored after the migration.")
    figures.take(compare(acknowledged([phone]), rows_of(ground.url), tapped([phone])))
