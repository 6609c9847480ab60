"""A server of an older version goes on storing entries on a schema that a newer one has expanded under it."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from diary.db import db
from diary.schema import alembic_config
from tests.faults.patients import app_of, in_the_whole_house
from tests.faults.phones import Phone, acknowledged, compare, rows_of, settle, tapped
from tests.faults.served import Ground, Served
from tests.storage.tomorrow import EXPANDS, SHRINKS, migrate_to_tomorrow, migration


def migrate(ground: Ground, folder: Path, *migrations: str) -> None:
    """Bring the database to where a newer version has it, while the older one is running or not."""
    app = app_of(ground)
    with app.app_context(), in_the_whole_house():
        migrate_to_tomorrow(folder, *migrations)
        db.engine.dispose()


def test_entries_are_stored_before_during_and_after_an_expansion_and_a_start_of_the_old_version(tmp_path: Path) -> None:
    ground, new = Ground(tmp_path / "instance"), tmp_path / "new"
    head = ScriptDirectory.from_config(alembic_config()).get_current_head() or ""
    (person,) = settle(ground, patients=1)
    with Served(ground) as served:
        phone = Phone(served.address, person)
        for moment in ("before", "after", "after a start"):
            if moment == "after":
                migrate(ground, new, migration("9001", head, 'reach = "expansion"', EXPANDS))
            if moment == "after a start":
                assert served.stop() == 0
                served.start()
                phone.hang_up()
            assert phone.ask() == "open", moment
            phone.tap(len(moment) % 11)
            phone.send()
            assert phone.waiting == [], moment
        assert "schema_ahead" in served.said()
        result = compare(acknowledged([phone]), rows_of(ground.url), tapped([phone]))
        assert (len(acknowledged([phone])), result.lost, result.doubled) == (3, [], [])
        phone.hang_up()


@pytest.mark.long
def test_a_start_on_a_schema_that_no_longer_serves_it_is_refused_in_one_sentence(tmp_path: Path) -> None:
    ground, new = Ground(tmp_path / "instance"), tmp_path / "new"
    head = ScriptDirectory.from_config(alembic_config()).get_current_head() or ""
    settle(ground, patients=1)
    says = 'reach = "contraction"\nserves_since = "9001"'
    migrate(ground, new, migration("9001", head, 'reach = "expansion"'), migration("9002", "9001", says, SHRINKS))
    refused = ground.command("migrate")
    assert refused.returncode != 0
    assert "migrated by a newer Ebb (to 9002)" in refused.stderr
    assert "start the newer version" in refused.stderr
