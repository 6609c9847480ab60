"""Migrations go up, down and up again with rows, and leave the triggers and no row that points nowhere."""

import sqlite3
import stat

import pytest
from alembic import command
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from diary.app import create_app
from diary.db import Base, db
from diary.migrations.append_only import FACTS
from diary.schema import alembic_config, is_up_to_date, prepare_database
from diary.services.forecasts import make_forecasts
from diary.settings import Settings
from tests.services.looking_in import everything_stored

EMPTY_BETWEEN_UNITS = {"erasure_permit"}


@pytest.fixture
def full(full_clinic):
    return full_clinic


def test_there_is_a_row_in_every_table(full):
    assert {name for name, rows in everything_stored().items() if not rows} == EMPTY_BETWEEN_UNITS


def test_down_leaves_nothing_behind(app, full):
    command.downgrade(alembic_config(), "base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    assert in_master("trigger") == []
    assert not is_up_to_date()


def test_down_and_up_again_takes_the_same_rows(app, full):
    before = everything_stored()
    command.downgrade(alembic_config(), "base")
    command.upgrade(alembic_config(), "head")
    assert is_up_to_date()
    assert not any(everything_stored().values())
    put_back(before)
    assert everything_stored() == before
    assert triggers() == wanted_triggers()


def test_patients_who_were_there_before_forecasts_are_given_one(app, full, clock):
    patients = everything_stored()["patient"]
    command.downgrade(alembic_config(), "0001")
    command.upgrade(alembic_config(), "head")
    asked = everything_stored()["patient_forecast"]
    assert [row[:3] for row in asked] == [(*patient[:2], 1) for patient in patients]
    assert all(row[3] and row[4:] == (None,) * 9 for row in asked)
    assert make_forecasts(clock) == len(patients) > 0


def test_a_second_start_leaves_the_rows_and_their_keys_alone(app, full, durable):
    before = everything_stored()
    prepare_database(app)
    assert everything_stored() == before
    assert triggers() == wanted_triggers()
    assert broken_keys() == []


def test_foreign_keys_are_on_again_after_a_migration(app):
    command.downgrade(alembic_config(), "base")
    command.upgrade(alembic_config(), "head")
    for _ in range(3):
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_migration_that_fails_half_way_leaves_the_database_as_it_was(app, full):
    by_hand("DELETE FROM alembic_version", "DROP TABLE clinic_tally", "DROP TABLE account_clinic")
    left = in_master()
    with pytest.raises(OperationalError, match="exists"):
        command.upgrade(alembic_config(), "head")
    assert in_master() == left


def test_a_row_that_would_point_nowhere_stops_the_migration(app):
    command.downgrade(alembic_config(), "base")
    by_hand("CREATE TABLE stray (clinic_id REFERENCES clinic (clinic_id))", "INSERT INTO stray VALUES ('nobody')")
    left = in_master()
    with pytest.raises(RuntimeError, match="1 rows that point nowhere"):
        command.upgrade(alembic_config(), "head")
    assert in_master() == left
    assert not is_up_to_date()


def test_a_new_database_is_made_on_the_first_start(tmp_path):
    instance = tmp_path / "deep" / "instance"
    file = instance / "diary.sqlite3"
    made = create_app(Settings("development", instance, f"sqlite:///{file}", "only-for-tests-only-for-tests-only"))
    prepare_database(made)
    with made.app_context():
        assert is_up_to_date()
        db.engine.dispose()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(instance.stat().st_mode) == 0o700


def by_hand(*statements):
    other = sqlite3.connect(db.engine.url.database)
    for statement in statements:
        other.execute(statement)
    other.commit()
    other.close()


def put_back(rows):
    other = sqlite3.connect(db.engine.url.database)
    other.execute("PRAGMA foreign_keys = ON")
    other.execute("PRAGMA defer_foreign_keys = ON")
    for table in Base.metadata.sorted_tables:
        if rows[table.name]:
            marks = ", ".join("?" * len(rows[table.name][0]))
            other.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows[table.name])
    other.commit()
    other.close()
    assert broken_keys() == []


def broken_keys():
    with db.engine.connect() as connection:
        return connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()


def triggers():
    return in_master("trigger")


def in_master(kind="%"):
    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type LIKE ? ORDER BY name", (kind,))
        return [name for (name,) in rows]


def wanted_triggers():
    return sorted(f"{table}_no_{change}" for table in FACTS for change in ("update", "delete"))
