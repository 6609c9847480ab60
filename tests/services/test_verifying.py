"""`verify` finds what was changed behind the back of Ebb."""

import json
import os
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from diary.db import db
from diary.errors import DiaryError
from diary.installation import installation
from diary.security.block_digests import BLOCK
from diary.security.erasure_files import ErasureFiles
from diary.services import file_seals
from diary.services.entries import record_entry
from diary.services.erasure import carry_out_erasure
from diary.services.file_seals import look_at_file
from diary.services.kept_backups import back_up_where_due, kept_backups
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
        evidence(file).unlink(missing_ok=True)
    file.write_bytes(whole)
    assert look_at_file() == look_at_file()
    assert not look_at_file().damaged


def evidence(file):
    return file.with_name(f"{file.name}.seal.damaged")


def write(written, clock, day=20):
    """Let the patient write once more."""
    patient = written.patient
    record_entry(patient, subject(patient), day=date(2026, 3, day), score=2, client_ref=uuid.uuid4(), clock=clock)


def flip_in_a_name():
    """Change a letter of a patient's name in the file, where neither SQLite nor Ebb takes offence; return where."""
    db.engine.dispose()
    file = Path(db.engine.url.database)
    whole = file.read_bytes()
    at = whole.index(b"Ramirez") + 2
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    return file, at


@SQLITE_ALONE
def test_damage_that_was_found_once_stays_found_when_somebody_writes(written, here, clock):
    look_at_file()
    file, at = flip_in_a_name()
    assert look_at_file().damaged == [at - at % BLOCK]
    seal_of_then = json.loads(file.with_name(f"{file.name}.seal").read_text())
    write(written, clock)
    for _ in range(3):
        assert look_at_file().damaged == [at - at % BLOCK]
    with pytest.raises(Damaged, match=r"restore the newest backup from before 20.*seal\.damaged away"):
        next(verify_everything(here))
    kept = json.loads(evidence(file).read_text())
    assert (kept["count"], kept["blocks"]) == (seal_of_then["count"], seal_of_then["blocks"])
    evidence(file).write_bytes(b"an evidence that cannot be read")
    assert look_at_file().damaged
    evidence(file).rename(file.with_name("to-the-police"))
    assert list(verify_everything(here))


@SQLITE_ALONE
@SQLITE_ALONE
@pytest.mark.parametrize("older", [False, True])
def test_until_when_the_file_was_right_is_told_by_the_seal_and_of_older_seals_by_their_file(written, here, older):
    file = Path(db.engine.url.database)
    look_at_file()
    seal = file.with_name(f"{file.name}.seal")
    said = json.loads(seal.read_text())
    if older:
        seal.write_text(json.dumps({name: value for name, value in said.items() if name != "written_at"}))
    else:
        seal.write_text(json.dumps({**said, "written_at": "2026-02-03T04:05+00:00"}))
    os.utime(seal, (0, 0))
    db.engine.dispose()
    whole = file.read_bytes()
    file.write_bytes(whole[:-9] + bytes([whole[-9] ^ 4]) + whole[-8:])
    assert look_at_file().right_until == ("1970-01-01T00:00+00:00" if older else "2026-02-03T04:05+00:00")


def test_a_file_that_takes_long_to_read_is_let_go_and_not_called_sealed(written, here, clock, monkeypatch):
    look_at_file()
    write(written, clock)
    file = Path(db.engine.url.database)
    seal_of_then = file.with_name(f"{file.name}.seal").read_bytes()
    monkeypatch.setattr(file_seals, "LONGEST_SECONDS", 0.0)
    with capture_logs() as logged:
        said = next(verify_everything(here))
    assert "not compared, and it is not sealed" in said
    assert [line["event"] for line in logged] == ["file_not_sealed"]
    assert file.with_name(f"{file.name}.seal").read_bytes() == seal_of_then
    write(written, clock, day=19)


@SQLITE_ALONE
@pytest.mark.parametrize(
    ("reader", "told"),
    [
        ("raise OSError(5, 'Input/output error')", "Input/output error"),
        ("import os; os.kill(os.getpid(), 9)", "was ended: -9"),
        ("print('half of it')", "Expecting value"),
    ],
)
def test_a_file_whose_bytes_a_dying_disk_does_not_give_is_told_in_a_sentence(
    written, here, tmp_path, monkeypatch, reader, told
):
    broken = tmp_path / "reader.py"
    broken.write_text(reader)
    monkeypatch.setattr(file_seals.block_digests, "__file__", str(broken))
    said = next(verify_everything(here))
    assert "its bytes cannot be read" in said
    assert told in said
    assert "look at the disk" in said
    assert "Traceback" not in said


