"""A server that is asked to end answers whom it has let in, takes in nobody else, and ends in time with exit 0."""

import http.client
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.phones import Phone, acknowledged, compare, rows_of, settle, tapped
from tests.faults.served import HOST, Ground, Served, Working

PATIENCE = 20.0


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """An installation of its own."""
    return Ground(tmp_path / "instance")


@contextmanager
def held(ground: Ground) -> Iterator[None]:
    """Hold the database against every other writer, as a long unit does."""
    with closing(sqlite3.connect(ground.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def refuses(served: Served) -> bool:
    """Say whether nobody is let in any more."""
    until = time.monotonic() + PATIENCE
    while served.status("/healthz", timeout=2) == 200 and time.monotonic() < until:
        time.sleep(0.02)
    return served.status("/healthz", timeout=2) == 0


def test_what_is_being_answered_is_answered_and_nobody_else_is_let_in(ground: Ground) -> None:
    (person,) = settle(ground, patients=1)
    with Served(ground, DIARY_JOBS="none") as served:
        phone = Phone(served.address, person)
        assert phone.ask() == "open"
        phone.tap(7)
        with held(ground):
            sending = threading.Thread(target=phone.send)
            sending.start()
            time.sleep(0.5)
            served.process.terminate()
            assert refuses(served)
            assert sending.is_alive()
            assert served.is_alive
        sending.join(PATIENCE)
        assert served.process.wait(PATIENCE) == 0
        assert compare(acknowledged([phone]), rows_of(ground.url), tapped([phone])).lost == []
        assert len(list(acknowledged([phone]))) == 1
        assert "requests_cut_off" not in served.said()
        phone.hang_up()


@pytest.mark.long
def test_a_request_without_end_is_cut_off_and_the_process_ends_in_time(ground: Ground) -> None:
    (person,) = settle(ground, patients=1)
    with Served(ground, DIARY_STOP_SECONDS="1") as served:
        phone = Phone(served.address, person)
        assert phone.ask() == "open"
        phone.tap(7)
        with held(ground):
            sending = threading.Thread(target=phone.send)
            sending.start()
            time.sleep(0.5)
            began = time.monotonic()
            assert served.stop(PATIENCE) == 0
            assert time.monotonic() - began < 8
        sending.join(PATIENCE)
        assert "requests_cut_off" in served.said()
        assert not acknowledged([phone])
        phone.hang_up()


@pytest.mark.long
def test_whoever_only_keeps_a_line_open_does_not_hold_the_end_up(ground: Ground) -> None:
    with Served(ground) as served, closing(http.client.HTTPConnection(HOST, served.port, timeout=5)) as line:
        line.request("GET", "/healthz")
        assert line.getresponse().read()
        began = time.monotonic()
        assert served.stop(PATIENCE) == 0
        assert time.monotonic() - began < 8
        assert "Stopped." in served.said()


@pytest.mark.long
def test_the_jobs_of_a_process_of_their_own_end_too(ground: Ground) -> None:
    assert ground.command("migrate").returncode == 0
    with Working(ground) as working:
        until = time.monotonic() + PATIENCE
        while "The jobs run" not in working.said() and time.monotonic() < until:
            time.sleep(0.1)
        assert working.stop(PATIENCE) == 0
        assert "Stopped." in working.said()


@pytest.mark.long
@pytest.mark.parametrize(("jobs", "loops"), [("beside", True), ("none", False)])
def test_jobs_run_beside_the_server_or_not_at_all(ground: Ground, jobs: str, loops: bool) -> None:
    with Served(ground, DIARY_JOBS=jobs) as served:
        until = time.monotonic() + (PATIENCE if loops else 2)
        while not (seen := b'loop="mail"' in figures(served)) and time.monotonic() < until:
            time.sleep(0.1)
        assert seen is loops


def figures(served: Served) -> bytes:
    """Return what /metrics says."""
    with closing(http.client.HTTPConnection(HOST, served.port, timeout=10)) as line:
        line.request("GET", "/metrics")
        return line.getresponse().read()


@pytest.mark.long
def test_a_word_that_is_no_place_for_the_jobs_is_refused(ground: Ground) -> None:
    refused = ground.command("serve", DIARY_JOBS="elsewhere")
    assert refused.returncode == 1
    assert "DIARY_JOBS is 'elsewhere': set it to beside" in refused.stderr
