"""A machine that lacks something: one sentence says what to do."""

import shutil
import subprocess
from pathlib import Path

import pytest

from script.lib.environment import what_to_do

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ["bash", "env", "dirname", "cat", "mktemp", "tail", "rm", "cmp"]


@pytest.fixture
def machine(tmp_path):
    """A copy of the scripts and a folder of programs that is the whole PATH."""
    shutil.copytree(ROOT / "script", tmp_path / "script", ignore=shutil.ignore_patterns("__pycache__"))
    programs = tmp_path / "programs"
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool))
    add_program(tmp_path, "id", "echo 1000")
    return tmp_path


def add_program(machine, name, commands):
    path = machine / "programs" / name
    path.write_text(f"#!/bin/sh\n{commands}\n")
    path.chmod(0o755)


def run(machine, *command, **settings):
    return subprocess.run(
        command,
        cwd=machine,
        env={"PATH": str(machine / "programs"), **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def the_one_sentence(done):
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_without_python_it_says_which_to_install(machine):
    assert "Python 3.11 or newer" in the_one_sentence(run(machine, "script/server"))


def test_an_old_python_is_no_python(machine):
    add_program(machine, "python3", "exit 1")
    assert "Python 3.11 or newer" in the_one_sentence(run(machine, "script/server"))


PYTHON_WITHOUT_VENV = """
case "$*" in
  *ensurepip*) [ -e venv-installed ] ;;
  *print*) echo python3.12-venv ;;
  *environment.py*) echo "sets up with $*" ;;
esac
"""


def test_python_without_venv_names_the_package(machine):
    add_program(machine, "python3", PYTHON_WITHOUT_VENV)
    add_program(machine, "apt-get", "exit 1")
    assert "sudo apt-get install python3.12-venv" in the_one_sentence(run(machine, "script/server"))


def test_python_without_venv_where_there_is_no_apt_asks_for_a_whole_python(machine):
    add_program(machine, "python3", PYTHON_WITHOUT_VENV)
    assert "ensurepip" in the_one_sentence(run(machine, "script/server"))


def test_root_gets_the_venv_package_by_itself(machine):
    add_program(machine, "python3", PYTHON_WITHOUT_VENV)
    add_program(machine, "apt-get", 'echo "$*" >> asked; : > venv-installed')
    add_program(machine, "id", "echo 0")
    done = run(machine, "script/server", "--demo")
    assert done.stdout.startswith("sets up with")
    assert done.stdout.endswith("requirements.txt -m flask --app wsgi diary serve --demo\n")
    assert "python3.12-venv" in (machine / "asked").read_text()


def test_a_python_that_can_make_environments_goes_before_one_that_cannot(machine):
    add_program(machine, "python3.11", PYTHON_WITHOUT_VENV)
    add_program(machine, "python3", 'case "$*" in *environment.py*) echo "whole python" ;; esac')
    assert run(machine, "script/server").stdout == "whole python\n"


def in_the_scripts(machine, command, *arguments, **settings):
    sourced = f". script/lib/start.sh; . script/lib/browser.sh; {command}"
    return run(machine, "bash", "-c", sourced, "bash", *arguments, **settings)


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        ([], True),
        (["-k", "word"], True),
        (["tests"], True),
        (["tests/"], True),
        (["."], True),
        (["tests/browser"], True),
        (["./tests/browser/test_today.py::test_save"], True),
        (["tests/clinical", "tests/browser"], True),
        (["tests/clinical"], False),
        (["tests/clinical/", "-k", "browser"], False),
        (["-x", "tests/clinical/test_verdict.py::test_due"], False),
    ],
)
def test_a_browser_is_set_up_only_for_tests_that_need_one(machine, arguments, needed):
    for file in ("browser/test_today.py", "clinical/test_verdict.py"):
        (machine / "tests" / file).parent.mkdir(parents=True)
        (machine / "tests" / file).touch()
    done = in_the_scripts(machine, 'named_tests_need_a_browser "$@"', *arguments)
    assert (done.returncode == 0) is needed, done.stderr


def test_a_missing_browser_is_named_with_the_command_that_installs_it(machine):
    for program in ("node", "npm"):
        add_program(machine, program, "exit 0")
    sentence = the_one_sentence(in_the_scripts(machine, "prepare_browser"))
    assert "sudo apt-get install chromium fonts-dejavu-core" in sentence
    assert "nodejs" not in sentence


