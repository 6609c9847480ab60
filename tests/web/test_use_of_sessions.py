"""That a session was used is noted with what the request writes anyway, and at its end where it writes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from diary.db import db, snapshot
from diary.models import SignedInSession
from diary.services import sign_in
from diary.wall import whole_house
from tests.conftest import TestClock
from tests.web.people import House
from tests.web.phone import Phone
from tests.web.visiting import Visitor

TODAY = date(2026, 3, 20)


@pytest.fixture
def visitor(house: House, clock: TestClock) -> Visitor:
    """A patient who signed in ten minutes ago."""
    signed_in = house.sign_in_as(house.add_patient())
    clock.move(minutes=10)
    return signed_in


@contextmanager
def counted(visitor: Visitor) -> Iterator[list[Any]]:
    """Count what is committed meanwhile."""
    commits: list[Any] = []
    with visitor.app.app_context():
        engine = db.engine

    def note(connection: Any) -> None:
        commits.append(connection)

    event.listen(engine, "commit", note)
    try:
        yield commits
    finally:
        event.remove(engine, "commit", note)


def last_use(visitor: Visitor) -> Any:
    with visitor.app.app_context(), whole_house(), snapshot() as session:
        return session.scalar(select(SignedInSession.last_seen_at).order_by(SignedInSession.created_at.desc()).limit(1))


def test_an_entry_from_a_phone_and_the_use_of_its_session_are_one_commit(visitor: Visitor, clock: TestClock) -> None:
    phone = Phone(visitor)
    phone.ask()
    clock.move(minutes=10)
    with counted(visitor) as commits:
        assert phone.send_one(phone.tap(6, TODAY))["status"] == "stored"
    assert len(commits) == 1
    assert last_use(visitor) == clock()


def test_a_page_that_writes_nothing_notes_the_use_once(visitor: Visitor, clock: TestClock) -> None:
    with counted(visitor) as commits:
        assert visitor.open("/me").status_code == 200
        assert visitor.open("/me").status_code == 200
    assert len(commits) == 1
    assert last_use(visitor) == clock()


def test_an_entry_that_is_refused_notes_the_use_all_the_same(visitor: Visitor, clock: TestClock) -> None:
    phone = Phone(visitor)
    phone.ask()
    clock.move(minutes=10)
    assert phone.send_one(phone.tap(6, TODAY + timedelta(days=30)))["status"] == "rejected"
    assert last_use(visitor) == clock()


def test_a_page_is_shown_although_its_use_cannot_be_noted(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_how: Any) -> Any:
        raise OperationalError("COMMIT", None, Exception("database or disk is full"))

    before = last_use(visitor)
    monkeypatch.setattr(sign_in, "transaction", refused)
    assert visitor.open("/me").status_code == 200
    assert last_use(visitor) == before
