"""How a baseline comes about: measured, carried, kept or set by hand, with every border."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import pytest

from diary.clinical.baseline import Baseline, BaselineHow
from diary.clinical.states import State
from tests.clinical.builders import (
    DAY_0,
    LOST_ON_26,
    TENS,
    Level,
    Scores,
    by_hand,
    course,
    day,
    diary,
    run,
    scores_before,
    scores_from,
    verdict_on,
)

YEAR = timedelta(days=365)


def before_one_course(levels: Sequence[Level]) -> Baseline | None:
    return verdict_on(DAY_0, scores_before(DAY_0, levels), course()).baseline


def second(
    after_first: Sequence[Level],
    *,
    before_first: Sequence[Level] = TENS,
    first: str = "ketamine",
    on: int | None = None,
) -> Baseline | None:
    """Return the baseline of a second course that starts the day after `after_first` ends."""
    second_day = day(len(after_first) + 1 if on is None else on)
    scores = diary(after_first, before=before_first)
    return verdict_on(second_day, scores, course(first), course(day_0=second_day)).baseline


def how(baseline: Baseline | None) -> tuple[BaselineHow, Fraction] | None:
    return (baseline.how, baseline.value) if baseline else None


# ---- measured


def test_seven_days_before_the_first_infusion_day_are_the_baseline() -> None:
    measured = before_one_course([10, 1, 2, 3, 4, 5, 6, 7])
    assert measured == Baseline(Fraction(4), 7, BaselineHow.WEEK, day(-1), DAY_0)


def test_the_days_of_the_course_itself_never_belong_to_it() -> None:
    five_days = course(days=5)
    scores = scores_before(five_days.first_day, TENS) | scores_from(five_days.first_day, run(0, 5))
    assert verdict_on(day(0), scores, five_days).baseline == Baseline(
        Fraction(10), 7, BaselineHow.WEEK, day(-5), day(-4)
    )


def test_four_entries_of_seven_are_enough_and_three_are_not() -> None:
    four = before_one_course([8, None, 8, None, 8, None, 9])
    assert four is not None
    assert (four.value, four.n, four.how) == (Fraction(33, 4), 4, BaselineHow.WEEK)
    assert before_one_course([8, None, 8, None, 8, None, None]) is None


def test_six_entries_of_fourteen_are_enough_and_five_are_not() -> None:
    week = [None, 5, None, 6, None, None, 7]  # three entries: too few by themselves
    six = before_one_course([*[8, 8, 8, None, None, None, None], *week])
    assert six == Baseline(Fraction(3 * 8 + 5 + 6 + 7, 6), 6, BaselineHow.FORTNIGHT, day(-1), DAY_0)
    assert before_one_course([*[8, 8, None, None, None, None, None], *week]) is None


def test_the_fifteenth_day_before_does_not_count() -> None:
    week = [None, 5, None, 6, None, None, 7]
    assert before_one_course([8, 8, 8, *run(None, 4), *week]) is not None
    assert before_one_course([8, 8, 8, *run(None, 5), *week]) is None


def test_seven_days_win_over_fourteen() -> None:
    assert how(before_one_course([*run(10, 7), *run(None, 3), *run(6, 4)])) == (BaselineHow.WEEK, 6)


def test_enough_entries_make_a_baseline_valid_whatever_its_height() -> None:
    assert how(before_one_course(run(0, 7))) == (BaselineHow.WEEK, 0)


def test_an_entry_that_does_not_count_does_not_measure() -> None:
    scores = scores_before(DAY_0, [8, 8, 8, 8])
    late = next(iter(scores))
    scores[late] = type(scores[late])(8, 2, scores[late].source, counts=False)
    assert verdict_on(DAY_0, scores, course()).baseline is None


def test_days_up_to_day_0_of_the_course_before_never_belong_to_a_baseline() -> None:
    # Second course on day 5: days 1 to 4 are four entries; on day 4 only three are left.
    scores = diary(run(9, 4), before=TENS) | scores_from(DAY_0, [10])
    of_four = verdict_on(day(5), scores, course(), course(day_0=day(5))).baseline
    assert of_four == Baseline(Fraction(9), 4, BaselineHow.WEEK, day(4), day(5))
    of_three = verdict_on(day(4), scores, course(), course(day_0=day(4))).baseline
    assert how(of_three) == (BaselineHow.CARRIED, 10)


def test_a_fortnight_does_not_reach_back_over_the_course_before_either() -> None:
    # Second course on day 12: its fortnight reaches back to day -2, but only days 1 to 11 may be used.
    assert how(second([9, 9, 9, *run(None, 5), 9, 9, 9])) == (BaselineHow.FORTNIGHT, 9)
    assert how(second([9, 9, None, *run(None, 5), 9, 9, 9])) == (BaselineHow.CARRIED, 10)


# ---- carried


def carried_after(days: int) -> Baseline | None:
    """Return the baseline of a course without entries that starts `days` after the measured one."""
    return second([], on=days)


def test_a_baseline_is_carried_for_365_days_and_not_for_366() -> None:
    assert carried_after(365) == Baseline(Fraction(10), 7, BaselineHow.CARRIED, day(-1), DAY_0)
    assert carried_after(366) is None


def test_the_age_counts_from_first_infusion_day_to_first_infusion_day() -> None:
    first, later = course(days=5), course(day_0=day(365), days=5)  # first days -4 and 361: 365 days
    scores = scores_before(first.first_day, TENS)
    assert how(verdict_on(later.first_day, scores, first, later).baseline) == (BaselineHow.CARRIED, 10)
    shorter = course(day_0=day(365), days=4)
    assert verdict_on(shorter.first_day, scores, first, shorter).baseline is None


def test_a_carried_baseline_keeps_the_day_it_was_measured_along_a_chain() -> None:
    chain = [course(day_0=day(t)) for t in (0, 200, 365)]
    scores = scores_before(DAY_0, TENS)
    assert verdict_on(day(365), scores, *chain).baseline == Baseline(
        Fraction(10), 7, BaselineHow.CARRIED, day(-1), DAY_0
    )
    too_long = [course(day_0=day(t)) for t in (0, 200, 366)]
    assert verdict_on(day(366), scores, *too_long).baseline is None


def test_a_chain_that_was_broken_is_not_taken_up_again() -> None:
    broken = [course(day_0=day(t)) for t in (0, 366, 380)]
    assert verdict_on(day(380), scores_before(DAY_0, TENS), *broken).baseline is None


def test_a_new_measurement_wins_over_an_old_baseline() -> None:
    assert how(second([*run(None, 60), *run(9, 7)])) == (BaselineHow.WEEK, 9)


# ---- kept


def test_a_patient_treated_again_while_relieved_keeps_the_baseline() -> None:
    kept = second(run(5, 30))
    assert kept == Baseline(Fraction(10), 7, BaselineHow.KEPT, day(-1), DAY_0)


def test_a_drop_of_exactly_1_point_is_measured_anew_and_a_little_more_is_kept() -> None:
    # Confirmed and DUE_SOON: weeks of 7, the last one 9 (lost for one week only) or 62/7, 8 in 7ths below 10.
    assert how(second([*run(7, 20), *run(9, 7)])) == (BaselineHow.WEEK, 9)
    slightly_lower = second([*run(7, 20), *run(9, 6), 8])
    assert how(slightly_lower) == (BaselineHow.KEPT, 10)


def test_the_drop_of_exactly_1_point_was_looked_at_in_a_relieved_state() -> None:
    scores = diary([*run(7, 20), *run(9, 7)])
    assert verdict_on(day(27), scores, course()).state is State.DUE_SOON


@pytest.mark.parametrize(
    ("after", "state"),
    [(run(5, 30), State.HOLDING), ([*run(5, 23), *run(8, 7)], State.DUE_SOON)],
)
def test_holding_and_due_soon_keep_it(after: Sequence[Level], state: State) -> None:
    assert verdict_on(day(30), diary(after), course()).state is state
    assert how(second(after)) == (BaselineHow.KEPT, 10)


def test_a_response_that_was_lost_leaves_nothing_to_keep() -> None:
    # REPEAT_DUE, the last week 8 is over the line of 7.
    assert how(second([*run(5, 14), *run(8, 20)])) == (BaselineHow.WEEK, 8)


def test_a_lost_response_with_a_last_week_exactly_on_the_line_keeps_it_and_above_does_not() -> None:
    # REPEAT_DUE is latched on day 26; then 7s: one good week is no release (day 33 - 7 = 26 is not later).
    after = [*LOST_ON_26, *run(7, 7)]
    assert verdict_on(day(33), diary(after), course()).state is State.REPEAT_DUE
    assert how(second(after)) == (BaselineHow.KEPT, 10)
    above = [*LOST_ON_26, *run(7, 6), 8]  # 50/7 > 7
    assert how(second(above)) == (BaselineHow.WEEK, Fraction(50, 7))


def test_too_few_entries_before_the_course_keep_it_only_at_70_percent() -> None:
    # Confirmed, then 7 days without an entry: NOT_ENOUGH_DATA, so the mean of 14 days decides.
    silent = [*run(5, 20), *run(6, 7), *run(None, 7)]
    assert verdict_on(day(34), diary(silent), course()).state is State.NOT_ENOUGH_DATA
    assert how(second(silent)) == (BaselineHow.KEPT, 10)
    higher = [*run(5, 20), *run(8, 7), *run(None, 7)]
    assert how(second(higher)) == (BaselineHow.FORTNIGHT, 8)


def test_a_response_that_never_came_leaves_nothing_to_keep() -> None:
    # Good on day 29 for the first time: never confirmed, and the low week is the new baseline.
    assert how(second([*run(9, 22), *run(5, 7)])) == (BaselineHow.WEEK, 5)


def test_a_response_confirmed_by_then_counts_and_one_a_day_short_does_not() -> None:
    assert how(second(run(5, 14))) == (BaselineHow.KEPT, 10)
    assert how(second(run(5, 13))) == (BaselineHow.WEEK, 5)


def test_what_the_second_course_brings_does_not_confirm_the_first() -> None:
    scores = diary(run(5, 13)) | scores_from(day(14), run(5, 20))
    assert how(verdict_on(day(33), scores, course(), course(day_0=day(14))).baseline) == (BaselineHow.WEEK, 5)


def test_a_kept_baseline_passes_on_its_age() -> None:
    courses = [course(day_0=day(t)) for t in (0, 31, 62)]
    scores = diary(run(5, 61))
    kept_twice = verdict_on(day(62), scores, *courses).baseline
    assert kept_twice == Baseline(Fraction(10), 7, BaselineHow.KEPT, day(-1), DAY_0)


def test_a_kept_baseline_is_carried_no_longer_than_its_measurement_allows() -> None:
    scores = diary(run(5, 30))
    for last, expected in ((365, (BaselineHow.CARRIED, 10)), (366, None)):
        courses = [course(day_0=day(t)) for t in (0, 31, last)]
        assert how(verdict_on(day(last), scores, *courses).baseline) == expected


def test_a_kept_baseline_lets_a_repeated_course_hold() -> None:
    # Measured anew the line would lie at 3.5 and weeks of 5 could never be good.
    scores = diary(run(5, 60))
    verdict = verdict_on(day(60), scores, course(), course(day_0=day(31)))
    assert (verdict.state, verdict.line, verdict.confirmed) == (State.HOLDING, 7, 14)


# ---- set by hand


def set_on(*given: tuple[int | None, date], today: date = DAY_0) -> Baseline | None:
    by_clinician = [by_hand(value, on=on) for value, on in given]
    return verdict_on(today, scores_before(DAY_0, run(6, 7)), course(set_baselines=by_clinician)).baseline


def test_a_baseline_set_by_hand_wins_over_a_measured_one() -> None:
    assert set_on((8, DAY_0)) == Baseline(Fraction(8), None, BaselineHow.SET, DAY_0, DAY_0)


def test_the_last_baseline_set_by_hand_is_in_force_and_none_takes_it_back() -> None:
    assert set_on((8, day(-1)), (9, DAY_0)) == Baseline(Fraction(9), None, BaselineHow.SET, DAY_0, DAY_0)
    assert how(set_on((8, day(-1)), (None, DAY_0))) == (BaselineHow.WEEK, 6)
    assert how(set_on((8, day(-2)), (None, day(-1)), (7, DAY_0))) == (BaselineHow.SET, 7)


def test_a_baseline_set_after_the_day_looked_at_is_not_known_yet() -> None:
    given = ((8, day(3)), (None, day(9)))
    assert how(set_on(*given, today=day(2))) == (BaselineHow.WEEK, 6)
    assert how(set_on(*given, today=day(3))) == (BaselineHow.SET, 8)
    assert how(set_on(*given, today=day(9))) == (BaselineHow.WEEK, 6)


def test_a_baseline_set_by_hand_counts_as_measured_for_its_course() -> None:
    given = course(set_baselines=[by_hand(8, on=day(20))])
    carried = verdict_on(day(365), {}, given, course(day_0=day(365))).baseline
    assert carried == Baseline(Fraction(8), None, BaselineHow.CARRIED, day(20), DAY_0)
    assert verdict_on(day(366), {}, given, course(day_0=day(366))).baseline is None


def test_a_baseline_set_by_hand_is_kept_like_a_measured_one() -> None:
    given = course(set_baselines=[by_hand(10)])
    scores: Scores = diary(run(5, 30), before=[])
    assert how(verdict_on(day(31), scores, given, course(day_0=day(31))).baseline) == (BaselineHow.KEPT, 10)


def test_there_is_no_baseline_without_entries_courses_before_or_a_hand() -> None:
    assert before_one_course([]) is None
    assert YEAR.days == 365
