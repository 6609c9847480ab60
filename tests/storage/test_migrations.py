"""Migrations go up, down and up again with rows, and leave the triggers and no row that points nowhere."""

import re
import stat

import pytest
from alembic import command
from psycopg.types.json import Json
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError, ProgrammingError

from diary.app import create_app
from diary.db import Base, db
from diary.migrations.append_only import FACTS
from diary.migrations.rights import walls_of
from diary.schema import alembic_config, is_up_to_date, prepare_database
from diary.services.forecasts import make_forecasts
from diary.settings import Settings
from tests.beside import another_program, by_hand
from tests.databases import ON_POSTGRES
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
    assert triggers() == []
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


@pytest.mark.about_sqlite(reason="a setting of each connection there")
def test_foreign_keys_are_on_again_after_a_migration(app):
    command.downgrade(alembic_config(), "base")
    command.upgrade(alembic_config(), "head")
    for _ in range(3):
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_migration_that_fails_half_way_leaves_the_database_as_it_was(app, full):
    by_hand("DELETE FROM alembic_version", "DROP TABLE clinic_tally", "DROP TABLE account_clinic")
    left = in_master()
    with pytest.raises((OperationalError, ProgrammingError), match="exists"):
        command.upgrade(alembic_config(), "head")
    assert in_master() == left


@pytest.mark.about_sqlite(reason="PostgreSQL checks every key at once")
def test_a_row_that_would_point_nowhere_stops_the_migration(app):
    command.downgrade(alembic_config(), "base")
    by_hand("CREATE TABLE stray (clinic_id REFERENCES clinic (clinic_id))", "INSERT INTO stray VALUES ('nobody')")
    left = in_master()
    with pytest.raises(RuntimeError, match="1 rows that point nowhere"):
        command.upgrade(alembic_config(), "head")
    assert in_master() == left
    assert not is_up_to_date()


@pytest.mark.about_sqlite(reason="PostgreSQL's databases are made by whoever runs it")
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


def put_back(rows):
    with another_program() as other:
        for table in Base.metadata.sorted_tables:
            if rows[table.name]:
                marks = ", ".join(("%s" if ON_POSTGRES else "?") for _cell in rows[table.name][0])
                into = other.cursor()
                into.executemany(f"INSERT INTO {table.name} VALUES ({marks})", map(as_stored, rows[table.name]))
        other.commit()
    assert broken_keys() == []


def as_stored(row):
    """Return a row as the driver takes it: PostgreSQL's JSON was read as what it says."""
    return [Json(cell) if isinstance(cell, dict | list) else cell for cell in row]


def broken_keys():
    if ON_POSTGRES:
        with another_program() as other:  # rows that came in without their keys being checked: checked now
            keys = other.execute("SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'f'").fetchall()
            for table, key in keys:
                other.execute(f"UPDATE pg_constraint SET convalidated = false WHERE conname = '{key}'")
                other.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {key}")
            other.rollback()
        return []
    with db.engine.connect() as connection:
        return connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()


def triggers():
    """Return what protects the facts: triggers, or on PostgreSQL the policies."""
    if ON_POSTGRES:
        with another_program() as other:
            return [
                one for (one,) in other.execute("SELECT tablename || '.' || policyname FROM pg_policies ORDER BY 1")
            ]
    return in_master("trigger")


def in_master(kind="%"):
    if ON_POSTGRES:
        with another_program() as other:
            return [one for (one,) in other.execute("SELECT oid::regclass::text FROM pg_class ORDER BY 1")]
    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type LIKE ? ORDER BY name", (kind,))
        return [name for (name,) in rows]


def wanted_triggers():
    if ON_POSTGRES:
        walls = "\n".join(walls_of(Base.metadata.sorted_tables))
        return sorted(f"{table}.{name}" for name, table in re.findall(r"CREATE POLICY (\w+) ON (\w+)", walls))
    return sorted(f"{table}_no_{change}" for table in FACTS for change in ("update", "delete"))
