"""Numbers of the rules that a clinic changes: what makes sense, what status they have, what is no longer the same."""

from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.errors import ClinicalError
from diary.clinical.medicines import DEFAULT_MEDICINES, Medicine
from diary.clinical.rule_changes import (
    NAMES,
    SET_BY_THE_CLINIC,
    about_number,
    differences,
    status_of,
    value_of,
    with_changes,
)
from diary.clinical.rule_numbers import NumberChange
from diary.clinical.rules import DEFAULT_RULES, NUMBERS, RuleSet, allowed_values


def outside(name: str) -> list[Any]:
    """Return values that the number `name` must not have."""
    lowest, highest = allowed_values(name)
    kind = about_number(name)["kind"]
    if kind is bool:
        return [0, 1, "yes", None]
    near = Fraction(1, 100) if kind is Fraction else 1
    unset = [] if about_number(name)["may_be_unset"] else [None]
    return [lowest - near, highest + near, "many", float("nan"), True, -10, 10**9, *unset]


def words_of_faults(rules: RuleSet) -> list[str]:
    return [str(fault) for fault in rules.faults()]


def test_the_numbers_of_version_1_make_sense() -> None:
    DEFAULT_RULES.check()
    assert list(DEFAULT_RULES.faults()) == []


def test_every_number_has_words_a_status_and_a_range_that_holds_its_default() -> None:
    for name in NAMES:
        about = about_number(name)
        lowest, highest = allowed_values(name)
        value = value_of(DEFAULT_RULES, name)
        assert about["words"], name
        assert about["status"] in ("V", "S", "O"), name
        assert value is None or lowest <= value <= highest, name
        assert lowest < highest, name


def test_every_number_of_the_rule_set_and_of_each_medicine_is_among_the_names() -> None:
    own = {f.name for f in fields(RuleSet)} - {"version", "medicines", "_by_code"}
    assert own == set(NUMBERS)
    assert len(NAMES) == len(set(NAMES)) == len(own) + len(DEFAULT_MEDICINES) * len(SET_BY_THE_CLINIC)
    numbers_of_a_medicine = {f.name for f in fields(Medicine) if f.type in ("int", "int | None", int, int | None)}
    assert set(SET_BY_THE_CLINIC) == numbers_of_a_medicine - {"prior_t50"}


@pytest.mark.parametrize("name", NAMES)
def test_a_number_outside_its_range_or_of_another_kind_is_refused_by_name(name: str) -> None:
    for value in outside(name):
        changed = with_changes(DEFAULT_RULES, {name: value})
        assert [fault.name for fault in changed.faults()] == [name], value
        with pytest.raises(ClinicalError, match=name):
            changed.check()
        with pytest.raises(ClinicalError, match=name):
            RuleSet.from_parameters(changed.parameters())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"baseline_minimum": 8, "long_baseline_minimum": 8}, "baseline_days must be at least baseline_minimum"),
        ({"baseline_days": 10, "long_baseline_days": 9}, "long_baseline_days must be at least baseline_days"),
        ({"long_baseline_minimum": 15}, "long_baseline_days must be at least long_baseline_minimum"),
        ({"long_baseline_minimum": 3}, "long_baseline_minimum must be at least baseline_minimum"),
        ({"near_leaves": Decimal("0.4")}, "near_leaves must be at least near_enters"),
        ({"gap_minimum": 3}, "gap_minimum must be at least week_minimum"),
        ({"late_days_counting": 4}, "late_days_offered must be at least late_days_counting"),
        (
            {"lowest_baseline": 2, "relief_percent": 60, "near_leaves": Decimal("0.8")},
            "near_leaves must be less than 4/5, the line of the lowest baseline",
        ),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(changes: dict[str, Any], said: str) -> None:
    (found,) = words_of_faults(with_changes(DEFAULT_RULES, changes))
    assert found.startswith(said)


def test_numbers_beside_each_other_may_be_equal() -> None:
    even = {"baseline_minimum": 6, "gap_minimum": 4, "near_leaves": Decimal("0.5"), "late_days_counting": 3}
    assert words_of_faults(with_changes(DEFAULT_RULES, even)) == []
    just_ends = {"lowest_baseline": 2, "relief_percent": 60, "near_leaves": Decimal("0.79"), "near_enters": 0}
    assert words_of_faults(with_changes(DEFAULT_RULES, just_ends)) == []


def test_no_clinic_repeats_a_ketamine_course_within_the_days_after_which_livers_were_injured() -> None:
    for days, fault in ((16, 1), (17, 0)):
        changed = with_changes(DEFAULT_RULES, {"ketamine.minimum_interval": days})
        assert len(list(changed.faults())) == fault
    assert words_of_faults(with_changes(DEFAULT_RULES, {"ketamine-single.minimum_interval": 14})) == []


