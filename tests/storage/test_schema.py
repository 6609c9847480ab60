"""One schema for SQLite, PostgreSQL and a PostgreSQL that is sharded by clinic."""

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

import diary.models  # noqa: F401  (fills the metadata)
from diary.db import Base, db
from diary.migrations.reach import is_of_the_application
from diary.models.placement import LOCAL, REFERENCE

NOT_OWNED = REFERENCE | LOCAL | {"account_clinic"}
"""Found before the clinic is known: who signs in, where they belong, their sessions and devices; codes of a move."""

TABLES = Base.metadata.sorted_tables
OWNED = [table for table in TABLES if table.name not in NOT_OWNED]
COMPARED = {"compare_type": True, "compare_server_default": True, "include_name": is_of_the_application}
NAME_OF_SQLITE = re.compile("^(pk|fk|uq|ck|ix)_")


def names(columns):
    return [column.name for column in columns]


def named(tables):
    return pytest.mark.parametrize("table", tables, ids=lambda table: table.name)


@named(OWNED)
def test_the_clinic_comes_first_in_the_key_of_what_it_owns(table: Table):
    assert names(table.primary_key.columns)[0] == "clinic_id"


@named(OWNED)
def test_a_key_between_tables_of_a_clinic_carries_the_clinic(table: Table):
    for key in table.foreign_key_constraints:
        if key.referred_table.name in NOT_OWNED:
            continue
        assert names(key.columns)[0] == "clinic_id", key.name
        assert key.elements[0].column.name == "clinic_id", key.name


@named(OWNED)
def test_what_is_unique_is_unique_within_a_clinic(table: Table):
    for index in table.indexes:
        assert names(index.columns)[0] == "clinic_id", index.name
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert names(constraint.columns)[0] == "clinic_id", constraint.name


@named(OWNED)
def test_every_table_of_a_clinic_leads_to_the_clinic(table: Table):
    if table.name != "clinic":
        assert any(names(key.columns)[0] == "clinic_id" for key in table.foreign_key_constraints)


@named(TABLES)
def test_no_value_is_made_by_the_database(table: Table):
    for column in table.columns:
        assert column.server_default is None, column
        assert column.identity is None, column
        assert column.computed is None, column
    for dialect in (postgresql.dialect(), sqlite.dialect()):
        ddl = str(CreateTable(table).compile(dialect=dialect)).upper()
        assert not re.search("SERIAL|AUTOINCREMENT|IDENTITY|DEFAULT", ddl), ddl


@named(TABLES)
def test_every_constraint_and_index_has_a_name_that_postgresql_keeps(table: Table):
    parts = [*table.constraints, *table.indexes]
    ddl = [CreateTable(table), *(CreateIndex(index) for index in table.indexes)]
    said = "\n".join(str(statement.compile(dialect=postgresql.dialect())) for statement in ddl)
    for part in parts:
        assert (
            isinstance(part, CheckConstraint | ForeignKeyConstraint | UniqueConstraint | Index)
            or part is table.primary_key
        )
        assert part.name, part
    unnamed = re.findall(r"^\s*(PRIMARY KEY|FOREIGN KEY|UNIQUE|CHECK)\b", said, re.MULTILINE)
    assert not unnamed, said
    for name in re.findall(r"(?:CONSTRAINT|INDEX) (\w+)", said):
        assert NAME_OF_SQLITE.match(name), name
        assert len(name) <= 63, name


@named(TABLES)
def test_a_column_of_known_words_is_checked(table: Table):
    checked = " ".join(str(part.sqltext) for part in table.constraints if isinstance(part, CheckConstraint))
    for column in {"status", "purpose", "life_cycle", "kind", "source", "unit", "state"} & set(names(table.columns)):
        assert f"{column} IN (" in checked, f"{table.name}.{column}"


def test_no_two_constraints_or_indexes_share_a_name():
    known = [part.name for table in TABLES for part in (*table.constraints, *table.indexes)]
    assert len(known) == len(set(known))


def test_models_and_migrations_agree(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=COMPARED)
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.about_sqlite(reason="the twin is tests/storage/test_golden_ddl.py")
def test_checks_and_names_in_the_database_are_those_of_the_models(app):
    made = {}
    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        made.update((name, words_of(sql)) for name, sql in rows)
    for table in TABLES:
        wanted = words_of(str(CreateTable(table).compile(dialect=sqlite.dialect())))
        assert sorted(made[table.name]) == sorted(wanted), table.name


def words_of(sql: str) -> list[str]:
    """Return the parts of a CREATE TABLE, however they are ordered and broken into lines."""
    body = re.sub(r"\s+", " ", sql[sql.index("(") + 1 : sql.rindex(")")]).replace('"', "")
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(body + ","):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(body[start:place].strip())
            start = place + 1
    return parts
