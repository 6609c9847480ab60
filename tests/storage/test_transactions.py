"""One unit that writes: all of it or none, and never refused after it read."""

import sqlite3
import threading
import time
from functools import partial

import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import func, select

from diary.access.identity import OPERATOR
from diary.db import db, snapshot, transaction
from diary.models import AuditEvent, Clinic
from diary.services.clinics import add_clinic, change_clinic
from diary.wall import standing, wall_of
from tests import beside
from tests.clinic_builders import a_clinic
from tests.services.looking_in import everything_stored
from tests.services.side_by_side import side_by_side


@pytest.fixture
def clinic(app, clock):
    return a_clinic(clock)


def change_and_fail(session, clinic):
    session.get_one(Clinic, clinic.clinic_id).name = "changed"
    session.flush()
    raise ZeroDivisionError


def another_program():
    """Open the database as another program would, without waiting."""
    return sqlite3.connect(db.engine.url.database, timeout=0, isolation_level=None)


def test_an_exception_takes_everything_back(clinic):
    stored = everything_stored()
    with pytest.raises(ZeroDivisionError), transaction() as session:
        change_and_fail(session, clinic)
    assert everything_stored() == stored


def test_a_unit_can_be_opened_again_after_one_that_failed(clinic):
    with pytest.raises(ZeroDivisionError), transaction():
        raise ZeroDivisionError
    with transaction() as session:
        session.get_one(Clinic, clinic.clinic_id).name = "changed"
    with snapshot() as session:
        assert session.get_one(Clinic, clinic.clinic_id).name == "changed"


@pytest.mark.parametrize(("outer", "inner"), [(a, b) for a in (transaction, snapshot) for b in (transaction, snapshot)])
def test_a_unit_inside_a_unit_is_refused(clinic, outer, inner):
    with outer(), pytest.raises(RuntimeError, match="A unit of work is open already"), inner():
        pass
    with outer():
        pass


@pytest.mark.about_sqlite(
    reason="one writer; on PostgreSQL units of one clinic wait for another, as the next one shows"
)
def test_a_unit_that_writes_holds_the_write_from_its_first_reading_on(clinic):
    other = another_program()
    try:
        with transaction() as session:
            session.scalars(select(Clinic)).all()
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    finally:
        other.close()


@pytest.mark.about_postgres(reason="units of one clinic's staff; SQLite has one writer for all")
def test_a_unit_of_staff_holds_its_clinic_and_no_other_from_its_beginning_on(clinic, clock):
    east = a_clinic(clock, "Pain clinic East")
    held = "SELECT 1 FROM clinic WHERE clinic_id = %s FOR NO KEY UPDATE NOWAIT"
    with beside.another_program() as other:
        with standing(wall_of(clinic.clinic_id)), transaction():
            other.execute(held, (east.clinic_id,))
            with pytest.raises(LockNotAvailable):
                other.execute(held, (clinic.clinic_id,))
            other.rollback()
        other.execute(held, (clinic.clinic_id,))


@pytest.mark.about_sqlite(reason="one writer; PostgreSQL's readers hold up nobody")
def test_a_unit_that_reads_lets_others_write(clinic):
    other = another_program()
    try:
        with snapshot() as session:
            session.connection()
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
    finally:
        other.close()


@pytest.mark.about_sqlite(reason="one writer; on PostgreSQL the rows of a clinic, as shown above")
def test_a_unit_waits_for_another_program_that_writes(clinic):
    other = sqlite3.connect(db.engine.url.database, timeout=0, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE clinic SET phone = '1'")
    done = threading.Timer(0.4, lambda: other.execute("COMMIT"))
    began = time.monotonic()
    done.start()
    try:
        with transaction() as session:
            assert session.get_one(Clinic, clinic.clinic_id).phone == "1"
    finally:
        done.join()
        other.close()
    assert time.monotonic() - began >= 0.3


def test_units_that_read_and_then_write_are_never_refused(app, clinic):
    def count_up():
        for _ in range(10):
            with transaction() as session:
                row = session.get_one(Clinic, clinic.clinic_id)
                row.phone = str(int(row.phone) + 1)
        return "done"

    with transaction() as session:
        session.get_one(Clinic, clinic.clinic_id).phone = "0"
    with standing(wall_of(clinic.clinic_id)):
        assert side_by_side(app, [count_up] * 8) == ["done"] * 8
    with snapshot() as session:
        assert session.get_one(Clinic, clinic.clinic_id).phone == "80"


def test_readers_beside_a_writer_see_whole_units_only(app, clinic):
    def write():
        for number in range(15):
            with transaction() as session:
                row = session.get_one(Clinic, clinic.clinic_id)
                row.phone, row.name = str(number), f"clinic {number}"
                session.flush()

    def read():
        torn = 0
        for _ in range(30):
            with snapshot() as session:
                row = session.get_one(Clinic, clinic.clinic_id)
                torn += row.name != f"clinic {row.phone}" and row.phone.isdigit() and len(row.phone) < 3
        return torn

    assert side_by_side(app, [write, read, read, read]) == [None, 0, 0, 0]


def test_clinics_added_and_changed_at_once_are_all_there(app, clock):
    acts = [partial(add_clinic, OPERATOR, f"Clinic {number}", clock=clock) for number in range(8)]
    added = side_by_side(app, acts)
    changes = [partial(change_clinic, OPERATOR, one, clock=clock, phone="123") for one in added]
    assert side_by_side(app, changes) == [None] * 8
    with snapshot() as session:
        assert session.scalar(select(func.count()).select_from(Clinic).where(Clinic.phone == "123")) == 8
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == 8 * 3
