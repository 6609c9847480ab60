"""The commands on backups, as an operator types them."""

import re
from pathlib import Path

import pytest

from diary.db import db
from diary.installation import installation
from diary.security.backup_key import BackupKey, id_of
from diary.services import rebuilding
from diary.services.disk import DiskLeft
from tests.clinic_builders import a_clinic, a_patient, write_days
from tests.conftest import running
from tests.databases import ON_POSTGRES
from tests.services.looking_in import everything_stored
from tests.services.scratch_schema import make_schema_once


@pytest.fixture(autouse=True)
def made_once(tmp_path, monkeypatch):
    monkeypatch.setattr(rebuilding, "make_schema", make_schema_once(tmp_path))


@pytest.fixture
def written(app, clock):
    """A patient who wrote for two days."""
    patient = a_patient(a_clinic(clock), clock)
    write_days(patient, [7, 6], clock, first_day=clock().date())
    return patient


@pytest.fixture
def run(app):
    def typed(*words, **given):
        return app.test_cli_runner().invoke(args=["diary", *(str(word) for word in words)], **given)

    return typed


def test_an_operator_backs_up_reads_drills_and_restores(written, run, tmp_path):
    file = tmp_path / "night.ebb"
    made = run("backup", file)
    assert made.exit_code == 0
    assert re.search(r"\d+ rows in \d+ tables", made.output)
    assert "keep a copy in a safe" in made.output
    assert "Every byte holds." in run("verify", file).output
    drilled = run("drill", file)
    assert drilled.exit_code == 0, drilled.output
    assert "(2 entries), 0 erased since, 0 missing, 0 changed." in drilled.output
    refused = run("restore", file)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "--replace" in refused.stderr
    assert run("restore", file, "--replace", input="n\n").exit_code == 1
    before = everything_stored()["entry"]
    done = run("restore", file, "--replace", "--yes")
    assert done.exit_code == 0, done.output
    assert everything_stored()["entry"] == before


def test_a_changed_backup_exits_1_with_the_reason(written, run, tmp_path):
    file = tmp_path / "night.ebb"
    run("backup", file)
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    for command in ("verify", "drill"):
        refused = run(command, file)
        assert refused.exit_code == 1
        assert "changed or cut" in refused.stderr


def test_the_key_is_made_shown_printed_and_wanted_where_it_was_taken_away(written, run, tmp_path):
    assert run("backup-key", "show").exit_code == 1
    assert run("backup-key", "make").exit_code == 0
    text = run("backup-key", "print").output.strip()
    assert text.startswith("EBB-BACKUP-KEY-")
    assert text not in run("backup-key", "show").output
    (tmp_path / "safe").write_text(text)
    (installation().settings.instance / "keys" / "backup-key.txt").unlink()
    file = tmp_path / "night.ebb"
    assert run("backup", file).exit_code == 0
    assert "not on this machine" in run("backup-key", "show").output
    assert "--key" in run("verify", file).stderr
    assert run("verify", file, "--key", tmp_path / "safe").exit_code == 0


def test_the_list_of_backups_says_when_one_is_late(written, run, clock):
    assert run("drill").exit_code == 1
    assert "MB free (" in run("backups", "--now").output
    assert run("backups").exit_code == 0
    clock.move(days=2)
    late = run("backups")
    assert late.exit_code == 1
    assert "late" in late.stderr


def test_verify_says_what_it_looked_at_and_exits_1_when_something_was_changed(written, run):
    held = run("verify")
    assert (held.exit_code, held.output.splitlines()[-1]) == (0, "Everything holds.")
    if ON_POSTGRES:
        return
    db.engine.dispose()
    file = Path(db.engine.url.database)
    whole = file.read_bytes()
    file.write_bytes(whole[:-9] + bytes([whole[-9] ^ 4]) + whole[-8:])
    broken = run("verify")
    assert broken.exit_code == 1
    assert "restore the newest backup" in broken.stderr


def test_verify_does_not_say_that_everything_holds_where_backups_cannot_be_opened(written, run, tmp_path):
    assert run("backups", "--now").exit_code == 0
    (installation().settings.instance / "keys" / "backup-key.txt").rename(tmp_path / "safe")
    held = run("verify")
    assert held.exit_code == 0, held.output
    assert "Everything holds" not in held.output
    assert "the backups were not opened" in held.output.splitlines()[-1]
    assert "diary verify FILE --key KEYFILE" in held.output.splitlines()[-1]


@pytest.mark.parametrize(
    ("room", "words"), [("enough", "enough room"), ("low", "nearly full"), ("almost_none", "almost full")]
)
def test_the_list_of_backups_names_the_disk_as_the_pages_do(written, run, monkeypatch, tmp_path, room, words):
    gigas = {"enough": 90, "low": 9, "almost_none": 1}[room]
    left = DiskLeft(tmp_path, gigas * 1024**3, 100 * 1024**3)
    monkeypatch.setattr("diary.cli.proving.disk_left", lambda _settings: left)
    assert f"({words})." in run("backups", "--now").output


def test_there_never_was_a_backup_is_no_success_unless_there_is_nothing_to_back_up(app, run, clock):
    empty = run("backups", "--now")
    assert (empty.exit_code, "empty" in empty.output) == (0, True)
    a_clinic(clock)
    never = run("backups")
    assert never.exit_code == 1
    assert "There was never a good one" in never.stderr
    assert run("backups", "--now").exit_code == 0


@pytest.fixture
def new_machine(written, run, tmp_path, clock, empty_instance):
    """What types on another machine, a backup, and the private key in a file."""
    file, safe = tmp_path / "night.ebb", tmp_path / "safe"
    run("backup", file)
    safe.write_text(run("backup-key", "print").output)
    with running(tmp_path / "new", clock, empty_instance) as made:
        yield lambda *words: made.test_cli_runner().invoke(args=["diary", *(str(word) for word in words)]), file, safe


def test_a_restore_on_a_new_machine_says_where_the_key_of_its_backups_is(new_machine):
    typed, file, safe = new_machine
    done = typed("restore", file, "--key", safe)
    assert done.exit_code == 0, done.output
    assert "closed for the same key" in done.output
    assert f"private half is in {BackupKey.of(installation().settings).private_file}" in done.output


def test_a_restore_says_that_backups_are_closed_for_another_key_and_what_to_do(new_machine, tmp_path):
    typed, file, safe = new_machine
    key = BackupKey.of(installation().settings)
    other = id_of(key.public())
    done = typed("restore", file, "--key", safe)
    assert done.exit_code == 0, done.output
    assert f"Mind: backups from now on are closed for another key, {other}" in done.output
    for half in (key.public_file, key.private_file):
        assert str(half) in done.output
        half.rename(tmp_path / half.name)
    key.private_file.write_bytes(safe.read_bytes())  # what it said
    again = tmp_path / "again.ebb"
    assert typed("backup", again).exit_code == 0
    assert typed("verify", again, "--key", safe).exit_code == 0
