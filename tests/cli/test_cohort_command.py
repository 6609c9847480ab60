"""The command on groups: what it prints, and what it refuses."""

import json
from datetime import date, timedelta

import pytest

from tests.clinic_builders import a_clinic
from tests.services.looking_in import everything_stored
from tests.services.study_folders import a_study

DAY_0 = date(2026, 3, 4)


@pytest.fixture
def run(app):
    """Run a command as `flask --app wsgi diary …` does."""
    return lambda *words: app.test_cli_runner().invoke(args=["diary", *map(str, words)])


@pytest.fixture
def study(run, tmp_path):
    """Five patients who fell from 8 to 2 … 4, five from 8 to 5 … 7, and two with a tag of their own, for 28 days."""
    levels = {"treated": [2, 2, 3, 3, 4], "left alone": [5, 5, 6, 6, 7], "few": [1, 1]}
    people = [(f"{tag[0]}{n}", tag, level) for tag, group in levels.items() for n, level in enumerate(group)]
    scores = [
        f"{name},{DAY_0 + timedelta(days=t)},{8 if t < 0 else level + (t + level) % 2}"
        for name, _, level in people
        for t in [*range(-8, -1), *range(1, 29)]
    ]
    folder = a_study(
        tmp_path / "in",
        [f"{name},Europe/Amsterdam,{tag}" for name, tag, _ in people],
        courses=[f"{name},ketamine,{DAY_0 - timedelta(days=1)},{DAY_0}" for name, _, _ in people],
        scores=scores,
    )
    assert run("import-study", folder).exit_code == 0


def told(run, *words, day=DAY_0 + timedelta(days=28)):
    done = run("cohort", "--as-of", day, *words)
    assert (done.exit_code, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    return json.loads(line)


def test_groups_are_one_object_with_known_names(run, study):
    cohort = told(run, "--by", "tag", "--compare", "treated", "left alone")
    assert list(cohort) == ["note", "as_of", "by", "compared", "left_out", "groups", "tests", "relief"]
    assert cohort["note"] == "descriptive: groups in a clinic are not randomised"
    assert (cohort["as_of"], cohort["by"], cohort["compared"]) == ("2026-04-01", "tag", ["treated", "left alone"])
    assert [list(group) for group in cohort["groups"]] == [["name", "weeks"]] * 2
    assert list(cohort["groups"][0]["weeks"][0]) == ["week", "mean", "se", "n", "responders30", "responders50"]
    assert list(cohort["tests"][0]) == ["week", "p_ancova", "p_holm", "p_welch", "n"]
    assert list(cohort["relief"][0]) == ["group", "median", "low", "high", "n", "lost", "p_logrank"]


def test_the_numbers_are_those_of_the_diaries(run, study):
    cohort = told(run, "--by", "tag", "--compare", "treated", "left alone")
    treated, alone = (group["weeks"] for group in cohort["groups"])
    # in week 1 level 2 is 3 2 3 2 3 2 3, level 3 is 3 4 3 4 3 4 3, level 4 is 5 4 5 4 5 4 5: 18/7 and 24/7 twice, 32/7
    assert treated[0] == {
        "week": 1, "mean": 3.3143, "se": 0.3681, "n": 5, "responders30": 1.0, "responders50": 0.8
    }  # fmt: skip
    assert [week["n"] for week in alone] == [5, 5, 5, 5, *[0] * 8]
    assert alone[4] == dict.fromkeys(alone[4]) | {"week": 5, "n": 0}
    assert all(test["p_ancova"] < 0.01 for test in cohort["tests"][:4])
    assert cohort["tests"][4] == {"week": 5, "p_ancova": None, "p_holm": None, "p_welch": None, "n": 0}
    (relief,) = cohort["relief"]
    assert relief == {
        "group": "treated", "median": None, "low": None, "high": None, "n": 5, "lost": 0, "p_logrank": None
    }  # fmt: skip


def test_without_a_comparison_every_group_of_five_is_shown_and_nothing_is_tested(run, study):
    cohort = told(run, "--by", "tag")
    assert [group["name"] for group in cohort["groups"]] == ["left alone", "treated"]
    assert (cohort["compared"], cohort["tests"]) == (None, [])
    (all_of_them,) = told(run, "--by", "medicine")["groups"]
    assert (all_of_them["name"], all_of_them["weeks"][0]["n"]) == ("ketamine", 12)


def test_more_weeks_are_given_when_asked(run, study):
    assert len(told(run, "--by", "tag", "--weeks", "52")["groups"][0]["weeks"]) == 52
    assert len(told(run, "--by", "tag", "--weeks", "1")["groups"][0]["weeks"]) == 1


def test_an_unknown_group_is_refused_with_the_names_of_those_there_are(run, study):
    for unknown in ("few", "treatde"):
        refused = run("cohort", "--as-of", "2026-04-01", "--by", "tag", "--compare", "treated", unknown)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr == (
            f"There is no group '{unknown}' with enough patients. Groups there are: 'left alone', 'treated'.\n"
        )
    same = run("cohort", "--as-of", "2026-04-01", "--by", "tag", "--compare", "treated", "treated")
    assert (same.exit_code, same.stderr) == (1, "Choose two different groups.\n")


def test_a_clinic_without_patients_has_no_groups(run, clock):
    a_clinic(clock)
    cohort = told(run, "--by", "medicine")
    assert (cohort["groups"], cohort["tests"], cohort["relief"]) == ([], [], [])
    refused = run("cohort", "--as-of", "2026-04-01", "--by", "tag", "--compare", "a", "b")
    assert (refused.exit_code, refused.stderr) == (
        1, "There is no group 'a': no group has enough patients yet.\n"
    )  # fmt: skip


def test_no_clinic_or_several_are_refused(run, clock):
    assert "There is no clinic yet" in run("cohort", "--as-of", "2026-04-01", "--by", "tag").stderr
    for name in ("West", "East"):
        a_clinic(clock, name)
    assert "name one with --clinic" in run("cohort", "--as-of", "2026-04-01", "--by", "tag").stderr
    assert run("cohort", "--as-of", "2026-04-01", "--by", "tag", "--clinic", "West").exit_code == 0


USAGE = [
    (),
    ("--as-of", "2026-04-01"),
    ("--by", "tag"),
    ("--as-of", "2026-04-01", "--by", "colour"),
    ("--as-of", "2026-04-31", "--by", "tag"),
    ("--as-of", "2026-04-01", "--by", "tag", "--compare", "a"),
    ("--as-of", "2026-04-01", "--by", "tag", "--weeks", "0"),
    ("--as-of", "2026-04-01", "--by", "tag", "--weeks", "53"),
]


def test_a_command_written_wrongly_is_a_matter_of_usage(run):
    stored = everything_stored()
    for words in USAGE:
        refused = run("cohort", *words)
        assert (refused.exit_code, refused.stdout) == (2, ""), words
        assert "Error:" in refused.stderr
    assert everything_stored() == stored
