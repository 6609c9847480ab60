"""Every word of the rules is said once, and none is missing."""

import ast
from pathlib import Path

import pytest

from diary.clinical import marks, meanings, states
from diary.clinical.forecast import Silent
from diary.clinical.meanings import BOOK_BY, DEFINITIONS, MARKS, NOT_BOOKED, SILENCES, STATES, Meaning
from diary.clinical.rule_changes import with_changes
from diary.clinical.rules import DEFAULT_RULES, MEDICINE_NUMBERS, NUMBERS
from diary.clinical.states import State, Why

ALL = (*DEFINITIONS, *STATES, *MARKS, *SILENCES, BOOK_BY, *NOT_BOOKED)


def codes(said: tuple[Meaning, ...]) -> list[str]:
    return [meaning.code for meaning in said]


def tree_of(module: object) -> ast.Module:
    return ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))  # type: ignore[attr-defined]


def texts_in(node: ast.AST) -> list[str]:
    """Return the texts below a node in the order in which they are written."""
    texts = [one for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [str(one.value) for one in sorted(texts, key=lambda one: (one.lineno, one.col_offset))]


def test_every_state_and_reason_has_its_meaning() -> None:
    wanted = {state.value for state in State} - {"NOT_ENOUGH_DATA"} | {f"NOT_ENOUGH_DATA: {why}" for why in Why}
    assert set(codes(STATES)) == wanted
    assert len(STATES) == len(wanted)


def test_states_are_said_in_the_order_in_which_they_are_looked_for() -> None:
    functions = {node.name: node for node in ast.walk(tree_of(states)) if isinstance(node, ast.FunctionDef)}
    named = [
        one
        for name in ("verdict_on", "_without_response")
        for one in ast.walk(functions[name])
        if isinstance(one, ast.Attribute) and one.attr in State.__members__
    ]
    given = [one.attr for one in sorted(named, key=lambda one: (one.lineno, one.col_offset))]
    said = [code.partition(":")[0] for code in codes(STATES)]
    assert set(given) == set(said) - {"NO_COURSE"}
    for state in set(given) - {"NOT_ENOUGH_DATA"}:
        earlier = {other for other in given[: given.index(state)] if other != "NOT_ENOUGH_DATA"}
        assert earlier == {other for other in said[1 : said.index(state)] if other != "NOT_ENOUGH_DATA"}, state


def test_every_mark_has_its_meaning_in_the_order_of_the_marks() -> None:
    functions = {node.name: node for node in tree_of(marks).body if isinstance(node, ast.FunctionDef)}
    found: list[str] = []
    for rule in marks.MARK_RULES:
        put = [text for text in texts_in(functions[rule.__name__]) if text.islower() and " " not in text]
        found += [text for text in put if text != "ketamine"] or list(dict.fromkeys(marks._BASELINE_MARKS.values()))
    assert codes(MARKS) == found


def test_every_silence_of_the_forecast_has_its_meaning() -> None:
    assert codes(SILENCES) == [silent.value for silent in Silent]


@pytest.mark.parametrize("meaning", ALL, ids=lambda meaning: meaning.code)
def test_a_meaning_names_numbers_of_the_rules_only(meaning: Meaning) -> None:
    assert set(meaning.numbers) <= NUMBERS.keys() | MEDICINE_NUMBERS.keys()
    words = meaning.in_words(DEFAULT_RULES)
    assert "{" not in words
    assert words == words.strip().removesuffix(".")
    assert meaning.status in ("", "V", "S", "O")


def test_no_word_is_said_twice() -> None:
    for table in (DEFINITIONS, STATES, MARKS, SILENCES, NOT_BOOKED):
        assert len(set(codes(table))) == len(table)


def test_a_meaning_says_the_numbers_of_the_clinic() -> None:
    few = next(meaning for meaning in STATES if meaning.code.endswith("few_entries"))
    changed = with_changes(DEFAULT_RULES, {"week_minimum": 5})
    assert few.in_words(DEFAULT_RULES) == "fewer than 4 counting entries in the last 7 days"
    assert few.in_words(changed) == "fewer than 5 counting entries in the last 7 days"
    assert meanings.BOOK_BY.in_words(changed).endswith("less `waiting_time`")
