"""The forecast: what must hold of it whatever the diary, and where a patient's own history pulls it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.clinical.baseline import JudgedCourse, judge_courses
from diary.clinical.courses import Course
from diary.clinical.forecast import Calibration, Forecast, Silent, forecast_of, losses_of
from diary.clinical.forecast.calibration import AS_FORECAST, calibrate
from diary.clinical.forecast.posterior import NEVER, Losses
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import counting_scores
from diary.validation.simulation import SimulatedCourse, simulate_cohort
from tests.clinical.builders import DAY_0, Level, course, day, diary, run, scores_before, scores_from

Counting = Mapping[int, int]
EBBING = [*run(2, 28), *run(3, 7), *run(4, 7), *run(6, 5)]
"""Relief of 80 % that has begun to go: baseline 10, line 7."""


def judged(counting: Counting, courses: Sequence[Course], today: date) -> list[JudgedCourse]:
    known = {on: score for on, score in counting.items() if on <= today.toordinal()}
    return judge_courses(courses, known, today, DEFAULT_RULES)


def forecast(counting: Counting, today: date, *courses: Course, calibration: Calibration = AS_FORECAST) -> Forecast:
    return forecast_of(judged(counting, courses, today), counting, today, rules=DEFAULT_RULES, calibration=calibration)


def losses(counting: Counting, today: date, *courses: Course) -> Losses:
    return losses_of(judged(counting, courses, today), counting, rules=DEFAULT_RULES)


def after(levels: Sequence[Level]) -> dict[int, int]:
    """The counting scores of a diary with a baseline of 10."""
    return counting_scores(diary(levels))


@cache
def relieved(seed: int) -> list[tuple[SimulatedCourse, Counting]]:
    """Simulated courses that the rules confirm and do not call lost before day 42."""
    made = [(one, {DAY_0.toordinal() + t: s for t, s in one.scores.items()}) for one in simulate_cohort(seed, 24)]
    return [
        (one, counting)
        for one, counting in made
        if (timeline := judged(counting, [course()], day(42))[0].timeline).confirmed and not timeline.loss
    ]


def middle_of(counting: Counting, t: int = 42) -> float:
    return min(losses(counting, day(t), course()).day_by(0.5), 300)


@pytest.mark.parametrize("t", [21, 35, 42])
def test_10_50_and_90_percent_come_in_this_order_and_not_before_relief_was_watched(t: int) -> None:
    found = [forecast(counting, day(t), course()) for _, counting in relieved(1)]
    shown = [one for one in found if one.shown]
    assert shown
    for one in shown:
        assert one.p10 is not None
        assert one.p50 is not None
        assert one.p90 is not None
        assert t - 13 <= one.p10 <= one.p50 <= one.p90 <= one.p10 + 90
    for one in found:
        if one.silent is not Silent.UNLIKE_ANY_COURSE and one.p_loss_14d is not None:
            assert one.beyond_horizon is not None
            assert 0 <= one.p_loss_14d <= 1 - one.beyond_horizon <= 1


def test_a_diary_that_ebbs_has_a_window_with_its_chance() -> None:
    found = forecast(after(EBBING), day(len(EBBING)), course())
    assert found.shown
    assert found.course_day_0 == DAY_0
    assert found.p50 is not None
    assert len(EBBING) < found.p50 < 75
    assert found.end == DAY_0 + timedelta(days=found.p50)
    assert found.p_loss_14d is not None
    assert 0.3 < found.p_loss_14d < 0.7


def test_the_same_diary_has_the_same_forecast() -> None:
    first = forecast(after(EBBING), day(len(EBBING)), course())
    assert forecast(after(EBBING), day(len(EBBING)), course()) == first


@settings(max_examples=15)
@given(st.integers(-20_000, 20_000))
def test_another_date_changes_nothing_but_dates(shift: int) -> None:
    moved = {on + shift: score for on, score in after(EBBING).items()}
    here = forecast(after(EBBING), day(len(EBBING)), course())
    there = forecast(moved, day(len(EBBING) + shift), course(day_0=day(shift)))
    assert (here.p10, here.p50, here.p90) == (there.p10, there.p50, there.p90)
    assert (here.p_loss_14d, here.beyond_horizon) == (there.p_loss_14d, there.beyond_horizon)
    assert there.end == day(shift) + timedelta(days=here.p50 or 0)


@settings(max_examples=10)
@given(st.dictionaries(st.integers(1, 60), st.integers(0, 10)))
def test_nothing_that_comes_later_is_known(later: dict[int, int]) -> None:
    today = day(len(EBBING))
    with_more = after(EBBING) | {today.toordinal() + t: score for t, score in later.items()}
    assert forecast(with_more, today, course()) == forecast(after(EBBING), today, course())


def test_more_relief_lasts_longer_on_average() -> None:
    first, last = DAY_0.toordinal() + 1, day(42).toordinal()
    longer = []
    for _, counting in relieved(2):
        better = {on: max(score - 1, 0) if first <= on <= last else score for on, score in counting.items()}
        longer.append(middle_of(better) - middle_of(counting))
    assert len(longer) >= 8
    assert np.mean(longer) > 5
    assert np.mean(np.array(longer) >= 0) > 0.8


def test_relief_that_is_going_ends_sooner_than_relief_that_holds() -> None:
    holding = losses(after(run(2, len(EBBING))), day(len(EBBING)), course())
    ebbing = losses(after(EBBING), day(len(EBBING)), course())
    assert ebbing.day_by(0.9) < holding.day_by(0.5)
    assert ebbing.chance_by(len(EBBING) + 14) > 10 * holding.chance_by(len(EBBING) + 14)


def test_a_short_acting_medicine_is_expected_to_end_sooner() -> None:
    counting = after(run(2, 21))
    lidocaine = losses(counting, day(21), course("lidocaine"))
    assert lidocaine.day_by(0.5) < losses(counting, day(21), course()).day_by(0.5)


def test_a_diary_that_comes_from_no_curve_is_met_with_silence() -> None:
    grows = [*run(7, 40), *run(0, 60)]  # relief that comes after weeks, as of something else than the infusion
    found = forecast(after(grows), day(len(grows)), course())
    assert found == Forecast(day(len(grows)), DAY_0, silent=Silent.UNLIKE_ANY_COURSE)


def with_history(*own_days: int) -> tuple[Counting, list[Course]]:
    """A patient whose relief ended after `own_days`, and who is now 21 days into a course with full relief."""
    scores = scores_before(day(1), run(10, 14))
    courses: list[Course] = []
    began = DAY_0
    for days in own_days:
        courses.append(course(day_0=began))
        scores |= scores_from(began + timedelta(days=1), [*run(2, days), *run(10, 30)])
        began += timedelta(days=days + 31)
    courses.append(course(day_0=began))
    scores |= scores_from(began + timedelta(days=1), run(2, 21))
    return counting_scores(scores), courses


def window_with_history(*own_days: int) -> tuple[float, float, float]:
    counting, courses = with_history(*own_days)
    found = losses(counting, courses[-1].last_day + timedelta(days=21), *courses)
    return found.day_by(0.1), found.day_by(0.5), found.day_by(0.9)


def test_earlier_courses_pull_the_window_towards_them_and_narrow_it() -> None:
    nothing, short, long = window_with_history(), window_with_history(40, 42), window_with_history(120, 122)
    assert short[1] < nothing[1] < long[1]
    assert abs(short[1] - 41) < abs(nothing[1] - 41) / 2
    assert abs(long[1] - 121) < abs(nothing[1] - 121)
    assert short[2] - short[0] < 0.7 * (nothing[2] - nothing[0])


def test_courses_of_another_medicine_say_nothing_about_this_one() -> None:
    counting, courses = with_history(40, 42)
    others = [Course(("lidocaine",), one.first_day, one.last_day) for one in courses[:-1]]
    today = courses[-1].last_day + timedelta(days=21)
    own = losses(counting, today, *courses)
    strange = losses(counting, today, *others, courses[-1])
    assert strange.day_by(0.5) > own.day_by(0.5) + 10


def test_a_calibration_moves_the_window_and_the_chance() -> None:
    late = calibrate([0.5 + number / 200 for number in range(99)], courses=99)
    as_it_is = forecast(after(EBBING), day(len(EBBING)), course())
    moved = forecast(after(EBBING), day(len(EBBING)), course(), calibration=late)
    assert as_it_is.p50 is not None
    assert moved.p50 is not None
    assert moved.p50 > as_it_is.p50
    assert as_it_is.p_loss_14d is not None
    assert moved.p_loss_14d is not None
    assert moved.p_loss_14d < as_it_is.p_loss_14d


FOUR = Losses(np.array([10.0, 20.0, 20.0, NEVER]), 4)


@pytest.mark.parametrize(("by", "chance"), [(9, 0), (10, 0.25), (19.5, 0.25), (20, 0.75), (400, 0.75)])
def test_the_chance_of_a_loss_is_the_share_of_futures_lost_by_then(by: float, chance: float) -> None:
    assert FOUR.chance_by(by) == chance


@pytest.mark.parametrize(("chance", "by"), [(0.1, 10), (0.25, 10), (0.26, 20), (0.75, 20), (0.76, NEVER)])
def test_the_day_by_which_a_share_of_futures_is_lost(chance: float, by: float) -> None:
    assert FOUR.day_by(chance) == by


@pytest.mark.parametrize(("on", "rank"), [(9, 0), (10, 0.125), (15, 0.25), (20, 0.5), (21, 0.75)])
def test_a_day_of_loss_counts_its_own_day_by_half(on: float, rank: float) -> None:
    assert FOUR.rank_of(on) == rank
