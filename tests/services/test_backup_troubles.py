"""What goes wrong with the backups that are made by themselves: it is always told, and the next one comes."""

import os
import re
import sqlite3
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import DatabaseError, OperationalError
from structlog.testing import capture_logs

from diary import whole_files
from diary.beside import still_copy
from diary.db import rewrite_file
from diary.installation import installation
from diary.room import NoRoom
from diary.schema import Standing, standing
from diary.security.backup_key import BackupKey
from diary.services import backups, kept_backups
from diary.services.backups import BackupRefused, check_backup, make_backup
from diary.services.kept_backups import back_up_where_due, last_backup, prune
from diary.services.leases import leases, let_go, take_lease
from diary.services.move_marks import Mark, write_mark
from tests.services.tampering import tamper

pytestmark = pytest.mark.usefixtures("clinic")
FAILURES = (
    sqlite3.OperationalError("database or disk is full"),
    sqlite3.DatabaseError("database disk image is malformed"),
    OperationalError("SELECT", {}, sqlite3.OperationalError("disk I/O error")),
    DatabaseError("SELECT", {}, sqlite3.DatabaseError("malformed: with text 'Ramona Field'")),
    ValueError("Expecting value"),
    RuntimeError("nobody thought of this"),
)


@pytest.fixture
def here(app):
    return installation().settings


def failing(failure):
    """Return what fails so whatever it is asked."""

    def fail(*_asked, **_named):
        raise failure

    return fail


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
def test_whatever_goes_wrong_is_told_at_once_and_the_job_is_let_go(here, clock, monkeypatch, failure):
    with monkeypatch.context() as broken, capture_logs() as said:
        broken.setattr(kept_backups, "make_backup", failing(failure))
        assert not back_up_where_due(here, clock=clock)
    assert [(one["event"], one["log_level"]) for one in said] == [("backup_failed", "error")]
    assert "Ramona" not in said[0]["reason"]
    assert last_backup(here, clock=clock).trouble == type(failure).__name__
    assert [lease.held_by for lease in leases()] == [None]
    clock.move(minutes=1)
    assert back_up_where_due(here, clock=clock)


