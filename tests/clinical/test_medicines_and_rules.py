"""The table of medicines, the numbers of the rules, and what a course may be."""

from dataclasses import fields, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from diary.clinical.courses import Course, started_courses
from diary.clinical.errors import ClinicalError
from diary.clinical.medicines import DEFAULT_MEDICINES, MEDICINE_CODES, check_medicines
from diary.clinical.rules import DEFAULT_RULES, NUMBERS, RuleSet, allowed_values
from tests.clinical.builders import DAY_0, by_hand, course, day

# code: substance, eval_end, confirm_weeks, minimum interval and its status, courses a year
TABLE = {
    "ketamine": ("ketamine", 28, 2, 42, "O", 6),
    "ketamine-single": ("ketamine", 21, 2, 21, "O", 12),
    "lidocaine": ("lidocaine", 14, 1, 28, "O", 12),
    "immunoglobulin": ("immunoglobulin", 28, 2, 21, "V", 6),
    "bisphosphonate": ("bisphosphonate", 90, 2, 180, "O", 2),
    "magnesium": ("magnesium", 28, 2, 28, "O", 6),
    "clonidine": ("clonidine", 14, 1, 28, "O", 12),
    "dexmedetomidine": ("dexmedetomidine", 14, 1, 28, "O", 12),
    "other": ("other", 28, 2, 28, "O", 12),
}


@pytest.mark.parametrize("code", TABLE)
def test_each_medicine_has_the_numbers_of_the_table(code: str) -> None:
    medicine = DEFAULT_RULES.medicine(code)
    assert TABLE[code] == (
        medicine.substance,
        medicine.eval_end,
        medicine.confirm_weeks,
        medicine.minimum_interval,
        medicine.interval_status,
        medicine.courses_a_year,
    )
    assert medicine.evidence


PRIORS = {
    "ketamine": (60, 0.55),
    "ketamine-single": (21, 0.7),
    "lidocaine": (14, 0.7),
    "immunoglobulin": (35, 0.5),
    "bisphosphonate": (365, 0.6),
    "magnesium": (21, 0.7),
    "clonidine": (14, 0.7),
    "dexmedetomidine": (14, 0.7),
    "other": (28, 0.8),
}


@pytest.mark.parametrize("code", PRIORS)
def test_each_medicine_has_the_prior_of_the_table(code: str) -> None:
    medicine = DEFAULT_RULES.medicine(code)
    assert (medicine.prior_t50, medicine.prior_log_sd) == PRIORS[code]


def test_the_table_has_no_other_medicine() -> None:
    assert [medicine.code for medicine in DEFAULT_MEDICINES] == list(TABLE)
    assert set(TABLE) == MEDICINE_CODES


def test_the_numbers_of_the_rules_are_those_of_version_1() -> None:
    given = {f.name: getattr(DEFAULT_RULES, f.name) for f in fields(RuleSet) if f.name not in ("medicines", "_by_code")}
    assert given == {
        "version": "1",
        "relief_percent": 30,
        "week_minimum": 4,
        "baseline_days": 7,
        "baseline_minimum": 4,
        "long_baseline_days": 14,
        "long_baseline_minimum": 6,
        "carried_days": 365,
        "kept_drop": 1,
        "lowest_baseline": 4,
        "near_enters": Fraction(1, 2),
        "near_leaves": 1,
        "gap_minimum": 6,
        "weeks_percent": 60,
        "late_days_counting": 1,
        "late_days_offered": 3,
        "paper_counts": True,
        "back_at_baseline": Fraction(1, 2),
        "liver_test_days": 30,
        "short_confirm_last_day": 10,
    }


def test_each_number_lies_between_the_two_that_still_make_sense() -> None:
    assert {name: allowed_values(name) for name in NUMBERS} == {
        "relief_percent": (10, 60),
        "week_minimum": (1, 7),
        "baseline_days": (5, 14),
        "baseline_minimum": (1, 14),
        "long_baseline_days": (7, 28),
        "long_baseline_minimum": (1, 28),
        "carried_days": (0, 1095),
        "kept_drop": (0, 5),
        "lowest_baseline": (2, 8),
        "near_enters": (0, 2),
        "near_leaves": (0, 2),
        "gap_minimum": (1, 14),
        "weeks_percent": (0, 100),
        "late_days_counting": (0, 7),
        "late_days_offered": (0, 7),
        "paper_counts": (False, True),
        "back_at_baseline": (0, 2),
        "liver_test_days": (1, 365),
        "short_confirm_last_day": (7, 13),
    }


