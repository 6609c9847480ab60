"""Code of today on a schema of tomorrow: it serves what was only expanded, and refuses the rest in one sentence."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import select

from diary.db import db
from diary.errors import DatabaseUnfit
from diary.migrations.reach import FIRST, SCHEMA_REACH, Reach, Undeclared, step_of, steps_taken
from diary.schema import Standing, alembic_config, prepare_database, standing
from tests.storage.tomorrow import EXPANDS, SHRINKS, config_of_tomorrow, migrate_to_tomorrow, migration

EXPANSION = 'reach = "expansion"'


@pytest.fixture
def head(app):
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def declared():
    scripts = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return [script for script in scripts if script.revision >= FIRST]


@pytest.mark.parametrize("script", declared(), ids=lambda script: script.revision)
def test_every_migration_says_which_code_still_runs_after_it(script):
    step = step_of(script)
    if step.reach is Reach.CONTRACTION:
        assert step.serves_since < step.revision
        assert ScriptDirectory.from_config(alembic_config()).get_revision(step.serves_since)


@pytest.mark.parametrize(
    "says", ["", 'reach = "harmless"', 'reach = "contraction"', f'{EXPANSION}; serves_since = "0024"']
)
def test_a_migration_that_does_not_say_it_is_not_carried_out(app, head, tmp_path, says):
    with pytest.raises(Undeclared, match="9001"):
        migrate_to_tomorrow(tmp_path / "new", migration("9001", head, says, EXPANDS))
    assert standing() is Standing.UP_TO_DATE


def test_the_schema_tells_what_every_migration_since_was(app):
    with db.engine.connect() as connection:
        assert {step.revision for step in steps_taken(connection)} == {script.revision for script in declared()}


def test_going_back_takes_the_word_back(app):
    command.downgrade(alembic_config(), "0024")
    with db.engine.connect() as connection:
        assert list(connection.scalars(select(SCHEMA_REACH.c.revision))) == ["0024"]
    assert standing() in (Standing.BEHIND, Standing.UP_TO_DATE)
    command.downgrade(alembic_config(), "0023")
    assert standing() is Standing.BEHIND
    command.upgrade(alembic_config(), "head")
    assert standing() is Standing.UP_TO_DATE


def test_old_code_serves_a_schema_that_was_only_expanded(app, durable, head, tmp_path):
    two = [migration("9001", head, EXPANSION, EXPANDS), migration("9002", "9001", EXPANSION)]
    migrate_to_tomorrow(tmp_path / "new", *two)
    assert standing() is Standing.AHEAD
    prepare_database(app)
    assert app.test_client().get("/readyz").json == {"status": "ready"}
    assert standing() is Standing.AHEAD


def test_old_code_refuses_a_schema_from_which_something_was_taken_that_it_needs(app, durable, head, tmp_path):
    says = 'reach = "contraction"; serves_since = "9001"'
    two = [migration("9001", head, EXPANSION), migration("9002", "9001", says, SHRINKS)]
    migrate_to_tomorrow(tmp_path / "new", *two)
    assert standing() is Standing.BEYOND
    with pytest.raises(DatabaseUnfit, match=r"migrated by a newer Ebb \(to 9002. .* start the newer version"):
        prepare_database(app)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "schema"})


def test_old_code_serves_a_schema_from_which_only_what_it_does_not_use_was_taken(app, head, tmp_path):
    says = f'reach = "contraction"; serves_since = "{head}"'
    migrate_to_tomorrow(tmp_path / "new", migration("9001", head, says))
    assert standing() is Standing.AHEAD


def test_a_schema_that_went_another_way_is_beyond_reach(app, head, tmp_path):
    migrate_to_tomorrow(tmp_path / "new", migration("9001", head, EXPANSION))
    with db.engine.begin() as connection:
        connection.execute(SCHEMA_REACH.delete().where(SCHEMA_REACH.c.revision == head))
    assert standing() is Standing.BEYOND


def test_the_newer_version_knows_both(app, head, tmp_path):
    config = config_of_tomorrow(tmp_path / "new", migration("9001", head, EXPANSION))
    command.upgrade(config, "head")
    assert ScriptDirectory.from_config(config).get_current_head() == "9001"
