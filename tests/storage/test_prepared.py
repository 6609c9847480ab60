"""Statements that go past the session find, store and refuse what the session would."""

import gc
import sqlite3
import uuid
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import String, bindparam, insert, literal_column, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.orm import Session

from diary.db import db, snapshot, transaction
from diary.models import AuditEvent, Clinic, Entry, Member, Patient, PatientSummary, PatientZone
from diary.prepared import Prepared
from diary.services.at_hand import take_in_hand
from diary.services.audit import verify_chain
from diary.services.entries import put_writing, record_entry
from diary.services.writings import Writing
from diary.wall import standing, wall_of
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.databases import cluster

SERVERS_OWN = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ebb'"
KEPT = "SELECT statement FROM pg_prepared_statements"


@pytest.fixture
def clinic(app, clock):
    return a_clinic(clock)


@pytest.fixture
def patient(clinic, clock):
    patient = a_patient(clinic, clock)
    write(patient, clock, reason="“the %s and 'that'; --”")
    return patient


def write(patient, clock, **more):
    day = clock().date()
    return record_entry(patient, subject(patient), day=day, score=7, client_ref=uuid.uuid4(), clock=clock, **more)


def all_of(model):
    table = model.__table__
    return select(*table.c).where(table.c.clinic_id == bindparam("clinic")).order_by(*table.primary_key)


def renamed():
    table = Clinic.__table__
    return Prepared(update(table).where(table.c.clinic_id == bindparam("clinic")).values(phone=bindparam("said")))


def rename_and_fail(session, clinic):
    renamed().run(session, clinic=clinic.clinic_id, said="020 3")
    raise ZeroDivisionError


@contextmanager
def sessions_made(monkeypatch):
    made, begin = [], Session.__init__

    def count(self, *about, **more):
        made.append(self)
        begin(self, *about, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Session, "__init__", count)
        yield made


@pytest.mark.parametrize("model", [AuditEvent, Clinic, Entry, Member, Patient, PatientSummary, PatientZone])
def test_what_is_found_is_what_the_session_finds(clinic, patient, model):
    asked = all_of(model)
    with snapshot() as session:
        found = Prepared(asked).rows(session, clinic=clinic.clinic_id)
        expected = session.execute(asked, {"clinic": clinic.clinic_id}).all()
    assert [row._asdict() for row in found] == [row._asdict() for row in expected]
    assert found


def test_what_is_stored_is_what_the_session_stores(clinic, patient, clock):
    table = Entry.__table__
    (known,) = values_of(clinic)
    added = Prepared(insert(table).values({column.name: bindparam(column.name) for column in table.c}))
    again = {**known, "id": uuid.uuid4(), "client_ref": uuid.uuid4(), "revision": 2, "score": None}
    with transaction() as session:
        added.run(session, **again)
    assert again in values_of(clinic)
    assert known in values_of(clinic)


def values_of(clinic):
    with snapshot() as session:
        found = session.execute(all_of(Entry), {"clinic": clinic.clinic_id})
        return [row._asdict() for row in found]


def test_values_that_the_statement_says_itself_need_not_be_given(clinic):
    named = Prepared(select(Clinic.__table__.c.clinic_id).where(Clinic.name == "Pain clinic West").limit(1))
    with snapshot() as session:
        assert named.first(session).clinic_id == clinic.clinic_id


def test_nothing_found_is_none(clinic):
    with snapshot() as session:
        assert Prepared(all_of(Clinic)).first(session, clinic=uuid.uuid4()) is None


def test_a_list_of_values_cannot_be_prepared(clinic):
    several = Prepared(select(Clinic.__table__.c.clinic_id).where(Clinic.clinic_id.in_([uuid.uuid4(), uuid.uuid4()])))
    with snapshot() as session, pytest.raises(ValueError, match="cannot be prepared"):
        several.rows(session)


def test_a_value_that_is_missing_is_refused(clinic):
    with pytest.raises((DBAPIError, KeyError)), snapshot() as session:
        Prepared(all_of(Clinic)).rows(session)


def test_what_waits_in_the_session_stands_before_it(clinic):
    with transaction() as session:
        session.get_one(Clinic, clinic.clinic_id).phone = "020 1"
        assert Prepared(all_of(Clinic)).first(session, clinic=clinic.clinic_id).phone == "020 1"


def test_the_session_finds_what_it_stored_in_the_same_unit(clinic):
    with transaction() as session:
        renamed().run(session, clinic=clinic.clinic_id, said="020 2")
        assert session.get_one(Clinic, clinic.clinic_id).phone == "020 2"


def test_it_is_taken_back_with_its_unit(clinic):
    with pytest.raises(ZeroDivisionError), transaction() as session:
        rename_and_fail(session, clinic)
    with snapshot() as session:
        assert session.get_one(Clinic, clinic.clinic_id).phone != "020 3"


def test_what_the_database_refuses_is_told_without_what_was_to_be_stored(clinic, patient):
    (known,) = values_of(clinic)
    table = Entry.__table__
    added = Prepared(insert(table).values({column.name: bindparam(column.name) for column in table.c}))
    with pytest.raises(IntegrityError) as refusal, transaction() as session:
        added.run(session, **{**known, "reason": "nobody's business"})
    assert "nobody's business" not in str(refusal.value)
    with transaction() as session:
        assert verify_chain(session, clinic.clinic_id)


def test_a_number_needs_no_session(patient, clock, monkeypatch):
    clock.move(days=1)
    writing = Writing(clock().date(), 4, uuid.uuid4())
    with sessions_made(monkeypatch) as made, standing(wall_of(patient.clinic_id, patient_id=patient.patient_id)):
        with transaction() as session:
            hand = take_in_hand(session, subject(patient), day=writing.day, client_ref=writing.client_ref)
            put_writing(session, patient, subject(patient), writing, now=clock(), at_hand=hand)
        assert made == []
        with snapshot() as session:
            assert session.scalar(select(Entry.score).where(Entry.client_ref == writing.client_ref)) == 4
        assert len(made) == 1


