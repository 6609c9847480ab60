"""The hour of a reminder lies within its diary day wherever somebody lives, whatever the clocks there do."""

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.diary_day import ZoneFrom, diary_day_of, end_of_day
from diary.services.reminder_times import BEFORE_THE_END, USEFUL_FOR, Hour, Turn, minute_of

ZONES = [
    "Europe/Amsterdam", "America/New_York", "Africa/Cairo", "America/Santiago", "Pacific/Apia", "Asia/Kolkata",
    "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Gaza", "America/Sao_Paulo", "Pacific/Kiritimati", "UTC",
]  # fmt: skip
LONG_AGO = date(1900, 1, 1)


@st.composite
def lives(draw):
    """Zones somebody lived in, the later ones from some day of 2011 to 2026 on."""
    days = sorted(draw(st.sets(st.dates(date(2011, 1, 2), date(2026, 12, 30)), max_size=2)))
    names = draw(st.lists(st.sampled_from(ZONES), min_size=len(days) + 1, max_size=len(days) + 1))
    return [ZoneFrom(since, ZoneInfo(name)) for since, name in zip([LONG_AGO, *days], names, strict=True)]


def hour_in(zone, hour=20, minute=7):
    return Hour(hour, minute, [ZoneFrom(LONG_AGO, ZoneInfo(zone))])


def said_in(zone, hour, day, minute=7):
    return hour_in(zone, hour, minute).on(day).astimezone(ZoneInfo(zone)).strftime("%d %H:%M %z")


@given(lives(), st.integers(4, 27), st.integers(0, 59), st.dates(date(2011, 1, 1), date(2026, 12, 31)))
def test_the_hour_of_a_day_lies_within_that_day(zones, hour, minute, day):
    moment = Hour(hour, minute, zones).on(day)
    begins, ends = end_of_day(day - timedelta(days=1), zones), end_of_day(day, zones)
    if moment is None:
        assert begins >= ends
    else:
        assert begins <= moment < ends
        assert diary_day_of(moment, zones) == day


@given(lives(), st.integers(4, 27), st.integers(0, 59), st.datetimes(datetime(2011, 1, 3), datetime(2026, 12, 28)))
def test_turns_follow_each_other_and_no_day_has_more_than_two(zones, hour, minute, now):
    wanted, now = Hour(hour, minute, zones), now.replace(tzinfo=UTC)
    turn, taken = wanted.next_after(now), []
    assert turn.at > now
    for _ in range(12):
        now = turn.at
        due, after = wanted.due(turn, now)
        assert due == turn or due is None
        assert after.at > now
        taken += [due] if due else []
        turn = after
    assert len({(one.day, one.number) for one in taken}) == len(taken)
    assert [one.day for one in taken] == sorted(one.day for one in taken)
    for one in taken:
        assert diary_day_of(one.at, zones) == one.day


@given(st.sampled_from(ZONES), st.integers(4, 27), st.integers(0, 100_000))
def test_however_late_a_server_comes_back_nothing_is_taken_two_hours_late_or_after_its_day(zone, hour, minutes):
    wanted = hour_in(zone, hour)
    turn = wanted.next_after(datetime(2026, 3, 1, tzinfo=UTC))
    now = turn.at + timedelta(minutes=minutes)
    due, after = wanted.due(turn, now)
    assert after.at > now
    if due is not None:
        assert timedelta() <= now - due.at < USEFUL_FOR
        assert now < wanted.useful_until(due)
        assert diary_day_of(now, wanted.zones) == due.day


@pytest.mark.parametrize(
    ("zone", "hour", "day", "said"),
    [
        ("Europe/Amsterdam", 20, date(2026, 3, 28), "28 20:07 +0100"),
        ("Europe/Amsterdam", 20, date(2026, 3, 29), "29 20:07 +0200"),
        ("Europe/Amsterdam", 26, date(2026, 3, 28), "29 03:07 +0200"),  # 02:07 does not come
        ("Europe/Amsterdam", 26, date(2026, 10, 24), "25 02:07 +0200"),  # 02:07 comes twice
        ("Africa/Cairo", 24, date(2026, 4, 23), "24 01:07 +0300"),  # midnight does not come
        ("America/Santiago", 24, date(2026, 9, 5), "06 01:07 -0300"),
        ("Europe/Amsterdam", 27, date(2026, 3, 20), "21 03:07 +0100"),
        ("Pacific/Apia", 20, date(2011, 12, 29), "29 20:07 -1000"),
        ("Pacific/Apia", 20, date(2011, 12, 31), "31 20:07 +1400"),
    ],
)
def test_hours_are_those_of_the_clock_there(zone, hour, day, said):
    assert said_in(zone, hour, day) == said


@pytest.mark.parametrize("minute", [0, 30, 31, 45, 59])
def test_an_hour_right_before_the_end_of_its_day_comes_at_its_own_minute(minute):
    assert said_in("Europe/Amsterdam", 27, date(2026, 3, 20), minute) == f"21 03:{minute:02} +0100"
    late = hour_in("Europe/Amsterdam", 27, minute)
    turn = Turn(date(2026, 3, 20), 1, late.on(date(2026, 3, 20)))
    due, after = late.due(turn, turn.at + timedelta(seconds=10))
    assert (due, after.day, after.number) == (turn, date(2026, 3, 21), 1)
    assert late.useful_until(turn) == datetime(2026, 3, 21, 3, tzinfo=UTC)


def test_an_hour_that_a_move_puts_outside_its_day_comes_at_the_edge_of_it():
    zones = [ZoneFrom(LONG_AGO, ZoneInfo("America/New_York")), ZoneFrom(date(2026, 3, 21), ZoneInfo("Asia/Tokyo"))]
    day = date(2026, 3, 20)
    assert Hour(27, 45, zones).on(day) == end_of_day(day, zones) - BEFORE_THE_END


def test_a_date_that_a_place_left_out_has_no_reminder():
    apia = hour_in("Pacific/Apia")
    assert apia.on(date(2011, 12, 30)) is None
    turn = Turn(date(2011, 12, 29), 2, apia.on(date(2011, 12, 29)) + timedelta(hours=2))
    assert apia.due(turn, turn.at)[1].day == date(2011, 12, 31)


def test_patients_of_one_hour_are_spread_over_it():
    minutes = [minute_of(uuid.UUID(int=number)) for number in range(6000)]
    counts = [minutes.count(minute) for minute in range(60)]
    assert min(counts) > 60
    assert max(counts) < 150
    assert minute_of(uuid.UUID(int=7)) == minute_of(uuid.UUID(int=7))
