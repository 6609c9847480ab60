"""The schema as PostgreSQL is given it, kept as text: `python -m tests.storage.golden_ddl` writes it anew."""

import re
from pathlib import Path
from typing import Final

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

import diary.models  # noqa: F401  (fills the metadata)
from diary.db import Base
from diary.migrations.rights import rights_of, walls_of

FILE: Final = Path(__file__).with_name("postgresql.sql")
HEAD: Final = (
    "-- Tables, indexes, walls and rights on PostgreSQL. python -m tests.storage.golden_ddl writes this file.\n"
)


def ddl() -> str:
    """Return every table in the order of its keys, with its indexes, walls and rights."""
    parts = [HEAD]
    for table in Base.metadata.sorted_tables:
        made = [CreateTable(table), *(CreateIndex(index) for index in sorted(table.indexes, key=lambda one: one.name))]
        parts += [_tidy(str(statement.compile(dialect=postgresql.dialect()))) for statement in made]
        parts += [f"{said};" for said in (*walls_of([table]), *rights_of(table, "CURRENT_USER")) if _is_kept(said)]
        parts.append("")
    return "\n".join(parts)


def _tidy(statement: str) -> str:
    return re.sub(r"[ \t]+$", "", statement.strip(), flags=re.MULTILINE) + ";"


def _is_kept(statement: str) -> bool:
    """Say whether a statement tells what is in place, and not what was taken away before."""
    return not statement.startswith(("DROP POLICY", "REVOKE"))


if __name__ == "__main__":
    FILE.write_text(ddl(), encoding="utf-8")
    print(f"{FILE} is written.")
