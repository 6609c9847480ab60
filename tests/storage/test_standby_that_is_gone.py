"""A commit that the standby did not get in time counts as unknown, in whichever language the server says so."""

import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import create_engine, event

from diary import postgres
from diary.attempt import CommitUnknown
from diary.db import db, transaction
from diary.models import JobLease
from tests.databases import cluster
from tests.postgres.cluster import OWNER

WARNING = "01000"
GERMAN = "storniere Warten auf synchrone Replikation wegen Benutzeraufforderung"
ENGLISH = "canceling wait for synchronous replication due to user request"


class Connection:
    """A connection that hears what the server says."""

    def add_notice_handler(self, handler):
        self.say = handler


@pytest.mark.parametrize(
    ("state", "words", "place", "is_noted"),
    [
        (WARNING, GERMAN, "SyncRepWaitForLSN", True),
        (WARNING, ENGLISH, "SyncRepWaitForLSN", True),
        (WARNING, ENGLISH, None, True),
        ("57P01", GERMAN, "SyncRepWaitForLSN", True),
        (WARNING, "es gibt keine Transaktion", "EndTransactionBlock", False),
        (WARNING, None, None, False),
    ],
)
def test_a_commit_that_no_standby_has_is_known_in_every_language(state, words, place, is_noted):
    engine, connection, record = create_engine("sqlite://"), Connection(), SimpleNamespace(info={})
    postgres.prepare_connections(engine)
    for listener in engine.pool.dispatch.connect:
        if listener is postgres._listen:
            listener(connection, record)
    connection.say(SimpleNamespace(sqlstate=state, message_primary=words, source_function=place))
    assert record.info.get(postgres.NOT_COPIED, False) is is_noted
    assert event.contains(engine, "connect", postgres._listen)


@contextmanager
def a_standby_that_is_gone():
    """Let every commit of the cluster wait for somebody who never comes."""
    _set("synchronous_standby_names", "nobody")
    try:
        yield
    finally:
        _set("synchronous_standby_names", "")


def _set(name, value):
    cluster().run_sql(f"ALTER SYSTEM SET {name} = '{value}'")
    cluster().run_sql("SELECT pg_reload_conf()")
    with db.engine.connect() as connection:
        for _attempt in range(200):
            if connection.exec_driver_sql(f"SHOW {name}").scalar() == value:
                return
            connection.exec_driver_sql("SELECT pg_sleep(0.05)")
    raise AssertionError(f"{name} is not set")


def give_up_waiting():
    """Let the one who waits for the standby wait no longer, as an operator does or a server that ends."""
    waits = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    for _attempt in range(200):
        if cluster().run_sql(waits):
            return
        time.sleep(0.05)


@pytest.fixture
def server_speaks_german(app):
    """Let the server speak German, where this machine knows the language; else it goes on in English."""
    try:
        cluster().run_sql(f"ALTER ROLE {OWNER} SET lc_messages = 'de_DE.UTF-8'")
    except psycopg.Error:
        yield
        return
    db.engine.dispose()
    yield
    cluster().run_sql(f"ALTER ROLE {OWNER} RESET lc_messages")


@pytest.mark.about_postgres("SQLite has no standby")
@pytest.mark.usefixtures("server_speaks_german")
def test_a_commit_that_waits_for_a_standby_in_vain_is_not_called_stored(clock):
    with a_standby_that_is_gone():
        operator = threading.Thread(target=give_up_waiting)
        operator.start()
        with pytest.raises(CommitUnknown), transaction() as session:
            session.add(JobLease(name="a job", held_until=clock()))
        operator.join()
