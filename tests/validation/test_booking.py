"""Booking at the verdict and by the advice, on diaries made by hand."""

from datetime import date, timedelta
from math import inf

import pytest

from diary.clinical.baseline import judge_courses
from diary.clinical.book_by import ExpectedFrom
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import counting_scores
from diary.validation import booking
from diary.validation.booking import Chairs, booking_grid, chairs_by_forecast, chairs_by_own_courses
from tests.clinical.builders import DAY_0, course, day, diary, run, scores_before, scores_from

LOST_ON_60 = [*run(5, 57), *run(10, 60)]
"""Weekly means over the line of 7 from day 60 on, (4·5 + 3·10)/7 = 50/7; due on day 67."""


def asked(judged, waiting_time=None, end=None):
    rules = DEFAULT_RULES if waiting_time is None else booking._waiting(waiting_time)
    return booking._asked(judged, rules, lambda t: None if end is None or t < 14 else day(end))


def first_course():
    return judge_courses([course()], counting_scores(diary(LOST_ON_60)), day(117), DEFAULT_RULES)


def third_course():
    """A patient with two courses of 59 days of relief, and a third one."""
    scores = scores_before(DAY_0, run(10, 14))
    courses = []
    for number in range(3):
        courses.append(course(day_0=day(100 * number)))
        scores |= scores_from(day(100 * number + 1), [*LOST_ON_60[:99]])
    return judge_courses(courses, counting_scores(scores), day(299), DEFAULT_RULES)


def test_a_clinic_without_advice_asks_on_the_day_of_the_verdict():
    assert asked(first_course()) == 67
    assert asked(third_course()) == 67


def test_by_the_advice_it_asks_a_waiting_time_before_relief_usually_ends():
    assert asked(third_course(), 35) == 59 - 35
    assert asked(third_course(), 14) == 59 - 14


def test_a_long_waiting_time_asks_as_soon_as_the_response_is_confirmed():
    assert asked(third_course(), 56) == 14


def test_a_first_course_takes_the_end_from_the_forecast():
    assert asked(first_course(), 35, end=80) == 45
    assert asked(first_course(), 35, end=45) == 14


def test_without_a_forecast_a_first_course_waits_for_the_verdict():
    assert asked(first_course(), 35) == 67


def test_a_forecast_beyond_the_verdict_changes_nothing():
    assert asked(first_course(), 14, end=120) == 67


def test_relief_that_lasts_asks_for_no_chair():
    lasting = judge_courses([course()], counting_scores(diary(run(5, 365))), day(365), DEFAULT_RULES)
    assert asked(lasting) == inf


def test_no_chair_comes_within_the_minimum_interval():
    chairs = booking._chairs(0, ExpectedFrom.FORECAST, 60, first_course(), lambda _t: day(45))
    assert [one.by_advice for one in chairs] == [45, 49, 70]
    early = booking._chairs(0, ExpectedFrom.FORECAST, 60, first_course(), lambda _t: day(20))
    assert early[0].by_advice == 42


def test_a_response_that_is_lost_at_once_waits_for_the_minimum_interval():
    lost = judge_courses([course()], counting_scores(diary([*run(5, 14), *run(10, 60)])), day(74), DEFAULT_RULES)
    assert asked(lost) + 14 < 42
    soon = booking._chairs(0, ExpectedFrom.FORECAST, 17, lost, lambda _t: None)[0]
    assert (soon.at_verdict, soon.by_advice) == (42, 42)


def chairs_of(number, lost, at_verdict, by_advice):
    return [
        Chairs(number, source, waiting, lost, at_verdict, by_advice)
        for source in ExpectedFrom
        for waiting in booking.WAITING_TIMES
    ]


def test_days_of_pain_are_counted_from_the_loss_to_the_chair():
    grid = booking_grid([*chairs_of(0, 60, 102, 70), *chairs_of(1, 80, 122, 78), *chairs_of(2, inf, inf, 60)])
    row = grid.rows[0]
    assert row[2] == "3 (2)"
    assert row[3].startswith("100.0 %")
    assert [cell.split(" (")[0] for cell in row[4:7]] == ["42.0 d", "5.0 d", "37.0 d"]


def test_a_chair_more_than_a_week_before_the_loss_is_too_early_also_when_none_comes():
    cases = [
        *chairs_of(0, 60, 102, 53),
        *chairs_of(1, 60, 102, 52),
        *chairs_of(2, inf, inf, 60),
        *chairs_of(3, 60, 9, 99),
    ]
    row = booking_grid(cases).rows[0]
    assert [cell.split(" (")[0] for cell in row[7:]] == ["25.0 %", "50.0 %"]


def test_patients_and_first_courses_are_booked_from_their_seeds():
    own, first = chairs_by_own_courses(3, 0, 6), chairs_by_forecast(3, 0, 4)
    assert own == [*chairs_by_own_courses(3, 0, 3), *chairs_by_own_courses(3, 3, 3)]
    assert {one.expected_from for one in own} == {ExpectedFrom.OWN_COURSES}
    assert {one.expected_from for one in first} == {ExpectedFrom.FORECAST}
    for one in (*own, *first):
        assert 42 <= one.by_advice <= one.at_verdict


@pytest.mark.parametrize(("t", "made_on"), [(14, 14), (20, 14), (21, 21), (34, 28)])
def test_the_forecast_is_made_anew_every_week(monkeypatch, t, made_on):
    made = []

    def forecast_of(_judged, _counting, today, **_rules):
        made.append(today)
        return type("Said", (), {"end": None})

    monkeypatch.setattr(booking, "forecast_of", forecast_of)
    diary_of = type("Diary", (), {"judged_on": staticmethod(lambda t: t), "counting": {}})
    expected_end = booking._forecast_end_of(diary_of)
    assert expected_end(13) is None
    assert expected_end(t) is None
    assert made == [date(2025, 1, 1) + timedelta(days=made_on)]
