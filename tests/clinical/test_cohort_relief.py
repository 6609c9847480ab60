"""Days of relief of groups, checked against published survival data, statsmodels and scipy."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from diary.clinical.cohort.survival import Watched, _log_rank_of_several, log_rank, relief_curve

SIX_MP = Watched.of(
    [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35], [True] * 9 + [False] * 12
)
PLACEBO = Watched.of([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [True] * 21)
"""Freireich 1963, Blood 21:699: weeks of remission of acute leukaemia."""

MAINTAINED = Watched.of([9, 13, 18, 23, 31, 34, 48, 13, 28, 45, 161], [True] * 7 + [False] * 4)
NOT_MAINTAINED = Watched.of([5, 5, 8, 8, 12, 23, 27, 30, 33, 43, 45, 16], [True] * 11 + [False])
"""Miller 1997, Survival Analysis; `aml` of R's package survival."""

ASTROCYTOMA = Watched.of(
    [6, 13, 21, 30, 37, 38, 49, 50, 63, 79, 86, 98, 202, 219, 31, 47, 80, 82, 82, 149], [True] * 14 + [False] * 6
)
GLIOBLASTOMA = Watched.of(
    [10, 10, 12, 13, 14, 15, 16, 17, 18, 20, 24, 24, 25, 28, 30, 33, 35, 37, 40, 40, 46, 48, 76, 81, 82, 91, 112, 181,
     34, 40, 70],
    [True] * 28 + [False] * 3,
)  # fmt: skip
"""Bland and Altman 2004, BMJ 328:1073."""

PUBLISHED = [
    # Kleinbaum and Klein, Survival Analysis: log-rank 16.793
    (SIX_MP, PLACEBO, 16.793),
    # R: survdiff(Surv(time, status) ~ x, aml) gives Chisq = 3.4, p = 0.0653
    (MAINTAINED, NOT_MAINTAINED, 3.396),
    # Bland and Altman: 7.50
    (ASTROCYTOMA, GLIOBLASTOMA, 7.4966),
]


@pytest.mark.parametrize(("first", "second", "chi_square"), PUBLISHED)
def test_the_log_rank_test_is_the_published_one(first, second, chi_square):
    assert stats.chi2.isf(log_rank([first, second]), 1) == pytest.approx(chi_square, abs=6e-4)
    assert log_rank([second, first]) == pytest.approx(log_rank([first, second]))
    assert _log_rank_of_several([first, second]) == pytest.approx(log_rank([first, second]))


def test_the_p_of_the_leukaemia_data_of_r_is_the_published_one():
    assert log_rank([MAINTAINED, NOT_MAINTAINED]) == pytest.approx(0.0653, abs=5e-5)


def test_medians_are_the_published_ones():
    # remission: 23 weeks against 8 (Kleinbaum and Klein); aml: 31 against 23 (R: survfit)
    groups = (SIX_MP, PLACEBO, MAINTAINED, NOT_MAINTAINED)
    assert [relief_curve(group).median for group in groups] == [23, 8, 31, 23]


def test_the_curve_is_the_published_one():
    # R: survfit(Surv(time, status) ~ x, aml), the maintained group
    curve = relief_curve(MAINTAINED)
    assert [day for day, _ in curve.steps] == [9, 13, 18, 23, 31, 34, 48]
    shares = [0.90909091, 0.81818182, 0.71590909, 0.61363636, 0.49090909, 0.36818182, 0.18409091]
    assert [share for _, share in curve.steps] == pytest.approx(shares)


def limits(group):
    curve = relief_curve(group)
    return curve.low, curve.high


@pytest.mark.filterwarnings("ignore::RuntimeWarning:statsmodels")
def test_the_limits_of_the_median_are_those_of_statsmodels():
    for group in (SIX_MP, PLACEBO, MAINTAINED, NOT_MAINTAINED, ASTROCYTOMA, GLIOBLASTOMA):
        low, high = SurvfuncRight(group.days, group.lost.astype(int)).quantile_ci(0.5, method="cloglog")
        assert limits(group) == (low, None if np.isinf(high) else high)
    assert limits(SIX_MP) == (13, None)
    assert limits(PLACEBO) == (4, 11)


