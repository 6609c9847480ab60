"""Changing the database behind the application's back."""

import re
from typing import Final

from diary.migrations.append_only import FACTS
from tests.beside import another_program
from tests.databases import ON_POSTGRES

IN_POSTGRES: Final = (
    (r"zeroblob\((\d+)\)", r"decode(repeat('00', \1), 'hex')"),
    (r"\bx'([0-9a-f]*)'", r"decode('\1', 'hex')"),
    (r"json_set\((\w+), '\$\.(\w+)', (\w+)\)", r"jsonb_set(\1::jsonb, '{\2}', '\3')::json"),
    (r"replace\((\w+), ('[^']*'), ('[^']*')\)", r"replace(\1::text, \2, \3)::json"),
    (r"datetime\((\w+), ('[^']*')\) \|\| '\.0+'", r"\1 + interval \2"),
    (r"CAST\((.*) AS BLOB\)", r"CAST(\1 AS bytea)"),
    (r"(?<= )'(\w{32})',", r"'\1'::uuid,"),
    (r"(?<= )'(\d{4}-\d\d-\d\d)',", r"'\1'::date,"),
)
"""What SQLite writes in its own way, and how PostgreSQL does."""


def tamper(*statements: str) -> None:
    """Change the rows as somebody with a program of their own would; statements are written as SQLite takes them."""
    with another_program() as other:
        for table in () if ON_POSTGRES else FACTS:
            other.execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
            other.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
        for statement in statements:
            assert other.execute(_as_written_here(statement)).rowcount, statement
        other.commit()


def refuse(table: str, *, when: str = "INSERT") -> None:
    """Let the database refuse from now on what is done to a table, as where the disk is full."""
    with another_program() as other:
        if ON_POSTGRES:
            other.execute(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'disk full'; END $$"
            )
            other.execute(f"CREATE TRIGGER full_disk BEFORE {when} ON {table} EXECUTE FUNCTION full_disk()")
        else:
            other.execute(
                f"CREATE TRIGGER full_disk BEFORE {when} ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        other.commit()


def _as_written_here(statement: str) -> str:
    for ours, theirs in IN_POSTGRES if ON_POSTGRES else ():
        statement = re.sub(ours, theirs, statement)
    return statement
