"""What the database turned away is done again, whole, as long as that can store nothing twice."""

import pytest
from psycopg import errors
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from diary import attempt
from diary.attempt import Again, CommitUnknown, again_or_not, note_commit, until_done
from diary.db import db
from diary.services import entries
from diary.vocabulary import Role
from diary.wall import wall_here
from tests.databases import cluster
from tests.services.looking_in import revisions_of
from tests.web.people import House

DEADLOCK = OperationalError("UPDATE", {}, errors.DeadlockDetected())
TAKEN = IntegrityError("INSERT", {}, errors.UniqueViolation())
LOST = OperationalError("SELECT", {}, errors.OperationalError("server closed the connection"))
SLOW = OperationalError("SELECT", {}, errors.QueryCanceled())
UNKNOWN = CommitUnknown(errors.OperationalError("server closed the connection"))


class Turned:
    """Turns its first callers away, then lets them through."""

    def __init__(self, whole, error, times=1):
        self.whole, self.error, self.left, self.calls = whole, error, times, 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error
        return self.whole(*args, **kwargs)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(attempt, "FIRST_WAIT", 0.001)


@pytest.fixture
def patient(house: House):
    return house.add_patient()


def turned(monkeypatch, error, times=1):
    act = Turned(entries.put_writing, error, times)
    monkeypatch.setattr(entries, "put_writing", act)
    return act


@pytest.mark.parametrize("error", [DEADLOCK, TAKEN, LOST], ids=["deadlock", "taken meanwhile", "lost"])
def test_a_score_that_was_turned_away_is_stored_without_a_word_and_once(house, patient, quick, monkeypatch, error):
    form = house.sign_in_as(patient).get("/today")
    act = turned(monkeypatch, error, times=4)
    visitor = house.sign_in_as(patient)
    visitor.send(visitor.get("/today").form(), {"score": "6"})
    assert act.calls == 5
    assert [one.score for one in revisions_of(patient)] == [6]
    assert form.h1


@pytest.mark.parametrize("error", [SLOW, PoolTimeout("no connection")], ids=["statement", "pool"])
def test_what_took_too_long_is_not_done_again_but_answered_with_503(house, patient, quick, monkeypatch, error):
    visitor = house.sign_in_as(patient)
    form, act = visitor.get("/today").form(), turned(monkeypatch, error, times=9)
    page = visitor.send(form, {"score": "6"}, status=503)
    assert act.calls == 1
    assert "Nothing was stored." in page.main
    assert not revisions_of(patient)


def test_it_is_done_five_times_and_then_said(house, patient, quick, monkeypatch):
    visitor = house.sign_in_as(patient)
    form, act = visitor.get("/today").form(), turned(monkeypatch, DEADLOCK, times=99)
    answer = visitor.open(form.action, method="POST", data={**form.fields, "score": "6"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert act.calls == attempt.AT_MOST


def test_what_is_taken_for_good_stays_an_error_of_ours(house, patient, quick, monkeypatch):
    visitor = house.sign_in_as(patient)
    form = visitor.get("/today").form()
    turned(monkeypatch, TAKEN, times=99)
    visitor.send(form, {"score": "6"}, status=500)


def test_nothing_is_done_again_once_something_of_it_is_committed(quick):
    done = []

    def act():
        done.append(1)
        note_commit(once=None)
        again_or_not(DEADLOCK)
        return "said"

    assert until_done(act) == "said"
    assert len(done) == 1


def test_what_stores_the_same_once_is_done_again_after_it_was_committed(quick):
    done = []

    def act():
        done.append(1)
        note_commit(once="the name under which a phone sent it")
        if len(done) < 3:
            again_or_not(UNKNOWN)
        return "said"

    assert until_done(act) == "said"
    assert len(done) == 3


def test_outside_of_requests_nothing_is_done_again():
    again_or_not(DEADLOCK)
    with pytest.raises(Again):
        until_done_once(DEADLOCK)


def until_done_once(error):
    with attempt._attempted(attempt.Attempt(repeatable=False)):
        again_or_not(error)


def test_a_request_stands_in_the_clinic_of_who_asks_and_leaves_no_wall_behind(house, patient):
    seen, before = [], wall_here()
    house.app.after_request_funcs.setdefault(None, []).append(lambda answer: seen.append(wall_here()) or answer)
    house.sign_in_as(patient).get("/today")
    house.staff(Role.NURSE).get("/clinic/")
    assert [wall.clinic_ids for wall in seen if wall.clinic_ids] == [{house.clinic_id}] * 2
    assert seen[-1].staff_of == house.clinic_id
    assert wall_here() == before


@pytest.mark.about_postgres(reason="SQLite has no connection that could be lost")
def test_a_score_whose_commit_was_lost_is_stored_once(house, patient, quick):
    visitor = house.sign_in_as(patient)
    form = visitor.get("/today").form()
    with CutAtCommit(before=1) as cut:
        visitor.send(form, {"score": "6"})
    assert cut == [1]
    assert [one.score for one in revisions_of(patient)] == [6]


@pytest.mark.about_postgres(reason="SQLite has no connection that could be lost")
def test_of_an_act_whose_commit_was_lost_and_that_cannot_be_repeated_it_is_said_that_nobody_knows(house, quick):
    visitor = house.staff(Role.NURSE)
    form = visitor.get("/clinic/patients/new").form()
    with CutAtCommit(before=1):
        page = visitor.send(form, {"reference": "M-77", "name": "Ana", "time_zone": "UTC"}, status=503)
    assert "It is not known whether all of it was stored." in page.main


@pytest.mark.about_postgres(reason="SQLite knows one writer")
def test_a_row_that_somebody_holds_too_long_is_said_within_the_time_that_was_set(house, patient, quick):
    visitor = house.sign_in_as(patient)
    form = visitor.get("/today").form()
    limited(db.engine, "lock_timeout = '200ms'")
    held = db.engine.connect()
    try:
        held.exec_driver_sql("SET LOCAL diary.clinics = '*'")
        held.exec_driver_sql("SELECT 1 FROM patient FOR UPDATE")
        visitor.send(form, {"score": "6"}, status=503)
    finally:
        held.rollback()
        held.close()
    visitor.send(form, {"score": "6"})
    assert len(revisions_of(patient)) == 1


def limited(engine, setting):
    def limit(connection, _record):
        connection.execute(f"SET {setting}")

    event.listen(engine, "connect", limit)
    engine.dispose()


class CutAtCommit:
    """Ends the connection from the server's side just as its unit is committed."""

    def __init__(self, before):
        self.left, self.cut = before, []

    def __enter__(self):
        event.listen(db.engine, "commit", self._cut)
        return self.cut

    def __exit__(self, *_failure):
        event.remove(db.engine, "commit", self._cut)

    def _cut(self, connection):
        if self.left:
            self.left -= 1
            self.cut.append(1)
            served_by = connection.connection.driver_connection.info.backend_pid
            cluster().run_sql(f"SELECT pg_terminate_backend({served_by})")
