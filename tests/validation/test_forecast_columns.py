"""Forecasts as columns, on futures written down by hand."""

from datetime import date
from math import inf

import numpy as np
import pytest

from diary.clinical.forecast import Forecast, Silent
from diary.clinical.forecast.calibration import AS_FORECAST, calibrate
from diary.clinical.forecast.posterior import Losses
from diary.validation.calibrating import compared, learnt
from diary.validation.followed import NEVER, Followed, Truth
from diary.validation.forecast_columns import ForecastColumns, due_day, loss_by_the_rules, pinball
from diary.validation.standings import Standing

TODAY = date(2025, 1, 22)
SHOWN = Forecast(TODAY, TODAY, 40, 60, 90, 0.1, 0.0)
SILENT = Forecast(TODAY, TODAY, silent=Silent.WIDE_WINDOW)


def standing(number=0, *, lost=60.0, by_rules=62.0, due=70.0, futures=(40.0, 60.0, 90.0), origin=21, says=SHOWN):
    """A course with its true loss, and futures of which a third each is lost on three days."""
    truth = Truth(relief=0.8, lost=lost, over=lost, relieved=True)
    course = Followed(number, truth, 5.0, 14, False, due, by_rules, (), due - 8, 30, True)
    days = np.sort(np.repeat(np.array(futures), 200))
    return Standing(course, origin, Losses(days, 400), says, -1.0, 80.0)


def columns(*standings, **more):
    return ForecastColumns(standings, calibration=AS_FORECAST, **more)


def everything(found):
    return np.ones(len(found.lost), dtype=bool)


def test_the_window_holds_10_50_and_90_percent_of_the_futures():
    assert columns(standing()).window.tolist() == [[40, 60, 90]]


def test_a_loss_that_is_never_forecast_is_the_end_of_the_horizon():
    assert columns(standing(futures=(40, inf, inf))).window.tolist() == [[40, 201, 201]]


def test_a_window_covers_its_ends():
    found = columns(*(standing(number, lost=lost) for number, lost in enumerate((39.0, 40.0, 90.0, 91.0))))
    assert found.covered.tolist() == [False, True, True, False]
    assert found.coverage(everything(found))[0] == 0.5


def test_a_course_lost_after_the_end_of_the_look_is_not_finished():
    found = columns(standing(lost=150.0), standing(1, lost=151.0), standing(2, lost=inf))
    assert found.finished.tolist() == [True, False, False]
    assert found.lost.tolist() == [150, NEVER, NEVER]
    assert columns(standing(lost=151.0), until=180).finished.tolist() == [True]


def test_the_day_of_loss_may_be_that_of_the_rules_or_the_day_due():
    assert columns(standing(), loss=loss_by_the_rules).lost.tolist() == [62]
    assert columns(standing(), loss=due_day).lost.tolist() == [70]


def test_a_loss_is_soon_up_to_14_days_ahead():
    found = columns(*(standing(number, lost=lost) for number, lost in enumerate((30.0, 35.0, 36.0, inf))))
    assert found.lost_soon.tolist() == [True, True, False, False]
    assert columns(standing(futures=(30, 35, 36))).soon.tolist() == [pytest.approx(2 / 3)]


def test_the_error_is_the_distance_of_the_median_in_finished_courses():
    found = columns(standing(lost=50.0), standing(1, lost=80.0), standing(2, lost=inf))
    assert found.error(found.window[:, 1], found.finished)[0] == 15
    assert found.error(84, found.finished)[0] == (34 + 4) / 2


def test_shown_is_what_the_product_shows():
    found = columns(standing(), standing(1, says=SILENT))
    assert found.shown.tolist() == [True, False]


@pytest.mark.parametrize(
    ("lost", "window", "loss"),
    [
        (60, (40, 60, 90), (0.1 * 20 + 0 + 0.1 * 30) / 3),
        (100, (40, 60, 90), (0.1 * 60 + 0.5 * 40 + 0.9 * 10) / 3),
        (30, (40, 60, 90), (0.9 * 10 + 0.5 * 30 + 0.1 * 60) / 3),
    ],
)
def test_the_pinball_loss_by_hand(lost, window, loss):
    assert pinball(np.array([float(lost)]), np.array([window], dtype=float))[0] == pytest.approx(loss)


def test_kaplan_meier_learns_from_others_on_the_same_origin():
    others = [
        *(standing(number, lost=lost) for number, lost in enumerate((30.0, 50.0, 170.0))),
        standing(4, origin=56, lost=100.0),
    ]
    found = columns(standing(), standing(1, origin=56))
    assert found.last_relieved(others).tolist() == [[30, 50, 201], [100, 100, 100]]


def test_a_calibration_is_learnt_from_finished_courses_and_counts_courses_once():
    known = [standing(0, lost=60.0), standing(0, lost=60.0, origin=35), standing(1, lost=inf), standing(2, lost=151.0)]
    found = learnt(known)
    assert found.courses == 1
    assert found == calibrate([0.5, 0.5], courses=1)


def test_late_losses_move_the_calibrated_window_out():
    late = calibrate([0.9] * 99, courses=99)
    assert ForecastColumns([standing()], calibration=late).window.tolist() == [[90, 90, 90]]


def test_calibrated_and_plain_forecasts_are_compared_on_finished_courses_and_on_all():
    others = [
        standing(number, lost=lost, origin=origin)
        for number, lost in enumerate((50.0, 90.0, 120.0, 300.0, inf))
        for origin in (21, 35, 56)
    ]
    rows = compared(calibrate([0.2] * 99, courses=99), others).rows
    assert [row[0] for row in rows] == ["as forecast"] * 4 + ["calibrated on finished courses"] * 4
    after_the_window = {(row[0], row[1]): row[4] for row in rows}
    assert after_the_window["as forecast", "finished, day 21"] == "33.3 %"
    assert after_the_window["as forecast", "all, all origins"] == "60.0 %"
    assert after_the_window["calibrated on finished courses", "all, all origins"] == "100.0 %"
