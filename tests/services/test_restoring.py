"""Restores: all of a backup or nothing of it, and whoever was erased since stays erased."""

import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, select

from diary.beside import scratch_folder, still_copy
from diary.db import db, snapshot
from diary.errors import DiaryError
from diary.installation import installation
from diary.models import OutboxMessage, Patient
from diary.schema import alembic_config, is_up_to_date
from diary.security.anchor_files import AnchorFiles
from diary.security.backup_key import BackupKey, BackupKeyMissing
from diary.security.erasure_files import ErasureFiles
from diary.services import backups, rebuilding
from diary.services.anchors import anchor_all
from diary.services.backup_tables import Layout, digest_of, layouts
from diary.services.backups import BackupRefused, make_backup
from diary.services.chains import verify_chains
from diary.services.drill import drill
from diary.services.erasure import carry_out_erasure
from diary.services.outbox import send_due
from diary.services.patients import Particulars, add_patient
from diary.services.reminders import remind_where_due
from diary.services.restoring import restore_backup
from diary.vocabulary import ErasureHow
from tests.clinic_builders import a_clinic, a_patient, confirmed, subject
from tests.conftest import running
from tests.messaging.post_office import open_post_office, set_up_mail
from tests.services.looking_in import everything_stored
from tests.services.test_reminders import setting, with_reminders

pytestmark = pytest.mark.usefixtures("schema_once")
CHANGED_BY_A_RESTORE = {"session", "outbox", "job_lease"}


@pytest.fixture
def here(app):
    return installation().settings


@pytest.fixture
def file(full_clinic, here, clock):
    """A backup of a clinic with a row in every table."""
    made = here.instance / "one.ebb"
    make_backup(here, made, clock=clock)
    return made


def facts():
    """Return every row but those that a restore changes."""
    return {name: rows for name, rows in everything_stored().items() if name not in CHANGED_BY_A_RESTORE}


def nothing_is_there():
    return not any(rows for name, rows in everything_stored().items() if name != "job_lease")


@pytest.fixture
def new_machine(tmp_path, clock, empty_instance, file, here):
    """Another installation, with a secret of its own, that was handed the key from the safe."""
    before = facts()
    key = BackupKey.of(here).private_file
    with running(tmp_path / "elsewhere", clock, empty_instance):
        yield file, key, before


def test_a_restore_on_a_new_machine_brings_every_row_back(new_machine, clock):
    file, key, before = new_machine
    settings = installation().settings
    with pytest.raises(BackupKeyMissing, match="--key"):
        restore_backup(settings, file, clock=clock)
    assert nothing_is_there()
    done = restore_backup(settings, file, clock=clock, key_file=key)
    assert facts() == before
    assert everything_stored()["session"] == []
    with snapshot() as session:
        assert set(session.scalars(select(OutboxMessage.state))) <= {"unknown", "sent", "failed"}
    assert done.erased_again == 0
    assert "keys/signing-key.pem" in done.files
    assert list(verify_chains(AnchorFiles.of(settings)))
    assert not backups.folder_of(settings).exists()
    assert not list((settings.instance / "scratch").iterdir())


def test_a_database_that_is_in_use_is_not_given_up_without_a_word(file, here, clock):
    a_clinic(clock, "Pain clinic North")
    before = everything_stored()
    with pytest.raises(BackupRefused, match="--replace"):
        restore_backup(here, file, clock=clock)
    assert everything_stored() == before


def test_with_that_word_it_is_replaced_and_a_backup_of_it_is_made_first(file, here, clock):
    before = facts()
    a_clinic(clock, "Pain clinic North")
    restore_backup(here, file, clock=clock, replace=True)
    assert facts() == before
    (kept,) = backups.folder_of(here).glob("before-restore-*.ebb")
    assert drill(here, kept).summary.tables["clinic"].rows == 2


