"""On PostgreSQL rights and policies keep facts as they are, whoever asks; SQLite has triggers for it."""

import re
import uuid
from datetime import date

import pytest
from sqlalchemy import create_engine, delete, func, select
from sqlalchemy.exc import DBAPIError

from diary import postgres, schema
from diary.db import db, snapshot, transaction
from diary.errors import DatabaseUnfit
from diary.migrations import rights
from diary.migrations.append_only import FACTS
from diary.models import Entry
from diary.services.entries import record_entry
from diary.wall import WHOLE_HOUSE, standing, wall_of
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.databases import cluster

pytestmark = pytest.mark.about_postgres(reason="the twin on SQLite is tests/storage/test_append_only.py")


@pytest.fixture
def patient(app, clock):
    return a_patient(a_clinic(clock), clock)


@pytest.fixture
def entry(patient, clock):
    stored = record_entry(
        patient, subject(patient), day=date(2026, 3, 20), score=5, client_ref=uuid.uuid4(), clock=clock
    )
    return stored.entry


@pytest.fixture
def serving(app):
    """A role that serves and owns nothing, with its rights."""
    role = f"serving_{uuid.uuid4().hex[:8]}"
    cluster().run_sql(f"CREATE ROLE {role} LOGIN")
    schema.give_rights_to(role)
    yield role
    cluster().run_sql(f"DROP OWNED BY {role}", database=db.engine.url.database)
    db.engine.dispose()
    cluster().run_sql(f"DROP ROLE {role}")


def engine_as(role):
    return create_engine(db.engine.url.set(username=role))


def entries_there():
    with snapshot() as session:
        return session.scalar(select(func.count()).select_from(Entry))


@pytest.mark.parametrize("table", FACTS)
def test_no_unit_changes_or_empties_a_table_of_facts(full_clinic, table):
    for statement in (f"UPDATE {table} SET clinic_id = clinic_id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        assert changed_by(db.engine, statement) == 0, statement


def changed_by(engine, statement):
    """Return how many rows a statement changed; none where it was refused for want of a right."""
    try:
        with engine.begin() as connection:
            postgres.put_up(connection, WHOLE_HOUSE)
            return connection.exec_driver_sql(statement).rowcount
    except DBAPIError as refused:
        if not re.search("permission denied|must be owner", str(refused)):
            raise
        return 0


def test_an_erasure_takes_out_the_facts_of_the_one_it_names_and_no_others(patient, entry, clock):
    with transaction() as session:
        postgres.permit_erasing(session, patient.clinic_id, uuid.uuid4())
        assert session.execute(delete(Entry)).rowcount == 0
    with transaction() as session:
        postgres.permit_erasing(session, patient.clinic_id, patient.patient_id)
        postgres.permit_erasing(session, patient.clinic_id, None)
        assert session.execute(delete(Entry)).rowcount == 0
    with transaction() as session:
        postgres.permit_erasing(session, patient.clinic_id, patient.patient_id)
        assert session.execute(delete(Entry)).rowcount == 1


def test_rights_are_in_place_and_putting_them_there_again_changes_nothing(app):
    before = said_of_rights()
    with db.engine.begin() as connection:
        assert rights.are_in_place(connection)
        rights.put_in_place(connection)
    assert said_of_rights() == before


def said_of_rights():
    with db.engine.connect() as connection:
        policies = connection.exec_driver_sql("SELECT tablename, policyname, qual FROM pg_policies ORDER BY 1, 2").all()
        granted = "SELECT relname, relacl::text, relforcerowsecurity FROM pg_class WHERE relkind = 'r' ORDER BY 1"
        return policies, connection.exec_driver_sql(granted).all()


def test_rights_that_somebody_took_away_are_put_back_at_the_next_start(app):
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE entry NO FORCE ROW LEVEL SECURITY")
        connection.exec_driver_sql("COMMENT ON TABLE alembic_version IS '{}'")
    schema.prepare_database(app)
    with db.engine.connect() as connection:
        forced = connection.exec_driver_sql("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'entry'")
        assert forced.scalar() is True


def test_a_role_that_owns_nothing_reads_and_adds_and_changes_no_table(serving, entry):
    refused = ["DROP TABLE entry", "ALTER TABLE entry DISABLE ROW LEVEL SECURITY", "TRUNCATE entry"]
    refused += ["UPDATE entry SET score = 1", "DELETE FROM erasure", "DELETE FROM entry"]
    engine = engine_as(serving)
    try:
        assert changed_by(engine, "UPDATE patient SET name = name") == 1
        assert [changed_by(engine, statement) for statement in refused] == [0] * len(refused)
    finally:
        engine.dispose()
    assert entries_there() == 1


def test_a_table_that_is_new_is_served_by_the_role_that_serves(serving, entry):
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"REVOKE ALL ON reminder, patient_zone FROM {serving}")
        connection.exec_driver_sql(f"COMMENT ON TABLE {rights.VERSION} IS NULL")
        rights.put_in_place(connection)
    asked = "SELECT has_table_privilege(%(role)s, %(table)s, 'SELECT, INSERT')"
    with db.engine.connect() as connection:
        for table in ("reminder", "patient_zone", "entry"):
            assert connection.exec_driver_sql(asked, {"role": serving, "table": table}).scalar() is True
    engine = engine_as(serving)
    try:
        assert changed_by(engine, "UPDATE entry SET score = 0") == 0
    finally:
        engine.dispose()


def test_a_role_that_is_unknown_or_passes_the_walls_is_given_nothing(app):
    for role, said in (("nobody_here", "There is no role"), ("x; DROP TABLE entry", "no role"), ("postgres", "pass")):
        with pytest.raises(DatabaseUnfit, match=said):
            schema.give_rights_to(role)


def test_a_superuser_serves_no_patients(app):
    engine = engine_as("postgres")
    try:
        with pytest.raises(DatabaseUnfit, match="pass the walls"):
            postgres.check_server(engine, production=True)
        postgres.check_server(engine, production=False)
    finally:
        engine.dispose()
    postgres.check_server(db.engine, production=True)


def test_a_server_that_may_lose_what_it_stored_is_refused(app):
    engine = create_engine(db.engine.url, connect_args={"options": "-c synchronous_commit=off"})
    try:
        with pytest.raises(DatabaseUnfit, match="synchronous_commit"):
            postgres.check_server(engine, production=False)
    finally:
        engine.dispose()


def test_an_entry_is_written_within_the_wall_of_its_patient(patient, clock):
    with standing(wall_of(patient.clinic_id, patient_id=patient.patient_id)):
        record_entry(patient, subject(patient), day=date(2026, 3, 20), score=5, client_ref=uuid.uuid4(), clock=clock)
    assert entries_there() == 1
