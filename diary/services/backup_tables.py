"""The rows of every table in the order of their keys, as lines: read from a database, and put into one."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import JSON, Connection, Select, Table, Text, bindparam, cast, func, select
from sqlalchemy import column as plain_column
from sqlalchemy import table as plain_table
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.expression import ColumnElement, Insert, TableClause

from diary.db import Base
from diary.errors import DiaryError
from diary.services.backup_values import FROM, TO, ValueUnfit, Written, kind_of

LEFT_OUT: Final = frozenset({"job_lease", "schema_reach"})
"""Who does which job now, and what the schema serves: true of one database and of no other."""
AT_ONCE: Final = 500
Row = list[Written]


class RowDamaged(DiaryError):
    """A row that holds what Ebb would not have written; the message says where."""


class NotTheSame(DiaryError):
    """Two digests that should be equal are not; the message says of what."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A table as a backup knows it: its columns with their kinds, its key, and a column that points into itself."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    own: str | None = None

    def line(self) -> bytes:
        """Return the line that begins the table in a backup."""
        return line_of({"table": self.name, "columns": self.columns, "key": self.key, "own": self.own})

    @classmethod
    def of(cls, table: Table) -> "Layout":
        """Return the layout of one of our tables."""
        own = {key for key in table.foreign_key_constraints if key.referred_table is table}
        pointing = [element.parent.name for key in own for element in key.elements if not element.parent.primary_key]
        return cls(
            table.name,
            tuple((column.name, kind_of(column)) for column in table.columns),
            tuple(column.name for column in table.primary_key.columns),
            pointing[0] if pointing else None,
        )


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows a table has, and the digest over its columns and all of them."""

    rows: int
    digest: str


def layouts() -> list[Layout]:
    """Return the layout of every table that goes along, those that others point at first."""
    return [Layout.of(table) for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def line_of(content: Any) -> bytes:
    """Return the one way in which a line is written."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode() + b"\n"


def rows_of(connection: Connection, layout: Layout, *, skip: int = 0, as_copied: bool = False) -> Iterator[Row]:
    """Yield the rows of a table in the order of its keys, a few hundred at a time.

    `as_copied` puts rows that point into their own table behind those that they may point at.

    Raises:
        RowDamaged: a value that Ebb would not have written so.
    """
    turns = [FROM[connection.dialect.name][kind] for _name, kind in layout.columns]
    asked = _select(layout, connection.dialect.name, as_copied=as_copied)
    if skip:
        asked = asked.offset(skip)
    asked = asked.execution_options(stream_results=True, yield_per=AT_ONCE)
    for number, row in enumerate(_readable(connection, asked, layout), start=skip + 1):
        yield _written(layout, turns, row, number)


def digest_of(connection: Connection, layout: Layout) -> Digest:
    """Return the digest of a table as it stands."""
    summing, rows = Summing(layout), 0
    for rows, row in enumerate(rows_of(connection, layout), start=1):  # noqa: B007 (the last number is wanted)
        summing.take(line_of(row))
    return summing.digest(rows)


class Summing:
    """The digest of a table while its rows come."""

    def __init__(self, layout: Layout) -> None:
        self._hash = hashlib.sha256(layout.line())

    def take(self, line: bytes) -> None:
        """Add the line of a row."""
        self._hash.update(line)

    def digest(self, rows: int) -> Digest:
        """Return what it is by now."""
        return Digest(rows, self._hash.hexdigest())


def put_rows(connection: Connection, layout: Layout, rows: Iterable[Row]) -> int:
    """Insert rows, a few hundred at a time, and return how many there were."""
    turns = [TO[connection.dialect.name][kind] for _name, kind in layout.columns]
    names = [name for name, _kind in layout.columns]
    insert, put, coming = _insert(layout, connection.dialect.name), 0, iter(rows)
    while some := list(islice(coming, AT_ONCE)):
        connection.execute(insert, [_read(layout, names, turns, row) for row in some])
        put += len(some)
    return put


def count_rows(connection: Connection, layout: Layout) -> int:
    """Return how many rows a table has."""
    return connection.execute(select(func.count()).select_from(_table(layout))).scalar_one()


def _readable(connection: Connection, asked: Select[Any], layout: Layout) -> Iterator[Any]:
    try:
        with connection.execute(asked) as found:
            yield from found
    except OperationalError as error:
        if not isinstance(error.orig, sqlite3.OperationalError):
            raise
        why = str(error.orig).partition(" with text ")[0]  # behind it stands what a patient wrote
        raise RowDamaged(f"{layout.name}: a row cannot be read ({why}).") from error


def _written(layout: Layout, turns: Sequence[Any], row: Sequence[Any], number: int) -> Row:
    written: Row = []
    for (name, _kind), turn, held in zip(layout.columns, turns, row, strict=True):
        try:
            written.append(None if held is None else turn(held))
        except (ValueError, TypeError, ValueUnfit) as error:
            raise RowDamaged(f"{layout.name}, row {number}, {name}: this is not as Ebb writes it.") from error
    return written


def _read(layout: Layout, names: Sequence[str], turns: Sequence[Any], row: Row) -> dict[str, Any]:
    try:
        return {
            name: None if value is None else turn(value) for name, turn, value in zip(names, turns, row, strict=True)
        }
    except (ValueError, TypeError, ValueUnfit) as error:
        raise RowDamaged(f"{layout.name}: a row of the backup does not fit the table.") from error


def _table(layout: Layout) -> TableClause:
    return plain_table(layout.name, *(plain_column(name) for name, _kind in layout.columns))


def _select(layout: Layout, dialect: str, *, as_copied: bool) -> Select[Any]:
    table, kinds, postgres = _table(layout), dict(layout.columns), dialect == "postgresql"
    wanted = [
        cast(table.c[name], Text) if postgres and kind == "json" else table.c[name] for name, kind in kinds.items()
    ]
    order: list[ColumnElement[Any]] = [
        cast(table.c[name], Text).collate("C") if postgres and kinds[name] == "text" else table.c[name]
        for name in layout.key
    ]
    if as_copied and layout.own:
        order.insert(0, table.c[layout.own].is_not(None))
    return select(*wanted).order_by(*order)


def _insert(layout: Layout, dialect: str) -> Insert:
    values = {
        name: cast(bindparam(name, type_=Text), JSON) if dialect == "postgresql" and kind == "json" else bindparam(name)
        for name, kind in layout.columns
    }
    return _table(layout).insert().values(values)
