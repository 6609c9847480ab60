"""How migrations run: one transaction, foreign keys off on SQLite and checked before the commit."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

import diary.models  # noqa: F401  (fills the metadata)
from diary.db import WRITES, Base, db
from diary.migrations import rights
from diary.migrations.reach import is_of_the_application, note_step
from diary.models.types import Hundredths, Ratio, UtcMoment, Words

PLAIN = {
    UtcMoment: "sa.DateTime(timezone=True)",
    Hundredths: "sa.Integer()",
    Words: "sa.String(length=200)",
    Ratio: "sa.String(length=40)",
}


def in_plain_types(kind: str, value: Any, _autogenerating: AutogenContext) -> str | Literal[False]:
    """Write our own types as what they are stored as: a migration never follows the code."""
    plain = PLAIN.get(type(value)) if kind == "type" else None
    return plain or False


def switch_foreign_keys(connection: Connection, state: str) -> None:
    """Switch SQLite's foreign keys outside of any transaction, where it takes effect."""
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA foreign_keys = {state}").fetchall()


def run_migrations() -> None:
    """Run them all, or none."""
    with db.engine.execution_options(**WRITES).connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        if on_sqlite:
            switch_foreign_keys(connection, "OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=on_sqlite,
            transactional_ddl=True,
            render_item=in_plain_types,
            include_name=is_of_the_application,
            on_version_apply=note_step,
        )
        try:
            with context.begin_transaction():
                if on_sqlite:
                    context.run_migrations()
                else:
                    run_alone(connection)
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() if on_sqlite else []
                if broken:
                    raise RuntimeError(f"The migration would leave {len(broken)} rows that point nowhere.")
        finally:
            if on_sqlite:
                switch_foreign_keys(connection, "ON")


def run_alone(connection: Connection) -> None:
    """Run them on PostgreSQL, unless another server did while this one waited, and put walls and rights in place."""
    rights.wait_until_alone(connection)
    head = context.get_head_revision()
    stands = context.get_context().get_current_heads() == (head,)
    if stands and context.get_revision_argument() == head and rights.are_in_place(connection):
        return
    rights.lift(connection)
    context.run_migrations()
    rights.put_in_place(connection)


run_migrations()
