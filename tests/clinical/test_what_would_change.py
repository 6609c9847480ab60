"""What would change the state, worked by hand on a baseline of 10: the line lies at 7, near begins at 6.5."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.baseline import judge_courses
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import counting_scores
from diary.clinical.states import State, Why
from diary.clinical.what_would_change import LOOK_AHEAD, By, Change, what_would_change
from tests.clinical.builders import TENS, Level, course, day, diary, run, scores_from, verdict_on


def changes(
    after: Sequence[Level], *, before: Sequence[Level] = TENS, medicine: str = "ketamine", t: int | None = None
) -> tuple[Change, ...]:
    today = day(len(after) if t is None else t)
    counting = counting_scores(diary(after, before=before))
    judged = judge_courses([course(medicine)], counting, today, DEFAULT_RULES)[-1]
    return what_would_change(judged, counting, today)


def test_a_holding_response_comes_near_by_a_few_high_days_or_stays_for_good() -> None:
    # Six of 5 and one of 10 have the mean 40/7; near is 6.5 = 45.5/7, so three tens (20 + 30 = 50) and, two tens being
    # 45, not two. With three days the mildest score is 9: 20 + 27 = 47, while 20 + 24 = 44 is too low.
    assert changes(run(5, 20)) == (Change(3, By.THIS_HIGH, 9, State.DUE_SOON, None, day(23)),)


def test_a_week_over_the_line_is_three_high_days_from_due_and_three_low_ones_from_holding() -> None:
    # Over the line from day 17 on: (4·5 + 3·10)/7 = 50/7. Due on day 24 when (4·10 + 3·s)/7 is above 7: s is 4 or more.
    # Near ends below 6: (4·10 + 3·s)/7 is so with s = 0 alone.
    assert changes([*run(5, 14), *run(10, 7)]) == (
        Change(3, By.THIS_HIGH, 4, State.REPEAT_DUE, None, day(24)),
        Change(3, By.THIS_LOW, 0, State.HOLDING, None, day(24)),
    )


def test_a_loss_is_released_by_two_good_weeks_after_it() -> None:
    # Due on day 24. The first good week ends on day 31 when (4·10 + 3·s)/7 is at most 7: s is 3 or less; then day 38.
    assert changes([*run(5, 14), *run(10, 14)]) == (Change(10, By.THIS_LOW, 3, State.HOLDING, None, day(38)),)


def test_too_few_entries_are_mended_by_entries_whatever_they_say() -> None:
    # Days 17-23 have entries on 20-23: 4 of 7.
    found = changes([*run(5, 14), *run(None, 5), 5])
    assert {change.days for change in found} == {3}
    assert {change.by for change in found} == {By.THIS_HIGH, By.THIS_LOW}
    assert all(change.state is not State.NOT_ENOUGH_DATA for change in found)


def test_the_first_week_passes_by_itself() -> None:
    assert changes(run(5, 3)) == (Change(4, By.ANY_SCORE, None, State.AWAITING_RESPONSE, None, day(7)),)


def test_days_begin_today_where_today_has_no_entry_yet() -> None:
    written, not_yet = changes(run(5, 3)), changes(run(5, 2), t=3)
    assert written[0].on == not_yet[0].on == day(7)
    assert (written[0].days, not_yet[0].days) == (4, 5)


def test_nothing_can_change_a_course_that_is_judged_for_good() -> None:
    assert changes(run(10, 90)) == ()


def test_the_first_day_looks_ahead_like_every_other() -> None:
    assert changes([5]) == (Change(6, By.ANY_SCORE, None, State.AWAITING_RESPONSE, None, day(7)),)


def test_three_weeks_are_looked_ahead_and_not_a_day_more() -> None:
    # It is too early up to day 28, so a course without response is one on day 29; weeks of 7 would be good ones.
    assert changes(run(10, 8))[-1] == Change(21, By.THIS_HIGH, 8, State.NON_RESPONDER, None, day(29))
    assert all(change.by is By.THIS_LOW for change in changes(run(10, 7)))


def test_nothing_is_said_without_a_usable_baseline_or_during_the_course() -> None:
    assert changes(run(5, 20), before=()) == ()
    assert changes(run(1, 20), before=(3,) * 7) == ()
    assert changes([], t=0) == ()


def test_a_diary_that_ends_can_end_in_too_few_weeks() -> None:
    (change,) = changes([*run(None, 24), 10, 10, 10, 10])
    assert (change.by, change.state, change.why) == (By.ANY_SCORE, State.NOT_ENOUGH_DATA, Why.FEW_WEEKS)


levels = st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=60)


@given(after=levels, medicine=st.sampled_from(["ketamine", "lidocaine"]), extra=st.integers(0, 3))
def test_what_is_said_comes_true_and_nothing_sooner_or_milder_does_it(
    after: list[Level], medicine: str, extra: int
) -> None:
    today = day(len(after) + extra)
    scores = diary(after)
    first = today + timedelta(days=today in scores)
    now = verdict_on(today, scores, course(medicine))

    def then(days: int, score: int) -> tuple[State, Why | None]:
        last: date = first + timedelta(days=days - 1)
        found = verdict_on(last, scores | scores_from(first, [score] * days), course(medicine))
        return found.state, found.why

    for change in changes(after, medicine=medicine, t=len(after) + extra):
        assert 1 <= change.days <= LOOK_AHEAD
        assert (change.state, change.why) != (now.state, now.why)
        strongest = 10 if change.by is By.THIS_HIGH else 0
        score = strongest if change.score is None else change.score
        assert then(change.days, score) == (change.state, change.why)
        assert all(then(days, strongest) == (now.state, now.why) for days in range(1, change.days))
        milder = score - 1 if change.by is By.THIS_HIGH else score + 1
        if change.score is not None and 0 <= milder <= 10:
            assert then(change.days, milder) != (change.state, change.why)
