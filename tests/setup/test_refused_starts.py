"""A start that is refused, in a process of its own: one sentence says why, and nothing of a password."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import ON_POSTGRES

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ("-m", "flask", "--app", "wsgi", "diary", "migrate")
IMPORT = ("-c", "import wsgi")


def start(folder, *arguments, **given):
    """Start as a person would, with these settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DIARY_", "FLASK_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**own, "DIARY_INSTANCE": str(folder / "instance"), **given},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def the_one_sentence(done):
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


REFUSED = {
    "a port that is no number": ({"DIARY_PORT": "abc"}, "DIARY_PORT is 'abc'"),
    "a PostgreSQL that does not answer": (
        {"DIARY_DATABASE_URL": "postgresql://ebb:geheim@127.0.0.1:1/ebb"},
        "The database does not answer: OperationalError: connection",
    ),
    "an address with an @ too many": ({"DIARY_DATABASE_URL": "postgresql://ebb:ge@heim@127.0.0.1:1/ebb"}, "%40"),
    "an instance that cannot be made": ({"DIARY_INSTANCE": "/proc/no/such"}, "DIARY_INSTANCE cannot be used"),
    "a file that cannot be made": ({"DIARY_DATABASE_URL": "sqlite:////proc/no/such/x.sqlite3"}, "/proc/no"),
}


@pytest.mark.parametrize("how", [COMMAND, IMPORT], ids=["command", "another server"])
@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_started_with_is_said_in_one_sentence(tmp_path, what, how):
    given, words = REFUSED[what]
    said = the_one_sentence(start(tmp_path, *how, **given))
    assert words in said
    assert not re.search("geheim|heim", said)


@pytest.mark.skipif(ON_POSTGRES, reason="the empty database is then no file")
def test_a_schema_that_cannot_be_read_is_said_and_a_traceback_only_where_it_is_asked_for(tmp_path, empty_instance):
    shutil.copytree(empty_instance, tmp_path / "instance")
    file = tmp_path / "instance" / "diary.sqlite3"
    whole = file.read_bytes()
    at = whole.index(b"CREATE TABLE")
    file.write_bytes(whole[:at] + b"CREATA" + whole[at + 6 :])
    said = the_one_sentence(start(tmp_path, *COMMAND))
    assert f"{file} is damaged: SQLite says" in said
    assert "restore the newest backup" in said
    asked = start(tmp_path, *COMMAND, DIARY_TRACEBACK="1")
    assert asked.returncode == 1
    assert "Traceback" in asked.stderr