def test_one_that_fails_on_and_on_is_tried_less_and_less_often(here, clock, monkeypatch):
    tried, begun = [], clock()

    def full(*_asked, **_named):
        tried.append(clock())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_backups, "make_backup", full)
    for _minute in range(125):
        back_up_where_due(here, clock=clock)
        clock.move(minutes=1)
    assert [(at - begun).seconds // 60 for at in tried] == [0, 1, 3, 7, 15, 31, 61, 91, 121]
    assert last_backup(here, clock=clock).trouble == "OSError"
    back_up_where_due(here, clock=clock, longest_wait=timedelta())
    assert len(tried) == 10
    clock.move(minutes=-30)
    back_up_where_due(here, clock=clock)
    assert len(tried) == 11, "a clock that was set back lets nobody wait for it"


def left_on_the_disk(monkeypatch, megabytes):
    """Let every disk have so much room left."""
    usage = SimpleNamespace(free=megabytes * 1024**2, total=10**12)
    monkeypatch.setattr("diary.room.shutil.disk_usage", lambda _place: usage)


def test_no_backup_fills_the_disk_on_which_people_write(here, clock, monkeypatch):
    assert back_up_where_due(here, clock=clock)
    clock.move(days=2)
    folder = backups.folder_of(here)
    there = set(folder.iterdir())
    left_on_the_disk(monkeypatch, 256)
    with capture_logs() as said:
        assert not back_up_where_due(here, clock=clock)
    (line,) = said
    assert re.search(r"[1-9]\d* MB are wanted on the disk of .* and 256 MB are free", line["reason"])
    assert set(folder.iterdir()) == there
    assert not list((here.instance / "scratch").iterdir())
    left_on_the_disk(monkeypatch, 280)
    last = folder / "by-hand.ebb"
    last.touch()
    os.truncate(last, 500 * 1024**2)
    with pytest.raises(NoRoom, match=r"50[0-9] MB are wanted"):
        make_backup(here, folder / "one.ebb", clock=clock)
    last.unlink()
    clock.move(minutes=1)
    assert back_up_where_due(here, clock=clock)


@pytest.mark.about_sqlite("PostgreSQL is read as it stands")
def test_nothing_is_copied_where_there_is_no_room_for_a_copy(here, monkeypatch):
    left_on_the_disk(monkeypatch, 256)
    with backups.scratch_place(here) as scratch:
        with pytest.raises(NoRoom), still_copy(scratch):
            pass
        assert [one.name for one in scratch.iterdir()] == ["lock"]


@pytest.mark.about_sqlite("only its file is written anew")
def test_a_file_is_not_written_anew_where_that_would_fill_the_disk(here, monkeypatch):
    left_on_the_disk(monkeypatch, 256)
    with capture_logs() as said:
        assert rewrite_file() is False
    assert "MB are wanted" in said[0]["reason"]
    left_on_the_disk(monkeypatch, 300)
    assert rewrite_file() is True


@pytest.mark.about_sqlite("PostgreSQL is not moved away from")
def test_a_database_that_was_moved_away_is_backed_up_no_more_and_nothing_is_said(here, clock):
    write_mark(Mark("a move", "postgresql://ebb@there/ebb", done=True))
    with capture_logs() as said:
        assert not back_up_where_due(here, clock=clock)
    assert said == []


def test_one_that_is_good_counts_also_when_older_ones_cannot_be_taken_away(here, clock, monkeypatch):
    monkeypatch.setattr(kept_backups, "prune", failing(PermissionError(13, "Permission denied")))
    assert back_up_where_due(here, clock=clock)
    assert last_backup(here, clock=clock).trouble == "PermissionError"
    assert not back_up_where_due(here, clock=clock)
    assert len(kept_backups.kept_backups(here)) == 1


def test_its_name_is_on_the_disk_before_older_ones_go(here, clock, monkeypatch):
    done, really_prune = [], kept_backups.prune
    monkeypatch.setattr(kept_backups, "sync_names", lambda folder: done.append([one.name for one in folder.iterdir()]))
    monkeypatch.setattr(
        kept_backups, "prune", lambda *asked, **named: (done.append("prune"), really_prune(*asked, **named))[1]
    )
    assert back_up_where_due(here, clock=clock)
    (kept,) = kept_backups.kept_backups(here)
    assert done == [[kept.file.name], "prune"]


def test_an_anchor_that_cannot_be_read_goes_along_as_it_stands(clinic, here, clock):
    file = here.instance / "anchors" / f"{clinic.clinic_id}.jsonl"
    file.parent.mkdir()
    unreadable = b'{"position": 1\n[]\n{"position": "many"}\n\xff\n'
    file.write_bytes(unreadable + b'{"position": 999999}\n{"posi')
    one = here.instance / "one.ebb"
    make_backup(here, one, clock=clock)
    held = backups.read_backup(one, BackupKey.of(here).private(), found := Files())
    assert held.files == len(found.files)
    assert found.files[f"anchors/{file.name}"] == unreadable + b'{"posi'


class Files(backups.Reader):
    """Keeps the files of a backup."""

    def __init__(self):
        self.files = {}

    def table(self, _layout, rows):
        assert all(rows)

    def file(self, name, content):
        self.files[name] = content


def test_a_clock_that_was_once_ahead_stops_no_backup(here, clock):
    begun = clock()
    assert back_up_where_due(here, clock=clock)
    clock.move(days=400)
    assert back_up_where_due(here, clock=clock)
    clock.move(days=-399)
    assert clock() - begun == timedelta(days=1)
    assert last_backup(here, clock=clock).late
    assert back_up_where_due(here, clock=clock)
    told = last_backup(here, clock=clock)
    assert (told.made_at, told.late) == (clock(), False)
    assert not back_up_where_due(here, clock=clock)


def test_a_job_that_was_taken_while_a_clock_was_ahead_is_taken_again(here, clock):
    hour = timedelta(hours=1)
    clock.move(days=400)
    assert take_lease("backup", lasts=hour, since=clock(), clock=clock)
    clock.move(days=-400)
    assert back_up_where_due(here, clock=clock)


def test_a_clock_that_is_set_back_by_some_minutes_makes_none_twice(here, clock):
    clock.move(minutes=5)
    assert back_up_where_due(here, clock=clock)
    clock.move(minutes=-4)
    assert not back_up_where_due(here, clock=clock)


def test_what_a_wrong_clock_dated_ahead_pushes_nothing_out(here, clock):
    folder = backups.folder_of(here)
    folder.mkdir(mode=0o700)
    ahead = [folder / f"{clock() + timedelta(days=900, hours=number):%Y-%m-%dT%H%M}Z.ebb" for number in range(80)]
    for file in ahead:
        file.touch()
    assert back_up_where_due(here, clock=clock)
    clock.move(hours=26)
    assert back_up_where_due(here, clock=clock)
    assert prune(here, now=clock()) == []
    assert len(kept_backups.kept_backups(here)) == len(ahead) + 2


def test_a_program_that_is_older_than_the_schema_makes_no_backup(here, clock):
    tamper(
        "UPDATE alembic_version SET version_num = '9999'",
        "INSERT INTO schema_reach (revision, reach) VALUES ('9999', 'expansion')",
    )
    assert standing() is Standing.AHEAD
    with pytest.raises(BackupRefused, match="newer version"):
        make_backup(here, here.instance / "one.ebb", clock=clock)
    assert not (here.instance / "one.ebb").exists()


def test_a_migration_while_the_backup_is_made_makes_it_worth_nothing(here, clock, monkeypatch):
    stands = iter(["0001", "0002"])
    monkeypatch.setattr(backups, "revision_of_database", lambda: next(stands))
    with pytest.raises(BackupRefused, match="make it again"):
        make_backup(here, here.instance / "one.ebb", clock=clock)
    assert not (here.instance / "one.ebb").exists()


def test_a_backup_is_written_onto_a_stick_too_and_never_over_a_file(here, clock, monkeypatch):
    BackupKey.of(here).public()
    monkeypatch.setattr(Path, "hardlink_to", failing(PermissionError(1, "Operation not permitted")))
    monkeypatch.setattr(whole_files, "sync_folder", failing(OSError(22, "Invalid argument")))
    stick = here.instance / "stick"
    stick.mkdir()
    file = stick / "one.ebb"
    make_backup(here, file, clock=clock)
    assert check_backup(here, file).rows
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    really_exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: path != file and really_exists(path))
    with pytest.raises(BackupRefused, match="is there already"):
        make_backup(here, file, clock=clock)
    assert file.read_bytes() == before
    assert list(stick.iterdir()) == [file]