def test_a_fraction_of_a_point_stays_exact() -> None:
    changed = with_changes(DEFAULT_RULES, {"near_enters": Decimal("0.35")})
    assert changed.near_enters == Fraction(7, 20)
    assert RuleSet.from_parameters(changed.parameters()) == changed


def test_a_number_that_nobody_knows_is_refused() -> None:
    for name in ("weekly_minimum", "aspirin.eval_end", "ketamine.substance", "ketamine.prior_t50", "version", ""):
        with pytest.raises(ClinicalError, match="cannot change"):
            with_changes(DEFAULT_RULES, {name: 1})


def test_a_waiting_time_is_given_and_taken_back() -> None:
    given_one = with_changes(DEFAULT_RULES, {"lidocaine.waiting_time": 35})
    assert given_one.medicine("lidocaine").waiting_time == 35
    assert given_one.medicine("ketamine").waiting_time is None
    assert with_changes(given_one, {"lidocaine.waiting_time": None}) == DEFAULT_RULES


def test_a_number_of_the_clinics_own_is_an_opinion_and_the_default_has_its_status_again() -> None:
    own = {"relief_percent": 40, "week_minimum": 5, "immunoglobulin.minimum_interval": 28, "ketamine.confirm_weeks": 1}
    defaults = {name: value_of(DEFAULT_RULES, name) for name in own}
    assert [status_of(DEFAULT_RULES, name) for name in own] == ["V", "S", "V", "S"]
    changed = with_changes(DEFAULT_RULES, own)
    assert [status_of(changed, name) for name in own] == ["O"] * 4
    assert changed.medicine("immunoglobulin").interval_status == "O"
    assert status_of(changed, "gap_minimum") == "O"
    back = with_changes(changed, defaults)
    assert back == DEFAULT_RULES
    assert back.medicine("immunoglobulin").interval_status == "V"


def test_what_is_no_longer_the_same_is_listed_in_the_order_of_the_rules() -> None:
    changed = with_changes(
        DEFAULT_RULES, {"ketamine.waiting_time": 35, "near_enters": Decimal("0.4"), "week_minimum": 5}
    )
    assert differences(DEFAULT_RULES, changed) == (
        NumberChange("week_minimum", 4, 5),
        NumberChange("near_enters", Fraction(1, 2), Fraction(2, 5)),
        NumberChange("ketamine.waiting_time", None, 35),
    )
    assert differences(changed, changed) == ()


@pytest.mark.parametrize(
    "damaged",
    [
        {"week_maximum": 4},
        {"week_minimum": "4"},
        {"near_enters": "1/0"},
        {"near_enters": "half"},
        {"paper_counts": "yes"},
        {"medicines": None},
        {"medicines": "ketamine"},
        {"medicines": ["ketamine"]},
        {"medicines": [{"code": ["ketamine"]}]},
        {"medicines": [{"code": "other", "substance": None}]},
        {"medicines": [{"code": "aspirin"}]},
        {"medicines": [{"eval_end": 28}]},
        {"medicines": [{"code": "other"}, {"code": "other"}]},
        {"medicines": [{"code": "other", "colour": "blue"}]},
    ],
)
def test_a_stored_rule_set_that_was_damaged_is_refused(damaged: dict[str, Any]) -> None:
    with pytest.raises(ClinicalError):
        RuleSet.from_parameters(DEFAULT_RULES.parameters() | damaged)


def test_a_stored_rule_set_that_is_older_gets_the_numbers_and_medicines_it_does_not_know() -> None:
    older = DEFAULT_RULES.parameters()
    del older["liver_test_days"], older["medicines"][0]["waiting_time"], older["medicines"][-1]
    assert RuleSet.from_parameters(older) == DEFAULT_RULES


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(-5, 1200) | st.none() | st.booleans(), max_size=6))
def test_a_change_is_either_refused_or_stored_and_read_again_as_it_is(changes: dict[str, Any]) -> None:
    changed = with_changes(DEFAULT_RULES, changes)
    if list(changed.faults()):
        with pytest.raises(ClinicalError):
            changed.check()
        return
    assert RuleSet.from_parameters(changed.parameters()) == changed
    assert {change.name for change in differences(DEFAULT_RULES, changed)} <= changes.keys()
    assert with_changes(changed, {name: value_of(DEFAULT_RULES, name) for name in changes}) == DEFAULT_RULES
    assert replace(changed, version="2").parameters() == changed.parameters() | {"version": "2"}
