"""The rules against a second, plain reading of the same text: every field of every verdict agrees."""

from collections import Counter

import pytest

from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import live_scores
from diary.clinical.verdict import Verdict, judge
from diary.exchange.verdict_lines import plain_verdict
from tests.clinical.cases import DATES, nasty_case
from tests.clinical.second_reading import verdicts

CASES_A_BATCH = 20
BATCHES = 20


@pytest.mark.parametrize("batch", range(BATCHES))
def test_both_readings_say_the_same(batch: int) -> None:
    for seed in range(batch * CASES_A_BATCH, (batch + 1) * CASES_A_BATCH):
        case = nasty_case(seed)
        for today in DATES:
            scores = live_scores(case.revisions(), today, DEFAULT_RULES)
            verdict = judge(scores, case.given_courses(), today, rules=DEFAULT_RULES)
            (second,) = verdicts(*case.rows("P"), today)
            assert first_reading(verdict) == comparable(second), f"case {seed} on {today}"


def first_reading(verdict: Verdict) -> dict[str, object]:
    plain = plain_verdict(verdict)
    del plain["ruleset"]
    return comparable(plain)


def comparable(plain: dict[str, object]) -> dict[str, object]:
    """Leave the patient out, and of the marks keep which there are: only their codes are laid down."""
    marks = plain["marks"]
    assert isinstance(marks, list)
    return {
        **{key: plain[key] for key in plain if key != "patient"},
        "marks": sorted(mark["code"] for mark in marks),
    }


def test_the_cases_reach_every_state_reason_kind_of_baseline_and_mark_that_a_study_file_can_show() -> None:
    seen: Counter[str] = Counter()
    for seed in range(CASES_A_BATCH * BATCHES):
        case = nasty_case(seed)
        for today in DATES:
            verdict = judge(
                live_scores(case.revisions(), today, DEFAULT_RULES),
                case.given_courses(),
                today,
                rules=DEFAULT_RULES,
            )
            how = verdict.baseline.how.value if verdict.baseline else "none"
            seen.update([verdict.state.value, verdict.why.value if verdict.why else "said", how])
            seen.update(mark.code for mark in verdict.marks)
    assert {what for what in WHAT_A_STUDY_CAN_SHOW if seen[what] < 3} == set()


WHAT_A_STUDY_CAN_SHOW = [
    "NO_COURSE",
    "IN_COURSE",
    "SETTLING",
    "AWAITING_RESPONSE",
    "HOLDING",
    "DUE_SOON",
    "REPEAT_DUE",
    "NEVER_SETTLED",
    "NON_RESPONDER",
    "NOT_ENOUGH_DATA",
    "no_baseline",
    "baseline_below_minimum",
    "few_entries",
    "few_weeks",
    "7-day",
    "14-day",
    "carried",
    "kept",
    "none",
    "sparse_data",
    "late_response",
    "improved_later",
    "over_the_line",
    "good_week_now",
    "stopped_writing",
    "stopped_near_line",
    "depends_on_missing_days",
    "baseline_weak",
    "baseline_kept",
    "inside_minimum_interval",
    "yearly_limit",
    "liver_test_missing",
    "back_at_baseline",
    "regression_to_the_mean",
]
