"""Two groups week by week, checked against statsmodels, scipy and published results."""

import random
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from diary.clinical.cohort.comparison import ancova, holm
from tests.clinical.cohort_builders import a_course, by_medicine, one_week

SLEEP = ([7, -16, -2, -12, -1, 34, 37, 8, 0, 20], [19, 8, 11, 1, -1, 44, 55, 16, 46, 34])
"""Student 1908, Biometrika 6:1, extra sleep in tenths of an hour with two drugs; R's data set `sleep`."""


def week_one(first, second, *, before=(None, None)):
    """Return the first week of two groups with these weekly means and baselines."""
    courses = one_week(first, of="ketamine", baselines=before[0]) + one_week(second, of="placebo", baselines=before[1])
    (week,) = by_medicine(courses, "ketamine", "placebo").tests
    return week


def random_group(chance, n, level):
    baselines = [Fraction(chance.randint(28, 66), 7) for _ in range(n)]
    return [round(float(b) * level * 420 + chance.gauss(0, 300)) % 4200 / 420 for b in baselines], baselines


@pytest.mark.parametrize("seed", range(20))
def test_the_analysis_of_covariance_is_that_of_statsmodels(seed):
    chance = random.Random(seed)
    first, before_first = random_group(chance, chance.randint(5, 30), 0.5)
    second, before_second = random_group(chance, chance.randint(5, 30), chance.uniform(0.4, 0.9))
    week = week_one(first, second, before=(before_first, before_second))
    group = np.repeat([1.0, 0.0], [len(first), len(second)])
    model = sm.OLS(
        [*first, *second], np.column_stack([np.ones(len(group)), group, before_first + before_second]).astype(float)
    )
    assert week.p_ancova == pytest.approx(model.fit().pvalues[1], rel=1e-7)
    assert week.p_welch == pytest.approx(stats.ttest_ind(first, second, equal_var=False).pvalue, rel=1e-9)
    assert week.n == len(first) + len(second)


def test_welchs_test_is_the_published_one_on_students_sleep():
    # R: t.test(extra ~ group, data = sleep) gives t = -1.8608, df = 17.776, p-value = 0.07939; moved up by two hours
    first, second = ([Fraction(tenths + 20, 10) for tenths in drug] for drug in SLEEP)
    assert week_one(first, second).p_welch == pytest.approx(0.07939, abs=5e-6)


def test_holms_adjustment_is_the_published_one():
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") gives 0.05 0.08 0.09 0.09 0.09
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.04, 0.01, 0.03, 0.005]) == pytest.approx([0.06, 0.03, 0.06, 0.02])


chances = st.floats(0, 1)


@given(st.lists(chances, max_size=52))
def test_holms_adjustment_is_never_smaller_and_keeps_the_order(raw):
    adjusted = holm(raw)
    assert all(p <= h <= 1 for p, h in zip(raw, adjusted, strict=True))
    by_raw = [h for _, h in sorted(zip(raw, adjusted, strict=True))]
    assert by_raw == sorted(by_raw)


@pytest.mark.parametrize("seed", range(10))
def test_holms_adjustment_is_that_of_statsmodels(seed):
    chance = random.Random(seed)
    raw = [chance.random() ** 3 for _ in range(chance.randint(1, 52))]
    assert holm(raw) == pytest.approx(list(multipletests(raw, method="holm")[1]))


@given(st.lists(st.one_of(st.none(), chances), max_size=20))
def test_a_week_without_a_test_costs_the_others_nothing(raw):
    there = [p for p in raw if p is not None]
    assert [h for h in holm(raw) if h is not None] == holm(there)
    assert [h is None for h in holm(raw)] == [p is None for p in raw]


def test_holm_is_taken_over_the_weeks_that_were_tested():
    first = [a_course(f"k{n}", n / 2, None, n, medicine="ketamine", baseline=6 + n % 3) for n in range(1, 9)]
    second = [a_course(f"p{n}", n / 2 + 3, 5, n + 1, medicine="placebo", baseline=6 + n % 4) for n in range(1, 9)]
    one, two, three = by_medicine(first + second, "ketamine", "placebo", weeks=3).tests
    assert (two.p_ancova, two.p_holm, two.p_welch, two.n) == (None, None, None, 8)
    assert one.p_ancova < three.p_ancova
    assert one.p_holm == pytest.approx(2 * one.p_ancova)
    assert three.p_holm == pytest.approx(max(2 * one.p_ancova, three.p_ancova))


FEW = [1, 2, 3, 4]
ENOUGH = [1, 2, 3, 4, 6]


def nothing(week):
    return (week.p_ancova, week.p_holm, week.p_welch) == (None, None, None)


def test_fewer_than_five_patients_with_the_week_and_a_baseline_are_not_tested():
    week = week_one([*FEW, None], ENOUGH)
    assert nothing(week)
    assert week.n == 9
    without = week_one([*FEW, 6], ENOUGH, before=([7, 7, 7, 7, None], None))
    assert nothing(without)
    assert without.n == 9
    assert not nothing(week_one(ENOUGH, ENOUGH, before=([5, 6, 7, 8, 9], [5, 6, 7, 8, 9])))


def test_a_group_without_variance_is_not_tested():
    assert nothing(week_one([3] * 5, ENOUGH))
    assert nothing(week_one(ENOUGH, [3] * 5))
    assert nothing(week_one([3] * 5, [3] * 5))
    assert nothing(week_one([3] * 5, [5] * 5))


def test_baselines_that_are_all_the_same_explain_nothing():
    week = week_one([1, 2, 3, 4, 6, 2], [3, 4, 5, 6, 7])
    assert week.p_ancova == pytest.approx(stats.ttest_ind([1, 2, 3, 4, 6, 2], [3, 4, 5, 6, 7]).pvalue)


def test_a_baseline_that_tells_the_groups_apart_leaves_nothing_to_the_group():
    week = week_one(ENOUGH, ENOUGH[::-1], before=([5] * 5, [8] * 5))
    assert week.p_ancova is None
    assert week.p_welch == pytest.approx(1)


def test_pain_that_follows_from_group_and_baseline_alone_leaves_no_noise_to_measure():
    week = week_one([2, 3, 4, 5, 6], [5, 6, 7, 8, 9], before=([4, 5, 6, 7, 8], [4, 5, 6, 7, 8]))
    assert week.p_ancova is None
    assert week.p_welch is not None


levels = st.integers(0, 4200)
arms = st.lists(st.tuples(levels, st.integers(0, 70)), min_size=5, max_size=12)


@given(arms, arms)
def test_whatever_the_numbers_a_p_lies_between_nothing_and_one(first, second):
    means = [[Fraction(mean, 420) for mean, _ in arm] for arm in (first, second)]
    week = week_one(*means, before=[[Fraction(b, 7) for _, b in arm] for arm in (first, second)])
    assert all(p is None or 0 <= p <= 1 for p in (week.p_ancova, week.p_holm, week.p_welch))
    assert week.n == len(first) + len(second)


@given(arms, arms)
def test_it_does_not_matter_which_group_is_named_first(first, second):
    one, two = (np.array(arm, dtype=float).T for arm in (first, second))
    there, back = ancova(*one, *two), ancova(*two, *one)
    assert there == (None if back is None else pytest.approx(back, rel=1e-6, abs=1e-12))
