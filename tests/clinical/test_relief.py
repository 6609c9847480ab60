"""Days of relief of each course: ended by a loss, still running, or not to be said."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.relief import CourseRelief, ReliefIs, days_of_relief_before, usual_days_of_relief
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import live_scores
from diary.clinical.verdict import Verdict, judge
from tests.clinical.builders import (
    LOST_ON_26,
    TENS,
    Level,
    course,
    day,
    diary,
    run,
    scores_before,
    scores_from,
    verdict_of,
    verdict_on,
    weeks,
)
from tests.clinical.cases import DATES, Case, nasty_case


def relief_of(after: Sequence[Level], *, before: Sequence[Level] = TENS, t: int | None = None) -> CourseRelief:
    return verdict_of(after, before=before, t=t).relief[-1]


def said(relief: CourseRelief) -> tuple[ReliefIs, int | None]:
    return relief.relief, relief.days


@pytest.mark.parametrize(
    ("after", "relief", "days"),
    [
        (run(5, 6), ReliefIs.TOO_EARLY, None),
        (run(5, 13), ReliefIs.TOO_EARLY, None),
        (run(5, 14), ReliefIs.RUNNING, None),
        ([*run(5, 14), *run(8, 7)], ReliefIs.RUNNING, None),
        (LOST_ON_26, ReliefIs.LOST, 18),
        ([*LOST_ON_26, *run(None, 30)], ReliefIs.LOST, 18),
        ([*run(5, 14), *run(None, 9)], ReliefIs.CANNOT_SAY, None),
        (run(10, 29), ReliefIs.NONE, None),
        ([*run(5, 7), *run(10, 22)], ReliefIs.NONE, None),
        ([*run(None, 22), *run(10, 7)], ReliefIs.CANNOT_SAY, None),
    ],
)
def test_what_can_be_said_about_the_relief_of_a_course(
    after: Sequence[Level], relief: ReliefIs, days: int | None
) -> None:
    assert said(relief_of(after)) == (relief, days)


def test_a_good_week_without_a_second_one_is_told_apart_from_no_response() -> None:
    assert relief_of([*run(5, 7), *run(10, 22)]).came_and_went
    assert not relief_of(run(10, 29)).came_and_went
    assert not relief_of(run(5, 14)).came_and_went
    assert two_courses([*run(5, 7), *run(10, 22)], run(5, 14)).relief[0].came_and_went
    assert not relief_of([*run(5, 7), *run(10, 15)]).came_and_went, "too early to say"


def test_a_loss_that_was_released_leaves_relief_running() -> None:
    assert said(relief_of([*LOST_ON_26, *run(2, 14)])) == (ReliefIs.RUNNING, None)


def test_without_a_usable_baseline_relief_cannot_be_said_from_day_1_on() -> None:
    assert said(relief_of([], before=run(3, 7), t=0)) == (ReliefIs.TOO_EARLY, None)
    assert said(relief_of([5], before=run(3, 7))) == (ReliefIs.CANNOT_SAY, None)
    assert said(relief_of([5], before=())) == (ReliefIs.CANNOT_SAY, None)


def two_courses(first: Sequence[Level], then: Sequence[Level]) -> Verdict:
    """Return the verdict after a second course that was given on the day after `first`."""
    second = day(len(first) + 1)
    scores = {**diary(first), **scores_from(second, [None, *then])}
    return verdict_on(day(len(first) + 1 + len(then)), scores, course(), course(day_0=second))


def test_a_running_relief_ends_with_the_next_course_and_a_lost_one_keeps_its_days() -> None:
    assert said(two_courses(run(5, 30), run(5, 14)).relief[0]) == (ReliefIs.ENDED_BY_COURSE, None)
    assert said(two_courses(LOST_ON_26, run(5, 14)).relief[0]) == (ReliefIs.LOST, 18)
    assert said(two_courses(LOST_ON_26, run(5, 14)).relief[1]) == (ReliefIs.RUNNING, None)


def test_a_loss_that_was_released_before_the_next_course_leaves_no_days() -> None:
    # Due on day 26; days 27-40 are good weeks after it, so the loss ends and the next course finds relief.
    assert said(two_courses([*LOST_ON_26, *run(2, 14)], run(5, 14)).relief[0]) == (ReliefIs.ENDED_BY_COURSE, None)


def test_a_loss_after_a_release_has_days_of_its_own() -> None:
    # Good again to day 40, then eights: M(44) = (3·2 + 4·8)/7 = 38/7 is good, M(46) = (2 + 6·8)/7 = 50/7 is lost, and
    # M(45) = (2·2 + 5·8)/7 = 44/7 is the last good one. Due on day 46 + 7.
    assert said(relief_of([*LOST_ON_26, *run(2, 14), *run(8, 13)])) == (ReliefIs.LOST, 45)


def test_a_course_that_comes_too_early_or_after_nothing_leaves_no_days_either() -> None:
    assert said(two_courses(run(5, 13), run(5, 14)).relief[0]) == (ReliefIs.TOO_EARLY, None)
    assert said(two_courses(run(10, 29), run(5, 14)).relief[0]) == (ReliefIs.NONE, None)
    assert said(two_courses([], run(5, 14)).relief[0]) == (ReliefIs.TOO_EARLY, None)


def test_the_next_course_ends_the_look_at_a_diary_that_had_stopped() -> None:
    # Confirmed on day 14 and never lost: what came after day 14 nobody wrote down, and `followed` says so.
    stopped = two_courses([*run(5, 14), *run(None, 9)], run(5, 14)).relief[0]
    assert (said(stopped), stopped.followed) == ((ReliefIs.ENDED_BY_COURSE, None), 14)


def test_relief_that_is_close_to_the_line_is_still_running() -> None:
    assert said(relief_of(weeks(5, 5, 7))) == (ReliefIs.RUNNING, None)


def test_during_a_course_it_is_too_early_whatever_came_before() -> None:
    assert said(relief_of([], t=0)) == (ReliefIs.TOO_EARLY, None)
    assert said(relief_of([], before=(), t=0)) == (ReliefIs.TOO_EARLY, None)


def test_relief_is_watched_up_to_the_last_counting_entry() -> None:
    assert relief_of([*run(5, 14), *run(None, 9)]).followed == 14
    assert relief_of(run(None, 9)).followed is None


def test_back_at_the_baseline_is_the_first_day_of_two_weeks_within_half_a_point_of_it() -> None:
    assert relief_of([*run(5, 14), *run(10, 13)]).back_at_baseline is None
    assert relief_of([*run(5, 14), *run(10, 14)]).back_at_baseline == 28
    assert relief_of(run(10, 40)).back_at_baseline is None, "no response was confirmed"


def test_half_a_point_below_the_baseline_is_back_and_less_is_not() -> None:
    # 7 scores of sum 66.5 do not exist; of two weeks with six entries 57/6 = 9.5 is back, 56/6 is not.
    week, lower = [10, 10, 10, 9, 9, 9, None], [10, 10, 9, 9, 9, 9, None]
    assert relief_of([*run(5, 14), *week, *week]).back_at_baseline == 28
    assert relief_of([*run(5, 14), *week, *lower]).back_at_baseline is None
    assert relief_of([*run(5, 14), *lower, *week]).back_at_baseline is None


def test_a_short_acting_course_is_back_as_soon_as_two_weeks_say_so() -> None:
    # Confirmed on day 7; M(13) = M(20) = (7 + 6·10)/7 = 67/7, above 9.5, while M(12) = 64/7 is not.
    judged = verdict_on(day(21), diary([*run(7, 7), *run(10, 6), 7, *run(10, 7)]), course("lidocaine"))
    assert (judged.confirmed, judged.relief[0].back_at_baseline) == (7, 20)


def test_earlier_courses_of_the_same_governing_medicine_are_counted() -> None:
    judged = verdict_on(
        day(100),
        {**scores_before(day(0), TENS), **scores_from(day(1), LOST_ON_26)},
        course(),
        course("lidocaine+ketamine", day_0=day(60)),
        course("ketamine", day_0=day(90)),
    )
    assert days_of_relief_before(judged.relief, judged.relief[-1].course) == (18,)
    assert days_of_relief_before(judged.relief, judged.relief[1].course) == ()


def test_courses_after_the_one_asked_about_and_other_medicines_are_not_counted() -> None:
    first, second, third = (
        CourseRelief(course(day_0=day(t)), ReliefIs.LOST, t + 20, t + 30, None) for t in (0, 50, 90)
    )
    assert days_of_relief_before([first, second, third], second.course) == (20,)
    for other in ("lidocaine", "bisphosphonate", "ketamine-single"):
        earlier = CourseRelief(course(other, day_0=day(-50)), ReliefIs.LOST, 33, 40, None)
        assert days_of_relief_before([earlier, first, second], second.course) == (20,)


@pytest.mark.parametrize(("days", "usual"), [((), None), ((40,), None), ((40, 51), 45), ((60, 20, 41), 41)])
def test_relief_usually_lasts_the_median_of_at_least_two_courses(days: tuple[int, ...], usual: int | None) -> None:
    assert usual_days_of_relief(days) == usual


@given(case=st.integers(0, 5000).map(nasty_case), early=st.sampled_from(DATES), late=st.sampled_from(DATES))
def test_the_relief_of_a_course_that_is_over_never_changes_again(case: Case, early: date, late: date) -> None:
    case.written.clear()  # every score is written on its own day
    then, now = (relief_on(case, on) for on in sorted((early, late)))
    over = then[:-1]
    assert now[: len(over)] == over


def relief_on(case: Case, today: date) -> tuple[CourseRelief, ...]:
    scores = live_scores(case.revisions(), today, DEFAULT_RULES)
    return judge(scores, case.given_courses(), today, rules=DEFAULT_RULES).relief


@given(case=st.integers(0, 5000).map(nasty_case), today=st.sampled_from(DATES))
def test_only_the_last_course_can_be_running_and_days_are_there_for_a_loss_alone(case: Case, today: date) -> None:
    relief = relief_on(case, today)
    assert ReliefIs.RUNNING not in {one.relief for one in relief[:-1]}
    assert ReliefIs.ENDED_BY_COURSE not in {one.relief for one in relief[-1:]}
    assert all((one.days is not None) == (one.relief is ReliefIs.LOST) for one in relief)
