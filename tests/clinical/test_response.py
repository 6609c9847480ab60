"""When a response is confirmed, when it is lost, when it has come back, and when the line is near.

The baseline is 10 unless said otherwise: a week of mean 7 is the worst good week.
"""

from fractions import Fraction

import pytest

from diary.clinical.baseline import judge_courses
from diary.clinical.response import Loss
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import counting_scores
from tests.clinical.builders import DAY_0, LOST_ON_26, Level, course, day, diary, dues, response, run, verdict_of

# ---- confirmed


def test_two_good_weeks_confirm_a_response_on_day_14() -> None:
    assert response(run(5, 14)).confirmed == 14
    assert response(run(5, 13)).confirmed is None


def test_a_week_exactly_on_the_line_is_good() -> None:
    # Baseline 7, line 4.9, scores of 4.9: exactly 30 % less.
    assert response([*run(49, 14)], line=Fraction(49, 10), scale=10).confirmed == 14
    assert response(run(7, 14)).confirmed == 14


def test_a_week_one_tenth_over_the_line_is_not_good() -> None:
    assert response([*run(50, 14)], line=Fraction(49, 10), scale=10).confirmed is None
    # One point more in one of fourteen days: 50/7 on day 14.
    assert response([*run(7, 13), 8]).confirmed is None


def test_the_weeks_of_a_confirmation_are_seven_days_apart() -> None:
    # Good weeks on days 7 to 13 and 21 to 27 only: no good week lies 7 days before a good one.
    # Day 7: 35/7. Day 8 on: 10s come in; day 10: (4·5 + 3·10)/7 = 50/7 is lost.
    assert response([*run(5, 7), *run(10, 7), *run(5, 7)]).confirmed is None
    assert response([*run(5, 7), *run(10, 7), *run(5, 14)]).confirmed == 26  # days 19 and 26: 5 fives, 2 tens: 45/7


@pytest.mark.parametrize(("missing", "confirmed"), [(3, 14), (4, None)])
def test_a_good_week_needs_four_of_its_seven_days(missing: int, confirmed: int | None) -> None:
    assert response([*run(None, missing), *run(5, 14 - missing)]).confirmed == confirmed


@pytest.mark.parametrize(
    ("medicine", "last"),
    [("ketamine", 56), ("ketamine-single", 42), ("lidocaine", 28), ("bisphosphonate", 180)],
)
def test_a_response_is_confirmed_on_twice_the_end_of_evaluation_but_not_a_day_later(medicine: str, last: int) -> None:
    # Two 10s and five 5s are 45/7, good; three 10s and four 5s are 50/7 + 0 = 50/7, lost.
    bad = last - 7 - 5
    assert response([*run(10, bad), *run(5, 30)], medicine).confirmed == last
    assert response([*run(10, bad + 1), *run(5, 30)], medicine).confirmed is None


def test_a_day_in_between_does_not_break_a_confirmation() -> None:
    # Only the weeks of t and t-7 count; day 8 is undefined because days 5 to 8 are missing.
    after = [5, 5, 5, 5, *run(None, 4), 5, 5, 5, 5, 5, 5]
    found = response(after)
    assert found.signs[7] == found.signs[14] == -1
    assert found.signs[8] is None
    assert found.confirmed == 14


# ---- confirmed by one week: short-acting medicines


@pytest.mark.parametrize("medicine", ["lidocaine", "clonidine", "dexmedetomidine"])
def test_a_short_acting_medicine_is_confirmed_by_its_first_week(medicine: str) -> None:
    assert response(run(5, 7), medicine).confirmed == 7
    assert response(run(5, 7), "ketamine").confirmed is None


@pytest.mark.parametrize("first_defined", [7, 8, 9, 10])
def test_the_first_defined_week_up_to_day_10_confirms_when_it_is_good(first_defined: int) -> None:
    # Entries from day `first_defined` - 3 on: that day is the first with four of them.
    after = [*run(None, first_defined - 4), *run(5, 4)]
    assert response(after, "lidocaine").confirmed == first_defined


