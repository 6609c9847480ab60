"""The marks about the response, the diary and its missing days: each with its own number.

The baseline is 10 unless said otherwise; LOST_ON_26 is confirmed on day 14 and due on day 26.
"""

from fractions import Fraction

import pytest

from diary.clinical.circumstances import Circumstances
from diary.clinical.marks import Mark
from diary.clinical.states import State, Why
from tests.clinical.builders import (
    DAY_0,
    LOST_ON_26,
    SEVENS,
    by_hand,
    course,
    day,
    diary,
    marks,
    run,
    score_of,
    scores_before,
    value,
    verdict_of,
    verdict_on,
    weeks,
)

# ---- the response


def test_a_loss_found_by_the_gap_rule_is_marked_as_long_as_it_is_in_force() -> None:
    after = [*run(5, 14), 9, 9, *run(None, 8), *run(9, 4)]
    assert value(verdict_of(after), "sparse_data") == 6
    assert value(verdict_of(after, t=90), "sparse_data") == 6
    assert "sparse_data" not in marks(verdict_of([*after, *run(0, 9)]))  # released on day 37
    assert "sparse_data" not in marks(verdict_of(LOST_ON_26))


def test_a_response_confirmed_after_the_end_of_evaluation_is_late() -> None:
    # Good from the day the week holds two 10s and five 5s: bad + 5; confirmed 7 days later.
    on_the_last_day, a_day_later = [*run(10, 16), *run(5, 12)], [*run(10, 17), *run(5, 12)]
    assert verdict_of(on_the_last_day).confirmed == 28
    assert "late_response" not in marks(verdict_of(on_the_last_day))
    assert value(verdict_of(a_day_later), "late_response") == 29


def test_two_good_weeks_too_late_for_a_response_are_an_improvement_not_credited_to_it() -> None:
    after = [*run(10, 45), *run(5, 14)]  # good from day 50, the weeks 50 and 57 both good
    assert verdict_of(after, t=57).confirmed is None
    assert value(verdict_of(after, t=57), "improved_later") == 5
    assert verdict_of(after, t=57).state is State.NON_RESPONDER
    assert "improved_later" not in marks(verdict_of(after, t=56))


def test_an_improvement_needs_both_weeks_and_no_response() -> None:
    assert "improved_later" not in marks(verdict_of([*run(10, 52), *run(5, 8)]))  # the week before is lost
    assert "improved_later" not in marks(verdict_of([*run(10, 45), *run(5, 7), *run(10, 7)]))
    assert "improved_later" not in marks(verdict_of(run(5, 70)))


def test_an_improvement_counts_weeks_exactly_on_the_line() -> None:
    assert value(verdict_of([*run(10, 50), *run(7, 14)]), "improved_later") == 7


def test_over_the_line_says_by_how_much() -> None:
    over = verdict_of([*run(5, 14), *run(8, 7)])
    assert (over.state, value(over, "over_the_line")) == (State.DUE_SOON, 1)
    exactly = verdict_of(weeks(5, 5, 7))
    assert exactly.state is State.DUE_SOON
    assert "over_the_line" not in marks(exactly)
    assert "over_the_line" not in marks(verdict_of(LOST_ON_26))  # due, not due soon


def test_a_good_week_while_due_is_marked_and_one_on_the_line_is_good() -> None:
    assert value(verdict_of([*LOST_ON_26, *run(7, 7)]), "good_week_now") == 7
    assert "good_week_now" not in marks(verdict_of([*LOST_ON_26, *run(7, 6), 8]))
    assert "good_week_now" not in marks(verdict_of(LOST_ON_26))
    assert "good_week_now" not in marks(verdict_of(run(5, 14)))


def test_back_at_baseline_needs_two_weeks_within_half_a_point_of_it() -> None:
    # 9.5 exactly: three 9s and three 10s of six days.
    exact = [9, 9, 9, None, 10, 10, 10]
    back = verdict_of([*run(5, 14), *exact, *exact])
    assert value(back, "back_at_baseline") == Fraction(19, 2)
    assert "back_at_baseline" not in marks(verdict_of([*run(5, 14), *exact, *[9, 9, 9, None, 9, 10, 10]]))
    assert "back_at_baseline" not in marks(verdict_of([*run(5, 14), *[9, 9, 9, None, 9, 10, 10], *exact]))
    assert "back_at_baseline" not in marks(verdict_of([*run(5, 14), *run(10, 7)]))


def test_back_at_baseline_is_for_a_confirmed_response_only() -> None:
    assert "back_at_baseline" not in marks(verdict_of(run(10, 40)))