def test_every_prepared_statement_of_the_product_can_be_prepared(app):
    known = [one for one in gc.get_objects() if type(one) is Prepared]
    assert len(known) >= 9
    with transaction() as session:
        for one in known:
            assert one.form_for(session.bind.dialect).text


def take_back_and_go_on(session, clinic):
    renamed().run(session, clinic=clinic.clinic_id, said="020 4")
    session.rollback()
    renamed().run(session, clinic=clinic.clinic_id, said="020 5")


def change_and_take_back(session, clinic):
    session.get_one(Clinic, clinic.clinic_id).phone = "020 6"
    session.flush()
    session.rollback()


@pytest.mark.parametrize("act", [take_back_and_go_on, change_and_take_back])
def test_a_unit_that_was_taken_back_does_nothing_more_and_is_not_called_committed(clinic, act):
    with pytest.raises(PendingRollbackError), transaction() as session:
        act(session, clinic)
    with snapshot() as session:
        assert session.get_one(Clinic, clinic.clinic_id).phone not in {"020 4", "020 5", "020 6"}


def store_for_nobody(session, known):
    table = Entry.__table__
    added = Prepared(insert(table).values({column.name: bindparam(column.name) for column in table.c}))
    nobodys = {**known, "id": uuid.uuid4(), "client_ref": uuid.uuid4(), "revision": 2, "patient_id": uuid.uuid4()}
    session.connection().exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    added.run(session, **nobodys)


@pytest.mark.about_sqlite(reason="the file is held until the unit ends; PostgreSQL ends it by itself")
def test_a_commit_that_is_refused_lets_the_file_go(clinic, patient):
    (known,) = values_of(clinic)
    with pytest.raises(IntegrityError), transaction() as session:
        store_for_nobody(session, known)
    other = sqlite3.connect(db.engine.url.database, timeout=0, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.close()
    assert values_of(clinic) == [known]


@pytest.mark.about_sqlite(reason="text that is none; PostgreSQL keeps none")
def test_what_fails_while_it_is_read_is_told_as_what_fails_at_once(clinic):
    torn = Prepared(select(literal_column("CAST(x'ff' AS TEXT)", String)))
    with snapshot() as session, pytest.raises(DBAPIError):
        torn.rows(session)


def test_a_connection_that_was_closed_underneath_is_told_as_lost(clinic):
    asked, told = Prepared(all_of(Clinic)), []
    with suppress(PendingRollbackError), snapshot() as session:
        session.connection().connection.driver_connection.close()
        with pytest.raises(DBAPIError) as refusal:
            asked.first(session, clinic=clinic.clinic_id)
        told.append(refusal.value.connection_invalidated)
    assert told == [True]
    with snapshot() as session:
        assert asked.first(session, clinic=clinic.clinic_id)


@pytest.mark.about_postgres(reason="a server that goes away takes connections with it; SQLite is a file")
def test_a_connection_that_is_gone_is_given_up_with_those_that_lie_idle(clinic):
    with snapshot() as session, db.engine.connect() as other:  # two of the pool
        other.exec_driver_sql("SELECT 1")
        assert Prepared(all_of(Clinic)).first(session, clinic=clinic.clinic_id)
    cluster().run_sql(SERVERS_OWN)
    with pytest.raises(DBAPIError) as refusal, snapshot() as session:
        Prepared(all_of(Clinic)).first(session, clinic=clinic.clinic_id)
    assert refusal.value.connection_invalidated
    with snapshot() as session:
        assert Prepared(all_of(Clinic)).first(session, clinic=clinic.clinic_id)


def ask_a_server_that_goes_away(session, clinic):
    gone = session.connection().connection.driver_connection.info.backend_pid
    cluster().run_sql(f"SELECT pg_terminate_backend({gone})")
    Prepared(all_of(Clinic)).first(session, clinic=clinic.clinic_id)


@pytest.mark.about_postgres(reason="connections of a pool; SQLite is a file")
def test_connections_that_others_use_are_not_lost_with_one_that_is_gone(clinic):
    gc.collect()
    gc.disable()
    try:
        for _ in range(4):
            with db.engine.connect() as one, db.engine.connect() as other:
                one.exec_driver_sql("SELECT 1")
                other.exec_driver_sql("SELECT 1")
                with pytest.raises(DBAPIError), snapshot() as session:
                    ask_a_server_that_goes_away(session, clinic)
    finally:
        gc.enable()
    assert len(cluster().run_sql("SELECT 1 FROM pg_stat_activity WHERE application_name = 'ebb'")) <= 3


@pytest.mark.about_postgres(reason="connections of a pool; SQLite is a file")
def test_what_was_read_is_read_although_the_server_goes_away_before_the_end(clinic):
    with snapshot() as session:
        found = Prepared(all_of(Clinic)).first(session, clinic=clinic.clinic_id)
        cluster().run_sql(SERVERS_OWN)
    assert found.name == "Pain clinic West"


@pytest.mark.about_postgres(reason="what the server keeps; SQLite's driver keeps its own")
def test_statements_stay_prepared_from_unit_to_unit(clinic, patient, clock):
    asked = Prepared(all_of(Clinic))
    for _ in range(8):
        with snapshot() as session:
            asked.first(session, clinic=clinic.clinic_id)
    with snapshot() as session:
        kept = session.connection().exec_driver_sql(KEPT).scalars().all()
    assert [one for one in kept if "FROM clinic" in one]