def test_a_rule_set_is_its_numbers_and_its_medicines_and_nothing_beside_them() -> None:
    other: Any = RuleSet
    with pytest.raises(TypeError):
        other(_by_code={})
    assert hash(replace(DEFAULT_RULES)) == hash(DEFAULT_RULES)
    assert repr(DEFAULT_RULES).count("code='ketamine',") == 1


def test_each_number_says_how_sure_it_is() -> None:
    numbers = [f for f in fields(RuleSet) if f.name not in ("version", "medicines", "_by_code")]
    assert {f.metadata["status"] for f in numbers} <= {"V", "S", "O"}
    assert all(f.metadata["words"] for f in numbers)


@pytest.mark.parametrize(
    ("baseline", "line"),
    [(7, "4.9"), (10, "7"), (4, "2.8"), (Fraction(50, 7), "5"), (Fraction(1, 3), "7/30")],
)
def test_the_line_lies_exactly_30_percent_below_the_baseline(baseline: int | Fraction, line: str) -> None:
    assert DEFAULT_RULES.line(Fraction(baseline)) == Fraction(line)


def test_a_rule_set_is_made_again_exactly_from_its_parameters() -> None:
    ketamine = replace(DEFAULT_RULES.medicine("ketamine"), minimum_interval=56)
    changed = replace(
        DEFAULT_RULES,
        version="7",
        near_enters=Fraction(1, 3),
        paper_counts=False,
        medicines=(ketamine, *DEFAULT_MEDICINES[1:]),
    )
    again = RuleSet.from_parameters(changed.parameters())
    assert again == changed
    assert again.near_enters == Fraction(1, 3)
    assert again.medicine("ketamine").minimum_interval == 56


def test_a_medicine_that_the_rule_set_lacks_is_refused() -> None:
    with pytest.raises(ClinicalError, match="Rule set 1 has no medicine 'aspirin'"):
        DEFAULT_RULES.medicine("aspirin")


def test_a_course_keeps_the_order_of_its_medicines() -> None:
    assert check_medicines(["lidocaine", "ketamine"]) == ("lidocaine", "ketamine")
    assert course("lidocaine+ketamine").governing == "lidocaine"


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ((), "at least one"),
        (("aspirin",), "'aspirin' is not a medicine"),
        (("other", "other"), "named twice"),
    ],
)
def test_a_course_of_no_unknown_or_doubled_medicine_is_refused(codes: tuple[str, ...], words: str) -> None:
    with pytest.raises(ClinicalError, match=words):
        Course(codes, DAY_0, DAY_0)


def test_a_course_may_last_one_day_but_not_end_before_it_starts() -> None:
    assert course(days=1).first_day == DAY_0
    with pytest.raises(ClinicalError, match="cannot end on"):
        Course(("other",), DAY_0, DAY_0 - timedelta(days=1))


@pytest.mark.parametrize("value", [Fraction(-1, 10), Fraction(101, 10)])
def test_a_baseline_by_hand_lies_between_0_and_10(value: Fraction) -> None:
    with pytest.raises(ClinicalError, match="between 0 and 10"):
        by_hand(value)


def test_courses_start_in_order_and_those_to_come_are_left_out() -> None:
    first, second, to_come = course(day_0=day(0)), course(day_0=day(60)), course(day_0=day(61))
    assert started_courses([to_come, second, first], day(60)) == [first, second]


def test_courses_that_share_a_day_are_refused_and_courses_on_following_days_are_not() -> None:
    with pytest.raises(ClinicalError, match="overlaps"):
        started_courses([course(), course(day_0=day(4), days=5)], day(10))
    assert len(started_courses([course(), course(day_0=day(5), days=5)], day(10))) == 2


@pytest.mark.parametrize(
    ("leaves", "faults"), [(Fraction(3, 4), []), (Fraction(4, 5), ["near_leaves"]), (2, ["near_leaves"])]
)
def test_near_that_could_never_end_is_refused(leaves: Fraction, faults: list[str]) -> None:
    # The lowest line is 40 % of 2 points: 0.8. No mean lies more than that below it.
    rules = replace(DEFAULT_RULES, lowest_baseline=Fraction(2), relief_percent=60, near_leaves=Fraction(leaves))
    assert [fault.name for fault in rules.faults()] == faults
