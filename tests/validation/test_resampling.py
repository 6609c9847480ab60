"""Figures and their intervals, against numbers worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.validation.resampling import RESAMPLES, Estimate, Rows


def rows(number: int) -> Rows:
    return Rows(range(number))


def test_a_mean_is_the_mean_and_stays_within_its_resamples():
    found = rows(4).mean([1, 2, 3, 6])
    assert found[0] == 3
    assert len(found) == RESAMPLES + 1
    assert found.min() >= 1
    assert found.max() <= 6


def test_a_mean_over_some_rows_leaves_the_others_out():
    assert rows(4).mean([1, 2, 3, 600], [True, True, True, False])[0] == 2


def test_a_share_of_nothing_is_nothing():
    assert math.isnan(rows(2).mean([1, 2], [False, False])[0])
    assert math.isnan(Rows([]).mean([])[0])
    assert math.isnan(Rows([]).quantile([], 0.5)[0])


@pytest.mark.parametrize(("share", "value"), [(0.25, 10), (0.5, 20), (0.51, 30), (0.9, 40)])
def test_a_quantile_is_the_lowest_value_that_this_share_does_not_exceed(share, value):
    assert rows(4).quantile([30, 10, 40, 20], share)[0] == value


def test_a_quantile_can_be_never():
    assert rows(3).quantile([1, math.inf, math.inf], 0.5)[0] == math.inf


def test_the_brier_score_is_the_mean_squared_distance():
    assert rows(2).brier([True, False], [0.7, 0.4])[0] == pytest.approx((0.09 + 0.16) / 2)


def test_the_brier_skill_is_measured_against_the_usual_share():
    happened = [True, False, False, False]
    assert rows(4).brier_skill(happened, [0.25] * 4)[0] == pytest.approx(0)
    assert rows(4).brier_skill(happened, [1, 0, 0, 0])[0] == 1
    assert rows(4).brier_skill(happened, [0.5, 0, 0, 0])[0] == pytest.approx(1 - 0.0625 / 0.1875)


def test_the_auc_counts_pairs_in_the_right_order_and_ties_by_half():
    assert rows(4).auc([True, True, False, False], [0.9, 0.4, 0.4, 0.1])[0] == pytest.approx(3.5 / 4)
    assert rows(3).auc([True, False, False], [0.1, 0.5, 0.9])[0] == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=30))
def test_the_auc_is_the_share_of_pairs_in_the_right_order(cases):
    yes = [chance for so, chance in cases if so]
    no = [chance for so, chance in cases if not so]
    found = rows(len(cases)).auc([so for so, _ in cases], [chance for _, chance in cases])[0]
    if not (yes and no):
        assert math.isnan(found)
        return
    pairs = [(high > low) + (high == low) / 2 for high in yes for low in no]
    assert found == pytest.approx(np.mean(pairs))


def test_all_rows_of_a_patient_are_drawn_together():
    one_patient_each = Rows([0, 1, 2, 3]).mean([0, 0, 1, 1])
    two_rows_each = Rows([0, 0, 1, 1]).mean([0, 0, 1, 1])
    assert set(np.round(two_rows_each[1:], 6)) == {0, 0.5, 1}
    assert len(set(np.round(one_patient_each[1:], 6))) == 5


def test_the_interval_of_a_mean_is_about_that_of_the_normal_distribution():
    values = np.random.default_rng(1).normal(5, 2, 400)
    found = Estimate.of(rows(400).mean(values))
    half = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.04)
    assert found.high == pytest.approx(values.mean() + half, abs=0.04)


def test_a_weighted_figure_is_the_figure_of_the_cohort_that_was_drawn():
    values = np.array([3.0, 1.0, 8.0, 5.0])
    happened = np.array([True, False, True, False])
    four = rows(4)
    for line in range(1, 30):
        drawn = np.repeat(np.arange(4), four.weights[line].astype(int))
        assert four.mean(values)[line] == pytest.approx(values[drawn].mean())
        assert four.quantile(values, 0.5)[line] == np.quantile(values[drawn], 0.5, method="inverted_cdf")
        again = Rows(range(len(drawn))).auc(happened[drawn], values[drawn])[0]
        assert four.auc(happened, values)[line] == pytest.approx(again, nan_ok=True)


def test_the_same_patients_are_always_drawn_alike():
    assert np.array_equal(rows(5).weights, rows(5).weights)


def test_an_estimate_leaves_resamples_out_in_which_there_is_nothing():
    found = Estimate.of(np.array([1.0, np.nan, 1.0, 3.0]))
    assert (found.value, found.low, found.high) == (1, 1.05, 2.95)
    assert math.isnan(Estimate.of(np.array([np.nan, np.nan])).low)
