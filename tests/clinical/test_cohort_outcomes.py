"""What came of a course: its exact weekly means and how long relief was seen to last."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.baseline import judge_courses
from diary.clinical.cohort.outcome import (
    FURTHEST_DAY,
    PARTS,
    CohortCourse,
    cohort_course,
    days_relieved,
    outcomes_of,
)
from diary.clinical.relief import ReliefIs
from diary.clinical.rules import DEFAULT_RULES, RuleSet
from diary.clinical.scores import counting_scores
from tests.clinical.builders import DAY_0, LOST_ON_26, TENS, course, day, diary, run, score_of, scores_from, weeks


def outcomes(scores, today, *given_courses, rules=DEFAULT_RULES):
    known = {on: one for on, one in scores.items() if on <= today}
    return outcomes_of(judge_courses(given_courses, counting_scores(known), today, rules))


def outcome(after, *, before=TENS, t=None, medicines="ketamine", rules=DEFAULT_RULES):
    today = day(len(after) if t is None else t)
    (one,) = outcomes(diary(after, before=before), today, course(medicines), rules=rules)
    return one


def points(one):
    return [None if part is None else Fraction(part, PARTS) for part in one.weeks]


def watched(one):
    return cohort_course("P", one)[-2:]


def test_a_week_is_the_mean_of_its_seven_days():
    assert points(outcome([1, 2, 3, 4, 5, 6, 8, *weeks(9)])) == [Fraction(29, 7), 9]


def test_four_entries_make_a_week_and_three_do_not():
    assert points(outcome([5, 5, None, None, None, 4, 4, *weeks(2)])) == [Fraction(9, 2), 2]
    assert points(outcome([5, 5, None, None, None, None, 4, *weeks(2)])) == [None, 2]


def test_the_clinic_may_ask_for_another_number_of_entries():
    assert points(outcome([None, None, None, None, 5, 5, 4], rules=RuleSet(week_minimum=3))) == [Fraction(14, 3)]
    assert points(outcome([None, 5, 5, 5, 5, 5, 5], rules=RuleSet(week_minimum=7))) == []


def test_a_week_that_is_not_over_has_no_mean_yet():
    assert points(outcome(run(3, 13))) == [3]
    assert points(outcome(run(3, 14))) == [3, 3]


def test_late_entries_are_in_no_mean():
    late = diary(run(3, 3)) | {day(t): score_of(10, counts=False) for t in range(4, 8)}
    (one,) = outcomes(late, day(7), course())
    assert one.weeks == ()


@pytest.mark.parametrize("t", [-5, 0, 1, 6])
def test_a_course_that_runs_or_just_ended_has_no_weeks(t):
    today = DAY_0 + timedelta(days=t)
    started = outcomes(diary(run(3, 6)), today, course(days=10))
    assert [(one.weeks, one.confirmed, watched(one)) for one in started] == [((), None, (None, False))]


def test_a_course_to_come_is_left_out_of_account():
    assert outcomes(diary([]), DAY_0 - timedelta(days=1), course()) == []


def test_the_latest_started_course_is_the_judged_one_and_ends_the_look_at_the_one_before():
    scores = diary(run(2, 40))
    first, second = outcomes(scores, day(40), course(), course("lidocaine", day_0=day(30)))
    assert (first.judged, second.judged) == (False, True)
    assert points(first) == [2, 2, 2, 2]
    assert watched(first) == (29, False)
    (only,) = outcomes(scores, day(29), course(), course("lidocaine", day_0=day(30)))
    assert only.judged


def test_the_baseline_is_the_one_in_force_exact():
    assert outcome(run(3, 7), before=[7, 7, 8, 7, 7, 7, 7]).baseline == Fraction(50, 7)
    assert outcome(run(3, 7), before=[]).baseline is None
    assert outcome(run(1, 7), before=run(2, 7)).baseline == 2


def test_no_more_than_a_year_of_weeks_is_kept():
    assert len(outcome(run(2, 800)).weeks) == 52


def test_relief_that_was_lost_lasted_to_the_last_good_day():
    lost = outcome(LOST_ON_26)
    assert lost.relief.relief is ReliefIs.LOST
    assert watched(lost) == (18, True)


def test_relief_that_runs_is_watched_to_the_last_entry():
    assert watched(outcome(run(2, 30))) == (30, False)
    assert watched(outcome(run(2, 30), t=45)) == (30, False)


def test_a_diary_that_stops_after_a_response_counts_up_to_its_last_entry():
    stopped = outcome(run(2, 30), t=60)
    assert stopped.relief.relief is ReliefIs.CANNOT_SAY
    assert watched(stopped) == (30, False)


def test_without_a_confirmed_response_there_are_no_days_of_relief():
    assert watched(outcome(run(9, 60))) == (None, False)
    assert watched(outcome([*run(2, 7), *run(9, 53)])) == (None, False)
    assert watched(outcome(run(2, 60), before=[])) == (None, False)


def test_a_loss_after_a_year_is_a_look_that_ended_after_a_year():
    # three days of 2 and four of 10 make 46/7, the last week under 7
    assert watched(outcome([*run(2, 340), *run(10, 30)])) == (344, True)
    assert watched(outcome([*run(2, 362), *run(10, 30)])) == (FURTHEST_DAY, False)
    assert watched(outcome(run(2, 500))) == (FURTHEST_DAY, False)


@pytest.mark.parametrize(
    ("confirmed", "days", "followed", "expected"),
    [
        (None, None, 100, (None, False)),
        (14, 365, 400, (365, True)),
        (14, 366, 400, (365, False)),
        (14, None, 364, (364, False)),
        (14, None, 366, (365, False)),
    ],
)
def test_days_relieved(confirmed, days, followed, expected):
    assert days_relieved(confirmed, days, followed) == expected


def test_the_governing_medicine_names_the_course():
    assert cohort_course("P", outcome(run(3, 7), medicines="lidocaine+ketamine")).medicine == "lidocaine"


days_of_scores = st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=120)


@given(before=st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=14), after=days_of_scores)
def test_weekly_means_are_kept_without_loss(before, after):
    first = DAY_0 - timedelta(days=len(before))
    scores = scores_from(first, [*before, None, *after])
    (one,) = outcomes(scores, day(max(len(after), 1)), course())
    for week, part in enumerate(one.weeks, 1):
        entries = [score for score in after[7 * week - 7 : 7 * week] if score is not None]
        assert part == (Fraction(sum(entries), len(entries)) * PARTS if len(entries) >= 4 else None)
    assert not one.weeks or one.weeks[-1] is not None
    assert isinstance(cohort_course("P", one), CohortCourse)
    assert date.min < one.course.first_day
