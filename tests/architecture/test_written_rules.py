"""What is written about the rules and their hazards agrees with the code, and every test it names is there."""

import re

import pytest

from script.lib import rules_page as page
from script.lib.rules_code import (
    exists,
    functions_that_mark,
    functions_that_return,
    functions_with_attribute,
    places_of_tests,
)
from tests.architecture.source_tree import ROOT

HAZARDS = ROOT / "docs" / "hazards.md"
COLUMNS = 9
LEVELS = {"low", "middle", "high"}


def rows() -> list[list[str]]:
    """Return the cells of the hazards, one list a row."""
    lines = [line for line in HAZARDS.read_text(encoding="utf-8").splitlines() if re.match(r"\| H\d", line)]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_page_of_the_rules_is_what_the_code_says():
    assert page.PAGE.read_text(encoding="utf-8") == page.rules_page(), "Run script/docs and look at what has changed."


def test_every_number_of_the_rules_is_applied_somewhere():
    for name in (*page.NUMBERS, *page.MEDICINE_NUMBERS):
        assert functions_with_attribute(name), f"{name} is read nowhere"


def test_a_test_or_function_that_is_not_there_is_not_named(monkeypatch):
    monkeypatch.setitem(page.OF_STATES, "HOLDING", "test_that_nobody_wrote")
    with pytest.raises(page.NotThere, match="test_that_nobody_wrote"):
        page.rules_page()
    monkeypatch.undo()
    monkeypatch.setitem(page.OF_DEFINITIONS, "line", ("diary.clinical.rules.RuleSet.curve", "test_two_good_weeks_hold"))
    with pytest.raises(page.NotThere, match=r"RuleSet\.curve"):
        page.rules_page()


def test_functions_are_found_where_they_stand():
    assert functions_with_attribute("relief_percent") == ["clinical/rules:RuleSet.line"]
    assert functions_with_attribute("weeks_percent") == ["clinical/states:Timeline._without_response"]
    assert functions_that_return("NON_RESPONDER") == ["clinical/states:Timeline._without_response"]
    assert functions_that_return("NO_COURSE") == ["clinical/verdict:_before_any_course"]
    assert functions_that_mark("yearly_limit") == ["clinical/marks:_yearly_limit_mark"]
    assert functions_that_mark("baseline_kept") == ["clinical/marks:_baseline_mark"]
    assert exists("diary.clinical.weeks.Weeks.mean")
    assert not exists("diary.clinical.weeks.Weeks.median")
    assert not exists("diary.clinical.months.Weeks.mean")
    assert not exists("diary.clinical.weeks.mean")


def test_every_hazard_is_told_in_full():
    told = rows()
    assert len(told) >= 25
    assert [row[0] for row in told] == [f"H{number}" for number in range(1, len(told) + 1)]
    for row in told:
        assert len(row) == COLUMNS, row[0]
        assert all(row), row[0]
        assert {row[4], row[5]} <= LEVELS, row[0]


def test_every_test_that_holds_a_hazard_is_there():
    there = places_of_tests()
    for row in rows():
        named = re.findall(r"`(test_\w+)`", row[7])
        assert named or row[7] == "none", row[0]
        assert not [name for name in named if name not in there], row[0]


def test_a_hazard_that_no_test_holds_is_open():
    for row in rows():
        assert row[7] != "none" or row[8] != "nothing known", row[0]
