"""Simulated trials through the groups of the product."""

import numpy as np

from diary.validation.trial import TrialArm, TrialResult, trial_figures, trial_grid, trial_result


def test_a_trial_says_what_the_one_of_2009_said():
    found = trial_result(1)
    assert 2.0 < found.means[TrialArm.KETAMINE][0] < 3.4
    assert 4.6 < found.means[TrialArm.PLACEBO][0] < 6.0
    assert found.p[0] < 0.01
    assert len(found.p) == 12
    assert np.array_equal(found.p, trial_result(1).p)


def result(p, week_1=(2.7, 5.3)):
    means = {arm: np.array([mean, *[6.0] * 11]) for arm, mean in zip(TrialArm, week_1, strict=True)}
    return TrialResult(np.array([*[0.001] * 10, *p]), means)


def test_the_median_trial_decides():
    trials = [result((0.01, 0.02)), result((0.04, 0.06)), result((0.2, 0.3))]
    figures = {figure.name: figure for figure in trial_figures(trials)}
    eleventh, twelfth = (
        figures["simulated trials: median P of week 11"],
        figures["simulated trials: median P of week 12"],
    )
    assert (eleventh.estimate.value, twelfth.estimate.value) == (0.04, 0.06)
    assert eleventh.reached
    assert twelfth.reached
    assert not trial_figures([result((0.06, 0.04))])[2].reached
    assert not trial_figures([result((0.06, 0.04))])[3].reached


def test_the_means_of_week_1_are_about_those_of_2009():
    assert [figure.reached for figure in trial_figures([result((0.01, 0.1))])[:2]] == [True, True]
    assert [figure.reached for figure in trial_figures([result((0.01, 0.1), (3.2, 5.6))])[:2]] == [False, False]


def test_each_week_has_its_row():
    rows = trial_grid([result((0.04, 0.06)), result((0.01, 0.2))]).rows
    assert len(rows) == 12
    assert rows[0][:3] == ("1", "2.70 points", "5.30 points")
    assert rows[11][5] == "0 %"
    assert rows[10][5] == "100 %"
