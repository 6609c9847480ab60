"""SQLite keeps the settings that promise durability, and they are read back."""

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from diary import postgres
from diary.db import check_engine, db, safe_journal, transaction
from diary.errors import DatabaseUnfit
from tests.clinic_builders import a_clinic, a_patient

pytestmark = [
    pytest.mark.usefixtures("durable"),
    pytest.mark.about_sqlite(reason="PostgreSQL is asked for its own settings at each start: diary/postgres.py"),
]

JOURNALS = [
    ((3, 34, 1), ("delete", "EXTRA")),
    ((3, 40, 1), ("delete", "EXTRA")),
    ((3, 44, 5), ("delete", "EXTRA")),
    ((3, 44, 6), ("wal", "FULL")),
    ((3, 44, 9), ("wal", "FULL")),
    ((3, 45, 0), ("delete", "EXTRA")),
    ((3, 49, 9), ("delete", "EXTRA")),
    ((3, 50, 6), ("delete", "EXTRA")),
    ((3, 50, 7), ("wal", "FULL")),
    ((3, 51, 0), ("delete", "EXTRA")),
    ((3, 51, 2), ("delete", "EXTRA")),
    ((3, 51, 3), ("wal", "FULL")),
    ((3, 52, 0), ("wal", "FULL")),
    ((4, 0, 0), ("wal", "FULL")),
]


@pytest.mark.parametrize(("version", "settings"), JOURNALS)
def test_wal_is_used_only_where_the_library_has_the_fix(version, settings):
    assert safe_journal(version) == settings


def test_every_new_connection_has_the_safe_settings(app):
    journal, synchronous = safe_journal(sqlite3.sqlite_version_info)
    wanted = {
        "journal_mode": journal,
        "synchronous": {"FULL": 2, "EXTRA": 3}[synchronous],
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 5_000,
    }
    connections = [db.engine.connect() for _ in range(3)]
    try:
        for connection in connections:
            held = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert held == wanted
    finally:
        for connection in connections:
            connection.close()


def test_the_settings_hold_inside_a_transaction_too(app):
    with transaction() as session:
        connection = session.connection()
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1


def test_a_database_that_keeps_its_settings_passes(app):
    check_engine(db.engine)


def test_a_database_without_them_is_refused_and_the_setting_named(tmp_path):
    plain = tmp_path / "plain.sqlite3"
    plain.touch()
    engine = create_engine(f"sqlite:///{plain}")
    try:
        with pytest.raises(DatabaseUnfit, match=r"SQLite keeps .* at .* where .* is needed"):
            check_engine(engine)
    finally:
        engine.dispose()


@pytest.mark.parametrize("pragma", ["foreign_keys = OFF", "synchronous = OFF", "busy_timeout = 0"])
def test_one_wrong_setting_is_enough_to_be_refused(app, pragma):
    name = pragma.split()[0]
    engine = db.engine
    engine.dispose()
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"PRAGMA {pragma}")
        connection.exec_driver_sql("BEGIN")
    with pytest.raises(DatabaseUnfit, match=name):
        check_engine(engine)


def test_files_and_folder_are_readable_by_their_owner_only(app, tmp_path, clock):
    mask = os.umask(0)
    try:
        a_patient(a_clinic(clock), clock)
        with transaction() as session:
            session.connection().exec_driver_sql("UPDATE clinic SET name = 'changed'")
            seen = {file.name: mode_of(file) for file in (tmp_path / "instance").iterdir()}
    finally:
        os.umask(mask)
    assert mode_of(tmp_path / "instance") == 0o700
    assert len(seen) > 1, "a journal lies beside the database while a unit is open"
    assert set(seen.values()) == {0o600}


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_as_many_connections_are_kept_as_on_postgresql(app):
    assert (db.engine.pool.size(), db.engine.pool._max_overflow) == (postgres.KEPT_OPEN, postgres.MORE_AT_ONCE)
