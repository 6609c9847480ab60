"""Bad and odd studies through the commands: a refusal in words or a state for each patient, never a traceback."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from tests.services.looking_in import everything_stored
from tests.services.study_folders import a_study

DAY_0 = date(2026, 3, 2)
TODAY = DAY_0 + timedelta(days=26)
COURSE = f"P1,ketamine,{DAY_0},{DAY_0}"

COMMANDS = {
    "verdicts": ("verdicts",),
    "forecast": ("forecast",),
    "cohort by medicine": ("cohort", "--by", "medicine"),
    "cohort by tag": ("cohort", "--by", "tag"),
}
"""Each is asked about every odd study below."""

Run = Callable[..., Result]


@pytest.fixture
def run(app) -> Run:
    """Run a command as `flask --app wsgi diary …` does."""
    return lambda *words: app.test_cli_runner().invoke(args=["diary", *map(str, words)])


def scores_of(first: date, levels: list[int | None], *, patient: str = "P1") -> list[str]:
    days = ((first + timedelta(days=step), level) for step, level in enumerate(levels))
    return [f"{patient},{on},{level}" for on, level in days if level is not None]


def on(t: int) -> date:
    return DAY_0 + timedelta(days=t)


LOST = [*scores_of(on(-7), [10] * 7), *scores_of(on(1), [5] * 14 + [8] * 12)]
"""Confirmed on day 14, lost from day 19, due on day 26."""

REFUSED: dict[str, tuple[list[str], list[str]]] = {
    "a score of 11": ([COURSE], [*LOST, f"P1,{on(-9)},11"]),
    "a score of -1": ([COURSE], [*LOST, f"P1,{on(-9)},-1"]),
    "half a point": ([COURSE], [*LOST, f"P1,{on(-9)},7.5"]),
    "not a number": ([COURSE], [*LOST, f"P1,{on(-9)},NaN"]),
    "a number without end": ([COURSE], [*LOST, f"P1,{on(-9)},inf"]),
    "no score": ([COURSE], [*LOST, f"P1,{on(-9)},"]),
    "the same day twice": ([COURSE], [*LOST, LOST[0]]),
    "two scores for a day": ([COURSE], [*LOST, f"P1,{on(-7)},3"]),
    "a day that does not exist": ([COURSE], [*LOST, "P1,2026-02-29,7"]),
    "a day before there are any": ([COURSE], [*LOST, "P1,1899-12-31,7"]),
    "a day after there are any": ([COURSE], [*LOST, "P1,2201-01-01,7"]),
    "an empty line": ([COURSE], [*LOST, ""]),
    "a score of a patient nobody knows": ([COURSE], [*LOST, f"P9,{on(-9)},7"]),
    "a course of a patient nobody knows": ([COURSE, f"P9,ketamine,{DAY_0},{DAY_0}"], LOST),
    "the same course twice": ([COURSE, COURSE], LOST),
    "courses that share a day": ([COURSE, f"P1,lidocaine,{on(-2)},{on(1)}"], LOST),
    "a course within a course": ([f"P1,ketamine,{on(-9)},{on(9)}", COURSE], LOST),
    "a course that ends before it begins": ([f"P1,ketamine,{DAY_0},{on(-1)}"], LOST),
    "a course of nothing": ([f"P1,,{DAY_0},{DAY_0}"], LOST),
    "a course of a medicine nobody knows": ([f"P1,aspirin,{DAY_0},{DAY_0}"], LOST),
    "a course that ends after there are any days": ([f"P1,ketamine,{DAY_0},2201-01-01"], LOST),
}


@pytest.mark.parametrize(("courses", "scores"), REFUSED.values(), ids=REFUSED)
def test_a_bad_study_is_refused_by_file_and_line_and_leaves_nothing(
    run: Run, tmp_path: Path, courses: list[str], scores: list[str]
) -> None:
    stored = everything_stored()
    done = run("import-study", a_study(tmp_path, courses=courses, scores=scores))
    assert (done.exit_code, done.stdout) == (1, "")
    assert isinstance(done.exception, SystemExit)
    assert all(line.startswith(("courses.csv:", "scores.csv:")) for line in done.stderr.splitlines())
    assert everything_stored() == stored


def ten_years() -> tuple[list[str], list[str]]:
    """Return forty courses 91 days apart, relieved for 40 days each; the last one ends 26 days before today."""
    courses, scores = [], []
    for number in range(40):
        day_0 = DAY_0 - timedelta(days=91 * (39 - number))
        courses.append(f"P1,ketamine,{day_0 - timedelta(days=4)},{day_0}")
        scores += scores_of(day_0 + timedelta(days=1), [3] * 40 + [9] * 46)
    return courses, scores


ODD: dict[str, tuple[list[str], list[str], str]] = {
    "nothing at all": ([], [], "NO_COURSE"),
    "scores without a course": ([], LOST, "NO_COURSE"),
    "a course without scores": ([COURSE], [], "NOT_ENOUGH_DATA"),
    "a course in the future": ([f"P1,ketamine,{on(27)},{on(30)}"], LOST, "NO_COURSE"),
    "a course that goes on": ([f"P1,ketamine,{on(20)},{on(90)}"], LOST, "IN_COURSE"),
    "a diary from the last day to the first": ([COURSE], LOST[::-1], "REPEAT_DUE"),
    "a diary that goes on after today": ([COURSE], [*LOST, *scores_of(on(27), [0] * 60)], "REPEAT_DUE"),
    "a diary without pain": ([COURSE], scores_of(on(-7), [0] * 33), "NOT_ENOUGH_DATA"),
    "a diary of nothing but tens": ([COURSE], scores_of(on(-7), [10] * 33), "AWAITING_RESPONSE"),
    "a diary of one day": ([COURSE], [f"P1,{TODAY},7"], "NOT_ENOUGH_DATA"),
    "a course on the first day there is": (["P1,ketamine,1900-01-01,1900-01-01"], LOST, "NOT_ENOUGH_DATA"),
    "courses that touch": ([COURSE, f"P1,lidocaine,{on(1)},{on(1)}"], LOST, "REPEAT_DUE"),
    "ten years and forty courses": (*ten_years(), "HOLDING"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(("courses", "scores", "state"), ODD.values(), ids=ODD)
def test_an_odd_study_has_a_state_and_every_command_answers(
    run: Run, tmp_path: Path, command: tuple[str, ...], courses: list[str], scores: list[str], state: str
) -> None:
    taken = run("import-study", a_study(tmp_path, ["P1", "P2"], courses=courses, scores=scores))
    assert (taken.exit_code, taken.stderr) == (0, "")
    told = run(*command, "--as-of", TODAY)
    assert (told.exit_code, told.stderr, told.exception) == (0, "", None)
    answers = [json.loads(line, parse_constant=no_number) for line in told.stdout.splitlines()]
    if command[0] == "cohort":
        assert len(answers) == 1
    else:
        assert [answer["patient"] for answer in answers] == ["P1", "P2"]
        assert [answer["state"] for answer in answers] == [state, "NO_COURSE"]


def no_number(constant: str) -> None:
    raise AssertionError(f"{constant} is no number of JSON")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("today", ["2026-02-30", "yesterday", "", "NaN", "1899-12-31", "2201-01-01", "2026-3-2"])
def test_what_is_no_day_is_asked_again(run: Run, command: tuple[str, ...], today: str) -> None:
    refused = run(*command, "--as-of", today)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "Invalid value for '--as-of'" in refused.stderr


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("today", ["1900-01-01", "2200-12-31"])
def test_the_first_and_the_last_day_there_is_are_answered(
    run: Run, tmp_path: Path, command: tuple[str, ...], today: str
) -> None:
    run("import-study", a_study(tmp_path, courses=[COURSE], scores=LOST))
    told = run(*command, "--as-of", today)
    assert (told.exit_code, told.stderr, told.exception) == (0, "", None)
