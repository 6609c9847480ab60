"""The loops of the jobs: a step that fails keeps no other from its turn; a database that was moved is told once."""

import sqlite3
import threading
import time
import uuid
from datetime import date

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from diary import jobs
from diary.db import db, moving_mark
from diary.metering import FAULTS
from diary.services.entries import record_entry
from tests.clinic_builders import a_patient, subject

LOOPS = ("EVERY", "MAIL_EVERY", "REMINDERS_EVERY", "WORKLIST_EVERY", "BACKUPS_EVERY")
STEPS = ("anchor_where_due", "forget_what_is_old", "wipe_where_asked", "learn_calibrations", "make_forecasts")


@pytest.fixture
def steps(monkeypatch):
    """The steps of a pass: what they raise may be set, and which were taken is told."""
    taken, raised, stop = [], {}, threading.Event()
    monkeypatch.setattr(jobs, "EVERY_SECONDS", 0.01)
    passes = []
    monkeypatch.setattr(jobs, "note_pass", passes.append)

    def step(name):
        def take(*_what, **_more):
            taken.append(name)
            if name == "anchor_where_due":
                stop.set()  # after this pass
            if name in raised:
                raise raised[name]
            return 0

        return take

    for name in STEPS:
        monkeypatch.setattr(jobs, name, step(name))

    def one_pass(app):
        with capture_logs() as told:
            jobs._do_what_is_due(app, stop)
        return taken, [one["event"] for one in told], passes

    return raised, one_pass


@pytest.mark.parametrize("failing", STEPS)
def test_a_step_that_fails_is_told_and_keeps_no_other_from_its_turn(app, steps, failing):
    raised, one_pass = steps
    raised[failing] = ValueError("nobody foresaw this")
    assert one_pass(app) == (list(STEPS), ["jobs_failed"], [])


def test_a_pass_in_which_all_went_well_is_noted(app, steps):
    _raised, one_pass = steps
    assert one_pass(app) == (list(STEPS), [], ["jobs"])


def test_a_pass_ends_once_the_database_does_not_answer_twice(app, steps):
    raised, one_pass = steps
    raised.update(dict.fromkeys(STEPS, OperationalError("SELECT", None, TimeoutError())))
    assert one_pass(app) == (list(STEPS[:2]), ["jobs_failed"] * 2, [])


def test_digests_do_not_wait_for_reminders_that_fail(app, monkeypatch):
    stop, tries = threading.Event(), []

    def failing(_clock):
        raise RuntimeError

    def digests(_clock):
        tries.append(1)
        stop.set()
        return 0

    monkeypatch.setattr(jobs, "remind_where_due", failing)
    monkeypatch.setattr(jobs, "send_digests_where_due", digests)
    jobs._remind(app, stop)
    assert tries == [1]


def test_a_backup_that_fails_keeps_nobody_from_hearing_of_the_disk_or_of_the_file(app, monkeypatch):
    stop, taken = threading.Event(), []

    def failing(*_what, **_more):
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database or disk is full"))

    def look():
        taken.append("look")
        stop.set()

    monkeypatch.setattr(jobs, "BACKUPS_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(jobs, "tell_when_nearly_full", lambda _settings: taken.append("tell"))
    monkeypatch.setattr(jobs, "back_up_where_due", failing)
    monkeypatch.setattr(jobs, "look_at_file", look)
    with capture_logs() as told:
        jobs._keep_backups(app, stop)
    assert taken == ["tell", "look", "look"]  # the second look is that of the end
    assert [one["event"] for one in told] == ["backups_failed"]


@pytest.mark.about_sqlite("a file is moved away; PostgreSQL has no such mark, since nothing is moved out of it")
def test_the_jobs_of_a_database_that_was_moved_away_say_so_once(app, clinic, clock, monkeypatch):
    for name in LOOPS:
        monkeypatch.setattr(jobs, f"{name}_SECONDS", 0.05)
    monkeypatch.setattr(jobs, "_told_of_move", threading.Event())
    patient = a_patient(clinic, clock)
    record_entry(patient, subject(patient), day=date(2026, 3, 20), score=5, client_ref=uuid.uuid4(), clock=clock)
    clock.move(days=2)
    moving_mark(db.engine).touch()
    counted, stop = faults(), threading.Event()
    with capture_logs() as told:
        loop = threading.Thread(target=jobs.work, args=(app, stop))
        loop.start()
        until = time.monotonic() + 20
        while not any(one["log_level"] == "warning" for one in told) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.5)  # many passes more
        stop.set()
        loop.join(20)
    assert [one["event"] for one in told if one["log_level"] in {"warning", "error"}] == ["jobs_rest_while_moved"]
    assert faults() == counted


def faults():
    return sum(one.value for metric in FAULTS.collect() for one in metric.samples if one.labels["where"] == "jobs")
