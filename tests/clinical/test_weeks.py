"""Weekly means: exact, of at least four entries, and of days after day 0 only."""

from fractions import Fraction

from diary.clinical.weeks import Weeks
from tests.clinical.builders import SEVEN, run, verdict_of, weeks


def of(*levels: int | None, scale: int = 1) -> Weeks:
    return Weeks(
        {t: level for t, level in enumerate(levels, 1) if level is not None},
        last=len(levels),
        minimum=4,
        scale=scale,
    )


def test_the_mean_of_a_week_is_exact() -> None:
    assert of(5, 5, 5, 5, 5, 5, 4).mean(7) == Fraction(34, 7)


def test_four_of_seven_days_give_a_mean_and_three_do_not() -> None:
    assert of(1, None, 2, None, 3, None, 4).mean(7) == Fraction(10, 4)
    assert of(1, None, 2, None, 3, None, None).mean(7) is None


def test_there_is_no_weekly_mean_on_day_6_and_one_on_day_7() -> None:
    assert of(*run(5, 6)).mean(6) is None
    assert of(*run(5, 7)).mean(7) == 5


def test_there_is_no_mean_of_a_day_that_has_not_come() -> None:
    assert of(*run(5, 7)).mean(8) is None


def test_a_week_holds_the_seven_days_up_to_its_day() -> None:
    # Days 2 to 8: the 10 of day 1 has left, the 3 of day 8 has come.
    assert of(10, 2, 2, 2, 2, 2, 2, 3).mean(8) == Fraction(6 * 2 + 3, 7)


def test_entries_are_counted_from_day_1_on() -> None:
    ten_days = of(5, None, 5, 5, None, 5, 5, 5, 5, 5)
    assert ten_days.entries(-3, 3) == 2
    assert ten_days.entries(4, 10) == 6
    assert ten_days.entries(5, 5) == 0


def test_days_before_day_1_and_days_before_them_carry_no_entry() -> None:
    week = of(*run(5, 7))
    assert (week.entries(-9, 0), week.entries(-9, -1), week.entries(0, 1)) == (0, 0, 1)


def test_a_score_after_the_last_day_looked_at_is_left_out() -> None:
    week = Weeks(dict.fromkeys(range(1, 9), 5), last=7, minimum=4)
    assert week.last_entry() == 7
    assert len(week.against(SEVEN)) == 8


def test_missing_days_are_those_without_a_score_after_day_0() -> None:
    assert of(5, None, 5, 5, None, 5).missing(-7, 6) == [2, 5]
    assert of(5, None, 5, 5, None, 5).missing(3, 6) == [5]
    assert of(None, None).missing(-1, 2) == [1, 2]


def test_a_mean_of_exactly_30_percent_less_than_7_is_on_the_line_and_a_tenth_more_is_over_it() -> None:
    line = Fraction(49, 10)
    assert of(*run(49, 7), scale=10).against(line)[7] == 0
    assert of(*run(50, 7), scale=10).against(line)[7] == 1
    assert of(*run(48, 7), scale=10).against(line)[7] == -1
    # In whole scores: 34/7 = 4.857 lies below 4.9, 35/7 = 5 above.
    assert of(5, 5, 5, 5, 5, 5, 4).against(line)[7] == -1
    assert of(*run(5, 7)).against(line)[7] == 1


def test_an_undefined_week_is_neither_above_nor_below_a_limit() -> None:
    assert of(5, 5, 5).against(Fraction(5)) == [None] * 4
    # Days 7 to 10 still see 7, 6, 5 and 4 entries, days 11 and 12 fewer.
    assert of(*run(5, 7), *run(None, 5)).against(Fraction(5)) == [*[None] * 7, 0, 0, 0, 0, None, None]


def test_the_lowest_mean_is_the_lowest_defined_one() -> None:
    # Means of days 7, 8, 9: 42/7 = 6, 37/7, 38/7; a single 0 on day 8 is no mean of its own.
    assert of(*run(6, 7), 1, 7).lowest() == Fraction(37, 7)
    assert of(*run(6, 7), 1).lowest() == Fraction(37, 7), "the last day is looked at, too"
    assert of(*run(1, 3), *run(None, 5)).lowest() is None


def test_missing_days_are_filled_exactly_and_the_rest_stays() -> None:
    week = of(5, None, 5, 5, None, 5, 6)
    filled = week.filled([2, 5], Fraction(49, 10))
    assert filled.mean(7) == (Fraction(26) + Fraction(98, 10)) / 7
    assert filled.entries(1, 7) == 7
    assert week.entries(1, 7) == 5


def test_filling_twice_keeps_every_value_exact() -> None:
    filled = of(None, None, 5, 5, 5, 5, 5).filled([1], Fraction(1, 3)).filled([2], Fraction(1, 7))
    assert filled.mean(7) == (Fraction(1, 3) + Fraction(1, 7) + 25) / 7


def test_the_mean_of_a_fortnight_counts_each_entry_once() -> None:
    fortnight = of(*run(4, 4), *run(None, 8), 7, 7)
    assert fortnight.mean_of(1, 14) == Fraction(4 * 4 + 2 * 7, 6)
    assert fortnight.mean_of(4, 14) == Fraction(4 + 2 * 7, 3)
    assert fortnight.mean_of(-6, 14) == fortnight.mean_of(0, 14) == Fraction(4 * 4 + 2 * 7, 6)


def test_before_day_1_no_week_is_reported() -> None:
    verdict = verdict_of([], t=0)
    assert (verdict.t, verdict.mean7, verdict.n7, verdict.mean7_before, verdict.n7_before) == (None,) * 5


def test_from_day_1_entries_are_counted_and_from_day_7_their_mean_is_given() -> None:
    first, sixth, seventh = (verdict_of(run(5, 7), t=t) for t in (1, 6, 7))
    assert (first.t, first.n7, first.mean7) == (1, 1, None)
    assert (sixth.t, sixth.n7, sixth.mean7) == (6, 6, None)
    assert (seventh.t, seventh.n7, seventh.mean7) == (7, 7, 5)


def test_the_week_before_is_reported_from_day_14_on() -> None:
    after = [*run(5, 6), None, *run(6, 7)]
    day_13, day_14 = verdict_of(after, t=13), verdict_of(after, t=14)
    assert (day_13.mean7_before, day_13.n7_before) == (None, None)
    assert (day_14.mean7_before, day_14.n7_before) == (5, 6)
    assert (day_14.mean7, day_14.n7) == (6, 7)


def test_weeks_are_reported_without_a_baseline_too() -> None:
    verdict = verdict_of(weeks(5, 6), before=[])
    assert (verdict.baseline, verdict.line) == (None, None)
    assert (verdict.mean7, verdict.n7, verdict.mean7_before, verdict.n7_before) == (6, 7, 5, 7)


def test_no_entry_before_the_end_of_the_course_belongs_to_a_week_after_it() -> None:
    verdict = verdict_of([None, None, None, 5, 5, 5, 5])
    assert (verdict.mean7, verdict.n7) == (5, 4)
    assert verdict_of([None, None, None, None, 5, 5, 5]).mean7 is None
