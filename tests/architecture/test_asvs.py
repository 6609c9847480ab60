"""The table of the ASVS is whole, its counts are right, and what it names is there."""

import re
from collections import Counter
from dataclasses import dataclass

import pytest

from tests.architecture.named_in_pages import NAMED_FILE, NAMED_TEST, names_of_nothing
from tests.architecture.source_tree import ROOT

PAGE = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
STATES = ("met", "not applicable", "not met")
IN_A_SECTION = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4,
    "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4,
    "17.3": 2,
}  # fmt: skip
"""How many requirements of level 1 and 2 each section of version 5.0.0 has; they are numbered from 1 without gaps."""
AT_LEVEL_1 = 70


@dataclass(frozen=True)
class Row:
    """One requirement: its id, its level, what it asks, and how Ebb stands to it."""

    id: str
    level: str
    asks: str
    state: str
    why: str


ROWS = [
    Row(*(cell.strip() for cell in line.strip("|").split(" | ")))
    for line in PAGE.splitlines()
    if re.match(r"\| \d+\.\d+\.\d+ \|", line)
]


def test_every_requirement_of_level_1_and_2_stands_there_once():
    wanted = [f"{section}.{number}" for section, many in IN_A_SECTION.items() for number in range(1, many + 1)]
    assert [row.id for row in ROWS] == wanted
    assert Counter(row.level for row in ROWS) == {"1": AT_LEVEL_1, "2": len(wanted) - AT_LEVEL_1}


def test_the_counts_at_the_top_are_those_of_the_table():
    for name, levels in (("1", "1"), ("2", "2"), ("both", "12")):
        counted = Counter(row.state for row in ROWS if row.level in levels)
        cells = [name, *(str(counted[state]) for state in STATES), str(counted.total())]
        assert f"| {' | '.join(cells)} |" in PAGE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_says_how_it_stands_and_what_holds_it(row):
    assert row.state in STATES
    assert len(row.asks) >= 5
    named = NAMED_TEST.findall(row.why) + NAMED_FILE.findall(row.why)
    assert names_of_nothing(row.why) == []
    if row.state == "met":
        assert named, "nothing holds it"
    else:
        assert re.search(r"\w{2,}.*\w", row.why), "it does not say why"


def test_what_is_not_met_says_more_than_that():
    for row in ROWS:
        if row.state == "not met":
            assert len(row.why) >= 40, row.id
