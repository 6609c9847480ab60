"""Plain means around a course, each case worked by hand."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.course_means import PlainMean, course_means, entries_needed
from diary.clinical.courses import Course
from diary.clinical.rules import DEFAULT_RULES, RuleSet
from tests.clinical.builders import DAY_0, day

GIVEN = Course(("ketamine",), day(-4), DAY_0)
"""Five days; day 0 is its last one."""
LATER = day(200)


def on(**scores_from: list[int | None]) -> dict[int, int]:
    """Return counting scores by ordinal: `on(d1=[…])` from day 1 on, `on(m11=[…])` from day -11 on."""
    written = {}
    for name, scores in scores_from.items():
        start = int(name[1:]) * (-1 if name[0] == "m" else 1)
        written |= {day(start + step).toordinal(): score for step, score in enumerate(scores) if score is not None}
    return written


def periods(counting: dict[int, int], today: date = LATER, **neighbours: Course) -> tuple[PlainMean, ...]:
    means = course_means(GIVEN, counting, today, rules=DEFAULT_RULES, **neighbours)
    return means.before, *means.after


def test_the_week_before_is_the_seven_days_before_the_first_infusion() -> None:
    # Days -11 … -5: 7 + 8 + 7 + 6 + 8 + 7 + 8 = 51; 51 / 7. Day -12 (0) and the infusion days (1) are not in it.
    before, _, _ = periods(on(m12=[0, 7, 8, 7, 6, 8, 7, 8, 1, 1, 1, 1, 1]))
    assert (before.mean, before.entries, before.days) == (Fraction(51, 7), 7, 7)
    assert (before.first, before.last) == (day(-11), day(-5))


def test_weeks_one_to_four_are_days_1_to_28_and_weeks_five_to_eight_days_29_to_56() -> None:
    # Day 0 (9) belongs to the course, day 57 (9) to nothing: 28 twos, 14 threes and 14 fours (98 / 28 = 3.5).
    _, first, second = periods(on(d0=[9], d1=[2] * 28 + [3] * 14 + [4] * 14 + [9]))
    assert (first.mean, first.entries, first.days) == (2, 28, 28)
    assert (second.mean, second.entries, second.days) == (Fraction(7, 2), 28, 28)


def test_a_mean_of_four_weeks_needs_sixteen_days_and_a_mean_of_one_week_four() -> None:
    assert [entries_needed(days, DEFAULT_RULES) for days in (1, 6, 7, 8, 14, 21, 28)] == [4, 4, 4, 5, 8, 12, 16]
    _, fifteen, sixteen = periods(on(d1=[5] * 15, d29=[5] * 16))
    assert (fifteen.mean, fifteen.entries, fifteen.needed) == (None, 15, 16)
    assert (sixteen.mean, sixteen.entries) == (5, 16)
    assert periods(on(m11=[6, 6, 6]))[0].mean is None
    # 6 + 6 + 6 + 7 = 25 over 4 days.
    assert periods(on(m11=[6, 6, 6, 7]))[0].mean == Fraction(25, 4)


def test_a_clinic_that_wants_more_days_of_a_week_gets_them() -> None:
    strict = RuleSet(week_minimum=6)
    assert [entries_needed(days, strict) for days in (7, 10, 28)] == [6, 9, 24]


def test_weeks_that_run_are_averaged_as_far_as_they_have_come() -> None:
    # On day 10 ten days have come: 4 x 10 / 7 = 5.7, so 6 are needed; 1 + 1 + 1 + 2 + 2 + 2 = 9 over 6 days.
    _, running, ahead = periods(on(d1=[1, 1, 1, 2, 2, 2]), today=day(10))
    assert (running.mean, running.entries, running.past, running.needed) == (Fraction(3, 2), 6, 10, 6)
    assert not running.is_over
    assert (ahead.past, ahead.entries, ahead.mean) == (0, 0, None)
    assert periods(on(d1=[1, 1, 1, 2, 2, None, None]), today=day(10))[1].mean is None


def test_on_the_last_day_the_weeks_are_over() -> None:
    _, first, _ = periods(on(d1=[1] * 28), today=day(28))
    assert first.is_over
    assert not periods(on(d1=[1] * 28), today=day(27))[1].is_over


def test_no_day_after_today_is_read() -> None:
    assert periods(on(d1=[1] * 28), today=day(7))[1].entries == 7


def test_the_next_course_ends_the_weeks_and_its_own_days_belong_to_it() -> None:
    # The next course begins on day 36: weeks 5-8 are days 29 … 35, a week of threes.
    _, first, second = periods(on(d1=[2] * 28 + [3] * 7 + [9] * 30), following=Course(("ketamine",), day(36), day(40)))
    assert (first.days, first.mean, first.is_cut) == (28, 2, False)
    assert (second.days, second.mean, second.is_cut) == (7, 3, True)


def test_weeks_that_the_next_course_took_altogether_have_no_day() -> None:
    _, first, second = periods(on(d1=[2] * 60), following=Course(("ketamine",), day(15), day(19)))
    assert (first.days, first.needed, first.mean) == (14, 8, 2)
    assert (second.days, second.past, second.mean, second.is_cut) == (0, 0, None, True)
    assert second.is_over


def test_the_week_before_begins_after_the_course_before_it() -> None:
    # The course before ended on day -8: three days are left, too few for a mean.
    before, _, _ = periods(on(m11=[5] * 7), previous=Course(("lidocaine",), day(-8), day(-8)))
    assert (before.days, before.entries, before.mean, before.is_cut) == (3, 3, None, True)


def test_a_low_week_and_a_high_week_are_told_alike() -> None:
    before, first, _ = periods(on(m11=[1] * 7, d1=[9] * 28))
    assert (before.mean, first.mean) == (1, 9)


scores = st.dictionaries(st.integers(-30, 90), st.integers(0, 10))


@given(scores, st.integers(-4, 90), st.none() | st.integers(1, 80))
def test_every_mean_is_the_sum_over_the_days_it_names_and_no_day_is_in_two(
    written: dict[int, int], today: int, next_first: int | None
) -> None:
    counting = {day(t).toordinal(): score for t, score in written.items()}
    following = Course(("ketamine",), day(next_first), day(next_first)) if next_first else None
    if following and following.first_day > day(today):
        following = None
    seen: set[date] = set()
    for one in periods(counting, day(today), **({"following": following} if following else {})):
        days = {one.first + timedelta(days=step) for step in range(one.past)}
        assert not days & seen
        seen |= days
        behind = [counting[d.toordinal()] for d in days if d.toordinal() in counting]
        assert one.entries == len(behind) <= one.past <= one.days <= 28
        assert one.mean is None or (one.mean * len(behind) == sum(behind) and len(behind) >= 4)
        assert all(d <= day(today) for d in days)
