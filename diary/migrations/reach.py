"""How far a schema reaches back: which older code still runs on it, as each migration says of itself.

A migration sets `reach = "expansion"` when code of the revision before it runs on as if nothing had happened, or
`reach = "contraction"` and `serves_since = "0031"` when it takes something away: the oldest code that does without it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select

from diary.errors import DiaryError

FIRST: Final = "0024"
"""The migration that made the table, and the first one that has to say it."""

# Not in the metadata of the application: like Alembic's own table it says how the schema is, and is never backed up.
SCHEMA_REACH: Final = Table(
    "schema_reach",
    MetaData(),
    Column("revision", String(32), primary_key=True),
    Column("reach", String(20), nullable=False),
    Column("serves_since", String(32)),
)


def is_of_the_application(name: str | None, kind: str, _parents: object = None) -> bool:
    """Say whether a table of the database is one of the application's, for whoever compares them with the models."""
    return kind != "table" or name != SCHEMA_REACH.name


class Undeclared(DiaryError):
    """A migration that does not say which code still runs after it."""


class Reach(StrEnum):
    """What a migration does to older code."""

    EXPANSION = "expansion"
    CONTRACTION = "contraction"


@dataclass(frozen=True, slots=True)
class Step:
    """What one migration says of itself."""

    revision: str
    reach: Reach
    serves_since: str | None = None

    def serves(self, known: Collection[str]) -> bool:
        """Say whether code that knows these revisions runs on after it."""
        return self.reach is Reach.EXPANSION or self.serves_since in known


def step_of(script: Any) -> Step:
    """Return what a migration says of itself.

    Raises:
        Undeclared: it says nothing, or nothing that can be true.
    """
    said, since = getattr(script.module, "reach", None), getattr(script.module, "serves_since", None)
    if said not in tuple(Reach):
        raise Undeclared(f'Migration {script.revision}: write reach = "expansion" or reach = "contraction".')
    if (said == Reach.CONTRACTION) != (since is not None):
        raise Undeclared(f"Migration {script.revision}: a contraction, and nothing else, says serves_since.")
    return Step(script.revision, Reach(said), since)


def note_step(ctx: Any, step: Any, _heads: Any = None, _run_args: Any = None, **_ignored: Any) -> None:
    """Write down, in the transaction of a migration, that it was carried out or taken back."""
    connection: Connection = ctx.connection
    if step.is_stamp or not inspect(connection).has_table(SCHEMA_REACH.name):
        return
    row = SCHEMA_REACH.c
    connection.execute(delete(SCHEMA_REACH).where(row.revision == step.up_revision_id))
    if step.is_upgrade:
        said = step_of(step.up_revision)
        values = {"revision": said.revision, "reach": said.reach.value, "serves_since": said.serves_since}
        connection.execute(insert(SCHEMA_REACH).values(values))


def steps_taken(connection: Connection) -> list[Step]:
    """Return what every migration that was carried out here said of itself; none where the table is not there yet."""
    if not inspect(connection).has_table(SCHEMA_REACH.name):
        return []
    return [Step(row.revision, Reach(row.reach), row.serves_since) for row in connection.execute(select(SCHEMA_REACH))]
