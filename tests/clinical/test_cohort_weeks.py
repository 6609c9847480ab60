"""The weeks of a group: mean, standard error, responders; and what is too little to be shown."""

from fractions import Fraction
from math import sqrt

import pytest
from scipy import stats

from tests.clinical.cohort_builders import by_medicine, group, one_week


def week_of(means, **more):
    (week,) = group(by_medicine(one_week(means, of="ketamine", **more)), "ketamine").weeks
    return week


def test_mean_and_standard_error_of_five_patients():
    week = week_of([1, 2, 3, 4, 5])
    assert (week.week, week.n, week.mean) == (1, 5, 3)
    assert week.se == pytest.approx(sqrt(2.5 / 5))


def test_the_standard_error_is_the_one_of_scipy():
    means = [Fraction(n, 7) for n in (7, 12, 33, 50, 70, 41, 20, 0)]
    week = week_of(means)
    assert week.se == pytest.approx(stats.sem([float(mean) for mean in means]))
    assert week.mean == pytest.approx(float(sum(means) / 8))


def test_a_week_with_four_patients_has_its_number_and_nothing_else():
    week = week_of([1, 2, 3, 4, None])
    assert (week.n, week.mean, week.se, week.responders30, week.responders50) == (4, None, None, None, None)


def test_a_week_nobody_wrote_in_has_nobody():
    cohort = by_medicine(one_week([1, 2, 3, 4, 5], of="ketamine"), weeks=3)
    assert [week.n for week in group(cohort, "ketamine").weeks] == [5, 0, 0]


def test_exactly_thirty_percent_is_a_response_and_a_hair_less_is_not():
    # 30 % below 7 is 4.9, which lies between 34/7 and 35/7; 30 % below 5 is 3.5
    assert week_of([Fraction(34, 7)] * 5).responders30 == 1
    assert week_of([Fraction(35, 7)] * 5).responders30 == 0
    assert week_of([Fraction(7, 2)] * 5, baselines=[5] * 5).responders30 == 1
    assert week_of([Fraction(7, 2)] * 5, baselines=[Fraction(499, 100)] * 5).responders30 == 0


def test_exactly_half_is_a_response_of_fifty_percent():
    week = week_of([Fraction(7, 2), Fraction(25, 7), 3, 7, 4], baselines=[7] * 5)
    assert (week.responders50, week.responders30) == (2 / 5, 4 / 5)


def test_responders_are_a_share_of_the_patients_with_a_baseline():
    week = week_of([1, 1, 1, 6, 6, 1, 1], baselines=[7, 7, 7, 7, 7, None, 0])
    assert (week.n, week.with_baseline, week.responders30) == (7, 5, 3 / 5)


def test_with_four_baselines_there_are_no_responders_to_speak_of():
    week = week_of([1, 1, 1, 1, 1], baselines=[7, 7, 7, 7, None])
    assert (week.mean, week.with_baseline, week.responders30, week.responders50) == (1, 4, None, None)
