"""The first and the next runs of script/server, in a folder of their own and without a network."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLASK_STAND_IN = "import sys\nprint('serves with', *sys.argv[1:])\n"


def wheel(folder, name, files):
    """Write a package that pip installs without asking anybody."""
    about = f"{name}-1.0.dist-info"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return path


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A copy of the scripts in a path with a space, whose only requirement stands in for the web server."""
    folder = tmp_path_factory.mktemp("first run") / "ebb"
    shutil.copytree(ROOT / "script", folder / "script", ignore=shutil.ignore_patterns("__pycache__"))
    wheel(folder, "flask", {"flask/__init__.py": "", "flask/__main__.py": FLASK_STAND_IN})
    (folder / "foreign").mkdir()
    (folder / "foreign" / "flask.py").write_text("print('a library of other work')\n")
    (folder / "requirements.txt").write_text("./flask-1.0-py3-none-any.whl\n")
    return folder


def run_server(folder, *arguments):
    """Start script/server as a person would from another folder, without a home and without a network."""
    foreign = str(folder / "foreign")
    environment = {"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1", "PYTHONPATH": foreign, "LC_ALL": "C"}
    return subprocess.run(
        [folder / "script" / "server", *arguments],
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_the_first_run_sets_up_and_the_second_only_serves(installation):
    first = run_server(installation, "--demo")
    second = run_server(installation)
    assert first.stdout == "serves with --app wsgi diary serve --demo\n"
    assert first.stderr == "Setting up Ebb (first run, about a minute) …\n"
    assert (second.stdout, second.stderr) == ("serves with --app wsgi diary serve\n", "")


def test_a_changed_requirement_is_added_without_starting_over(installation):
    run_server(installation)
    kept = installation / ".venv" / "kept"
    kept.touch()
    wheel(installation, "added", {"added.py": ""})
    with (installation / "requirements.txt").open("a") as requirements:
        requirements.write("./added-1.0-py3-none-any.whl\n")
    assert run_server(installation).stderr == "Installing requirements.txt …\n"
    assert kept.exists()
    assert list((installation / ".venv").glob("lib/*/site-packages/added.py"))


def test_a_set_up_that_was_broken_off_is_begun_again(installation):
    run_server(installation)
    for half_written in (installation / ".venv").glob("lib/*/site-packages/flask/__main__.py"):
        half_written.unlink()
    (installation / ".venv" / "unfinished").touch()
    again = run_server(installation)
    assert again.stderr == "Setting up Ebb (first run, about a minute) …\n"
    assert again.stdout.startswith("serves with")


def test_a_moved_folder_is_set_up_again(installation):
    run_server(installation)
    moved = installation.with_name("moved")
    installation.rename(moved)
    try:
        assert run_server(moved).stdout.startswith("serves with")
        assert str(moved) in (moved / ".venv" / "pyvenv.cfg").read_text()
    finally:
        moved.rename(installation)


def test_packages_that_cannot_be_had_give_a_reason_and_leave_the_set_up_unfinished(installation):
    (installation / "requirements.txt").write_text("nowhere-to-be-found==1.0\n")
    refused = run_server(installation)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "nowhere-to-be-found" in refused.stderr
    assert "run this again" in refused.stderr.splitlines()[-1]
    assert (installation / ".venv" / "unfinished").exists()
