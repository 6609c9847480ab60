"""What the rules reach, on courses whose days are written down by hand."""

from math import inf, isnan

import pytest

from diary.validation.followed import NEVER, Followed, Truth
from diary.validation.rule_figures import (
    RuleColumns,
    loss_figures,
    loss_in_detail,
    response_figures,
    response_in_detail,
)


def course(number, *, lost=60.0, over=None, due=67.0, close=(50,), confirmed=14.0, week_over=60.0, **more):
    truth = Truth(more.get("relief", 0.8), lost, lost if over is None else over, more.get("relieved", True))
    late, good_week = more.get("late", False), more.get("good_week", True)
    return Followed(number, truth, 5.0, confirmed, late, due, lost, close, week_over, 30.0, good_week)


def values(figures):
    return {figure.name: figure.estimate.value for figure in figures}


def test_a_loss_said_more_than_7_days_early_is_premature():
    courses = [course(0, due=52.0), course(1, due=53.0), course(2, due=NEVER), course(3, due=90.0, lost=inf)]
    found = values(loss_figures(courses))
    assert found["REPEAT_DUE: premature (more than 7 days early)"] == 2 / 4


def test_a_week_over_the_line_once_is_the_rival():
    courses = [course(0, week_over=40.0), course(1, week_over=58.0), course(2, week_over=NEVER, lost=inf, due=NEVER)]
    assert loss_figures(courses)[0].rivals[0].value == pytest.approx(1 / 3)


def test_premature_is_measured_against_the_first_week_over_the_line():
    early_week = course(0, due=60.0, over=58.0, lost=80.0)
    assert loss_figures([early_week])[0].estimate.value == 0
    columns = RuleColumns([early_week])
    assert columns.premature(columns.due, columns.lost)[0] == 1


def test_the_lag_is_from_the_true_loss_to_the_verdict():
    courses = [course(number, due=60.0 + lag) for number, lag in enumerate((-3, 5, 7, 9, 20))]
    found = values(loss_figures(courses))
    assert found["REPEAT_DUE: lag, median"] == 7
    assert found["REPEAT_DUE: lag, 90 %"] == 20


def test_a_loss_that_is_never_said_has_no_end_of_lag():
    found = values(loss_figures([course(0, due=NEVER), course(1)]))
    assert found["REPEAT_DUE: lag, 90 %"] == inf


def test_a_course_lost_after_it_was_watched_has_no_lag():
    assert isnan(values(loss_figures([course(0, lost=151.0, due=158.0)]))["REPEAT_DUE: lag, median"])


def test_the_warning_leads_from_its_last_run_to_the_verdict():
    courses = [course(0, close=(20, 55)), course(1, close=()), course(2, close=(50,))]
    found = values(loss_figures(courses))
    assert found["DUE_SOON: lead before due, median"] == 12
    assert found["DUE_SOON: not due within 35 days"] == pytest.approx(1 / 3)


def test_a_warning_that_is_35_days_early_is_in_time_and_one_of_36_is_not():
    assert values(loss_figures([course(0, close=(32,))]))["DUE_SOON: not due within 35 days"] == 0
    assert values(loss_figures([course(0, close=(31,))]))["DUE_SOON: not due within 35 days"] == 1


def test_responses_are_found_among_the_truly_relieved_and_false_among_the_others():
    courses = [
        course(0),
        course(1, confirmed=NEVER, due=NEVER),
        course(2, confirmed=40.0, late=True),
        course(3, relief=0.1, relieved=False, confirmed=NEVER, good_week=True),
        course(4, relief=0.1, relieved=False, confirmed=20.0),
        course(5, relief=0.19, relieved=False, confirmed=NEVER, good_week=False),
        course(6, relief=0.25, relieved=False),
    ]
    found = response_figures(courses, courses)
    assert found[0].estimate.value == pytest.approx(1 / 3)
    assert found[1].estimate.value == pytest.approx(1 / 3)
    assert found[1].rivals[0].value == pytest.approx(2 / 3)
    later = response_in_detail(courses, courses).rows[1]
    assert later[2].startswith("0.67")


def test_the_details_hold_both_readings_of_too_early():
    rows = dict(loss_in_detail([course(0, due=60.0, over=58.0, lost=80.0), course(1)]).rows)
    assert rows["REPEAT_DUE: more than 7 days before the 7-day mean first lies above the line"].startswith("0.0 %")
    assert rows["REPEAT_DUE: more than 7 days before the 7-day mean lies above the line for 7 days"].startswith(
        "50.0 %"
    )


def test_a_response_gone_before_it_was_confirmed_is_left_out_of_the_second_lag():
    gone = course(0, lost=10.0, confirmed=20.0, due=40.0)
    found = [course(number, due=67.0) for number in range(1, 4)]
    rows = dict(loss_in_detail([gone, *found]).rows)
    assert rows["REPEAT_DUE: lag, 90 %, where relief truly lasted beyond its confirmation"].startswith("7.0 d")
    assert values(loss_figures([gone, *found]))["REPEAT_DUE: lag, 90 %"] == 30