@SQLITE_ALONE
def test_a_file_in_wal_mode_is_not_called_sealed(written, here):
    db.engine.dispose()
    with closing(sqlite3.connect(db.engine.url.database)) as other:
        assert other.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    assert "not sealed: it is written with a log beside it (WAL mode)" in next(verify_everything(here))


@SQLITE_ALONE
def test_a_file_that_another_program_holds_is_not_called_damaged(written, here, monkeypatch):
    monkeypatch.setattr(file_seals, "BUSY_MILLISECONDS", 10)
    with closing(sqlite3.connect(db.engine.url.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "not sealed: another program holds it" in next(verify_everything(here))


@SQLITE_ALONE
def test_what_ebb_itself_writes_is_no_damage(written, here, clock):
    look_at_file()
    write(written, clock)
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


def test_a_fact_that_was_changed_before_the_newest_backup_is_found_in_the_oldest(written, here, clock):
    back_up_where_due(here, clock=clock)
    oldest = kept_backups(here)[0].file
    tamper("UPDATE entry SET score = 0 WHERE score = 7")
    for _ in range(2):
        clock.move(days=1)
        assert back_up_where_due(here, clock=clock)
    with pytest.raises(Damaged, match=f"0 facts of the backup {oldest.name} are missing, 1 changed: entry"):
        list(verify_everything(here))


def test_an_oldest_backup_that_does_not_open_is_told_and_the_next_one_taken(written, here, clock):
    for _ in range(3):
        assert back_up_where_due(here, clock=clock)
        clock.move(days=1)
    _newest, second, oldest = (one.file for one in kept_backups(here))
    oldest.write_bytes(oldest.read_bytes()[:-9])
    said = list(verify_everything(here))
    assert any(line.startswith(f"Older backup ({oldest.name}): passed over") for line in said)
    assert any(line.startswith(f"Oldest backup ({second.name}): its") for line in said)


def erase(clinic, patient, here, clock):
    carry_out_erasure(
        confirmed(clinic.admin, clock),
        subject(patient),
        how=ErasureHow.PAPER,
        asked_on=date(2026, 3, 10),
        files=ErasureFiles.of(here),
        clock=clock,
    )


def test_an_erasure_since_the_newest_backup_is_no_damage(full_clinic, here, clock):
    """Of somebody with everything: baselines given by hand say only of which course they are."""
    back_up_where_due(here, clock=clock)
    erase(full_clinic.clinic, full_clinic.patient, here, clock)
    (said,) = [line for line in verify_everything(here) if line.startswith("Newest backup")]
    assert not said.endswith(" 0 erased.")


@pytest.mark.parametrize("table", ["clinic_rules", "erasure", "baseline_by_hand", "audit_event", "day_note"])
def test_an_erasure_excuses_only_what_it_takes(full_clinic, here, clock, table):
    """Two people were erased, one before the backup and one since: whatever else is missing is damage."""
    clinic = full_clinic.clinic
    other = a_patient(clinic, clock, "P-2")
    erase(clinic, other, here, clock)
    third = a_patient(clinic, clock, "P-3")
    back_up_where_due(here, clock=clock)
    erase(clinic, third, here, clock)
    theirs = f"audit_event WHERE patient_id = '{third.patient_id.hex}'"
    tamper(f"DELETE FROM {theirs if table == 'audit_event' else table}")
    with pytest.raises(Damaged, match=f"are missing, 0 changed: {table} {clinic.clinic_id.hex}"):
        list(verify_everything(here))


def test_a_tombstone_that_was_changed_is_told(written, here, clock):
    erase(written.clinic, written.patient, here, clock)
    assert "Tombstones: 1, each as it was written here." in list(verify_everything(here))
    file = ErasureFiles.of(here).folder / f"{written.clinic.clinic_id}.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"how":"paper"', b'"how":"self"'))
    with pytest.raises(Damaged, match=f"1 tombstones were changed.*{written.clinic.clinic_id}"):
        list(verify_everything(here))
