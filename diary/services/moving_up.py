"""A whole installation moved from SQLite to PostgreSQL: copied piece by piece, compared, and never twice.

While it runs, and after it, nothing is written into the old database: what a phone was told is stored is in the copy.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from diary.beside import elsewhere, patient_server, reading
from diary.clock import Clock
from diary.db import WRITES, db, moving_mark
from diary.errors import BeingMoved, DatabaseUnfit
from diary.models import JobLease
from diary.schema import prepare_database
from diary.services.backup_tables import Layout, NotTheSame, count_rows, digest_of, layouts, put_rows, rows_of
from diary.services.database_reasons import reason_of
from diary.services.move_marks import Mark, MoveRefused, moving_alone, own_mark, take_mark_away, write_mark
from diary.services.restoring import empty_tables
from diary.settings import address_faults
from diary.wall import whole_house

LEASE: Final = "moving-in"
AT_ONCE: Final = 2000
FOREVER: Final = timedelta(days=36500)
Told = Callable[[str, int, int], None]
Begun = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: the rows of each table, all of them compared by digest."""

    rows: int
    tables: int


def move_to(url: str, *, clock: Clock, told: Told, begun: Begun = lambda: None) -> Moved:
    """Copy everything into the database at `url`, or go on with a copy that was cut off.

    Args:
        url: of the empty PostgreSQL database.
        clock: of this installation.
        told: is called with how far each table is.
        begun: is called once writers are kept out of this database.

    Raises:
        MoveRefused: this database is no SQLite, the other one holds something that this move did not put there, another
            move runs, or it was cut off; the message says how to go on.
        NotTheSame: a table arrived as something else; the old database goes on being the right one.
    """
    if db.engine.dialect.name != "sqlite":
        raise MoveRefused("This database is no SQLite file: make a backup, and restore it where you want to go.")
    faults = address_faults(url, "The address to move to")
    if faults:
        raise MoveRefused(" ".join(faults))
    with moving_alone():
        try:
            return _move(url, clock, told, begun)
        except SQLAlchemyError as error:
            raise MoveRefused(_told_of_cut(error)) from error


def _move(url: str, clock: Clock, told: Told, begun: Begun) -> Moved:
    own = own_mark()
    if own is not None and own.done:
        raise MoveRefused(f"Everything was moved to {own.where} already: set DIARY_DATABASE_URL to it, and start.")
    source = Path(db.engine.url.database or "").resolve()
    with elsewhere(url) as target:
        if db.engine.dialect.name == "sqlite":
            raise MoveRefused("Name a PostgreSQL database: postgresql://user:password@host/name.")
        where = db.engine.url.render_as_string(hide_password=True)
        _check_reachable()
        prepare_database(target)
        found = _standing()
        _check_empty(found, own)
    mark = _mark_source(where)
    begun()
    try:
        with elsewhere(url) as _target, reading(source) as old:
            _settle_in(mark, clock, found)
            moved = _copy_and_compare(old, mark, told)
    finally:
        _check_own(mark)
    with elsewhere(url):
        _say_done(mark, clock)
    write_mark(Mark(mark.move, mark.where, done=True))
    return moved


def give_up() -> Mark:
    """Let the old database be written again, and return what was given up.

    Raises:
        MoveRefused: there is no move, or it still runs.
    """
    with moving_alone():
        mark = own_mark()
        if mark is None:
            raise MoveRefused("Nothing is being moved.")
        take_mark_away()
        return mark


def _check_own(mark: Mark) -> None:
    """Refuse to call a move done that writers were not kept out of from its beginning to its end."""
    if own_mark() != mark:
        raise MoveRefused(
            f"{moving_mark(db.engine)} was taken away or changed meanwhile: what was written here since is not in the"
            " copy. Say the same command again: the copy is made anew."
        )


def _told_of_cut(error: SQLAlchemyError) -> str:
    """Say how to go on after a database did not answer, or refused."""
    what = type(getattr(error, "orig", None) or error).__name__
    if own_mark() is None:
        return f"A database refused, or did not answer ({what}). Nothing was begun: say the same command again."
    return (
        f"The move was cut off: a database refused, or did not answer ({what}). Nothing is lost, and nothing is stored"
        " here until you say the same command again, which goes on where it was, or end the move with --give-up."
    )


