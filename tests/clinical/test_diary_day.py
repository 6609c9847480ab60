"""The diary day turns at 04:00 where the patient lives, whatever the clocks do there."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.diary_day import ZoneFrom, diary_day, diary_day_of, end_of_day, start_of_day

AMSTERDAM, AUCKLAND, LOS_ANGELES = map(ZoneInfo, ("Europe/Amsterdam", "Pacific/Auckland", "America/Los_Angeles"))
CAIRO, SANTIAGO, APIA = map(ZoneInfo, ("Africa/Cairo", "America/Santiago", "Pacific/Apia"))
PAGO_PAGO, KIRITIMATI = ZoneInfo("Pacific/Pago_Pago"), ZoneInfo("Pacific/Kiritimati")
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC", "Europe/Amsterdam", "Europe/London", "Africa/Cairo", "America/Santiago", "America/St_Johns",
        "America/Los_Angeles", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
        "Pacific/Auckland", "Pacific/Chatham", "Pacific/Apia", "Pacific/Kiritimati", "Antarctica/Troll",
    )
]  # fmt: skip
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone)  # type: ignore[misc,arg-type]


def length(of: date, zone: ZoneInfo) -> timedelta:
    return start_of_day(of + timedelta(days=1), zone) - start_of_day(of, zone)


def test_03_59_belongs_to_the_day_before_and_04_00_to_the_new_one() -> None:
    assert diary_day(local(AMSTERDAM, 2026, 7, 2, 3, 59, 59), AMSTERDAM) == date(2026, 7, 1)
    assert diary_day(local(AMSTERDAM, 2026, 7, 2, 4, 0), AMSTERDAM) == date(2026, 7, 2)
    assert diary_day(local(AMSTERDAM, 2026, 7, 3, 0, 30), AMSTERDAM) == date(2026, 7, 2)


def test_the_same_moment_is_another_diary_day_elsewhere() -> None:
    moment = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
    assert diary_day(moment, AUCKLAND) == date(2026, 7, 2)
    assert diary_day(moment, AMSTERDAM) == date(2026, 7, 1)
    assert diary_day(datetime(2026, 7, 1, 10, 59, tzinfo=UTC), LOS_ANGELES) == date(2026, 6, 30)


def test_a_moment_may_be_given_in_any_zone() -> None:
    assert diary_day(local(LOS_ANGELES, 2026, 7, 1, 9, 0), AUCKLAND) == date(2026, 7, 2)


def test_the_night_the_clocks_go_forward_makes_a_day_of_23_hours() -> None:
    # 29 March 2026, 02:00 becomes 03:00: the diary day of the 28th is the short one.
    assert length(date(2026, 3, 28), AMSTERDAM) == 23 * HOUR
    assert length(date(2026, 3, 29), AMSTERDAM) == 24 * HOUR
    assert diary_day(local(AMSTERDAM, 2026, 3, 29, 3, 30), AMSTERDAM) == date(2026, 3, 28)
    assert diary_day(local(AMSTERDAM, 2026, 3, 29, 4, 0), AMSTERDAM) == date(2026, 3, 29)


def test_the_night_the_clocks_go_back_makes_a_day_of_25_hours() -> None:
    # 25 October 2026, 03:00 becomes 02:00: the diary day of the 24th is the long one.
    assert length(date(2026, 10, 24), AMSTERDAM) == 25 * HOUR
    assert length(date(2026, 10, 25), AMSTERDAM) == 24 * HOUR
    for fold in (0, 1):
        twice = local(AMSTERDAM, 2026, 10, 25, 2, 30).replace(fold=fold)
        assert diary_day(twice, AMSTERDAM) == date(2026, 10, 24)


@pytest.mark.parametrize(
    ("zone", "changed"),
    [(CAIRO, date(2026, 4, 24)), (SANTIAGO, date(2026, 9, 6))],
    ids=["Cairo", "Santiago"],
)
def test_a_day_whose_midnight_does_not_exist_still_turns_at_04_00(zone: ZoneInfo, changed: date) -> None:
    eve = changed - timedelta(days=1)
    assert start_of_day(changed, zone) == local(zone, changed.year, changed.month, changed.day, 4, 0)
    assert length(eve, zone) == 23 * HOUR
    assert diary_day(local(zone, changed.year, changed.month, changed.day, 3, 59), zone) == eve
    assert diary_day(start_of_day(changed, zone), zone) == changed


def test_a_date_that_apia_left_out_is_never_given() -> None:
    # Apia went from 29 December 2011, 24:00 to 31 December, 00:00.
    last_before = start_of_day(date(2011, 12, 31), APIA) - SECOND
    assert diary_day(last_before, APIA) == date(2011, 12, 29)
    assert diary_day(last_before + SECOND, APIA) == date(2011, 12, 31)
    hours = (datetime(2011, 12, 28, tzinfo=UTC) + step * HOUR for step in range(120))
    assert date(2011, 12, 30) not in {diary_day(moment, APIA) for moment in hours}


def test_a_day_ends_when_the_next_one_begins() -> None:
    at_home = [ZoneFrom(date(2020, 1, 1), AMSTERDAM)]
    assert end_of_day(date(2026, 10, 24), at_home) == start_of_day(date(2026, 10, 25), AMSTERDAM)


def test_before_the_first_zone_is_valid_it_is_used_all_the_same() -> None:
    at_home = [ZoneFrom(date(2026, 1, 1), AMSTERDAM)]
    assert diary_day_of(local(AMSTERDAM, 2025, 6, 1, 12), at_home) == date(2025, 6, 1)
    assert end_of_day(date(2025, 6, 1), at_home) == start_of_day(date(2025, 6, 2), AMSTERDAM)
    moved = [*at_home, ZoneFrom(date(2026, 3, 10), AUCKLAND)]
    assert diary_day_of(datetime(2025, 6, 1, 20, 0, tzinfo=UTC), moved) == date(2025, 6, 1)


def test_a_patient_who_moves_east_in_the_middle_of_a_course_has_a_short_day_and_loses_none() -> None:
    moved = [ZoneFrom(date(2020, 1, 1), AMSTERDAM), ZoneFrom(date(2026, 3, 10), AUCKLAND)]
    # The 10th begins in Auckland at 15:00 UTC of the 9th; until then Amsterdam's reckoning holds.
    turn = start_of_day(date(2026, 3, 10), AUCKLAND)
    assert turn == datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
    assert diary_day_of(turn - SECOND, moved) == date(2026, 3, 9)
    assert diary_day_of(turn, moved) == date(2026, 3, 10)
    assert end_of_day(date(2026, 3, 9), moved) == turn
    assert end_of_day(date(2026, 3, 8), moved) == start_of_day(date(2026, 3, 9), AMSTERDAM)
    # 20:00 UTC is the evening of the 20th in Amsterdam and the morning of the 21st in Auckland.
    assert diary_day_of(datetime(2026, 3, 20, 20, 0, tzinfo=UTC), moved) == date(2026, 3, 21)


def test_a_patient_who_moves_over_the_date_line_can_leave_a_date_out() -> None:
    # Kiritimati is 25 hours ahead of Pago Pago: the 10th begins there at 03:00 of the 9th at home, still the 8th.
    moved = [ZoneFrom(date(2020, 1, 1), PAGO_PAGO), ZoneFrom(date(2026, 3, 10), KIRITIMATI)]
    turn = datetime(2026, 3, 9, 14, 0, tzinfo=UTC)
    assert (diary_day_of(turn - SECOND, moved), diary_day_of(turn, moved)) == (date(2026, 3, 8), date(2026, 3, 10))
    assert end_of_day(date(2026, 3, 8), moved) == end_of_day(date(2026, 3, 9), moved) == turn


def test_a_patient_who_moves_west_has_a_long_day_and_none_twice() -> None:
    moved = [ZoneFrom(date(2020, 1, 1), AUCKLAND), ZoneFrom(date(2026, 3, 10), LOS_ANGELES)]
    hours = [datetime(2026, 3, 8, tzinfo=UTC) + step * HOUR for step in range(96)]
    days = [diary_day_of(moment, moved) for moment in hours]
    assert days == sorted(days)
    assert days.count(date(2026, 3, 10)) > 24
    assert diary_day_of(start_of_day(date(2026, 3, 11), LOS_ANGELES) - SECOND, moved) == date(2026, 3, 10)


@given(zone=zones, moment=moments)
def test_every_moment_lies_between_the_start_of_its_day_and_of_the_next(zone: ZoneInfo, moment: datetime) -> None:
    found = diary_day(moment, zone)
    assert start_of_day(found, zone) <= moment < start_of_day(found + timedelta(days=1), zone)


@given(zone=zones, moment=moments, later=st.timedeltas(timedelta(0), timedelta(days=3)))
def test_a_later_moment_is_never_an_earlier_day(zone: ZoneInfo, moment: datetime, later: timedelta) -> None:
    assert diary_day(moment, zone) <= diary_day(moment + later, zone)


@given(zone=zones, moment=moments)
def test_a_day_given_is_the_one_that_begins_at_its_own_start(zone: ZoneInfo, moment: datetime) -> None:
    found = diary_day(moment, zone)
    assert diary_day(start_of_day(found, zone), zone) == found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Pacific/Auckland", "America/Los_Angeles"),
        ("America/Los_Angeles", "Pacific/Auckland"),
        ("Europe/Amsterdam", "America/New_York"),
        ("Pacific/Pago_Pago", "Pacific/Apia"),
        ("Pacific/Pago_Pago", "Pacific/Kiritimati"),
        ("Pacific/Kiritimati", "Pacific/Pago_Pago"),
    ],
)
def test_a_day_ends_when_the_next_one_begins_also_around_a_move(before, after):
    zones = [ZoneFrom(date(1900, 1, 1), ZoneInfo(before)), ZoneFrom(date(2026, 3, 10), ZoneInfo(after))]
    for day in (date(2026, 3, number) for number in range(6, 15)):
        end = end_of_day(day, zones)
        assert diary_day_of(end - timedelta(seconds=1), zones) <= day < diary_day_of(end, zones)
