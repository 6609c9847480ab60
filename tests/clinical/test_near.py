"""When the weekly mean comes near the line, and when it leaves it again."""

from collections.abc import Sequence

from tests.clinical.builders import LOST_ON_26, Level, response, run


def near(after: Sequence[Level], t: int) -> bool:
    return response(after).near[t]


def test_half_a_point_below_the_line_is_near() -> None:
    # Six entries, three 6s and three 7s: 6.5 exactly. One 7 less: 38/6.
    quiet = run(5, 14)
    assert near([*quiet, *run(None, 1), 6, 6, 6, 7, 7, 7], 21)
    assert not near([*quiet, *run(None, 1), 6, 6, 6, 6, 7, 7], 21)


def test_near_ends_below_a_full_point_under_the_line_and_not_on_it() -> None:
    # 7s until day 21, near; a week of 6 is exactly one point below the line and changes nothing, 41/7 does.
    approached = [*run(5, 14), *run(7, 7)]
    assert near([*approached, *run(6, 7)], 28)
    assert not near([*approached, *run(6, 6), 5], 28)


def test_what_is_not_near_stays_so_between_the_two_borders() -> None:
    assert not near([*run(5, 14), *run(6, 14)], 28)
    assert near([*run(5, 14), *run(7, 7), *run(6, 14)], 35)


def test_near_counts_on_the_day_of_confirmation_itself_and_not_before() -> None:
    found = response(run(7, 14))
    assert found.near[14]
    assert not any(found.near[:14])
    # Near in week 7, far on the day of confirmation: not near, for what was before does not count.
    assert not response([*run(7, 7), *run(6, 7)]).near[14]


def test_near_is_unchanged_while_no_week_is_defined() -> None:
    silent = run(None, 10)
    assert near([*run(5, 14), *run(7, 7), *silent], 31)
    assert not near([*run(5, 14), *run(5, 7), *silent], 31)


def test_near_is_kept_up_to_date_while_due() -> None:
    found = response([*LOST_ON_26, *run(5, 10)])
    assert found.near[26]  # lost weeks are near
    assert not found.near[35]  # two good weeks of 5 are not, one day before the release
    assert not found.near[36]
    assert response([*LOST_ON_26, *run(7, 14)]).near[40]
