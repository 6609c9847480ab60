"""How an empty, migrated PostgreSQL is laid out over several servers by Citus, one statement after the other."""

import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import AddConstraint

from diary.db import Base
from diary.errors import DatabaseUnfit
from diary.models.placement import DISTRIBUTED, DIVIDED_BY, KEYS_GIVEN_UP, REFERENCE

OLDEST_CITUS: Final = (13, 1)
"""Rights on single columns, which facts have, reach the shards from there on."""
ROOT: Final = "clinic"
"""What is divided first: all others lie beside it, shard by shard."""


def statements_of_distribution(database: str) -> Iterator[str]:
    """Yield what lays the tables out: those that are pointed at come before those that point.

    Foreign keys are away meanwhile: a table that is still local keeps Citus from laying out what it points at.
    """
    quoted = database.replace('"', '""')
    yield f"ALTER DATABASE \"{quoted}\" SET citus.propagate_set_commands = 'local'"
    yield "SET LOCAL citus.propagate_set_commands = 'local'"
    tables = Base.metadata.sorted_tables
    in_order = [table.name for table in tables]
    for table in tables:
        yield from (f"ALTER TABLE {table.name} DROP CONSTRAINT IF EXISTS {name}" for name in _names_of_keys(table))
    for name in in_order:
        if name in REFERENCE:
            yield f"SELECT create_reference_table('{name}')"
    for name in in_order:
        if name in DISTRIBUTED:
            beside = "none" if name == ROOT else ROOT
            yield f"SELECT create_distributed_table('{name}', '{DIVIDED_BY}', colocate_with => '{beside}')"

    for table in tables:
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
            if str(key.name) not in KEYS_GIVEN_UP.get(table.name, ()):
                added = AddConstraint(key, isolate_from_table=False)
                yield str(added.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


def _names_of_keys(table: Table) -> list[str]:
    return sorted(str(key.name) for key in table.foreign_key_constraints)


def distribute(connection: Connection) -> list[str]:
    """Lay the tables out, and return the statements.

    Raises:
        DatabaseUnfit: there is no Citus, or an old one, or the tables are laid out already, or rows are there.
    """
    _check(connection)
    done = list(statements_of_distribution(_ask(connection, "SELECT current_database()")))
    for statement in done:
        connection.exec_driver_sql(statement)
    return done


def _check(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        raise DatabaseUnfit("SQLite is one file on one machine: see docs/sharding.md for the way to several servers.")
    version = _ask(connection, "SELECT extversion FROM pg_extension WHERE extname = 'citus'")
    if not version:
        raise DatabaseUnfit("Citus is not installed in this database: run CREATE EXTENSION citus as a superuser first.")
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST_CITUS:
        raise DatabaseUnfit(f"This is Citus {version}: Ebb needs {OLDEST_CITUS[0]}.{OLDEST_CITUS[1]} or later.")
    if _ask(connection, f"SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass('{ROOT}')"):  # noqa: S608 (our name)
        raise DatabaseUnfit("The tables are distributed already.")
    connection.exec_driver_sql("SET LOCAL diary.clinics = '*'")
    if _ask(connection, f"SELECT 1 FROM {ROOT} LIMIT 1"):  # noqa: S608 (our name)
        raise DatabaseUnfit("Clinics are stored here: distribute an empty database, then move the clinics into it.")


def _ask(connection: Connection, question: str) -> str:
    return str(connection.exec_driver_sql(question).scalar() or "")
