"""Two numbers that came for one day are both shown, and the patient says which one counts."""

import uuid
from datetime import date

import pytest
from sqlalchemy import select

from diary.access.identity import Identity
from diary.db import snapshot, transaction
from diary.models import Entry, EntryConflict
from diary.services import entries
from diary.services.conflicts import keep_second_number
from diary.services.writings import Writing
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.web.pages import Form, Page
from tests.web.people import House
from tests.web.visiting import Visitor

FRIDAY, THURSDAY = date(2026, 3, 20), date(2026, 3, 19)


@pytest.fixture
def who(house: House) -> Identity:
    """A patient."""
    return house.add_patient()


@pytest.fixture
def visitor(house: House, who: Identity) -> Visitor:
    """The same patient, signed in."""
    return house.sign_in_as(who)


def came_twice(who: Identity, clock: TestClock, *, second: int | None, day: date = FRIDAY) -> None:
    """Store a 4 for Friday, and keep what came under the same name."""
    name = uuid.uuid4()
    entries.record_entry(who, subject(who), day=FRIDAY, score=4, client_ref=name, clock=clock)
    with transaction() as session:
        writing = Writing(day=day, score=second, client_ref=name, entered_at=clock())
        keep_second_number(session, who, subject(who), writing, received_at=clock())


def settling(page: Page) -> Form:
    return next(form for form in page.forms if "/second-number/" in form.action)


def live_scores() -> dict[date, int | None]:
    with snapshot() as session:
        rows = session.scalars(select(Entry).order_by(Entry.day, Entry.written_at))
        return {row.day: row.score for row in rows}


def test_both_numbers_are_named_and_the_second_one_can_be_used(
    visitor: Visitor, who: Identity, clock: TestClock
) -> None:
    assert "Two numbers came" not in visitor.get("/diary").main
    came_twice(who, clock, second=6)
    page = visitor.get("/diary")
    assert "Two numbers came for Friday 20 March: 4 is stored, 6 came later." in page.main
    assert "Use 6 for Friday 20 March" in page.main
    settled = visitor.send(settling(page), {"choice": "used"})
    assert "Settled. Both numbers are kept." in settled.main
    assert "Two numbers came" not in settled.main
    assert live_scores() == {FRIDAY: 6}
    visitor.send(settling(page), {"choice": "kept"})
    assert live_scores() == {FRIDAY: 6}, "what is settled stays settled"


def test_the_stored_number_can_be_left_as_it_is(visitor: Visitor, who: Identity, clock: TestClock) -> None:
    came_twice(who, clock, second=6)
    visitor.send(settling(visitor.get("/diary")), {"choice": "kept"})
    assert live_scores() == {FRIDAY: 4}
    assert "Two numbers came" not in visitor.get("/diary").main
    with snapshot() as session:
        assert session.scalars(select(EntryConflict)).one().score == 6


def test_a_number_that_came_for_another_day_names_both_days(visitor: Visitor, who: Identity, clock: TestClock) -> None:
    came_twice(who, clock, second=6, day=THURSDAY)
    page = visitor.get("/diary")
    assert "One entry came for two days: 4 for Friday 20 March is stored, 6 for Thursday 19 March is not." in page.main
    visitor.send(settling(page), {"choice": "used"})
    assert live_scores() == {THURSDAY: 6, FRIDAY: 4}


def test_a_day_taken_back_elsewhere_is_asked_about_too(visitor: Visitor, who: Identity, clock: TestClock) -> None:
    came_twice(who, clock, second=None)
    page = visitor.get("/diary")
    assert "Two numbers came for Friday 20 March: 4 is stored, no number came later." in page.main
    assert "Take Friday 20 March back" in page.main
    visitor.send(settling(page), {"choice": "used"})
    assert live_scores() == {FRIDAY: None}


@pytest.mark.parametrize("choice", ["", "both", None])
def test_a_choice_that_nobody_offered_changes_nothing(
    visitor: Visitor, who: Identity, clock: TestClock, choice: str | None
) -> None:
    came_twice(who, clock, second=6)
    visitor.send(settling(visitor.get("/diary")), {"choice": choice}, status=422)
    assert live_scores() == {FRIDAY: 4}
    assert "Two numbers came" in visitor.get("/diary").main


def test_nobody_settles_what_is_somebody_elses(house: House, visitor: Visitor, who: Identity, clock: TestClock) -> None:
    came_twice(who, clock, second=6)
    form = settling(visitor.get("/diary"))
    other = house.sign_in_as(house.add_patient("M-2", "Novak, Petra"))
    assert "Two numbers came" not in other.get("/diary").main
    other.get("/me")
    other.post(form.action, {"choice": "used"}, status=404)
    assert live_scores() == {FRIDAY: 4}