def test_a_changed_backup_touches_nothing(file, here, clock):
    before, files = everything_stored(), sorted(here.instance.rglob("*"))
    whole = file.read_bytes()
    for at in (3, 40, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(DiaryError):
            restore_backup(here, file, clock=clock, replace=True)
        assert everything_stored() == before
    assert sorted(here.instance.rglob("*")) == files


def test_whoever_was_erased_since_is_erased_again_before_anybody_sees_them(app, here, clock):
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    stays = add_patient(clinic.clinician, clinic.clinic_id, Particulars("M-9", "Stays", "UTC"), clock=clock)
    file = here.instance / "before.ebb"
    make_backup(here, file, clock=clock)
    carry_out_erasure(
        confirmed(clinic.admin, clock),
        subject(patient),
        how=ErasureHow.PAPER,
        asked_on=date(2026, 3, 1),
        files=ErasureFiles.of(here),
        clock=clock,
    )
    certificates = everything_stored()["erasure"]
    assert len(certificates) == 1
    done = restore_backup(here, file, clock=clock, replace=True)
    assert done.erased_again == 1
    with snapshot() as session:
        assert list(session.scalars(select(Patient.id))) == [stays.patient_id]
    assert everything_stored()["erasure"] == certificates
    found = drill(here, file)
    assert found.compared.holds
    assert found.compared.erased


def test_a_backup_made_before_an_update_is_put_back_and_brought_up_to_date(
    full_clinic, here, clock, tmp_path, monkeypatch
):
    command.downgrade(alembic_config(), "0019")
    monkeypatch.setattr(backups, "layouts", layouts_there)
    file = here.instance / "old.ebb"
    made = make_backup(here, file, clock=clock)
    assert made.head.schema == "0019"
    assert "digest_setting" not in made.tables
    monkeypatch.undo()
    command.upgrade(alembic_config(), "head")
    before = everything_stored()
    restore_backup(here, file, clock=clock, replace=True)
    assert is_up_to_date()
    after = everything_stored()
    assert after["entry"] == before["entry"]
    assert len(after["patient"]) == made.tables["patient"].rows > 0


def layouts_there():
    """Return the tables and columns that the database has, as an older version of Ebb would."""
    found = inspect(db.engine)
    there = {name: {column["name"] for column in found.get_columns(name)} for name in found.get_table_names()}
    return [
        Layout(one.name, tuple(pair for pair in one.columns if pair[0] in there[one.name]), one.key, one.own)
        for one in layouts()
        if one.name in there
    ]


def test_a_backup_of_a_newer_version_is_refused(file, here, clock, monkeypatch):
    monkeypatch.setattr(backups, "revision_of_database", lambda: "9999")
    newer = here.instance / "newer.ebb"
    make_backup(here, newer, clock=clock)
    with pytest.raises(DiaryError, match="newer version of Ebb"):
        restore_backup(here, newer, clock=clock, replace=True)


def test_the_drill_verifies_the_audit_against_the_anchors_and_leaves_nothing_behind(full_clinic, here, clock):
    anchor_all(AnchorFiles.of(here), clock=clock)
    file = here.instance / "one.ebb"
    make_backup(here, file, clock=clock)
    a_patient(full_clinic.clinic, clock, reference="M-77")
    clock.move(days=1)
    anchor_all(AnchorFiles.of(here), clock=clock)
    there = sorted(here.instance.rglob("*"))
    found = drill(here, file)
    assert (found.chains, found.anchors) == (1, 1)
    assert found.links > 20
    assert found.compared.holds
    assert found.compared.entries == len(everything_stored()["entry"])
    assert sorted(here.instance.rglob("*")) == there


def test_after_an_older_backup_the_anchors_begin_with_its_own_and_the_younger_are_kept(full_clinic, here, clock):
    files = AnchorFiles.of(here)
    anchor_all(files, clock=clock)
    file = here.instance / "one.ebb"
    make_backup(here, file, clock=clock)
    clock.move(days=1)
    anchor_all(files, clock=clock)
    younger = {one.name: one.read_bytes() for one in (here.instance / "anchors").glob("*.jsonl")}
    done = restore_backup(here, file, clock=clock, replace=True)
    assert {one.name: one.read_bytes() for one in done.anchors_aside.glob("*.jsonl")} == younger
    assert [len(chain.anchors) for chain in verify_chains(files)] == [1]
    clock.move(days=1)
    anchor_all(files, clock=clock)
    assert [len(chain.anchors) for chain in verify_chains(files)] == [2]
    assert restore_backup(here, file, clock=clock, replace=True).anchors_aside != done.anchors_aside


def test_anchors_that_the_backup_knows_all_of_stay_where_they_are(full_clinic, here, clock):
    anchor_all(AnchorFiles.of(here), clock=clock)
    file = here.instance / "one.ebb"
    make_backup(here, file, clock=clock)
    assert restore_backup(here, file, clock=clock, replace=True).anchors_aside is None


def test_anchors_that_are_older_than_the_backup_are_given_the_rest_of_it(full_clinic, here, clock):
    files = AnchorFiles.of(here)
    anchor_all(files, clock=clock)
    older = {one: one.read_bytes() for one in (here.instance / "anchors").glob("*.jsonl")}
    clock.move(days=1)
    anchor_all(files, clock=clock)
    file = here.instance / "one.ebb"
    make_backup(here, file, clock=clock)
    for one, content in older.items():
        one.write_bytes(content)
    assert restore_backup(here, file, clock=clock, replace=True).anchors_aside is None
    assert [len(chain.anchors) for chain in verify_chains(files)] == [2]
    assert {one.stat().st_mode & 0o777 for one in older} == {0o600}
    clock.move(days=1)
    anchor_all(files, clock=clock)
    assert [len(chain.anchors) for chain in verify_chains(files)] == [3]


def test_what_is_lost_or_changed_since_the_backup_is_named_by_the_drill(file, here, clock):
    from tests.services.tampering import tamper  # noqa: PLC0415

    tamper("UPDATE entry SET score = 0 WHERE score = 7", "DELETE FROM consent")
    found = drill(here, file)
    assert not found.compared.holds
    assert found.compared.changed
    assert found.compared.missing
    assert any("entry" in told and "changed" in told for told in found.compared.named)


@pytest.mark.about_sqlite("on PostgreSQL a restore is one unit of the server: its kill is the next test")
@pytest.mark.parametrize("moment", ["before", "journal"])
def test_a_restore_that_is_killed_leaves_the_old_state_or_the_new_one(file, here, clock, tmp_path, moment):
    a_clinic(clock, "Pain clinic North")
    old = digests()
    db.engine.dispose()
    with scratch_folder(tmp_path) as scratch:
        rebuilt = rebuilding.rebuild(file, BackupKey.of(here).private(), scratch)
        copied = tmp_path / "copied.sqlite3"
        shutil.copy(rebuilt.file, copied)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_RESTORE, here.database_url, str(copied), moment], check=False, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL
    left = Path(f"{db.engine.url.database}-journal")
    if moment == "journal":
        assert left.exists(), "it was killed while SQLite wrote"
    assert digests() == old
    assert not left.exists()


