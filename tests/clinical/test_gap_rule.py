"""When too few entries leave one of two weeks unknown, six entries of the fortnight stand in for it."""

from fractions import Fraction

from diary.clinical.response import Loss
from tests.clinical.builders import dues, response, run


def test_six_entries_of_a_fortnight_stand_in_for_a_week_without_a_mean() -> None:
    # Two 9s on days 15 and 16, four on days 25 to 28: the week of day 28 is the first that is lost.
    # The last good week is that of day 19: days 13 to 16, (2·5 + 2·9)/4 = 7.
    found = response([*run(5, 14), 9, 9, *run(None, 8), *run(9, 4)])
    assert [found.signs[t] for t in (19, 20, 21, 27, 28)] == [0, None, None, None, 1]
    assert found.losses == (Loss(due=28, last_good=19, entries=6),)


def test_five_entries_of_a_fortnight_are_too_few() -> None:
    assert dues(response([*run(5, 14), 9, None, *run(None, 8), *run(9, 4)])) == []


def test_a_fortnight_exactly_on_the_line_is_not_lost() -> None:
    # Week of day 28: four 8s are lost. The fortnight adds two 5s: (32 + 10)/6 = 7, on the line.
    after = [*run(5, 14), *run(None, 4), 5, None, 5, 8, None, 8, None, 8, None, 8]
    assert dues(response(after)) == []
    after[18] = 6  # (32 + 11)/6 = 43/6, over it
    assert dues(response(after)) == [28]


def test_ten_entries_of_mean_exactly_4_9_are_on_the_line_of_7() -> None:
    # Three 1s in a week without a mean, then 7 entries with sum 46: 49/10 = 4.9, and 46/7 = 6.6 is lost.
    lead = [*run(4, 14), *run(None, 4), 1, 1, 1]
    on_the_line = response([*lead, 7, 7, 7, 7, 6, 6, 6], line=Fraction(49, 10))
    assert on_the_line.signs[21] is None
    assert on_the_line.signs[28] == 1
    assert dues(on_the_line) == []
    assert dues(response([*lead, 7, 7, 7, 7, 7, 6, 6], line=Fraction(49, 10))) == [28]


def test_the_gap_rule_needs_a_lost_week_now() -> None:
    # The fortnight is lost, (2·10 + 4·6)/6 = 44/6; the week itself, four 6s, is good.
    found = response([*run(5, 14), 10, 10, *run(None, 8), *run(6, 4)])
    assert (found.signs[21], found.signs[28]) == (None, -1)
    assert dues(found) == []


def test_the_gap_rule_does_not_stand_in_for_a_good_week() -> None:
    # The week of day 21 is good (four 5s), the fortnight (20 + 4·10)/8 = 7.5 lost.
    after = [*run(5, 14), *run(None, 3), *run(5, 4), 10, None, 10, None, 10, None, 10]
    found = response(after)
    assert found.signs[21] == -1
    assert dues(found) == []


def test_the_gap_rule_needs_the_undefined_week_later_than_the_confirmation() -> None:
    # Lidocaine confirmed on day 8 by days 5 to 8: 15 - 7 = 8 is not later.
    after = [*run(None, 4), 7, 7, 7, 7, *run(None, 3), 9, 9, 9, 9]
    found = response([*after], "lidocaine")
    assert found.confirmed == 8
    assert found.signs[15] == 1
    assert dues(found) == []
    # Confirmed on day 7 by days 1 to 4: 15 - 7 = 8 is later, a week of three entries; (3·7 + 4·9)/7 = 57/7.
    found = response([7, 7, 7, 7, *run(None, 7), 9, 9, 9, 9], "lidocaine")
    assert (found.confirmed, found.signs[8], found.signs[14]) == (7, None, None)
    assert dues(found) == [15]
    # Day 14 - 7 = 7 is the confirmation itself.
    found = response([7, 7, 7, 7, *run(None, 6), 9, 9, 9, 9], "lidocaine")
    assert found.signs[14] == 1
    assert dues(found) == []


def test_a_gap_loss_is_released_like_any_other() -> None:
    # Due on day 28. Day 29: (4·9 + 0)/5 = 7.2 is lost, day 30: 36/6 = 6 is good; 37 - 7 = 30.
    found = response([*run(5, 14), 9, 9, *run(None, 8), *run(9, 4), *run(0, 9)])
    assert found.losses == (Loss(due=28, last_good=19, entries=6, released=37),)
