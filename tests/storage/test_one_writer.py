"""Turns on SQLite: writers one after another, readers and commits apart, and nobody waits for either for ever."""

import threading
import time

import pytest
from sqlalchemy.exc import OperationalError

from diary import one_writer
from diary.one_writer import OneWriter, Readers


@pytest.fixture
def patience(monkeypatch):
    monkeypatch.setattr(one_writer, "MOST_BEHIND_ONE", 0.3)


def holding(writer, seconds, times=1):
    """Hold the turn in a thread of its own, and return once it is held."""
    held = threading.Event()

    def hold():
        for _ in range(times):
            with writer:
                held.set()
                time.sleep(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    return thread


def test_nobody_waits_for_long_behind_one_unit_that_does_not_end(patience):
    writer = OneWriter(most=60)
    thread = holding(writer, 1.0)
    began = time.monotonic()
    with pytest.raises(OperationalError, match="database is locked"), writer:
        pytest.fail("Two held the turn at once.")
    waited = time.monotonic() - began
    assert waited < 0.9
    began = time.monotonic()
    with pytest.raises(OperationalError), writer:  # who comes now is refused at once
        pass
    assert time.monotonic() - began < 0.2
    thread.join()
    with writer:
        pass


def test_a_unit_waits_behind_many_short_ones(patience):
    writer, seen = OneWriter(most=60), []

    def write(number):
        with writer:
            time.sleep(0.02)
            seen.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(40))


def test_a_unit_that_fails_gives_its_turn_to_the_next():
    writer = OneWriter(most=1)
    with pytest.raises(ZeroDivisionError), writer:
        raise ZeroDivisionError
    with writer:
        pass


def test_a_commit_waits_for_those_who_read_and_whoever_comes_then_for_the_commit():
    readers, done = Readers(most=30.0), []
    reading, let_go = threading.Event(), threading.Event()

    def read_long():
        with readers.reading():
            reading.set()
            let_go.wait(30)
            done.append("read")

    def commit():
        with readers.committing():
            done.append("committed")

    def read_later():
        with readers.reading():
            done.append("read later")

    first = threading.Thread(target=read_long)
    first.start()
    assert reading.wait(30)
    second = threading.Thread(target=commit)
    second.start()
    while not readers._committing:
        time.sleep(0.001)
    third = threading.Thread(target=read_later)
    third.start()
    third.join(0.1)
    assert done == []
    let_go.set()
    for thread in (first, second, third):
        thread.join(30)
    assert done == ["read", "committed", "read later"]


def test_nobody_waits_for_a_reader_for_ever():
    readers = Readers(most=0.05)
    with readers.reading(), readers.committing(), readers.reading():
        pass
