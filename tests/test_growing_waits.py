"""What failed waits, each time for longer, and ten minutes at most."""

from datetime import UTC, datetime, timedelta

from diary import growing_waits
from diary.growing_waits import GrowingWaits

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


def seconds_until_tried(waits, now, mark="as it was"):
    """Return how long it is left alone from `now` on."""
    return next(
        seconds for seconds in range(2000) if not waits.is_waiting("line", mark, now + timedelta(seconds=seconds))
    )


def test_each_failure_doubles_the_wait_up_to_ten_minutes():
    waits, now, waited = GrowingWaits(), NOON, []
    for _failure in range(12):
        waits.note_failure("line", "as it was", now)
        waited.append(seconds_until_tried(waits, now))
        now += timedelta(seconds=waited[-1])
    assert waited == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]


def test_what_has_changed_or_never_failed_does_not_wait():
    waits = GrowingWaits()
    for _failure in range(3):
        waits.note_failure("line", "as it was", NOON)
    assert waits.is_waiting("line", "as it was", NOON)
    assert not waits.is_waiting("line", "another", NOON)
    assert not waits.is_waiting("another line", "as it was", NOON)
    waits.note_failure("line", "another", NOON)
    assert seconds_until_tried(waits, NOON, "another") == 2
    waits.forget("line")
    assert not waits.is_waiting("line", "another", NOON)


def test_a_clock_that_is_set_back_makes_nothing_wait_for_it():
    waits = GrowingWaits()
    waits.note_failure("line", "as it was", NOON)
    assert not waits.is_waiting("line", "as it was", NOON - timedelta(hours=1))


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(growing_waits, "MOST_KNOWN", 3)
    waits = GrowingWaits()
    for number in range(4):
        waits.note_failure(number, "as it was", NOON)
    assert [waits.is_waiting(number, "as it was", NOON) for number in range(4)] == [False, False, False, True]