@pytest.mark.about_sqlite("PostgreSQL holds no such text")
def test_what_a_patient_wrote_is_not_said_where_a_row_cannot_be_read(full_clinic, here, clock):
    tamper("UPDATE patient SET name = CAST(x'52616d6f6e61ff' AS TEXT)")
    with capture_logs() as said:
        assert not back_up_where_due(here, clock=clock)
    assert last_backup(here, clock=clock).trouble == "RowDamaged"
    assert "Ramona" not in str(said)


FULL = OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("database or disk is full"))


def test_a_job_that_cannot_even_be_taken_is_told_like_a_backup_that_failed(here, clock, monkeypatch):
    with monkeypatch.context() as broken, capture_logs() as said:
        broken.setattr(kept_backups, "take_lease", failing(FULL))
        assert not back_up_where_due(here, clock=clock)
        assert last_backup(here, clock=clock).trouble == "OperationalError"
        clock.move(seconds=59)
        assert not back_up_where_due(here, clock=clock)
        clock.move(seconds=1)
        assert not back_up_where_due(here, clock=clock)
        clock.move(seconds=119)
        assert not back_up_where_due(here, clock=clock)  # the wait is twice as long by now
    assert [one["event"] for one in said] == ["backup_failed"] * 2
    assert not back_up_where_due(here, clock=clock)
    clock.move(seconds=1)
    assert back_up_where_due(here, clock=clock)
    assert last_backup(here, clock=clock).trouble is None


def test_a_job_that_cannot_be_taken_is_tried_at_once_where_somebody_asks_for_it(here, clock, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(kept_backups, "take_lease", failing(FULL))
        assert not back_up_where_due(here, clock=clock)
    assert back_up_where_due(here, clock=clock, longest_wait=timedelta())


def test_what_kept_this_process_from_the_job_is_over_once_another_one_has_done_it(here, clock, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(kept_backups, "take_lease", failing(FULL))
        assert not back_up_where_due(here, clock=clock)
    clock.move(seconds=1)
    assert take_lease(kept_backups.LEASE, lasts=timedelta(hours=1), since=clock(), clock=clock)
    let_go(kept_backups.LEASE, outcome=kept_backups.GOOD, done=True, clock=clock)
    assert last_backup(here, clock=clock).trouble is None
