"""Deciding to repeat: what the rules say against its date is read first, and what was typed stays."""

from datetime import timedelta

import pytest

from diary.access.identity import Identity
from tests.conftest import TestClock
from tests.web.people import House, treated
from tests.web.test_deciding import decide, decisions, path_of

INSIDE = (
    "Inside the minimum interval of ketamine until 1 Apr: 42 days (opinion) from 18 Feb 2026, the last day "
    "of the course of ketamine, 14 Feb 2026 to 18 Feb 2026."
)
INJURY = "Of 6 people who had ketamine again after 16 days, 3 had a liver injury (Noppers 2011)."
NO_TEST = "No liver test known: before ketamine one of the last 30 days (opinion) is asked for."
TYPED = {"kind": "repeat", "reason": "It was <b>bad</b> & short.", "next_step": "2026-03-31", "tell": "y"}


@pytest.fixture
def no_response(house: House, clock: TestClock) -> Identity:
    """A patient with no response seen, 30 days after ketamine: a state that has no mark of an interval."""
    return treated(house, clock, after=(7,) * 30)


def test_inside_the_interval_it_is_said_why_and_recorded_only_with_the_tick(
    house: House, no_response: Identity
) -> None:
    visitor, action = house.staff(), f"{path_of(no_response)}/decisions"
    page = decide(visitor, no_response, 422, **TYPED)
    assert "Think about this first" in page.main
    for sentence in (INSIDE, INJURY, NO_TEST):
        assert sentence in page.main
    assert "Nothing was stored yet" in page.errors_of("anyway")
    assert {name: page.value_of(name) for name in TYPED} == TYPED
    page = visitor.send(page.form(action), {}, status=422)
    assert decisions() == [], "the button alone records nothing"
    assert {name: page.value_of(name) for name in TYPED} == TYPED
    visitor.send(page.form(action), {"anyway": "y"})
    assert [made.reason for made in decisions()] == [TYPED["reason"]]


def test_the_tick_for_one_day_is_none_for_another(house: House, no_response: Identity) -> None:
    visitor, action = house.staff(), f"{path_of(no_response)}/decisions"
    form = decide(visitor, no_response, 422, **(TYPED | {"next_step": "2026-04-02"})).form(action)
    page = visitor.send(form, {"anyway": "y", "next_step": "2026-03-30"}, status=422)
    assert INSIDE in page.main
    assert decisions() == []


def test_nothing_is_said_before_a_day_that_nothing_stands_against(house: House, no_response: Identity) -> None:
    page = house.staff().get(path_of(no_response))
    assert "Think about this first" not in page.main
    decide(house.staff(), no_response, kind="wait", reason="x", next_step="2026-03-31")
    assert len(decisions()) == 1


def test_a_past_day_and_what_is_said_come_before_the_question_who_it_is(
    house: House, no_response: Identity, clock: TestClock
) -> None:
    visitor, action = house.staff(), f"{path_of(no_response)}/decisions"
    clock.now += timedelta(minutes=6)
    page = decide(visitor, no_response, 422, **(TYPED | {"next_step": "2026-03-19"}))
    assert "has passed already" in page.errors_of("next_step")
    page = visitor.send(page.form(action), {"next_step": "2026-03-31"}, status=422)
    assert INSIDE in page.main
    asked = visitor.send(page.form(action), {"anyway": "y"}, status=403)
    assert asked.h1 == "Confirm that it is you"
    visitor.confirm(asked)
    assert [made.reason for made in decisions()] == [TYPED["reason"]]


def test_the_day_of_the_decision_is_filled_in_where_its_course_is_planned(house: House, no_response: Identity) -> None:
    visitor = house.staff()
    page = decide(visitor, no_response, 422, **(TYPED | {"next_step": "2026-05-01", "tell": None}))
    page = visitor.send(page.form(f"{path_of(no_response)}/decisions"), {"anyway": "y"})
    planned = visitor.get(next(link for words, link in page.links.items() if words.startswith("Plan the course")))
    assert planned.value_of("first_day") == "2026-05-01"
    assert not visitor.get(f"{path_of(no_response)}/courses/plan?first=2026-03-19").value_of("first_day")
    assert not visitor.get(f"{path_of(no_response)}/courses/plan?first=soon").value_of("first_day")