KILLED_RESTORE = """
import os, signal, sqlite3, sys, threading
from pathlib import Path
url, copied, moment = sys.argv[1:]
file = url.removeprefix("sqlite:///")
if moment == "before":
    os.kill(os.getpid(), signal.SIGKILL)
served = sqlite3.connect(file, isolation_level=None)
source = sqlite3.connect(copied)
def kill(_status, left, whole):
    if left < whole // 2:
        os.kill(os.getpid(), signal.SIGKILL)
served.execute("PRAGMA cache_size = 5")
source.backup(served, pages=3, progress=kill)
"""


@pytest.mark.about_postgres("SQLite has the kills above")
@pytest.mark.parametrize("tables", [0, 20])
def test_a_restore_on_postgresql_that_is_killed_leaves_the_old_state(file, here, clock, tmp_path, tables):
    a_clinic(clock, "Pain clinic North")
    old, lent = digests(), rights_to_truncate()
    with scratch_folder(tmp_path) as scratch:
        copied = tmp_path / "copied.sqlite3"
        shutil.copy(rebuilding.rebuild(file, BackupKey.of(here).private(), scratch).file, copied)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_ON_POSTGRESQL, here.database_url, str(copied), str(tables)],
        check=False,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    assert digests() == old
    assert rights_to_truncate() == lent


def rights_to_truncate():
    """Return the tables that the role may empty."""
    asked = "SELECT table_name FROM information_schema.table_privileges WHERE privilege_type = 'TRUNCATE'"
    with db.engine.connect() as connection:
        return set(connection.exec_driver_sql(f"{asked} AND grantee = current_user").scalars())


KILLED_ON_POSTGRESQL = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from diary.app import create_app
from diary.services import restoring
from diary.wall import whole_house
from diary.settings import Settings
url, copied, tables = sys.argv[1:]
left, put_rows = int(tables), restoring.put_rows
def put_rows_and_die(*args):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    put_rows(*args)
restoring.put_rows = put_rows_and_die
secret = "only-for-tests-only-for-tests-only"
app = create_app(Settings(env="development", instance=Path(copied).parent, database_url=url, secret_key=secret))
with app.app_context(), whole_house():
    restoring.put_in_place(SimpleNamespace(file=Path(copied)), lambda connection: None)
"""


def digests():
    """Return the digest of every table as it stands."""
    with scratch_folder(installation().settings.instance) as scratch, still_copy(scratch) as connection:
        return {layout.name: digest_of(connection, layout) for layout in layouts()}


def test_nobody_is_reminded_again_of_what_came_between_the_backup_and_its_restore(app, here, clock):
    patient, file = a_patient(a_clinic(clock), clock), here.instance / "before.ebb"
    with open_post_office() as office:
        set_up_mail(app, office.url)
        with_reminders(patient, clock)
        make_backup(here, file, clock=clock)
        clock.now = setting(patient).next_at
        remind_where_due(clock)
        send_due(clock)
        assert len(office.taken) == 1
        clock.move(minutes=50)
        restore_backup(here, file, clock=clock, replace=True)
        for _ in range(40):
            remind_where_due(clock)
            send_due(clock)
            clock.move(minutes=10)
        assert len(office.taken) == 1
        assert (setting(patient).next_day, setting(patient).next_number) == (date(2026, 3, 21), 1)
        clock.now = setting(patient).next_at
        remind_where_due(clock)
        send_due(clock)
        assert len(office.taken) == 2
