"""The rivals, on cases worked by hand and beside statsmodels."""

import math

import numpy as np
import pytest
import statsmodels.api as sm

from diary.validation.rivals import LATEST, Logistic, last_relieved, straight_line

NEVER = math.inf


@pytest.mark.parametrize(
    ("share", "day"),
    [(0.1, 30), (0.2, 30), (0.5, 50), (0.6, 50), (0.61, 70)],
)
def test_kaplan_meier_says_the_day_by_which_that_share_is_lost(share, day):
    assert last_relieved([50, 30, 70, 50, NEVER], share, origin=21) == day


def test_kaplan_meier_says_the_end_of_the_horizon_where_fewer_are_ever_lost():
    assert last_relieved([30, NEVER, NEVER], 0.5, origin=21) == 21 + 180


def test_kaplan_meier_is_the_curve_of_courses_all_watched_to_the_same_day():
    days = np.array([25, 31, 31, 44, 60, 80, 120.0, NEVER, NEVER])
    survival = sm.SurvfuncRight(np.minimum(days, 150), np.isfinite(days))
    for share in (0.1, 0.5, 0.7):
        assert last_relieved(days, share, origin=21) == survival.quantile(share)


def test_a_straight_line_reaches_the_line_where_it_would_by_hand():
    # 3 on day 7, 4 on day 14, 5 on day 21: a point a week, and the line at 7 lies two weeks on.
    assert straight_line([3, 4, 5], 7, origin=21) == pytest.approx(35)


def test_a_straight_line_takes_the_weeks_that_are_there():
    assert straight_line([3, None, 5], 7, origin=21) == pytest.approx(35)


def test_least_squares_weigh_every_week():
    # Means 3, 5, 4 have a slope of half a point a week through 4 on day 14.
    assert straight_line([3, 5, 4], 7, origin=21) == pytest.approx(14 + 3 / 0.5 * 7)


@pytest.mark.parametrize("means", [[5, 4, 3], [4, 4, 4], [4], [], [None, None]])
def test_a_line_that_never_comes_there_says_the_latest_day(means):
    assert straight_line(means, 7, origin=21) == LATEST


def test_a_straight_line_says_no_day_before_today_and_none_after_the_latest():
    assert straight_line([6, 8, 10], 7, origin=21) == 21
    assert straight_line([3, 3.01, 3.02], 7, origin=21) == LATEST


def test_the_logistic_regression_is_that_of_statsmodels():
    chance = np.random.default_rng(1)
    distance = chance.normal(-1.5, 1.2, 400)
    lost = chance.random(400) < 1 / (1 + np.exp(-(1 + 1.4 * distance)))
    theirs = sm.Logit(lost.astype(float), sm.add_constant(distance)).fit(disp=0).params
    ours = Logistic.fitted(distance, lost)
    assert (ours.level, ours.slope) == pytest.approx(tuple(theirs), abs=1e-3)
    assert ours.chances([0.0])[0] == pytest.approx(1 / (1 + math.exp(-ours.level)))


def test_the_logistic_regression_has_an_answer_when_the_distance_tells_everything():
    found = Logistic.fitted([-3, -2, 1, 2], [False, False, True, True])
    low, high = found.chances([-2, 1])
    assert low < 0.05
    assert high > 0.95


def test_the_logistic_regression_has_an_answer_when_it_never_happened():
    assert Logistic.fitted([-3.0, -2.0, 1.0], [False] * 3).chances([0.0])[0] < 0.05