def random_groups(seed, number):
    chance = random.Random(seed)
    groups = []
    for _ in range(number):
        n, length = chance.randint(5, 60), chance.uniform(20, 90)
        days = [min(365, 7 + round(chance.expovariate(1 / length))) for _ in range(n)]
        groups.append(Watched.of(days, [day < 365 and chance.random() < 0.7 for day in days]))
    return groups


@pytest.mark.parametrize("number", [2, 3, 4, 7])
@pytest.mark.parametrize("seed", range(8))
def test_the_log_rank_test_of_several_groups_is_that_of_statsmodels(seed, number):
    groups = random_groups(seed, number)
    days = np.concatenate([group.days for group in groups])
    lost = np.concatenate([group.lost for group in groups]).astype(int)
    names = np.repeat(np.arange(number), [len(group.days) for group in groups])
    assert log_rank(groups) == pytest.approx(survdiff(days, lost, names)[1], rel=1e-6)


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined:RuntimeWarning")
@pytest.mark.parametrize("seed", range(30))
def test_curve_and_limits_are_those_of_scipy(seed):
    (group,) = random_groups(seed, 1)
    curve = relief_curve(group)
    scipys = stats.ecdf(group.censored).sf
    with np.errstate(all="ignore"):
        limits = scipys.confidence_interval(method="log-log")
    assert [share for _, share in curve.steps] == pytest.approx([float(scipys.evaluate(day)) for day, _ in curve.steps])
    for mine, theirs in ((curve.low, limits.low), (curve.high, limits.high)):
        reached = theirs.quantiles[theirs.probabilities <= 0.5]
        assert mine == (reached[0] if len(reached) else None)


def test_nobody_lost_has_no_median_and_no_test():
    held = Watched.of([30, 40, 50, 60, 365], [False] * 5)
    curve = relief_curve(held)
    assert (curve.steps, curve.median, curve.low, curve.high) == ((), None, None, None)
    assert log_rank([held, held]) is None
    assert log_rank([held, held, held]) is None


def test_all_lost_on_one_day_has_a_median_without_limits_and_no_test():
    at_once = Watched.of([20] * 5, [True] * 5)
    curve = relief_curve(at_once)
    assert (curve.steps, curve.median, curve.low, curve.high) == (((20, 0.0),), 20, None, None)
    assert log_rank([at_once, at_once]) is None
    assert log_rank([at_once, at_once, at_once]) is None


@pytest.mark.parametrize("half", [3, 12, 19, 27])
def test_exactly_half_is_half_whatever_the_rounding(half):
    # 23/24 · 22/23 · … · 12/13 is one half in fractions, and a little more in binary numbers
    days = [10 + number for number in range(half)]
    assert relief_curve(Watched.of([*days, *[300] * half], [True] * half + [False] * half)).median == days[-1]


def test_one_group_alone_is_not_tested():
    assert log_rank([PLACEBO]) is None
    assert log_rank([]) is None


def test_a_group_that_was_gone_before_the_first_loss_does_not_count_as_one():
    gone = Watched.of([3, 3, 4, 4, 4], [False] * 5)
    late = Watched.of(PLACEBO.days + 10, PLACEBO.lost)
    later = Watched.of(SIX_MP.days + 10, SIX_MP.lost)
    assert log_rank([gone, late, later]) == pytest.approx(log_rank([late, later]))
    assert log_rank([gone, late]) is None


watched_courses = st.lists(st.tuples(st.integers(1, 365), st.booleans()), min_size=5, max_size=30)


@given(st.lists(watched_courses, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_whatever_the_days_there_is_an_answer_and_the_order_of_the_courses_is_not_in_it(groups, chance):
    made = [Watched.of(*zip(*group, strict=True)) for group in groups]
    p = log_rank(made)
    assert p is None or 0 <= p <= 1
    for group, watched in zip(groups, made, strict=True):
        curve = relief_curve(watched)
        shares = [share for _, share in curve.steps]
        assert shares == sorted(shares, reverse=True)
        assert curve.low is None or curve.median is None or curve.low <= curve.median
        assert curve.high is None or (curve.median is not None and curve.median <= curve.high)
        chance.shuffle(group)
        assert relief_curve(Watched.of(*zip(*group, strict=True))) == curve
    assert log_rank([Watched.of(*zip(*group, strict=True)) for group in groups]) == p
