"""What PostgreSQL is given changes only when somebody means it to."""

import re
import subprocess

import pytest

from diary.db import Base, db
from tests.databases import cluster
from tests.storage.golden_ddl import FILE, ddl


def test_the_schema_for_postgresql_is_the_one_that_is_kept():
    assert ddl() == FILE.read_text(encoding="utf-8"), "python -m tests.storage.golden_ddl writes it anew"


def test_it_asks_for_nothing_that_a_sharded_database_refuses():
    said = FILE.read_text(encoding="utf-8").upper()
    for refused in ("TRIGGER", "SERIAL", "NEXTVAL", "DEFAULT", "GENERATED", "INHERITS", "EXCLUDE"):
        assert not re.search(rf"\b{refused}\b", said), refused
    for policy in re.findall(r"CREATE POLICY .*", said):
        assert "SELECT 1" not in policy, policy
        assert "EXISTS" not in policy, policy


@pytest.mark.about_postgres(reason="tests/storage/test_schema.py compares what SQLite made")
def test_what_the_migrations_made_is_what_is_kept(app):
    """Compare names of constraints, indexes and policies with what the server dumps."""
    dump = subprocess.run(
        [cluster().binaries / "pg_dump", "--schema-only", "--no-owner", cluster().url(db.engine.url.database)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    kept = FILE.read_text(encoding="utf-8")
    assert named(dump) == named(kept)
    assert dump.count("FORCE ROW LEVEL SECURITY") == kept.count("FORCE ROW LEVEL SECURITY") > 30
    assert not re.search(r"CREATE (TRIGGER|SEQUENCE|FUNCTION)", dump)


def named(said):
    """Return the names of everything but what belongs to the migrations themselves."""
    found = re.findall(r"(?:CONSTRAINT|INDEX|POLICY) (?:IF EXISTS )?(\w+(?: ON \w+)?)", said.replace("public.", ""))
    tables = set(Base.metadata.tables)
    names = {re.sub(r" ON .*", "", one) if one.startswith("ix_") else one for one in found}
    return {one for one in names if "alembic" not in one and "schema_reach" not in one} | tables
