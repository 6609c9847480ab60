"""Scratch folders: plain copies lie in them, so that they do not stay when a process is killed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from diary.beside import UNTOUCHED_SECONDS, scratch_folder
from diary.clock import utc_now
from diary.installation import installation
from diary.services import backups, kept_backups
from diary.services.backups import folder_of, make_backup
from diary.services.kept_backups import back_up_where_due

LIVING = """
import sys, time
from pathlib import Path
from diary.beside import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "copy.sqlite3").touch()
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def another(tmp_path):
    """Another process that works in a scratch folder, and that folder."""
    with subprocess.Popen([sys.executable, "-c", LIVING, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_what_another_process_works_in_stays_and_goes_when_that_one_was_killed(another, tmp_path, monkeypatch):
    process, folder = another
    monkeypatch.setattr(Path, "exists", seeing_no_process_of_another_machine)
    with scratch_folder(tmp_path):
        assert (folder / "copy.sqlite3").exists()
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    with scratch_folder(tmp_path):
        assert not folder.exists()


really_exists = Path.exists


def seeing_no_process_of_another_machine(path: Path) -> bool:
    """Say what is there, but for the processes, which are another machine's."""
    return not str(path).startswith("/proc/") and really_exists(path)


def test_what_another_thread_works_in_stays(tmp_path):
    begun, stop, seen = threading.Event(), threading.Event(), []

    def work():
        with scratch_folder(tmp_path) as folder:
            seen.append(folder)
            begun.set()
            stop.wait(30)

    worker = threading.Thread(target=work)
    worker.start()
    assert begun.wait(30)
    with scratch_folder(tmp_path):
        assert seen[0].exists()
    stop.set()
    worker.join(30)
    assert list(tmp_path.iterdir()) == []


def left_by_an_older_version(under: Path, *, seconds: int, number: int) -> Path:
    """Return a scratch folder as older versions named it, after a process, untouched for so many seconds."""
    folder = under / f".scratch-{number}-0a1b2c3d"
    folder.mkdir(parents=True)
    (folder / "copy.sqlite3").write_bytes(b"plain")
    at = utc_now().timestamp() - seconds
    for path in (folder / "copy.sqlite3", folder):
        os.utime(path, (at, at))
    return folder


def test_one_whose_number_another_process_has_by_now_goes_too(tmp_path):
    left = left_by_an_older_version(tmp_path, seconds=UNTOUCHED_SECONDS + 60, number=os.getpid())
    fresh = left_by_an_older_version(tmp_path, seconds=UNTOUCHED_SECONDS - 60, number=1)
    with scratch_folder(tmp_path):
        assert not left.exists()
        assert fresh.exists()


@pytest.fixture
def here(app):
    return installation().settings


def test_nothing_plain_lies_where_other_machines_fetch_backups_and_what_lay_there_goes(
    full_clinic, here, clock, monkeypatch
):
    left = left_by_an_older_version(folder_of(here), seconds=2 * UNTOUCHED_SECONDS, number=1)
    seen, really_layouts = [], backups.layouts
    monkeypatch.setattr(
        backups, "layouts", lambda: (seen.append(sorted(folder_of(here).rglob("*"))), really_layouts())[1]
    )
    make_backup(here, here.instance / "one.ebb", clock=clock)
    assert seen == [[]]
    assert not left.exists()
    assert (here.instance / "scratch").stat().st_mode & 0o777 == 0o700


def test_drafts_lie_beside_the_backups_where_these_are_on_a_disk_of_their_own(clinic, here, clock, monkeypatch):
    places, really_replace = [], Path.replace

    def replace(draft, target):
        places.append(draft.parent.parent)
        if draft.parent.parent != Path(target).parent and Path(target).parent == folder_of(here):
            raise OSError(18, "Invalid cross-device link")
        return really_replace(draft, target)

    assert back_up_where_due(here, clock=clock)
    clock.move(days=1)
    with monkeypatch.context() as two_disks:
        two_disks.setattr(Path, "replace", replace)
        assert back_up_where_due(here, clock=clock)
    assert places == [here.instance / "scratch", folder_of(here)]
    assert len(list(folder_of(here).iterdir())) == len(kept_backups.kept_backups(here)) == 2