@pytest.mark.parametrize(
    ("after", "state"),
    [(run(5, 14), State.HOLDING), (weeks(5, 5, 7), State.DUE_SOON), (LOST_ON_26, State.REPEAT_DUE)],
)
def test_after_a_first_course_part_of_the_relief_is_regression_to_the_mean(
    after: list[int | None], state: State
) -> None:
    verdict = verdict_of(after)
    assert (verdict.state, value(verdict, "regression_to_the_mean")) == (state, 10)


def test_regression_to_the_mean_is_not_said_of_a_second_course_or_without_a_response() -> None:
    assert "regression_to_the_mean" not in marks(verdict_of(run(9, 40)))
    assert "regression_to_the_mean" not in marks(verdict_of(run(5, 10)))
    second = verdict_on(day(60), diary(run(5, 60)), course(), course(day_0=day(31)))
    assert second.state is State.HOLDING
    assert "regression_to_the_mean" not in marks(second)


# ---- the diary


def test_a_patient_stopped_writing_after_seven_days_without_an_entry() -> None:
    after = run(5, 20)
    assert "stopped_writing" not in marks(verdict_of(after, t=26))
    assert value(verdict_of(after, t=27), "stopped_writing") == 7
    assert value(verdict_of(after, t=120), "stopped_writing") == 100


def test_a_late_entry_is_an_entry_of_some_kind() -> None:
    scores = diary(run(5, 20)) | {day(22): score_of(5, counts=False)}
    assert "stopped_writing" not in marks(verdict_on(day(28), scores, course()))
    assert value(verdict_on(day(29), scores, course()), "stopped_writing") == 7


def test_a_patient_who_never_wrote_did_not_stop() -> None:
    assert "stopped_writing" not in marks(verdict_of([], before=[], t=60))
    assert "stopped_writing" not in marks(verdict_on(DAY_0, {}))


def test_a_patient_without_a_course_may_have_stopped_writing_too() -> None:
    assert value(verdict_on(day(9), scores_before(DAY_0, SEVENS)), "stopped_writing") == 10


def test_a_diary_that_stopped_near_the_line_is_marked_with_its_last_mean() -> None:
    near = verdict_of([*weeks(5, 5, 7), *run(None, 4)])
    assert (near.why, value(near, "stopped_near_line")) == (Why.FEW_ENTRIES, 7)
    # Day 24 is the last with four entries (days 18 to 21); the diary has been silent for 40 days.
    assert value(verdict_of(weeks(5, 5, 7), t=61), "stopped_near_line") == 7


@pytest.mark.parametrize("silent", [4, 5, 6, 7])
def test_the_last_mean_before_the_silence_is_told_however_long_ago_it_was(silent: int) -> None:
    # The week up to day 24 is days 18 … 24 with entries on 18 … 21: (5 + 3·8)/4 = 29/4; no later one is defined.
    stopped = verdict_of([*run(5, 18), *run(8, 3), *run(None, silent)])
    assert value(stopped, "stopped_near_line") == Fraction(29, 4)


def test_a_diary_that_stopped_far_from_the_line_or_before_a_response_is_not() -> None:
    assert "stopped_near_line" not in marks(verdict_of([*run(5, 21), *run(None, 4)]))
    assert "stopped_near_line" not in marks(verdict_of([*run(7, 10), *run(None, 4)]))
    assert "stopped_near_line" not in marks(verdict_of(weeks(5, 5, 7)))
    assert "stopped_near_line" not in marks(verdict_of(LOST_ON_26, t=60))


def test_missing_days_that_could_change_the_state_are_counted() -> None:
    # Two days filled with 10: (5·5 + 2·10)/7 = 45/7 is not near; three: (4·5 + 3·10)/7 = 50/7 is lost.
    two = verdict_of([*run(5, 19), None, None])
    assert (two.state, "depends_on_missing_days" in marks(two)) == (State.HOLDING, False)
    three = verdict_of([*run(5, 18), None, None, None])
    assert (three.state, value(three, "depends_on_missing_days")) == (State.HOLDING, 3)


def test_missing_days_are_filled_with_the_baseline_or_with_the_lowest_mean_so_far() -> None:
    # Near with 7s. Filled with the lowest mean, 5: (4·7 + 3·5)/7 = 43/7 is not below 6 and still near;
    # filled with 0: 28/7 = 4 is not.
    lowest_5 = verdict_of([*run(5, 14), *run(7, 14), *run(None, 3), *run(7, 4)])
    assert lowest_5.state is State.DUE_SOON
    assert "depends_on_missing_days" not in marks(lowest_5)
    lowest_0 = verdict_of([*run(0, 14), *run(7, 14), *run(None, 3), *run(7, 4)])
    assert (lowest_0.state, value(lowest_0, "depends_on_missing_days")) == (State.DUE_SOON, 3)