def test_a_first_week_defined_on_day_11_is_judged_by_two_weeks() -> None:
    after = [*run(None, 7), *run(5, 11)]
    assert response(after[:17], "lidocaine").confirmed is None
    assert response(after, "lidocaine").confirmed == 18  # weeks of day 11 and 18


def test_a_first_defined_week_that_is_not_good_leaves_it_to_two_weeks() -> None:
    # Day 7: 56/7 = 8 is not good. Days 9 (8·5 + 1·2 = 42/7 = 6) and 10 are good, and do not confirm alone.
    after = [*run(8, 7), *run(1, 8), 1]
    found = response(after, "lidocaine")
    assert found.signs[7] == 1
    assert found.signs[8] == 0  # (6·8 + 1)/7 = 7, on the line
    assert found.confirmed == 15


def test_the_one_week_rule_is_only_for_the_medicine_that_governs() -> None:
    assert verdict_of(run(5, 7), "lidocaine+ketamine").confirmed == 7
    assert verdict_of(run(5, 7), "ketamine+lidocaine").confirmed is None


# ---- due


def test_two_lost_weeks_after_the_confirmation_make_it_due() -> None:
    # Day 18: (3·5 + 4·8)/7 = 47/7 is good, day 19: (2·5 + 5·8)/7 = 50/7 is lost; 19 + 7 = 26.
    found = response([*run(5, 14), *run(8, 12)])
    assert (found.confirmed, dues(found)) == (14, [26])  # weeks of days 19 and 26
    assert found.losses[0].last_good == 18
    assert found.losses[0].entries is None
    assert dues(response([*run(5, 14), *run(8, 11)])) == []


def test_the_earlier_lost_week_must_lie_after_the_day_of_confirmation() -> None:
    # Day 14: 7 sevens, good, confirmed. 8s and more from then on: day 15 is lost at once: (6·7 + 8)/7 = 50/7.
    found = response([*run(7, 14), *run(8, 8)])
    assert (found.confirmed, found.signs[14], found.signs[15]) == (14, 0, 1)
    assert dues(found) == [22]  # 22 - 7 = 15 is later than 14, 21 - 7 = 14 is not
    assert dues(response([*run(7, 14), *run(8, 7)])) == []


def test_a_lost_week_before_the_confirmation_never_counts() -> None:
    # One good week on day 7 confirms lidocaine; the weeks from day 8 on are lost.
    # Day 14 - 7 = 7 is the confirmation itself, day 15 - 7 = 8 is later.
    after = [*run(7, 7), *run(8, 8)]
    assert dues(response(after[:14], "lidocaine")) == []
    assert dues(response(after, "lidocaine")) == [15]


def test_one_lost_week_alone_is_not_a_loss() -> None:
    # Three or four 10s of seven lie in the weeks of days 17 to 22 alone: 50/7 and 55/7; two make 45/7.
    found = response([*run(5, 14), *run(10, 4), *run(5, 14)])
    assert [t for t, sign in enumerate(found.signs) if sign == 1] == [17, 18, 19, 20, 21, 22]
    assert dues(found) == []


def test_a_week_exactly_on_the_line_is_not_lost() -> None:
    assert dues(response([*run(5, 14), *run(7, 40)])) == []


def test_a_patient_who_never_responded_is_never_due() -> None:
    found = response(run(9, 60))
    assert (found.confirmed, found.losses, set(found.near)) == (None, (), {False})


# ---- latch, release, due again


def test_it_stays_due_when_the_diary_stops() -> None:
    found = response([*LOST_ON_26, *run(None, 60)])
    assert found.losses[0].released is None
    loss = found.loss_on(86)
    assert loss is not None
    assert loss.due == 26


def test_it_stays_due_with_one_good_week() -> None:
    # Day 33 is the first week of 5s alone; days of good weeks: 29 (4·8 + 3·5 = 47/7) to 33.
    found = response([*LOST_ON_26, *run(5, 7), *run(10, 20)])
    assert [found.signs[t] for t in (28, 29, 33)] == [1, -1, -1]
    assert found.losses[0].released is None


