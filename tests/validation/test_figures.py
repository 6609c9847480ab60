"""Figures as they are written: reached or missed, with their targets and rivals."""

import math

import numpy as np
import pytest

from diary.validation.figures import DAYS, PERCENT, SHARE, Figure, Grid, Rival, Target, told, written
from diary.validation.report import Report, aligned, markdown
from diary.validation.resampling import Estimate

NONE = math.nan


def figure(value, target, *rivals, smaller_wins=True):
    beaten = [Rival(f"rival {number}", one) for number, one in enumerate(rivals)]
    return Figure("a figure", Estimate(value, value - 1, value + 1), DAYS, target, beaten, smaller_wins)


@pytest.mark.parametrize(
    ("value", "target", "reached"),
    [
        (18, Target(high=18), True),
        (18.01, Target(high=18), False),
        (0.4, Target(low=0.4), True),
        (0.39, Target(low=0.4), False),
        (0.75, Target(0.75, 0.92), True),
        (0.93, Target(0.75, 0.92), False),
        (NONE, Target(high=18), False),
    ],
)
def test_a_target_is_reached_by_the_figure_itself(value, target, reached):
    assert figure(value, target).reached is reached


def test_a_figure_that_does_not_beat_every_rival_is_missed():
    assert figure(17, Target(high=18), 20, 25).reached
    assert not figure(17, Target(high=18), 20, 16).reached
    assert not figure(17, Target(high=18), 17).reached
    assert figure(17, Target(low=5), 16, smaller_wins=False).reached
    assert not figure(17, Target(low=5), 18, smaller_wins=False).reached


def test_a_missed_target_is_written_as_missed():
    assert figure(19, Target(high=18), 25).cells == (
        "a figure",
        "19.0 d (18.0 to 20.0)",
        "≤ 18.0 d",
        "rival 0 25.0 d",
        "MISSED",
    )
    assert figure(17, Target(high=18)).cells[3:] == ("-", "yes")


def test_targets_and_shares_are_written_in_their_unit():
    assert Target(0.75, 0.92).written(SHARE) == "0.75-0.92"
    assert Target(low=0.15).written(PERCENT) == "≥ 15.0 %"
    assert written(Estimate(0.226, 0.2, 0.251), PERCENT) == "22.6 % (20.0 to 25.1)"
    assert written(Estimate(0.4, NONE, NONE), SHARE) == "0.40"
    assert written(Estimate(NONE, NONE, NONE), SHARE) == "none"
    assert told(np.array([2.0, 1.0, 3.0]), DAYS) == "2.0 d (1.1 to 3.0)"


def test_a_report_says_which_targets_are_missed():
    reached, missed = figure(17, Target(high=18)), figure(19, Target(high=18))
    assert Report([reached], []).summary == "1 of 1 figures reach their target."
    assert Report([reached, missed], []).summary == "1 of 2 figures reach their target; missed: a figure."


def test_tables_are_written_for_a_terminal_and_for_a_page():
    grid = Grid("t", ("name", "n"), [("a long name", "1"), ("b", "22")])
    assert aligned(grid) == "name         n\na long name  1\nb            22"
    assert markdown(grid) == "| name | n |\n| --- | --- |\n| a long name | 1 |\n| b | 22 |"
