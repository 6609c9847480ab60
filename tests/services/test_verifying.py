"""`verify` finds what was changed behind the back of Ebb."""

import subprocess
import sys
import uuid
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from diary.db import db
from diary.errors import DiaryError
from diary.installation import installation
from diary.security.erasure_files import ErasureFiles
from diary.services.entries import record_entry
from diary.services.erasure import carry_out_erasure
from diary.services.file_seals import look_at_file
from diary.services.kept_backups import back_up_where_due
from diary.services.verifying import Damaged, verify_everything
from diary.vocabulary import ErasureHow
from tests.clinic_builders import a_clinic, a_patient, confirmed, subject, write_days
from tests.services.tampering import tamper

pytestmark = pytest.mark.usefixtures("schema_once")
SQLITE_ALONE = pytest.mark.about_sqlite("PostgreSQL checks its own files with data checksums")


@pytest.fixture
def here(app):
    return installation().settings


@pytest.fixture
def written(app, clock):
    """A clinic with a patient who wrote for three days."""
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    write_days(patient, [7, 6, 3], clock, first_day=date(2026, 3, 18))
    return SimpleNamespace(clinic=clinic, patient=patient)


def test_what_nobody_touched_holds(written, here, clock):
    back_up_where_due(here, clock=clock)
    said = list(verify_everything(here))
    assert any("facts are here unchanged" in line for line in said)
    assert any(line.startswith("Audit of Pain clinic West") for line in said)


@SQLITE_ALONE
def test_a_flipped_byte_anywhere_in_a_file_at_rest_is_found(written, here):
    assert not look_at_file().sealed
    assert look_at_file().sealed
    db.engine.dispose()
    file = Path(db.engine.url.database)
    whole = file.read_bytes()
    for at in [*range(16, len(whole), len(whole) // 12), 24, 27, 92, 95, 99, len(whole) - 1]:
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert look_at_file().damaged, at
        with pytest.raises(Damaged):
            next(verify_everything(here))
    file.write_bytes(whole)
    assert look_at_file() == look_at_file()
    assert not look_at_file().damaged


@SQLITE_ALONE
def test_what_ebb_itself_writes_is_no_damage(written, here, clock):
    look_at_file()
    patient = written.patient
    record_entry(patient, subject(patient), day=date(2026, 3, 20), score=2, client_ref=uuid.uuid4(), clock=clock)
    assert not look_at_file().damaged
    assert look_at_file().sealed
    assert list(verify_everything(here))


ANOTHER_WRITER = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], timeout=0.05, isolation_level=None)
other.execute("BEGIN IMMEDIATE")
other.execute("UPDATE audit_head SET position = position")
other.execute("COMMIT")
"""


@SQLITE_ALONE
def test_a_look_at_the_file_lets_nobody_lose_a_lock(written, here):
    """A program that opens and closes the file by itself would let another one write in the middle of a unit."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1 FROM patient").fetchall()  # from here on others may not commit
        look_at_file()
        tried = subprocess.run(
            [sys.executable, "-c", ANOTHER_WRITER, db.engine.url.database], capture_output=True, text=True, check=False
        )
    assert "database is locked" in tried.stderr


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry SET score = 0 WHERE score = 7",
        "DELETE FROM entry WHERE score = 6",
        "UPDATE audit_event SET actor = 'system' WHERE position = 3",
    ],
)
def test_a_fact_that_was_changed_since_the_newest_backup_is_found(written, here, clock, change):
    back_up_where_due(here, clock=clock)
    tamper(change)
    with pytest.raises(DiaryError):
        list(verify_everything(here))


def test_an_erasure_since_the_newest_backup_is_no_damage(written, here, clock):
    back_up_where_due(here, clock=clock)
    carry_out_erasure(
        confirmed(written.clinic.admin, clock),
        subject(written.patient),
        how=ErasureHow.PAPER,
        asked_on=date(2026, 3, 10),
        files=ErasureFiles.of(here),
        clock=clock,
    )
    (said,) = [line for line in verify_everything(here) if line.startswith("Newest backup")]
    assert not said.endswith(" 0 erased.")