def test_two_good_weeks_after_the_loss_release_it() -> None:
    # The weeks from day 29 on are good: released on day 36, not before.
    after = [*LOST_ON_26, *run(5, 10)]
    found = response(after)
    assert found.losses[0].released == 36
    assert found.loss_on(35) == found.losses[0]
    assert found.loss_on(36) is None
    assert response(after[:35]).losses[0].released is None


def test_the_earlier_good_week_of_a_release_must_be_later_than_the_day_it_became_due() -> None:
    # One 0 after day 26 makes the very next week good: day 27: (6·8 + 0)/7. 27 - 7 = 20 is before the loss;
    # day 33 - 7 = 26 is the day it became due; day 34 - 7 = 27 is later.
    found = response([*LOST_ON_26, *run(0, 8)])
    assert [found.signs[t] for t in (26, 27)] == [1, -1]
    assert found.losses[0].released == 34


def test_a_good_week_before_the_day_it_became_due_does_not_release_it() -> None:
    # Week 25 is good, (5·8 + 2·3)/7 = 46/7, week 31 makes it due, 51/7; one 0 makes week 32 good, 48/7.
    # 32 - 7 = 25 lies before day 31; week 39 is the first whose week before, that of day 32, is later.
    after = [*run(5, 14), *run(8, 9), 3, 3, *run(8, 6), *run(0, 8)]
    found = response(after)
    assert [found.signs[t] for t in (24, 25, 31, 32)] == [1, -1, 1, -1]
    assert found.losses == (Loss(due=31, last_good=30, entries=None, released=39),)
    assert response(after[:38]).losses[0].released is None


def test_after_a_release_it_becomes_due_again_with_both_weeks_later_than_the_release() -> None:
    # Released on day 36, then 9s. Day 39: (4·5 + 3·9)/7 = 47/7 is good, day 40: 51/7 lost; 40 + 7 = 47.
    found = response([*LOST_ON_26, *run(5, 10), *run(9, 11)])
    assert dues(found) == [26, 47]
    assert found.losses[1].last_good == 39
    assert dues(response([*LOST_ON_26, *run(5, 10), *run(9, 10)])) == [26]


def test_a_second_loss_is_released_by_itself() -> None:
    # Lost from day 19, due on 26; good from 29 on, released on 36. Lost again from day 45, due on 52; good from day 55
    # on, released on 62: each week of the second loss lies 26 days after one of the first.
    found = response([*run(5, 14), *run(8, 12), *run(5, 14), *run(8, 12), *run(5, 14)])
    assert found.losses == (
        Loss(due=26, last_good=18, entries=None, released=36),
        Loss(due=52, last_good=44, entries=None, released=62),
    )


def test_a_lost_week_between_the_loss_and_its_release_does_not_count_towards_a_new_loss() -> None:
    # Due on day 25. Weeks 28, (9 + 4·5 + 2·8)/7 = 45/7, and 35, (4·8 + 3·5)/7 = 47/7, are good and release it.
    # Weeks 34 and 41, (5·8 + 2·5)/7 = 50/7 each, are lost, but day 34 lies before the release; 48 - 7 = 41 does not.
    after = [*run(5, 14), *run(9, 8), *run(5, 4), *run(8, 6), *run(5, 4), *run(8, 12)]
    found = response(after)
    assert [found.signs[t] for t in (28, 34, 35, 41)] == [-1, 1, -1, 1]
    assert [(loss.due, loss.released) for loss in found.losses] == [(25, 35), (48, None)]
    assert dues(response(after[:47])) == [25]


def test_a_lost_week_on_the_day_after_the_release_counts_and_earlier_ones_do_not() -> None:
    # 7s from day 27 on: day 33 is the first good week, day 40 releases; 8 on day 41 is lost at once.
    found = response([*LOST_ON_26, *run(7, 14), *run(8, 8)])
    assert found.losses[0].released == 40
    assert dues(found) == [26, 48]  # 48 - 7 = 41 is later than 40; 47 - 7 = 40 is not


# ---- days of relief