def refuse_half_moved() -> None:
    """Refuse to serve from a database that a move has not filled to the end.

    Raises:
        DatabaseUnfit: it has not.
    """
    if db.engine.dialect.name == "sqlite":
        return
    found = _standing()
    if found is not None and not found.done:
        raise DatabaseUnfit("A move into this database is not done: go on with `diary move-to` from the old one.")


def _standing() -> Mark | None:
    """Return what the new database says about a move into it."""
    with whole_house(), db.engine.connect() as connection:
        row = connection.execute(select(JobLease.held_by, JobLease.done_at).where(JobLease.name == LEASE)).one_or_none()
    return Mark(row.held_by or "", "", done=row.done_at is not None) if row else None


def _check_empty(found: Mark | None, own: Mark | None) -> None:
    """Refuse a database that holds anything but what this move, or one that was given up, has put there."""
    if found is not None and (not found.done or (own is not None and own.move == found.move)):
        return
    with db.engine.connect() as connection, connection.begin():
        patient_server(connection)
        held = [layout.name for layout in layouts() if count_rows(connection, layout)]
    if held:
        raise MoveRefused(f"That database is not empty ({', '.join(held[:5])}): name an empty one.")


def _mark_source(where: str) -> Mark:
    """Mark the old database, wait for the unit that is writing, and return the mark; one that is there stands."""
    mark = own_mark()
    if mark is None:
        mark = Mark(uuid.uuid4().hex, where)
        write_mark(mark)
    elif mark.where != where:
        raise MoveRefused(f"A move to {mark.where} is under way: name that one, or end it with --give-up.")
    try:
        with db.engine.execution_options(**WRITES).connect() as connection, connection.begin():
            raise RuntimeError("The mark of the move does not keep writers out.")
    except BeingMoved:
        return mark


def _settle_in(mark: Mark, clock: Clock, found: Mark | None) -> None:
    """Say in the new database whose move fills it; what a move that was given up left there goes first."""
    if found is not None and found.move == mark.move:
        return
    with db.engine.connect() as connection, connection.begin():
        patient_server(connection)
        connection.execute(delete(JobLease).where(JobLease.name == LEASE))  # first: a move that fills it holds the row
        now = clock()
        connection.execute(insert(JobLease).values(name=LEASE, held_by=mark.move, held_until=now + FOREVER))
        if found is not None:
            empty_tables(connection)


def _copy_and_compare(old: Connection, mark: Mark, told: Told) -> Moved:
    rows = 0
    for layout in layouts():
        rows += _copy_table(old, layout, mark, told)
    for layout in layouts():
        with db.engine.connect() as connection, connection.begin():
            patient_server(connection)
            if digest_of(connection, layout) != digest_of(old, layout):
                raise NotTheSame(
                    f"{layout.name} arrived as something else: end the move with --give-up, and report it."
                )
    return Moved(rows, len(layouts()))


def _copy_table(old: Connection, layout: Layout, mark: Mark, told: Told) -> int:
    """Copy the rows that are not there yet, a few thousand in a unit: each unit is whole or not at all."""
    total = count_rows(old, layout)
    with db.engine.connect() as connection, connection.begin():
        patient_server(connection)
        _check_ours(connection, mark)
        done = count_rows(connection, layout)
    told(layout.name, done, total)
    coming = rows_of(old, layout, skip=done, as_copied=True)
    while some := list(islice(coming, AT_ONCE)):
        with db.engine.connect() as connection, connection.begin():
            patient_server(connection)
            _check_ours(connection, mark)
            done += put_rows(connection, layout, some)
        told(layout.name, done, total)
    return done


def _check_ours(connection: Connection, mark: Mark) -> None:
    """Hold the row that says whose move fills the new database until the unit ends.

    Raises:
        MoveRefused: it is another one by now, from another machine.
    """
    held = select(JobLease.held_by).where(JobLease.name == LEASE).with_for_update()
    if connection.execute(held).scalar_one_or_none() != mark.move:
        raise MoveRefused(
            f"Another move fills {mark.where} by now, from another database: this one is not done, and nothing is lost."
            " End it with --give-up, or the other one."
        )


def _say_done(mark: Mark, clock: Clock) -> None:
    with db.engine.connect() as connection, connection.begin():
        _check_ours(connection, mark)
        connection.execute(update(JobLease).where(JobLease.name == LEASE).values(done_at=clock(), outcome="good"))


def _check_reachable() -> None:
    try:
        with db.engine.connect():
            return
    except SQLAlchemyError as error:
        raise MoveRefused(f"That database does not answer: {reason_of(error, db.engine.url)}.") from error
