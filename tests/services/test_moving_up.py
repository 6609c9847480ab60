"""An installation moved from SQLite to PostgreSQL: nothing lost and nothing doubled, whenever it is killed."""

import signal
import subprocess
import sys
import uuid
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import psycopg
import pytest
from flask import current_app
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from diary.app import create_app
from diary.beside import elsewhere, reading, scratch_folder, still_copy
from diary.db import db, moving_mark
from diary.errors import BeingMoved, DatabaseUnfit
from diary.installation import Installation, installation
from diary.schema import prepare_database
from diary.security.passwords import Passwords
from diary.services import moving_up
from diary.services.backup_tables import digest_of, layouts
from diary.services.entries import record_entry
from diary.services.moving_up import MoveRefused, give_up, move_to, own_mark, refuse_half_moved
from diary.settings import Settings
from diary.wall import whole_house
from tests.clinic_builders import a_clinic, a_patient, subject, write_days
from tests.conftest import CHEAP
from tests.databases import cluster
from tests.postgres.cluster import SUPERUSER
from tests.services.looking_in import everything_stored

pytestmark = pytest.mark.about_postgres("one moves from SQLite to PostgreSQL; the other way is backup and restore")
SECRET = "only-for-tests-only-for-tests-only"


@pytest.fixture
def target(app):
    """The address of an empty PostgreSQL database."""
    return installation().settings.database_url


@pytest.fixture
def source(target, clock, tmp_path):
    """An installation on SQLite with a patient who wrote for a month, and the patient."""
    folder = tmp_path / "small"
    settings = Settings("development", folder, f"sqlite:///{folder / 'diary.sqlite3'}", SECRET, password_cost=CHEAP)
    made = create_app(settings)
    Installation(settings, clock, Passwords(CHEAP)).put_into(made)
    prepare_database(made)
    with made.app_context():
        patient = a_patient(a_clinic(clock), clock)
        write_days(patient, [7, 6, 5, 4, 3, 2] * 5, clock, first_day=date(2026, 2, 19))
        yield patient
        db.engine.dispose()


def silent(_table, _done, _total):
    pass


def digests(connection):
    return {layout.name: digest_of(connection, layout) for layout in layouts()}


def arrived(target):
    """Say whether both sides hold the same."""
    old = Path(db.engine.url.database)
    with (
        reading(old) as there,
        elsewhere(target),
        scratch_folder(old.parent) as scratch,
        still_copy(scratch) as here,
    ):
        return digests(here) == digests(there)


def write(patient, clock, day=date(2026, 3, 20), score=1):
    return record_entry(patient, subject(patient), day=day, score=score, client_ref=uuid.uuid4(), clock=clock)


def test_everything_arrives_and_the_old_database_is_read_only_from_then_on(source, target, clock):
    before = everything_stored()
    told = []
    moved = move_to(target, clock=clock, told=lambda *said: told.append(said))
    assert arrived(target)
    assert moved.rows == sum(len(rows) for name, rows in before.items() if name != "job_lease")
    assert ("entry", 30, 30) in told
    with pytest.raises(BeingMoved):
        write(source, clock)
    assert everything_stored() == before
    with elsewhere(target):
        refuse_half_moved()
        assert write(source, clock, score=0).entry.score == 0
    with pytest.raises(MoveRefused, match="set DIARY_DATABASE_URL"):
        move_to(target, clock=clock, told=silent)


def test_a_move_goes_on_where_it_was_killed_and_doubles_nothing(source, target, clock):
    for calls in (12, 36, 57):
        assert moved_until_killed(target, calls) == -signal.SIGKILL
        assert own_mark() is not None
        with pytest.raises(BeingMoved):
            write(source, clock)
        with elsewhere(target), pytest.raises(DatabaseUnfit, match="not done"):
            refuse_half_moved()
    begun_at = []
    move_to(target, clock=clock, told=lambda table, done, total: begun_at.append((table, done, total)))
    assert next(told for told in begun_at if told[0] == "clinic") == ("clinic", 1, 1), (
        "what was there was not copied anew"
    )
    assert arrived(target)


def test_a_move_that_is_given_up_leaves_the_old_database_serving_and_can_begin_again(source, target, clock):
    assert moved_until_killed(target, 36) == -signal.SIGKILL
    give_up()
    assert not moving_mark(db.engine).exists()
    write(source, clock)
    move_to(target, clock=clock, told=silent)
    assert arrived(target)
    with pytest.raises(MoveRefused):
        give_up_twice()


def give_up_twice():
    give_up()
    give_up()


@contextmanager
def old_database(app):
    """Stand on the old database again, as another process does."""
    with app.app_context(), whole_house():
        yield


def may_be_reached(target, *, yes):
    """Let the server take connections to the database, or end them all and take none, as one that restarts."""
    name = make_url(target).database
    with closing(psycopg.connect(cluster().url("postgres", role=SUPERUSER), autocommit=True)) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {yes}')
        if not yes:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))


def test_a_move_that_runs_is_neither_given_up_nor_begun_twice(source, target, clock):
    """Who gave it up meanwhile would write into a database that then counts as moved."""
    here, refused = current_app._get_current_object(), []

    def told(table, _done, _total):
        if table in ("patient", "audit_event"):
            for other in (give_up, lambda: move_to(target, clock=clock, told=silent)):
                with old_database(here), pytest.raises(MoveRefused, match="is running") as refusal:
                    other()
                refused.append(refusal)

    move_to(target, clock=clock, told=told)
    assert len(refused) >= 4
    assert arrived(target)
    give_up()
    write(source, clock)