def test_days_of_relief_end_with_the_last_good_week_before_the_loss() -> None:
    # Day 18: (3·5 + 4·8)/7 = 47/7 is good; day 19: 50/7 is lost, and so is day 26.
    assert response(LOST_ON_26).losses[0].last_good == 18


def test_a_good_week_between_lost_ones_makes_relief_longer() -> None:
    # 3s on days 24 and 25. Days 25 to 30 hold both: (5·8 + 2·3)/7 = 46/7, good; days 24 and 31 one: 51/7.
    found = response([*run(5, 14), *run(8, 9), 3, 3, *run(8, 6)])
    assert [found.signs[t] for t in (24, 25, 30, 31)] == [1, -1, -1, 1]
    assert found.losses == (Loss(due=31, last_good=30, entries=None),)


def test_days_of_relief_are_null_while_relief_runs_and_after_a_release() -> None:
    assert verdict_of(run(5, 40)).days_of_relief is None
    assert verdict_of(LOST_ON_26).days_of_relief == 18
    assert verdict_of([*LOST_ON_26, *run(5, 10)]).days_of_relief is None


def test_relief_confirmed_on_its_last_good_day_lasts_until_that_day() -> None:
    assert verdict_of([*run(7, 14), *run(8, 8)]).days_of_relief == 14


# ---- over the line since


def over_since(after: list[int | None]) -> int | None:
    """Return the day from which the weeks up to the last day are over the line."""
    counting = counting_scores(diary(after))
    (judged,) = judge_courses([course()], counting, day(len(after)), DEFAULT_RULES)
    since = judged.timeline.over_since
    return None if since is None else (since - DAY_0).days


def test_the_line_is_passed_since_the_first_lost_week_after_the_last_good_one() -> None:
    assert over_since(LOST_ON_26) == over_since([*LOST_ON_26, *run(8, 30)]) == 19


def test_a_good_week_that_came_and_went_begins_the_count_anew() -> None:
    # The fives of days 27 to 31 make weeks of 43/7 and less; with three of them left, (3·5 + 4·8)/7 on day 35 is good.
    after = [*LOST_ON_26, *run(5, 5), *run(8, 9)]
    assert over_since(after[:35]) is None, "a good week now"
    assert over_since(after[:36]) == over_since(after) == 36


def test_weeks_that_cannot_be_said_after_the_last_good_one_are_not_over_the_line() -> None:
    # No entry on days 15 to 24: the week of day 24 has none, the ones up to 27 have three at most.
    after = [*run(5, 14), *run(None, 10), *run(8, 14)]
    assert over_since(after) == 28
    assert over_since([*after, *run(None, 7)]) is None, "no week now"


def test_nothing_is_over_the_line_before_the_loss_is_confirmed_and_without_a_response() -> None:
    assert over_since(LOST_ON_26[:25]) is None
    assert over_since(run(8, 40)) is None


def over_without_break(after: list[Level]) -> int | None:
    """Return the day since which the weeks after `after` are over the line without a break."""
    today = day(len(after))
    (judged,) = judge_courses([course()], counting_scores(diary(after)), today, DEFAULT_RULES)
    since = judged.timeline.over_without_break
    return (since - DAY_0).days if since else None


def test_over_the_line_without_a_break_leaves_out_the_days_close_to_it() -> None:
    # B = 10, line 7. Sixes lie close to it; with nines after them M(29) = 45/7 and M(30) = 48/7 are not over it yet,
    # M(31) = 51/7 is.
    close = [*run(3, 21), *run(6, 7)]
    assert over_without_break(close) is None
    assert over_without_break([*close, *run(9, 2)]) is None
    assert over_without_break([*close, *run(9, 3)]) == over_without_break([*close, *run(9, 6)]) == 31


def test_a_good_week_or_one_that_is_not_known_breaks_it() -> None:
    assert over_without_break([*run(3, 21), *run(9, 7), *run(3, 7), *run(9, 7)]) == 40
    assert over_without_break([*run(3, 21), *run(9, 7), *run(None, 7), *run(9, 7)]) == 39
    assert over_without_break([]) is None
