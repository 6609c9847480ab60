"""The backtest in its quick form: every row is printed, the page is whole, no number of processes matters."""

import re
from concurrent.futures import BrokenExecutor
from dataclasses import replace

import pytest

from diary.cli import backtest
from diary.validation.explanations import WORDS
from diary.validation.measuring import QUICK, Part, measure_cohorts
from diary.validation.worlds import WORLDS
from tests.services.study_folders import a_study

pytestmark = pytest.mark.long

ROWS = [
    *(f"80 % window covers, day {origin}" for origin in (21, 35, 56)),
    *(f"mean absolute error of the median, day {origin}" for origin in (21, 35, 56)),
    *(f"pinball loss below Kaplan-Meier's, day {origin}" for origin in (21, 35, 56)),
    "loss within 14 days: Brier skill",
    "loss within 14 days: AUC",
    "REPEAT_DUE: premature (more than 7 days early)",
    "REPEAT_DUE: lag, median",
    "REPEAT_DUE: lag, 90 %",
    "DUE_SOON: lead before due, median",
    "DUE_SOON: not due within 35 days",
    "response, two weeks: found",
    "response, two weeks: false",
    "response, one week (short-acting): found",
    "response, one week (short-acting): false",
    "time of a verdict of one year with all marks",
    "time of a forecast",
    "simulated trials: mean of week 1, ketamine",
    "simulated trials: mean of week 1, placebo",
    "simulated trials: median P of week 11",
    "simulated trials: median P of week 12",
]


@pytest.fixture
def run(app):
    """Run a command as `flask --app wsgi diary …` does."""
    return lambda *words: app.test_cli_runner().invoke(args=["diary", "backtest", *map(str, words)])


def test_the_quick_backtest_prints_every_row_and_writes_the_whole_page(run, tmp_path, monkeypatch):
    page = tmp_path / "docs" / "validation.md"
    page.parent.mkdir()
    monkeypatch.setattr(backtest, "ROOT", tmp_path)
    monkeypatch.setattr(backtest, "PAGE", page)
    diary = [f"K1,2024-{month:02}-{day:02},7" for month in (1, 2, 3) for day in range(1, 29)]
    folder = a_study(tmp_path / "knees", ["K1"], scores=diary)
    found = run("--quick", "--write", "--processes", 2, "--real", f"Knees={folder}")
    assert (found.exit_code, found.exception) == (0, None)
    lines = found.stdout.splitlines()
    assert [re.split(" {2,}", line)[0] for line in lines[1 : len(ROWS) + 1]] == ROWS
    assert all(re.search(r"\b(yes|MISSED)$", line) for line in lines[1 : len(ROWS) + 1])
    assert lines[-1] == "Written to docs/validation.md."
    words = page.read_text(encoding="utf-8")
    titles = re.findall("^## (.+)$", words, re.MULTILINE)
    assert set(WORDS) <= set(titles) | {"Courses given in real studies"}
    for row in (*ROWS, *WORLDS, "Knees (1)", "Commit: not in a checkout", "Day: 2026-03-20", "Python 3.11"):
        assert row in words, row
    assert str(tmp_path) not in words


def test_a_real_folder_needs_a_name_and_a_study(run, tmp_path):
    assert run("--quick", "--real", tmp_path).exit_code == 2
    refused = run("--quick", "--real", f"Knees={tmp_path / 'nowhere'}")
    assert refused.exit_code == 1
    assert "patients.csv:1:1: the file is missing" in refused.stderr


def test_a_process_that_is_ended_from_outside_is_told(run, monkeypatch):
    def ended(*_given, **_more):
        raise BrokenExecutor

    monkeypatch.setattr("diary.validation.measuring.measure_cohorts", ended)
    refused = run("--quick", "--calibrate")
    assert refused.exit_code == 1
    assert "A process of the backtest was ended from outside" in refused.stderr


def test_a_calibration_is_printed_alone(run, monkeypatch):
    asked = []

    def cohorts(sizes, *, seed, processes, progress):
        asked.append((sizes, seed))
        return measure_cohorts(sizes, seed=seed, processes=processes, progress=progress)

    monkeypatch.setattr("diary.validation.measuring.measure_cohorts", cohorts)
    found = run("--quick", "--calibrate", "--processes", 2, "--seed", 3)
    assert (found.exit_code, found.exception) == (0, None)
    assert asked == [(QUICK, 3)]
    ranks = found.stdout.splitlines()[0]
    assert re.fullmatch(r"ranks of \d+ finished courses: (0\.\d{3}, ){18}0\.\d{3}", ranks)
    assert "calibrated on finished courses" in found.stdout


def test_no_number_of_processes_changes_a_figure():
    told = []
    sizes = replace(QUICK, cohort=16)
    one, two = (measure_cohorts(sizes, seed=1, processes=number, progress=told.append) for number in (1, 2))
    assert one.test.courses == two.test.courses
    assert one.test.standings
    assert [tuple(each.losses.days) for each in one.test.standings] == [
        tuple(each.losses.days) for each in two.test.standings
    ]
    assert told == [1 / 3, 2 / 3, 1, 1 / 3, 2 / 3, 1]


def test_no_two_parts_share_a_seed():
    seeds = [part.seed(first) for first in range(5) for part in Part if part is not Part.WORLDS]
    seeds += [Part.WORLDS.seed(first, place) for first in range(5) for place in range(len(WORLDS))]
    assert len(seeds) == len(set(seeds))