def test_only_the_last_fourteen_days_are_filled() -> None:
    # Day 1 is missing. Week 7 is lost without it, 43/6; the lowest mean, 38/7 of week 14, would make it good:
    # (43 + 38/7)/7 = 6.92, and so confirm the response. On day 15 day 1 is no longer among the last fourteen.
    after = [None, 7, 7, 7, 7, 7, 8, 8, *run(5, 7)]
    assert [verdict_of(after, t=t).state for t in (14, 15)] == [State.AWAITING_RESPONSE] * 2
    assert value(verdict_of(after, t=14), "depends_on_missing_days") == 1
    assert "depends_on_missing_days" not in marks(verdict_of(after, t=15))


def test_days_before_day_1_are_not_missing_and_before_day_7_nothing_depends_on_them() -> None:
    assert "depends_on_missing_days" not in marks(verdict_of([5, None, None, None, None, None]))
    assert "depends_on_missing_days" not in marks(verdict_of(run(5, 7), "lidocaine"))


def test_a_late_entry_leaves_its_day_missing() -> None:
    scores = diary(run(5, 18)) | {day(t): score_of(5, counts=False) for t in (19, 20, 21)}
    assert value(verdict_on(day(21), scores, course()), "depends_on_missing_days") == 3


def test_where_it_cannot_be_said_nothing_depends_on_missing_days() -> None:
    silent = verdict_of([*run(5, 20), *run(None, 4)])
    assert silent.state is State.NOT_ENOUGH_DATA
    assert "depends_on_missing_days" not in marks(silent)


# ---- the baseline


def test_a_baseline_of_seven_days_carries_no_mark() -> None:
    assert not {code for code in marks(verdict_of(run(5, 14))) if code.startswith("baseline")}


def test_a_baseline_of_fourteen_days_or_carried_is_weak_and_says_its_age() -> None:
    fortnight = [8, 8, 8, *run(None, 4), None, 8, None, 8, None, None, 8]
    assert value(verdict_of(run(5, 14), before=fortnight), "baseline_weak") == 15  # measured on day -1, today day 14
    carried = verdict_on(day(100), scores_before(DAY_0, SEVENS), course(), course(day_0=day(90)))
    assert value(carried, "baseline_weak") == 101


def test_a_kept_baseline_says_its_age() -> None:
    kept = verdict_on(day(60), diary(run(5, 60)), course(), course(day_0=day(31)))
    assert value(kept, "baseline_kept") == 61
    assert "baseline_weak" not in marks(kept)


def test_a_baseline_set_by_hand_says_its_age() -> None:
    given = course(set_baselines=[by_hand(8, on=day(5))])
    assert value(verdict_on(day(14), diary(run(5, 14)), given), "baseline_set") == 9


# ---- what was recorded

RECORDED = Circumstances(
    wearing_off_since=day(10),
    planned_day=day(30),
    deferred_until=day(20),
    intercurrent_event=day(3),
    co_treatment_changed=day(4),
    high_scores=day(12),
)


def test_what_was_recorded_is_shown_with_its_date_and_changes_no_state() -> None:
    plain, recorded = verdict_of(run(5, 14)), verdict_of(run(5, 14), circumstances=RECORDED)
    assert recorded.state is plain.state
    assert {code: value(recorded, code) for code in marks(recorded) - marks(plain) - {"inside_minimum_interval"}} == {
        "patient_says_wearing_off": day(10),
        "course_planned": day(30),
        "deferred_until": day(20),
        "intercurrent_event": day(3),
        "co_treatment_changed": day(4),
        "high_scores": day(12),
    }


def test_what_was_recorded_is_shown_before_any_course_too() -> None:
    verdict = verdict_on(DAY_0, {}, circumstances=Circumstances(planned_day=day(3)))
    assert (verdict.state, verdict.marks) == (State.NO_COURSE, (Mark("course_planned", day(3)),))


def test_marks_stand_in_a_fixed_order() -> None:
    verdict = verdict_of([*LOST_ON_26, *run(7, 7)], circumstances=RECORDED)
    assert [mark.code for mark in verdict.marks] == [
        "good_week_now",
        "inside_minimum_interval",
        "liver_test_missing",
        "patient_says_wearing_off",
        "regression_to_the_mean",
        "intercurrent_event",
        "co_treatment_changed",
        "course_planned",
        "deferred_until",
        "high_scores",
    ]