def test_a_library_that_playwright_lacks_is_named_too(machine):
    for program in ("node", "npm", "chromium"):
        add_program(machine, program, "exit 0")
    driver = machine / ".venv/lib/python3.11/site-packages/playwright/driver/node"
    driver.parent.mkdir(parents=True)
    driver.symlink_to(shutil.which("false"))
    assert "sudo apt-get install libatomic1" in the_one_sentence(in_the_scripts(machine, "prepare_browser"))


def test_root_gets_the_browser_by_itself_once(machine):
    add_program(
        machine,
        "apt-get",
        'echo "$*" >> asked; for name in chromium node npm; do cp programs/env programs/$name; done',
    )
    (machine / "programs" / "cp").symlink_to(shutil.which("cp"))
    add_program(machine, "id", "echo 0")
    for _ in range(2):
        done = in_the_scripts(machine, 'prepare_axe() { :; }; prepare_browser; echo "$CHROMIUM"')
        assert done.stdout == f"{machine}/programs/chromium\n", done.stderr
    assert (machine / "asked").read_text().count("chromium fonts-dejavu-core nodejs npm") == 1


def test_a_browser_named_from_outside_is_used_or_refused(machine):
    add_program(machine, "my-browser", "exit 0")
    assert in_the_scripts(machine, 'find_chromium; echo "$CHROMIUM"', CHROMIUM="my-browser").stdout == "my-browser\n"
    assert "/no/such" in the_one_sentence(in_the_scripts(machine, "find_chromium", CHROMIUM="/no/such"))


def for_paper(machine, command):
    return run(machine, "bash", "-c", f". script/lib/start.sh; . script/lib/paper.sh; {command}")


def add_python_of_the_environment(machine, commands):
    python = machine / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{commands}\n")
    python.chmod(0o755)


def test_tests_without_the_libraries_of_the_pdf_name_the_command_that_installs_them(machine):
    add_python_of_the_environment(machine, "exit 1")
    sentence = the_one_sentence(for_paper(machine, "prepare_paper"))
    assert "sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in sentence


def test_tests_with_the_libraries_of_the_pdf_install_nothing(machine):
    add_python_of_the_environment(machine, "exit 0")
    add_program(machine, "apt-get", 'echo "$*" >> asked')
    add_program(machine, "id", "echo 0")
    assert for_paper(machine, "prepare_paper").returncode == 0
    assert not (machine / "asked").exists()


def test_root_gets_the_libraries_of_the_pdf_by_itself(machine):
    add_python_of_the_environment(machine, "[ -e installed ]")
    add_program(machine, "apt-get", 'echo "$*" >> asked; : > installed')
    add_program(machine, "id", "echo 0")
    assert for_paper(machine, "prepare_paper").returncode == 0
    assert (machine / "asked").read_text().count("libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0") == 1


@pytest.mark.parametrize("apt", [None, "exit 1", "echo much; echo more >&2; : > installed"])
@pytest.mark.parametrize("status", ["installed", "not-installed"])
def test_a_server_starts_whatever_becomes_of_the_libraries_of_the_pdf(machine, apt, status):
    add_program(machine, "python3", 'case "$*" in *environment.py*) echo "serves" ;; esac')
    add_program(machine, "dpkg-query", f"printf {status}")
    add_program(machine, "id", "echo 0")
    if apt:
        add_program(machine, "apt-get", apt)
    done = run(machine, "script/server")
    assert (done.returncode, done.stdout, done.stderr) == (0, "serves\n", "")


def test_a_server_asks_for_the_libraries_of_the_pdf_only_where_they_are_missing(machine):
    add_program(machine, "apt-get", 'echo "$*" >> asked')
    add_program(machine, "id", "echo 0")
    for status, times in (("installed", 0), ("not-installed", 1)):
        add_program(machine, "dpkg-query", f"printf {status}")
        assert for_paper(machine, "offer_paper; wait").returncode == 0
        asked = machine / "asked"
        assert (asked.read_text().count("libpango-1.0-0") if asked.exists() else 0) == times


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("<pip.HTTPSConnection>: Failed to establish a new connection: [Errno -3]", "connect this machine"),
        ("Temporary failure in name resolution", "connect this machine"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("a wheel was broken", "a wheel was broken"),
    ],
)
def test_a_failed_installation_says_what_to_do(log, words):
    said = what_to_do(f"first line\n{log}\n")
    assert words in said
    assert ".venv/set-up.log" in said
