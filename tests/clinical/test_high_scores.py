"""When very high scores call for the advice: worked cases by hand, and what holds for every diary."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from diary.clinical.errors import ClinicalError
from diary.clinical.high_scores import is_quiet, is_very_high, next_working_day

TODAY = date(2026, 3, 20)
WORK_DAYS = frozenset(range(5))


def days(*scores, last=TODAY):
    """Return scores by day, the last one on `last`; None leaves a day out."""
    first = last - timedelta(days=len(scores) - 1)
    return {first + timedelta(days=n): score for n, score in enumerate(scores) if score is not None}


@pytest.mark.parametrize(
    ("scores", "called_for"),
    [
        # seven days at 7 have the mean 7: a 9 is exactly 2 above it
        ((7, 7, 7, 7, 7, 7, 7, 9), True),
        # 7 + 1/7 is the mean of 7,7,7,7,7,7,8: a 9 is 1 6/7 above it, which is not 2
        ((7, 7, 7, 7, 7, 7, 8, 9), False),
        ((7, 7, 7, 7, 7, 7, 8, 10), True),
        # an 8 is no 9, however far above the mean it is
        ((2, 2, 2, 2, 2, 2, 2, 8), False),
        # six days are too few for an own mean
        ((None, 1, 1, 1, 1, 1, 1, 10), False),
        # nothing was written today
        ((1, 1, 1, 1, 1, 1, 1, None), False),
    ],
)
def test_a_nine_or_ten_two_points_above_the_own_month(scores, called_for):
    assert is_very_high(days(*scores), TODAY) is called_for


def test_the_month_is_the_28_days_before_today():
    # 21 times 8 and 7 times 0 is 6 on average, so that a 9 is 3 above it; with the zeros 29 days ago it is 8
    assert is_very_high(days(*(0,) * 7, *(8,) * 21, 9), TODAY)
    assert not is_very_high(days(*(0,) * 7, *(8,) * 28, 9), TODAY)


def test_the_28th_day_before_today_is_the_last_that_is_in_it():
    month = (None,) * 21 + (7,) * 6
    assert is_very_high(days(7, *month, 9), TODAY)  # the seventh entry is 28 days ago
    assert not is_very_high(days(7, None, *month, 9), TODAY)  # 29 days ago: six are too few


@pytest.mark.parametrize(
    ("scores", "called_for"),
    [
        # four days at 3 are the own mean; three days at 6 are exactly 3 above it
        ((3, 3, 3, 3, 6, 6, 6), True),
        ((3, 3, 3, 3, 6, 5, 6), False),
        ((3, 3, 3, 3, 5, 6, 6), False),
        ((3, 3, 3, 3, 6, 6, 5), False),
        ((3, 3, 3, 3, 6, None, 6), False),
        # three days are too few for an own mean
        ((None, 3, 3, 3, 6, 6, 6), False),
        # 3 1/7 is the mean: 6 is 2 6/7 above it
        ((3, 3, 3, 3, 3, 3, 4, 6, 6, 6), False),
        ((3, 3, 3, 3, 3, 3, 4, 7, 7, 7), True),
        # the mean is that of the seven days before the three, the 9 before them is forgotten
        ((9, 3, 3, 3, 3, 3, 3, 3, 6, 6, 6), True),
    ],
)
def test_three_days_three_points_above_the_own_week_before_them(scores, called_for):
    assert is_very_high(days(*scores), TODAY) is called_for


def test_a_day_that_is_none_is_refused():
    with pytest.raises(ClinicalError):
        is_very_high({}, "2026-03-20")  # type: ignore[arg-type]


DIARIES = st.lists(st.none() | st.integers(0, 10), max_size=45)


@given(DIARIES)
@example([7] * 7 + [9])
@example([3] * 7 + [6] * 3)
def test_it_is_what_the_words_say_counted_out_in_another_way(scores):
    diary = days(*scores)
    ago = {(TODAY - day).days: score for day, score in diary.items()}
    month = [ago[n] for n in range(1, 29) if n in ago]
    week = [ago[n] for n in range(3, 10) if n in ago]
    above_month = len(month) >= 7 and ago.get(0, 0) >= 9 and len(month) * (ago[0] - 2) >= sum(month)
    above_week = len(week) >= 4 and all(n in ago and len(week) * (ago[n] - 3) >= sum(week) for n in range(3))
    assert is_very_high(diary, TODAY) is (above_month or above_week)


@given(DIARIES, st.integers(0, 10))
def test_a_higher_score_today_never_calls_less(scores, today):
    diary = {**days(*scores), TODAY: today}
    if is_very_high(diary, TODAY):
        assert is_very_high({**diary, TODAY: min(today + 1, 10)}, TODAY)


@given(DIARIES, st.integers(1, 40), st.integers(0, 10))
def test_what_comes_after_today_changes_nothing(scores, after, score):
    diary = days(*scores)
    assert is_very_high({**diary, TODAY + timedelta(days=after): score}, TODAY) is is_very_high(diary, TODAY)


@given(st.integers(0, 9), st.lists(st.none() | st.integers(0, 1), max_size=45))
def test_pain_that_is_always_the_same_within_a_point_never_calls(usual, above):
    diary = days(*(None if more is None else usual + more for more in above))
    assert not is_very_high(diary, TODAY)


def test_advice_is_quiet_for_six_days_and_may_come_again_on_the_seventh():
    assert [is_quiet(TODAY, TODAY + timedelta(days=n)) for n in (0, 6, 7)] == [True, True, False]


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 3, 19), date(2026, 3, 20)),  # Thursday: Friday
        (date(2026, 3, 20), date(2026, 3, 23)),  # Friday: Monday
        (date(2026, 3, 21), date(2026, 3, 23)),
        (date(2026, 3, 22), date(2026, 3, 23)),
    ],
)
def test_the_next_working_day_of_a_week_from_monday_to_friday(day, due):
    assert next_working_day(day, WORK_DAYS) == due


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sets(st.integers(0, 6), min_size=1))
def test_the_next_working_day_is_the_first_one_after_the_day(day, working):
    due = next_working_day(day, working)
    assert 1 <= (due - day).days <= 7
    assert due.weekday() in working
    assert not any((day + timedelta(days=n)).weekday() in working for n in range(1, (due - day).days))


@pytest.mark.parametrize("working", [frozenset(), frozenset({7}), frozenset({-1, 2})])
def test_a_clinic_that_works_on_no_day_of_the_week_is_refused(working):
    with pytest.raises(ClinicalError):
        next_working_day(TODAY, working)
