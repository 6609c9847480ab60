"""The tests of the rules in a copy of the code, many times and quickly: in processes that know pytest already."""

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final

import click

ROOT: Final = Path(__file__).resolve().parents[2]
CLINICAL: Final = Path("diary/clinical")
TESTS: Final = Path("tests/clinical")
OTHER_TESTS: Final = re.compile(r"test_(cohort|finished|forecast|silences)")
"""Tests of the parts that are left out here."""

CONFTEST: Final = """
from hypothesis import Phase, settings

settings.register_profile(
    "mutants",
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
)
settings.load_profile("mutants")
"""
FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["pytest", "hypothesis", "hypothesis.strategies", "zoneinfo", "statistics", "uuid"])


def copied_to(folder: Path) -> Path:
    """Copy the code and the tests of the rules, with settings for many short runs."""
    nothing_made_here = shutil.ignore_patterns("__pycache__")
    for part in (Path("diary"), TESTS):
        shutil.copytree(ROOT / part, folder / part, ignore=nothing_made_here)
    for test in (folder / TESTS).glob("test_*.py"):
        if OTHER_TESTS.match(test.name):
            test.unlink()
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / TESTS / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "compileall", "-q", folder], check=True)
    return folder


def seconds_of_tests(copy: Path) -> dict[str, float]:
    """Return how long each file of tests takes on the code as it is.

    Raises:
        SystemExit: one of them fails without any mutant.
    """
    seconds = {}
    tests = sorted(path.name for path in (copy / TESTS).glob("test_*.py"))
    with click.progressbar(tests, label="tests without a mutant") as bar:
        for test in bar:
            start = time.perf_counter()
            if not pass_all(copy, [test]):
                raise SystemExit(f"{TESTS / test} fails without a mutant: mend it first.")
            seconds[test] = time.perf_counter() - start
    return seconds


def limit_of(tests: Iterable[str], seconds: Mapping[str, float]) -> float:
    """Return how many seconds a mutant may take; one that needs more runs for ever."""
    return 20 + 3 * sum(seconds[test] for test in tests)


def pass_all(copy: Path, tests: Sequence[str], limit: float = 300) -> bool:
    """Say whether all `tests` of a copy pass within `limit` seconds, in a process that knows pytest already."""
    running = FORKS.Process(target=run_tests, args=(copy, tests))
    running.start()
    running.join(limit)
    if running.exitcode is None:
        running.kill()
        running.join()
    return running.exitcode == 0


def run_tests(copy: Path, tests: Sequence[str]) -> None:
    """Run `tests` in this process up to the first that fails, and end it with the exit status."""
    import pytest  # noqa: PLC0415

    os.chdir(copy)
    sys.path[:] = [path for path in sys.path if Path(path or copy).resolve() != ROOT]
    options = ["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "-c", str(copy / "pyproject.toml")]
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        status = pytest.main([*options, "--rootdir", str(copy), *(str(copy / TESTS / test) for test in tests)])
    os._exit(status)
