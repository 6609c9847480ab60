"""Calibration: the ranks of finished courses, and both ways along them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.errors import ClinicalError
from diary.clinical.forecast.calibration import AS_FORECAST, STEPS, Calibration, calibrate

chances = st.floats(0, 1)
ranks = st.lists(chances, min_size=1, max_size=120)


def test_the_ranks_of_19_courses_are_the_calibration_itself() -> None:
    found = [0.01 * number for number in range(19, 0, -1)]
    assert calibrate(found, courses=19).ranks == tuple(sorted(found))


def test_each_twentieth_of_99_courses_is_the_rank_that_many_do_not_exceed() -> None:
    found = calibrate([number / 100 for number in range(1, 100)], courses=99)
    assert found.ranks == tuple(5 * step / 100 for step in range(1, STEPS))
    assert found.courses == 99


def test_a_share_of_the_next_course_is_promised_not_of_those_that_are_known() -> None:
    # Of 21 courses, the 20 known ones and the next, 1/20 is more than one: the second rank holds, not the first.
    found = calibrate([number / 100 for number in range(1, 21)], courses=20)
    assert found.ranks[0] == 0.02
    assert found.ranks[-1] == 0.2


def test_losses_that_come_late_in_their_forecasts_move_the_window_out() -> None:
    late = calibrate([0.5 + number / 200 for number in range(99)], courses=99)
    assert late.forecast_chance(0.5) == pytest.approx(0.745)
    assert late.true_chance(0.745) == pytest.approx(0.5)
    assert late.true_chance(0.25) == pytest.approx(0.025, abs=0.001)


def test_a_single_finished_course_is_no_division_by_nothing() -> None:
    found = calibrate([0.4], courses=1)
    assert found.forecast_chance(0.5) == pytest.approx(0.4)
    assert found.true_chance(0.2) < 0.05
    assert found.true_chance(0.7) > 0.95


@pytest.mark.parametrize("wrong", [[], [0.2, 1.1], [-0.1], [float("nan")]])
def test_a_rank_that_is_no_chance_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ClinicalError, match="between 0 and 1"):
        calibrate(wrong, courses=len(wrong))


@given(chances)
def test_without_finished_courses_a_chance_stays_what_it_is(chance: float) -> None:
    assert AS_FORECAST.forecast_chance(chance) == pytest.approx(chance)
    assert AS_FORECAST.true_chance(chance) == pytest.approx(chance)


@given(ranks, chances, chances)
def test_a_larger_share_never_has_a_smaller_chance(given_ranks: list[float], one: float, other: float) -> None:
    found = calibrate(given_ranks, courses=1)
    low, high = sorted((one, other))
    assert found.forecast_chance(low) <= found.forecast_chance(high)
    assert found.true_chance(low) <= found.true_chance(high)


@given(ranks, st.floats(0.05, 0.95))
def test_there_and_back_is_the_same_share(given_ranks: list[float], share: float) -> None:
    found = calibrate(given_ranks, courses=1)
    assert found.true_chance(found.forecast_chance(share)) == pytest.approx(share, abs=1e-3)


@given(ranks)
def test_the_order_of_the_courses_changes_nothing(given_ranks: list[float]) -> None:
    assert calibrate(given_ranks, courses=1) == calibrate(given_ranks[::-1], courses=1)


@given(ranks)
def test_ranks_rise_between_0_and_1(given_ranks: list[float]) -> None:
    found = (0.0, *calibrate(given_ranks, courses=1).ranks, 1.0)
    assert all(low < high for low, high in pairwise(found))


def test_a_calibration_holds_19_ranks() -> None:
    assert len(AS_FORECAST.ranks) == STEPS - 1
    assert Calibration(AS_FORECAST.ranks, 0) == AS_FORECAST
