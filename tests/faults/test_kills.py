"""The server is killed at any moment: what was acknowledged is there, once."""

import sqlite3
import uuid
from contextlib import closing

import pytest

from tests.faults.all_of_them import short
from tests.faults.figures import Figures
from tests.faults.phones import Phone, acknowledged, compare, rows_of, settle, tapped
from tests.faults.served import Served


def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed_around_the_commit(ground):
    figures = short("kills", ground)
    assert figures.is_well, figures
    assert figures.tries == 8
    assert figures.acknowledged > 30


@pytest.mark.long
@pytest.mark.about_sqlite("the file that is made at the first start; an empty PostgreSQL is made by its operator")
def test_an_installation_that_is_killed_while_it_starts_for_the_first_time_is_whole_at_the_next(ground):
    figures = short("first-start", ground)
    assert figures.is_well, figures


def test_a_server_says_that_it_is_ready_and_ends_in_good_order(ground):
    (person,) = settle(ground, patients=1)
    with Served(ground) as served:
        phone = Phone(served.address, person)
        assert phone.ask() == "open"
        phone.tap(7)
        assert phone.send() == "open"
        assert served.stop() == 0
        phone.tap(8)
        assert phone.send() == "away"
        assert [row.score for row in phone.waiting] == [8]


@pytest.mark.about_sqlite("rows are taken away by hand past the triggers")
def test_the_comparison_finds_what_is_lost_what_is_doubled_and_what_nobody_tapped(ground):
    (person,) = settle(ground, patients=1)
    with Served(ground) as served:
        phone = Phone(served.address, person)
        phone.ask()
        for score in (3, 4):
            phone.tap(score)
        phone.send()
    rows = rows_of(ground.url)
    assert compare(acknowledged([phone]), rows, tapped([phone]))
    with closing(sqlite3.connect(ground.file)) as connection, connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("DELETE FROM entry WHERE score = 3")
    short_of_one = rows_of(ground.url)
    assert len(compare(acknowledged([phone]), short_of_one).lost) == 1
    assert compare(acknowledged([phone]), [*rows, rows[0]]).doubled
    phone.tapped[0].ref = str(uuid.uuid4())
    found = compare(acknowledged([phone]), rows, tapped([phone]))
    assert len(found.strange) == 1
    figures = Figures("none")
    figures.take(found)
    assert not figures.is_well
