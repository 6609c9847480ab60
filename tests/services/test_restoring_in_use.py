"""Restores over a database that somebody still writes, or that was moved away: nothing acknowledged is lost."""

import sqlite3
import subprocess
import sys
import uuid
from datetime import date
from functools import partial

import pytest

from diary import beside
from diary.beside import elsewhere
from diary.db import db, moving_mark
from diary.errors import BeingMoved
from diary.installation import installation
from diary.schema import give_rights_to
from diary.services import restoring
from diary.services.backups import BackupRefused, make_backup
from diary.services.entries import record_entry
from diary.services.move_marks import Mark, MoveRefused, moving_alone, write_mark
from diary.services.restoring import restore_backup
from tests.clinic_builders import a_patient, subject
from tests.databases import cluster
from tests.services.looking_in import everything_stored

pytestmark = pytest.mark.usefixtures("schema_once")
WHERE = "postgresql://ebb@there/ebb"


@pytest.fixture
def here(app):
    return installation().settings


@pytest.fixture
def patient(clinic, clock):
    return a_patient(clinic, clock)


@pytest.fixture
def file(patient, here, clock):
    """A backup of a clinic with a patient."""
    made = here.instance / "one.ebb"
    make_backup(here, made, clock=clock)
    return made


def write(patient, clock):
    record_entry(patient, subject(patient), day=date(2026, 3, 20), score=1, client_ref=uuid.uuid4(), clock=clock)


def test_what_a_server_that_still_runs_has_acknowledged_meanwhile_is_not_given_up(
    patient, file, here, clock, monkeypatch
):
    make_fit = restoring._make_fit

    def while_somebody_writes(*asked):
        write(patient, clock)
        return make_fit(*asked)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(restoring, "_make_fit", while_somebody_writes)
        with pytest.raises(BackupRefused, match="stop servers and workers, then say it again"):
            restore_backup(here, file, clock=clock, replace=True)
    assert len(everything_stored()["entry"]) == 1
    clock.move(minutes=1)
    restore_backup(here, file, clock=clock, replace=True)
    assert everything_stored()["entry"] == []


def test_nobody_writes_into_a_database_that_was_empty_when_the_restore_began(here, file, clock, monkeypatch):
    monkeypatch.setattr(restoring, "is_database_empty", lambda: True)
    heads = restoring._heads
    monkeypatch.setattr(restoring, "_heads", lambda: restoring.Digest(0, heads().digest))
    with pytest.raises(BackupRefused, match="Somebody wrote"):
        restore_backup(here, file, clock=clock)


@pytest.mark.about_postgres("a file has no owner of its tables")
def test_a_role_that_does_not_own_the_tables_is_refused_before_anything_is_made(patient, file, here, clock):
    role = f"serving_{uuid.uuid4().hex[:8]}"
    cluster().run_sql(f"CREATE ROLE {role} LOGIN")
    give_rights_to(role)
    before = everything_stored()
    try:
        with elsewhere(db.engine.url.set(username=role).render_as_string(hide_password=False), instance=here.instance):
            for replace in (True, False):
                with pytest.raises(BackupRefused, match="role that owns the tables"):
                    restore_backup(here, file, clock=clock, replace=replace)
    finally:
        cluster().run_sql(f"DROP OWNED BY {role}", database=db.engine.url.database)
        cluster().run_sql(f"DROP ROLE {role}")
    assert everything_stored() == before
    assert not list(here.instance.glob("backups/before-restore-*"))


ANOTHER_WRITER = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], timeout=0.05, isolation_level=None)
other.execute("BEGIN IMMEDIATE")
other.execute("UPDATE audit_head SET position = position")
other.execute("COMMIT")
"""


def another_writes():
    """Let another program write, and return how it was refused."""
    asked = [sys.executable, "-c", ANOTHER_WRITER, db.engine.url.database]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stderr


@pytest.mark.about_sqlite("PostgreSQL locks its tables")
def test_nobody_writes_between_the_last_look_and_the_replacing(file, here, clock, monkeypatch):
    refused = []

    class Watched(sqlite3.Connection):
        def backup(self, target, **how):
            refused.append(another_writes())
            super().backup(target, **how)

    put_over = restoring.put_over

    def watched(copy, check):
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(beside.sqlite3, "connect", partial(sqlite3.connect, factory=Watched))
            put_over(copy, check)

    monkeypatch.setattr(restoring, "put_over", watched)
    restore_backup(here, file, clock=clock, replace=True)
    assert ["database is locked" in one for one in refused] == [True]
    assert not another_writes()


@pytest.mark.about_sqlite("PostgreSQL waits for its locks")
def test_a_database_that_somebody_holds_for_long_is_not_replaced_and_it_is_said(file, here, clock, monkeypatch):
    before = everything_stored()
    put_over = restoring.put_over

    def held(copy, check):
        other = sqlite3.connect(db.engine.url.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            put_over(copy, check)
        finally:
            other.close()

    monkeypatch.setattr(restoring, "put_over", held)
    monkeypatch.setattr(beside, "BUSY_MILLISECONDS", 10)
    with pytest.raises(BackupRefused, match="Somebody else holds the database: stop servers"):
        restore_backup(here, file, clock=clock, replace=True)
    assert everything_stored() == before


@pytest.mark.about_sqlite("the mark lies beside its file")
def test_a_restore_onto_a_database_that_was_moved_away_lets_it_be_written_again(patient, file, here, clock):
    write_mark(Mark("a move", WHERE, done=True))
    with pytest.raises(BeingMoved):
        write(patient, clock)
    done = restore_backup(here, file, clock=clock, replace=True)
    assert done.moved_to == WHERE
    assert not moving_mark(db.engine).exists()
    write(patient, clock)


@pytest.mark.about_sqlite("the mark lies beside its file")
def test_a_restore_waits_for_the_end_of_a_move(file, here, clock):
    write_mark(Mark("a move", WHERE))
    there = sorted(here.instance.rglob("*"))
    with pytest.raises(MoveRefused, match="--give-up"):
        restore_backup(here, file, clock=clock, replace=True)
    write_mark(Mark("a move", WHERE, done=True))
    with moving_alone(), pytest.raises(MoveRefused, match="is running"):
        restore_backup(here, file, clock=clock, replace=True)
    assert {path.name for path in set(here.instance.rglob("*")) - set(there)} <= {f"{moving_mark(db.engine).name}.lock"}


@pytest.mark.about_sqlite("the mark lies beside its file")
def test_a_move_that_begins_meanwhile_is_not_overrun(file, here, clock, monkeypatch):
    make_fit = restoring._make_fit

    def while_a_move_begins(*asked):
        write_mark(Mark("a move", WHERE))
        return make_fit(*asked)

    monkeypatch.setattr(restoring, "_make_fit", while_a_move_begins)
    with pytest.raises(BackupRefused, match="Somebody wrote while this went on"):
        restore_backup(here, file, clock=clock, replace=True)
    assert moving_mark(db.engine).exists()