@pytest.mark.parametrize("writes", [True, False])
def test_a_move_whose_mark_was_taken_away_meanwhile_is_not_called_done(source, target, clock, writes):
    here, file = current_app._get_current_object(), moving_mark(db.engine)

    def told(table, _done, _total):
        if table == "patient" and file.exists():
            file.unlink()
            with old_database(here):
                _ = writes and write(source, clock)

    with pytest.raises(MoveRefused, match="was taken away or changed meanwhile"):
        move_to(target, clock=clock, told=told)
    assert not file.exists()
    with elsewhere(target), pytest.raises(DatabaseUnfit, match="not done"):
        refuse_half_moved()
    write(source, clock, day=date(2026, 3, 19))
    move_to(target, clock=clock, told=silent)
    assert arrived(target)


@pytest.mark.parametrize("moment", ["patient", "the end"])
def test_two_moves_into_one_database_do_not_call_each_other_done(source, target, clock, monkeypatch, moment):
    def another_begins():
        with closing(psycopg.connect(target, autocommit=True)) as connection:
            connection.execute("UPDATE job_lease SET held_by = 'another move' WHERE name = %s", [moving_up.LEASE])

    def told(table, done, _total):
        if moment == table and not done:
            another_begins()

    if moment == "the end":
        say_done = moving_up._say_done
        monkeypatch.setattr(moving_up, "_say_done", lambda *asked: (another_begins(), say_done(*asked)))
    with pytest.raises(MoveRefused, match="Another move fills"):
        move_to(target, clock=clock, told=told)
    assert not own_mark().done
    with elsewhere(target), pytest.raises(DatabaseUnfit, match="not done"):
        refuse_half_moved()


def test_a_connection_that_is_lost_in_the_middle_is_told_with_how_to_go_on(source, target, clock):
    def told(table, _done, _total):
        if table == "audit_event":
            may_be_reached(target, yes=False)

    with pytest.raises(MoveRefused, match="the same command again, which goes on where it was, or end the move with"):
        move_to(target, clock=clock, told=told)
    may_be_reached(target, yes=True)
    with pytest.raises(BeingMoved):
        write(source, clock)
    move_to(target, clock=clock, told=silent)
    assert arrived(target)


def test_a_database_that_refuses_before_anything_was_begun_leaves_no_mark(source, target, clock, monkeypatch):
    def refuse(_app):
        raise OperationalError("CREATE TABLE", None, Exception("no right"))

    monkeypatch.setattr(moving_up, "prepare_database", refuse)
    with pytest.raises(MoveRefused, match="Nothing was begun"):
        move_to(target, clock=clock, told=silent)
    write(source, clock)


def test_a_database_that_holds_anything_is_not_moved_into_and_nothing_is_marked(source, target, clock):
    with elsewhere(target):
        a_clinic(clock, "Pain clinic South")
    with pytest.raises(MoveRefused, match="not empty"):
        move_to(target, clock=clock, told=silent)
    assert own_mark() is None
    write(source, clock)


def test_a_database_that_does_not_answer_is_told_and_nothing_is_marked(source, clock):
    with pytest.raises(MoveRefused, match=r"does not answer: OperationalError: connection.* refused") as refusal:
        move_to("postgresql://nobody:nothing@127.0.0.1:1/none", clock=clock, told=silent)
    assert "nothing" not in str(refusal.value)
    assert own_mark() is None


@pytest.mark.parametrize(
    "address", ["postgresql://a:geheim@geheim@db/x", "postgresql://a:geheim@db:geheim/x", "geheim"]
)
def test_an_address_that_cannot_be_read_is_told_without_its_password(source, clock, address):
    with pytest.raises(MoveRefused) as refusal:
        move_to(address, clock=clock, told=silent)
    assert "geheim" not in str(refusal.value)
    assert own_mark() is None


def test_that_nothing_is_stored_from_now_on_is_said_once_it_is_so(source, target, clock):
    said = []
    move_to(target, clock=clock, told=lambda *_far: said.append("far"), begun=lambda: said.append(own_mark().done))
    assert said[:2] == [False, "far"]
    assert said.count("far") == len(said) - 1


def test_pages_say_calmly_that_nothing_can_be_stored_and_can_still_be_read(source, target, clock):
    move_to(target, clock=clock, told=silent)
    client = current_app.test_client()
    assert client.get("/sign-in").status_code == 200
    current_app.config["WTF_CSRF_ENABLED"] = False
    answer = client.post("/sign-in", data={"email": "ana@home.example", "password": "four words in a row"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert "Nothing is lost" in answer.text


def moved_until_killed(target, calls):
    """Move in another process, which is killed at the call of so many about how far it is; return how it ended."""
    source = db.engine.url.database
    asked = [sys.executable, "-c", KILLED_MOVE, source, target, str(calls)]
    return subprocess.run(asked, check=False, timeout=120).returncode


KILLED_MOVE = f"""
import os, signal, sys
from pathlib import Path
from diary.app import create_app
from diary.clock import utc_now
from diary.services import moving_up
from diary.settings import Settings
from diary.wall import whole_house
source, target, calls = sys.argv[1:]
left = int(calls)
def told(table, done, total):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
moving_up.AT_ONCE = 7
app = create_app(Settings("development", Path(source).parent, f"sqlite:///{{source}}", {SECRET!r}))
with app.app_context(), whole_house():
    moving_up.move_to(target, clock=utc_now, told=told)
"""
