"""Each state, each reason why it cannot be said, and the borders between them.

The baseline is 10 unless said otherwise: a week of mean 7 is the worst good week.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pytest

from diary.clinical.scores import DayScore
from diary.clinical.states import State, Why
from diary.clinical.verdict import Verdict
from tests.clinical.builders import (
    DAY_0,
    LOST_ON_26,
    SEVENS,
    TENS,
    Level,
    course,
    day,
    diary,
    run,
    score_of,
    scores_before,
    verdict_of,
    verdict_on,
    weeks,
)


def state(after: Sequence[Level], medicine: str = "ketamine", *, t: int | None = None) -> State:
    return verdict_of(after, medicine, t=t).state


def said(verdict: Verdict) -> tuple[State, Why | None]:
    return verdict.state, verdict.why


# ---- before and during a course


def test_a_patient_without_a_course_has_no_course_yet() -> None:
    verdict = verdict_on(DAY_0, diary(run(5, 7)))
    assert said(verdict) == (State.NO_COURSE, None)
    assert (verdict.since, verdict.course, verdict.baseline, verdict.line, verdict.t) == (None,) * 5
    assert verdict.last_entry == day(-1)


def test_a_planned_course_is_no_course_until_its_first_infusion_day() -> None:
    planned = course(day_0=day(4), days=5)
    assert verdict_on(day(-1), {}, planned).state is State.NO_COURSE
    assert verdict_on(day(0), {}, planned).state is State.IN_COURSE


def test_a_course_lasts_from_its_first_to_its_last_infusion_day() -> None:
    five_days = course(days=5)
    scores = scores_before(five_days.first_day, TENS)
    states = [verdict_on(day(t), scores, five_days).state for t in (-5, -4, 0, 1)]
    assert states == [State.NO_COURSE, State.IN_COURSE, State.IN_COURSE, State.SETTLING]
    during = verdict_on(day(0), scores, five_days)
    assert (during.baseline and during.baseline.value, during.t, during.confirmed) == (10, None, None)


def test_the_course_judged_is_the_latest_that_has_started() -> None:
    first, second = course("ketamine"), course("lidocaine", day_0=day(60), days=2)
    scores = diary(run(5, 70))
    assert verdict_on(day(58), scores, second, first).course == first
    assert verdict_on(day(59), scores, second, first).course == second


# ---- no baseline that can be used


def test_without_a_baseline_it_cannot_be_said_even_while_settling() -> None:
    for t in (1, 6, 7, 40):
        assert said(verdict_of(run(5, 40), before=[], t=t)) == (State.NOT_ENOUGH_DATA, Why.NO_BASELINE)
    assert verdict_of([], before=[], t=0).state is State.IN_COURSE


def test_a_baseline_of_exactly_4_can_be_used_and_a_lower_one_cannot() -> None:
    assert verdict_of(run(2, 14), before=[4] * 7).state is State.HOLDING
    low = verdict_of(run(2, 14), before=[*[4] * 6, 3])
    assert said(low) == (State.NOT_ENOUGH_DATA, Why.BASELINE_BELOW_MINIMUM)
    assert low.baseline is not None
    assert (low.baseline.value, low.line) == (Fraction(27, 7), Fraction(27, 10))
    assert (low.confirmed, low.due, low.days_of_relief) == (None, None, None)
    assert (low.mean7, low.mean7_before) == (2, 2)


def test_a_low_baseline_cannot_be_used_from_day_1_on() -> None:
    assert verdict_of([], before=[3] * 7, t=1).why is Why.BASELINE_BELOW_MINIMUM
    assert verdict_of([], before=[3] * 7, t=0).why is None


# ---- settling and awaiting


def test_days_1_to_6_are_settling_and_day_7_is_not() -> None:
    assert [state(run(5, 7), t=t) for t in (0, 1, 6, 7)] == [
        State.IN_COURSE,
        State.SETTLING,
        State.SETTLING,
        State.AWAITING_RESPONSE,
    ]


def test_settling_needs_no_entries_and_day_7_needs_four() -> None:
    assert state([], t=6) is State.SETTLING
    assert said(verdict_of([], t=7)) == (State.NOT_ENOUGH_DATA, Why.FEW_ENTRIES)
    assert said(verdict_of([*run(None, 4), *run(8, 3)])) == (State.NOT_ENOUGH_DATA, Why.FEW_ENTRIES)
    assert state([*run(None, 3), *run(8, 4)]) is State.AWAITING_RESPONSE


@pytest.mark.parametrize(
    ("medicine", "eval_end"),
    [("ketamine", 28), ("ketamine-single", 21), ("lidocaine", 14), ("bisphosphonate", 90), ("other", 28)],
)
def test_it_is_too_early_to_judge_until_the_end_of_evaluation(medicine: str, eval_end: int) -> None:
    after = run(9, eval_end + 1)
    assert state(after, medicine, t=eval_end - 1) is State.AWAITING_RESPONSE
    assert state(after, medicine, t=eval_end) is State.AWAITING_RESPONSE
    assert state(after, medicine, t=eval_end + 1) is State.NON_RESPONDER


# ---- without a response


def test_no_good_week_at_all_is_no_response() -> None:
    assert said(verdict_of(run(8, 29))) == (State.NON_RESPONDER, None)


def test_a_good_week_that_no_second_one_followed_is_relief_that_came_and_went() -> None:
    assert said(verdict_of([*run(7, 7), *run(9, 22)])) == (State.NEVER_SETTLED, None)


def test_a_good_week_on_the_last_day_of_evaluation_still_counts_and_one_after_it_does_not() -> None:
    # 5s from day 24: day 27 has four of them, (3·9 + 4·5)/7 = 47/7; day 26: (4·9 + 3·5)/7 = 51/7.
    assert state([*run(9, 24), *run(5, 4), 9, 9, 9, 9]) is State.NEVER_SETTLED  # good on day 28
    assert state([*run(9, 25), *run(5, 4), 9, 9, 9, 9]) is State.NON_RESPONDER  # good on day 29


def test_weeks_defined_on_exactly_60_percent_of_the_days_are_enough() -> None:
    # ketamine-single: days 7 … 21 are 15 days; 9 of them are 60 %. With entries on days 1 … d, the weeks
    # of days 7 … d + 3 are defined: d = 12 gives days 7 … 15, nine of them.
    nine = [*run(8, 12), *run(None, 9), *run(8, 4)]
    assert verdict_of(nine, "ketamine-single", t=25).state is State.NON_RESPONDER
    eight = [*run(8, 11), *run(None, 10), *run(8, 4)]
    assert said(verdict_of(eight, "ketamine-single", t=25)) == (State.NOT_ENOUGH_DATA, Why.FEW_WEEKS)


def test_a_share_of_weeks_just_below_60_percent_is_too_few() -> None:
    # bisphosphonate: days 7 … 90 are 84 days, of which 60 % are 50.4. Entries on days 1 … d define the weeks 7 … d+3:
    # 50 of them with d = 53, 51 with d = 54. Eight entries up to day 95 say how it is today.
    fifty, one_more = ([*run(9, d), *run(None, 87 - d), *run(9, 8)] for d in (53, 54))
    assert said(verdict_of(fifty, "bisphosphonate")) == (State.NOT_ENOUGH_DATA, Why.FEW_WEEKS)
    assert said(verdict_of(one_more, "bisphosphonate")) == (State.NON_RESPONDER, None)


def test_too_few_weeks_are_said_before_a_good_one_among_them() -> None:
    eight = [*run(5, 7), *run(9, 4), *run(None, 10), *run(9, 4)]
    assert verdict_of(eight, "ketamine-single", t=25).why is Why.FEW_WEEKS
    nine = [*run(5, 7), *run(9, 5), *run(None, 9), *run(9, 4)]
    assert verdict_of(nine, "ketamine-single", t=25).state is State.NEVER_SETTLED


def test_too_few_entries_today_are_said_before_anything_about_the_response() -> None:
    assert said(verdict_of([*run(8, 40), *run(None, 4)])) == (State.NOT_ENOUGH_DATA, Why.FEW_ENTRIES)
    assert state([*run(8, 40), *run(None, 3)]) is State.NON_RESPONDER


# ---- with a response


def test_two_good_weeks_hold() -> None:
    assert state(run(5, 14)) is State.HOLDING
    assert state(run(5, 13)) is State.AWAITING_RESPONSE


def test_a_baseline_of_7_holds_at_34_of_7_days_and_not_at_35() -> None:
    # Line 4.9: 34/7 = 4.857 is at least 30 % less, 35/7 = 5 is a tenth over the line.
    week = [5, 5, 5, 5, 5, 5, 4]
    assert verdict_of([*week, *week], before=SEVENS).confirmed == 14
    assert verdict_of([*week, *run(5, 7)], before=SEVENS).confirmed is None
    assert verdict_of([*week, *week], before=SEVENS).line == Fraction(49, 10)


def test_a_response_near_the_line_is_due_soon() -> None:
    assert state(weeks(5, 5, 7)) is State.DUE_SOON
    assert state(weeks(5, 5, 6)) is State.HOLDING


def test_over_the_line_for_less_than_two_weeks_is_due_soon_and_then_due() -> None:
    assert [state(LOST_ON_26, t=t) for t in (19, 25, 26)] == [
        State.DUE_SOON,
        State.DUE_SOON,
        State.REPEAT_DUE,
    ]


def test_a_confirmed_response_with_few_entries_today_cannot_be_said() -> None:
    assert said(verdict_of([*run(5, 20), *run(None, 4)])) == (State.NOT_ENOUGH_DATA, Why.FEW_ENTRIES)


def test_a_confirmed_loss_stays_when_the_diary_stops() -> None:
    silent = verdict_of(LOST_ON_26, t=120)
    assert said(silent) == (State.REPEAT_DUE, None)
    assert (silent.due, silent.days_of_relief, silent.mean7, silent.n7) == (26, 18, None, 0)


def test_a_released_loss_holds_again_and_may_become_due_again() -> None:
    after = [*LOST_ON_26, *run(5, 10), *run(9, 11)]
    states = [state(after, t=t) for t in (35, 36, 46, 47)]
    assert states == [State.REPEAT_DUE, State.HOLDING, State.DUE_SOON, State.REPEAT_DUE]
    again = verdict_of(after)
    assert (again.due, again.days_of_relief) == (47, 39)


def test_a_new_course_ends_the_loss() -> None:
    scores = diary(run(5, 14)) | {day(t): score_of(8) for t in range(15, 40)}
    repeated = course(day_0=day(30))
    assert verdict_on(day(29), scores, course(), repeated).state is State.REPEAT_DUE
    assert verdict_on(day(30), scores, course(), repeated).state is State.IN_COURSE
    after_it = verdict_on(day(31), scores, course(), repeated)
    assert (after_it.state, after_it.due, after_it.confirmed) == (State.SETTLING, None, None)


@pytest.mark.parametrize(("bad_days", "found"), [(44, State.HOLDING), (45, State.NON_RESPONDER)])
def test_a_response_confirmed_on_twice_the_end_of_evaluation_holds(bad_days: int, found: State) -> None:
    # With 44 bad days the week of day 49 is the first good one, (2·10 + 5·5)/7, and day 56 confirms it.
    assert state([*run(10, bad_days), *run(5, 14)]) is found


def test_before_a_late_response_is_confirmed_the_state_says_that_there_is_none() -> None:
    after = [*run(10, 30), *run(5, 20)]
    # Day 35: (2·10 + 5·5)/7 = 45/7 is the first good week.
    assert [state(after, t=t) for t in (29, 41, 42)] == [
        State.NON_RESPONDER,
        State.NON_RESPONDER,
        State.HOLDING,
    ]


def test_entries_that_do_not_count_do_not_make_a_week() -> None:
    late = {day(t): score_of(5, counts=False) for t in range(1, 15)}
    verdict = verdict_on(day(14), diary([]) | late, course())
    assert said(verdict) == (State.NOT_ENOUGH_DATA, Why.FEW_ENTRIES)
    assert (verdict.n7, verdict.last_entry) == (0, day(14))


# ---- since


def since(after: Sequence[Level], t: int, **more: Sequence[Level]) -> date | None:
    return verdict_of(after, t=t, **more).since  # type: ignore[arg-type]


def test_a_state_began_on_the_first_day_of_its_unbroken_run() -> None:
    after = [*LOST_ON_26, *run(8, 10)]
    assert since(after, 0) == day(0)
    assert since(after, 1) == since(after, 6) == day(1)
    assert since(after, 13) == day(7)
    assert since(after, 17) == day(14)  # HOLDING: day 17 is (4·5 + 3·8)/7 = 44/7
    assert since(after, 25) == day(18)  # DUE_SOON: day 18 is 47/7, above 6.5
    assert since(after, 36) == day(26)


def test_a_state_left_and_entered_again_began_the_second_time() -> None:
    after = [*LOST_ON_26, *run(5, 10), *run(9, 11)]
    assert since(after, 47) == day(47)


def test_another_reason_begins_anew() -> None:
    # No entries at all after day 0: few entries from day 7 on; without a baseline the reason never changes.
    assert since([], 30) == day(7)
    assert since([], 30, before=[]) == day(1)
    # Eight defined weeks of 15 are few weeks; the diary stops on day 25, few entries from day 29 on.
    few_weeks = [*run(8, 11), *run(None, 10), *run(8, 4)]
    assert verdict_of(few_weeks, "ketamine-single", t=28).since == day(25)
    assert verdict_of(few_weeks, "ketamine-single", t=30).since == day(29)


def test_a_course_of_several_days_began_on_its_first() -> None:
    assert verdict_on(DAY_0, {}, course(days=5)).since == day(-4)


def test_scores_after_today_are_left_out_of_account() -> None:
    scores: dict[date, DayScore] = diary(run(5, 40))
    assert verdict_on(day(14), scores, course()) == verdict_of(run(5, 14))
