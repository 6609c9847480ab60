"""Work that can wait lets requests pass, and still goes on where they never cease."""

import contextvars
import threading

import pytest

from diary import giving_way
from diary.giving_way import let_requests_pass, request_begins, request_ends, work_that_can_wait

LONG = 30.0


@pytest.fixture
def request_at_hand(monkeypatch):
    """A request that is being answered until it is ended here, or the test is over; none is left of other tests."""
    monkeypatch.setattr(giving_way, "_at_hand", 0)
    request_begins()
    ended = []

    def end() -> None:
        ended.append(True)
        request_ends()

    yield end
    if not ended:
        request_ends()


def wait_beside() -> threading.Thread:
    """Let work that can wait come to a step, in a thread of its own."""

    def work() -> None:
        with work_that_can_wait():
            let_requests_pass()

    thread = threading.Thread(target=lambda: contextvars.Context().run(work))
    thread.start()
    return thread


def test_a_step_waits_for_the_request_at_hand_and_then_is_taken(request_at_hand, monkeypatch):
    monkeypatch.setattr(giving_way, "LONGEST_WAIT", LONG)
    step = wait_beside()
    step.join(0.2)
    assert step.is_alive()
    request_at_hand()
    step.join(LONG / 3)
    assert not step.is_alive()


def test_a_step_is_taken_although_requests_never_cease(request_at_hand):
    step = wait_beside()
    step.join(LONG)
    assert not step.is_alive()


def test_what_somebody_waits_for_never_waits(request_at_hand, monkeypatch):
    monkeypatch.setattr(giving_way, "LONGEST_WAIT", LONG)
    page = threading.Thread(target=lambda: contextvars.Context().run(let_requests_pass))
    page.start()
    page.join(LONG / 3)
    assert not page.is_alive()


def test_a_request_that_begins_while_it_is_listened_for_quiet_is_let_pass(request_at_hand, monkeypatch):
    monkeypatch.setattr(giving_way, "LONGEST_WAIT", LONG)
    monkeypatch.setattr(giving_way, "QUIET", 0.3)
    step = wait_beside()
    request_at_hand()
    request_begins()
    try:
        step.join(0.6)
        assert step.is_alive()
    finally:
        request_ends()
    step.join(LONG / 3)
    assert not step.is_alive()
