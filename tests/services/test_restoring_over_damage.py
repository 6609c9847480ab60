"""Restores over a database that is damaged, and what is still to be done to the file that is served."""

from pathlib import Path

import pytest

from diary.db import db
from diary.installation import installation
from diary.security.erasure_files import ErasureFiles
from diary.services import erasure, restoring
from diary.services.backups import BackupRefused, make_backup
from diary.services.restoring import restore_backup
from tests.clinic_builders import a_patient
from tests.services.looking_in import everything_stored
from tests.services.tampering import tamper
from tests.services.test_restoring_across_keys import erased

pytestmark = pytest.mark.usefixtures("schema_once")


@pytest.fixture
def here(app):
    return installation().settings


@pytest.fixture
def file(clinic, here, clock):
    """A backup of a clinic with a patient."""
    a_patient(clinic, clock)
    made = here.instance / "one.ebb"
    make_backup(here, made, clock=clock)
    return made


def contents(folder):
    """Return the bytes of every file in a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.about_sqlite("PostgreSQL holds no such value")
@pytest.mark.parametrize("where", ["a row", "a page", "the head"])
def test_a_damaged_database_is_not_given_up_and_it_is_said_what_to_do(file, here, clock, where):
    served = Path(db.engine.url.database)
    if where == "a row":
        tamper("UPDATE patient SET left_handed = 2")
    db.engine.dispose()
    if where != "a row":
        whole, begin = served.read_bytes(), 0 if where == "the head" else 4096
        served.write_bytes(whole[:begin] + b"\xff" * (len(whole) - begin))
    before = contents(here.instance)
    with pytest.raises(BackupRefused, match=r"move .*diary\.sqlite3 aside with .*-journal.*\.seal, and keep them"):
        restore_backup(here, file, clock=clock, replace=True)
    db.engine.dispose()
    assert contents(here.instance) == before


@pytest.mark.about_postgres("SQLite has the damage above")
def test_a_damaged_database_on_postgresql_is_kept_and_another_one_named(file, here, clock, monkeypatch):
    def damaged(*_asked, **_named):
        raise restoring.RowDamaged("patient, row 1, name: this is not as Ebb writes it.")

    monkeypatch.setattr(restoring, "make_backup", damaged)
    before, stored = contents(here.instance), everything_stored()
    with pytest.raises(BackupRefused, match="DIARY_DATABASE_URL"):
        restore_backup(here, file, clock=clock, replace=True)
    assert (contents(here.instance), everything_stored()) == (before, stored)


@pytest.fixture
def erased_since(clinic, here, clock, monkeypatch):
    """A backup of somebody who was erased since, while the file that is served is still to be written anew."""
    patient = a_patient(clinic, clock)
    file = here.instance / "one.ebb"
    make_backup(here, file, clock=clock)
    with monkeypatch.context() as full:
        full.setattr(erasure, "rewrite_file", lambda: False)
        erased(clinic, patient, here, clock)
    return file


def test_a_restore_that_fails_leaves_it_noted_that_the_served_file_is_to_be_written_anew(
    erased_since, here, clock, monkeypatch
):
    def fails(_rebuilt, _check):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(restoring, "put_in_place", fails)
    with pytest.raises(OSError, match="No space"):
        restore_backup(here, erased_since, clock=clock, replace=True)
    assert ErasureFiles.of(here).is_rewrite_asked_for()


def test_a_restore_that_is_done_has_written_it_anew(erased_since, here, clock):
    assert restore_backup(here, erased_since, clock=clock, replace=True).erased_again == 1
    assert not ErasureFiles.of(here).is_rewrite_asked_for()


def test_one_whose_rebuilt_file_could_not_be_written_anew_leaves_that_to_the_jobs(
    erased_since, here, clock, monkeypatch
):
    ErasureFiles.of(here).is_rewritten()
    monkeypatch.setattr(erasure, "rewrite_file", lambda: False)
    assert restore_backup(here, erased_since, clock=clock, replace=True).erased_again == 1
    assert ErasureFiles.of(here).is_rewrite_asked_for()
