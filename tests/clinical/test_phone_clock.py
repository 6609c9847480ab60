"""When a score was written by a phone whose clock is wrong, worked out by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.errors import ClinicalError
from diary.clinical.phone_clock import clock_error, is_day_doubtful, moment_of_writing

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
SECONDS = st.integers(-20 * 86400, 20 * 86400)


def seconds(number):
    return timedelta(seconds=number)


ERRORS = [
    # measured, known before, what is taken
    (0, [], 0),
    (0.4, [], 0),
    (60, [], 0),
    (-60, [], 0),
    (61, [], 61),
    (-61, [], -61),
    (10800.6, [], 10801),
    (10800, [10830], 10830),
    (10800, [10921], 10800),
    (10800, [10920], 10920),
    (62, [0], 0),
    (59, [62], 62),
    (59, [7200], 0),
    (130, [0, 140], 140),
]


@pytest.mark.parametrize(("measured", "known", "taken"), ERRORS)
def test_what_a_slow_line_adds_is_no_error_of_the_clock(measured, known, taken):
    assert clock_error(seconds(measured), [seconds(one) for one in known]) == seconds(taken)


@given(behind=SECONDS, ways=st.lists(st.integers(0, 60), min_size=1, max_size=6))
def test_all_that_one_phone_sends_is_corrected_alike_however_slow_each_line_was(behind, ways):
    known = []
    for way in ways:
        known.append(clock_error(seconds(behind + way), known))
    assert len(set(known)) == 1
    assert abs(known[0] - seconds(behind)) <= seconds(120)  # a minute on the way, and a minute that counts as none


MOMENTS = [
    # entered at, error, the moment of writing; hours from noon, when it arrives
    (-1, 0, -1),
    (2, -3, -1),
    (-4, 3, -1),
    (-24 * 30, 0, -24 * 30),
    (-24 * 366, 0, -24 * 366),
    (-24 * 367, 0, 0),
    (0.01, 0, 0.01),
    (0.5, 0, 0),
    (24 * 5, 0, 0),
    (24 * 5, -24 * 5, 0),
    (24 * 5 - 1, -24 * 5, -1),
]


@pytest.mark.parametrize(("entered", "error", "written"), MOMENTS)
def test_the_moment_is_the_phones_corrected_or_that_of_the_arrival(entered, error, written):
    moments = (NOON + timedelta(hours=hours) for hours in (entered, written))
    entered_at, written_at = moments
    assert moment_of_writing(entered_at, timedelta(hours=error), NOON) == written_at


DOUBTS = [(0, 0, False), (-24 * 30, 0, False), (-1, 12, False), (-1, 12.1, True), (-1, -12.1, True), (12, 0, False)]
DOUBTS += [(12.1, 0, True), (24, -13, True), (24, -12, False), (-24 * 366, 0, False), (-24 * 367, 0, True)]


@pytest.mark.parametrize(("entered", "error", "doubtful"), DOUBTS)
def test_a_day_is_asked_for_when_the_clock_is_or_was_off_by_more_than_half_a_day(entered, error, doubtful):
    assert is_day_doubtful(NOON + timedelta(hours=entered), timedelta(hours=error), NOON) is doubtful


@given(entered=SECONDS, error=SECONDS)
def test_nothing_is_written_long_after_it_arrived(entered, error):
    written_at = moment_of_writing(NOON + seconds(entered), seconds(error), NOON)
    assert written_at <= NOON + seconds(60)
    assert written_at in (NOON, NOON + seconds(entered) + seconds(error))


def test_a_moment_without_a_zone_is_none():
    for entered_at, received_at in ((NOON.replace(tzinfo=None), NOON), (NOON, NOON.replace(tzinfo=None))):
        with pytest.raises((ClinicalError, TypeError)):
            moment_of_writing(entered_at, timedelta(), received_at)
