"""A unit touches the rows of those clinics that were named before it opened, and of no other."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from diary.access.identity import Identity
from diary.db import Base, snapshot, transaction
from diary.migrations.rights import is_walled
from diary.models import Clinic, Entry, Patient, PatientTag
from diary.postgres import widen
from diary.services.belonging import places_of
from diary.wall import NoWall, Wall, stand, standing, wall_here, wall_of, walled_to, whole_house
from tests.clinic_builders import a_clinic, a_patient
from tests.storage.test_schema import NOT_OWNED

on_postgres = pytest.mark.about_postgres(reason="SQLite has no policies: there only that a wall was named is checked")


@pytest.fixture
def west(app, clock):
    return a_clinic(clock)


@pytest.fixture
def east(west, clock):
    return a_clinic(clock, "Pain clinic East")


@pytest.mark.parametrize("unit", [transaction, snapshot])
def test_a_unit_is_refused_where_nobody_said_whose_rows_it_may_touch(west, unit):
    with standing(None), pytest.raises(NoWall), unit():
        pass


def test_after_a_wall_the_one_before_stands_again(west, east):
    with whole_house():
        with walled_to([west.clinic_id]):
            stand(wall_of(east.clinic_id))
            assert wall_here().clinic_ids == {east.clinic_id}
        assert wall_here().clinic_ids is None


def test_staff_and_patients_stand_within_their_clinic_and_nobody_within_none(west, clock):
    patient = a_patient(west, clock)
    assert wall_of(west.clinic_id).staff_of == west.clinic_id
    assert wall_of(west.clinic_id, patient_id=patient.patient_id).patient == (west.clinic_id, patient.patient_id)
    assert wall_of(None) == Wall(frozenset())


@on_postgres
def test_the_rows_of_another_clinic_are_not_there(west, east, clock):
    a_patient(west, clock), a_patient(east, clock)
    with walled_to([west.clinic_id]):
        with snapshot() as session:
            assert session.scalars(select(Patient.clinic_id)).all() == [west.clinic_id]
            assert session.get(Clinic, east.clinic_id) is None
        with transaction() as session:
            assert session.execute(update(Patient).values(name="changed")).rowcount == 1
    with snapshot() as session:
        theirs = session.scalar(select(Patient.name).where(Patient.clinic_id == east.clinic_id))
    assert theirs != "changed"


@on_postgres
def test_a_row_cannot_be_put_behind_the_wall(west, east, clock):
    patient = a_patient(east, clock)
    tag = PatientTag(clinic_id=east.clinic_id, patient_id=patient.patient_id, tag="left arm")
    with pytest.raises(DBAPIError, match="row-level security"), walled_to([west.clinic_id]), transaction() as session:
        session.add(tag)


@on_postgres
def test_within_no_clinic_nothing_is_seen_and_what_belongs_to_none_is(west, clock):
    a_patient(west, clock)
    with walled_to([]), snapshot() as session:
        seen = {t.name: session.scalar(select(func.count()).select_from(t)) for t in Base.metadata.sorted_tables}
    assert not {name for name, rows in seen.items() if rows} - NOT_OWNED


@on_postgres
def test_a_unit_sees_every_clinic_of_an_account_once_its_places_are_asked_for(full_clinic, full_neighbour):
    here, there = full_clinic.patient, full_neighbour.patient
    assert there.account_id is not None
    with standing(wall_of(here.clinic_id)), snapshot() as session:
        assert session.get(Clinic, there.clinic_id) is None
        assert [place.clinic_id for place in places_of(session, there.account_id)] == [there.clinic_id]
        widen(session, [there.clinic_id])
        assert session.scalars(select(Entry.clinic_id).distinct()).all()


@on_postgres
def test_units_of_one_patient_come_one_after_another_and_so_do_those_of_staff(west, clock):
    patient = a_patient(west, clock)
    for wall in (wall_of(west.clinic_id), wall_of(west.clinic_id, patient_id=patient.patient_id)):
        with standing(wall), transaction() as session:
            held = session.connection().exec_driver_sql("SELECT count(*) FROM pg_locks WHERE mode = 'RowShareLock'")
            assert held.scalar()


def test_every_table_of_a_clinic_lies_behind_the_wall():
    walled = {table.name for table in Base.metadata.sorted_tables if is_walled(table)}
    assert walled == {table.name for table in Base.metadata.sorted_tables} - NOT_OWNED


def test_an_operator_is_at_work_in_no_clinic():
    assert Identity(operator=True).clinic_id is None
