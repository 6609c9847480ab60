"""The commands on studies: what they print, where, and with which exit code."""

import json
from datetime import date

import pytest

from tests.clinic_builders import a_clinic
from tests.services.looking_in import everything_stored
from tests.services.study_folders import a_study

COURSE = "P1,ketamine,2026-03-02,2026-03-06"


@pytest.fixture
def run(app):
    """Run a command as `flask --app wsgi diary …` does."""
    return lambda *words: app.test_cli_runner().invoke(args=["diary", *map(str, words)])


def test_a_study_is_read_and_told(run, tmp_path):
    folder = a_study(tmp_path, ["P1", "P2"], courses=[COURSE], scores=["P1,2026-03-01,7", "P2,2026-03-01,0"])
    first, again = run("import-study", folder), run("import-study", folder)
    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout == "Study: 2 patients added, 1 courses and 2 scores stored, 0 scores as they were.\n"
    assert again.stdout == "Study: 0 patients added, 0 courses and 0 scores stored, 2 scores as they were.\n"


def test_every_bad_line_is_told_on_stderr_and_nothing_is_stored(run, tmp_path):
    lines = ["P1,2026-03-01,7", "P1,2026-03-02,11", "P9,2026-03-03,5", "P1,2026-02-30,5", "P1,2026-03-01,7.5"]
    stored = everything_stored()
    refused = run("import-study", a_study(tmp_path, scores=lines))
    assert (refused.exit_code, refused.stdout) == (1, "")
    told = refused.stderr.splitlines()
    assert [line.rsplit(": ", 1)[0].split(": ")[0] for line in told] == [
        "scores.csv:3:15",
        "scores.csv:4:1",
        "scores.csv:5:4",
        "scores.csv:6:15",
    ]
    assert everything_stored() == stored


@pytest.mark.parametrize("missing", ["patients.csv", "courses.csv", "scores.csv"])
def test_a_folder_without_a_file_is_refused(run, tmp_path, missing):
    (a_study(tmp_path) / missing).unlink()
    refused = run("import-study", tmp_path)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"{missing}:1:1: the file is missing")


def test_a_folder_that_is_not_there_is_refused(run, tmp_path):
    refused = run("import-study", tmp_path / "nowhere")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "patients.csv:1:1: the file is missing" in refused.stderr


def test_a_study_is_written_back(run, tmp_path):
    folder = a_study(tmp_path / "in", courses=[COURSE], scores=["P1,2026-03-01,7"])
    run("import-study", folder, "--clinic", "West")
    written = run("export-study", tmp_path / "out", "--clinic", "West")
    assert (written.exit_code, written.stdout) == (0, f"1 patients written to {tmp_path / 'out'}.\n")
    assert (tmp_path / "out" / "courses.csv").read_text() == (folder / "courses.csv").read_text()
    assert run("import-study", tmp_path / "out").stdout.endswith(
        "0 courses and 0 scores stored, 1 scores as they were.\n"
    )


def test_an_export_that_cannot_be_written_is_refused(run, tmp_path, clock):
    a_clinic(clock)
    (tmp_path / "file").write_text("")
    refused = run("export-study", tmp_path / "file")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "file" in refused.stderr


def test_verdicts_are_one_object_a_line(run, tmp_path):
    run("import-study", a_study(tmp_path, ["P2", "P1"], courses=[COURSE]))
    told = run("verdicts", "--as-of", "2026-03-10")
    assert (told.exit_code, told.stderr) == (0, "")
    one, two = map(json.loads, told.stdout.splitlines())
    assert (one["patient"], one["state"], one["why"]) == ("P1", "NOT_ENOUGH_DATA", "no_baseline")
    assert (two["patient"], two["state"], two["why"]) == ("P2", "NO_COURSE", None)
    assert list(one)[:3] == ["patient", "state", "marks"]


def test_verdicts_of_a_clinic_without_patients_are_no_line(run, clock):
    a_clinic(clock)
    told = run("verdicts", "--as-of", "2026-03-10")
    assert (told.exit_code, told.stdout, told.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "words",
    [("verdicts", "--as-of", "2026-03-10"), ("forecast", "--as-of", "2026-03-10"), ("export-study", "out")],
)
def test_no_clinic_or_several_are_refused(run, clock, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    refused = run(*words)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "There is no clinic yet" in refused.stderr
    for name in ("West", "East"):
        a_clinic(clock, name)
    assert "name one with --clinic ('East', 'West')" in run(*words).stderr
    assert run(*words, "--clinic", "North").stderr == "There is no clinic called 'North'.\n"
    assert run(*words, "--clinic", "West").exit_code == 0


USAGE = [
    ("verdicts",),
    ("verdicts", "--as-of"),
    ("verdicts", "--as-of", "yesterday"),
    ("verdicts", "--as-of", "2026-02-30"),
    ("verdicts", "--as-of", "20260310"),
    ("verdicts", "--as-of", "2026-W11-2"),
    ("verdicts", "--as-of", "٢٠٢٦-٠٣-١٠"),
    ("verdicts", "--as-of", "2026-03-10", "--colour"),
    ("forecast",),
    ("forecast", "--as-of", "2026-02-30"),
    ("import-study",),
    ("import-study", "a", "b"),
    ("export-study",),
    ("no-such-command",),
    ("invite",),
    ("admin", "create", "a@b.example"),
    ("admin", "create", "a@b.example", "--clinic", "West", "--role", "king"),
]


def test_a_command_written_wrongly_is_a_matter_of_usage(run):
    stored = everything_stored()
    for words in USAGE:
        refused = run(*words)
        assert (refused.exit_code, refused.stdout) == (2, ""), words
        assert "Error:" in refused.stderr
    assert everything_stored() == stored


def test_verdicts_know_nothing_of_later_days(run, tmp_path):
    scores = [f"P1,{date(2026, 3, day)},7" for day in range(1, 21)]
    run("import-study", a_study(tmp_path, scores=scores, courses=["P1,ketamine,2026-03-08,2026-03-10"]))
    before = run("verdicts", "--as-of", "2026-03-12").stdout
    more = [*scores[:12], *(f"P1,{date(2026, 3, day)},1" for day in range(13, 21))]
    run("import-study", a_study(tmp_path, scores=more, courses=["P1,ketamine,2026-03-08,2026-03-10"]))
    assert run("verdicts", "--as-of", "2026-03-12").stdout == before
    assert run("verdicts", "--as-of", "2026-03-20").stdout != before
