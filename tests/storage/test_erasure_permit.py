"""The permit that lets an erasure delete facts: for one patient, for one unit, and for nothing else."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError

from diary.db import Base, db, transaction
from diary.migrations.append_only import ENVELOPE, FACTS
from diary.models import AuditEvent, BaselineByHand, Decision, Entry, Erasure, ErasurePermit
from tests.clinic_builders import a_patient, subject, write_days
from tests.services.looking_in import everything_stored

pytestmark = pytest.mark.about_sqlite(reason="triggers; the twin is tests/storage/test_erasing_on_postgres.py")
NOT_ABOUT_A_PATIENT = {"clinic_rules", "erasure"}


@pytest.fixture
def west(full_clinic):
    return full_clinic


def permit_for(whom):
    return insert(ErasurePermit).values(clinic_id=whom.clinic_id, patient_id=whom.patient_id)


def in_one_unit(statements):
    with transaction() as session:
        for statement in statements:
            session.execute(statement)


def refused(*statements, match="append-only"):
    stored = everything_stored()
    with pytest.raises(IntegrityError, match=match):
        in_one_unit(statements)
    assert everything_stored() == stored


def test_every_fact_about_a_patient_can_be_erased_with_a_permit_and_only_then(west):
    about_patients = {
        table.name
        for table in Base.metadata.sorted_tables
        if table.name in FACTS and {"patient_id", "course_id"} & set(table.c.keys())
    }
    assert about_patients == set(FACTS) - NOT_ABOUT_A_PATIENT
    with db.engine.connect() as connection:
        for table in FACTS:
            said = "SELECT group_concat(sql) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
            triggers = connection.exec_driver_sql(said, (table,)).scalar()
            assert ("erasure_permit" in triggers) is (table in about_patients), table


def test_a_permit_lets_nobody_elses_facts_be_deleted(west, clock):
    other = a_patient(west.clinic, clock, "NEXT-TO")
    write_days(other, [4], clock, first_day=clock.now.date())
    for table in (Entry, Decision):
        refused(permit_for(subject(other)), delete(table).where(table.patient_id == west.patient.patient_id))
    refused(permit_for(subject(other)), delete(BaselineByHand).where(BaselineByHand.course_id == west.course_id))
    refused(permit_for(subject(other)), delete(Entry).where(Entry.clinic_id == west.clinic.clinic_id))


def test_the_permit_of_another_clinic_is_none_here(west, full_neighbour):
    east = full_neighbour.clinic
    borrowed = insert(ErasurePermit).values(clinic_id=east.clinic_id, patient_id=west.patient.patient_id)
    refused(borrowed, delete(Entry).where(Entry.patient_id == west.patient.patient_id))


def test_no_permit_lets_a_fact_be_changed(west):
    whom = subject(west.patient)
    refused(permit_for(whom), update(Entry).where(Entry.patient_id == whom.patient_id).values(score=1))
    refused(permit_for(whom), update(Decision).where(Decision.patient_id == whom.patient_id).values(reason="x"))


def test_no_permit_lets_a_link_be_deleted_or_a_certificate_be_touched(west):
    whom = subject(west.patient)
    refused(permit_for(whom), delete(AuditEvent).where(AuditEvent.patient_id == whom.patient_id))
    refused(permit_for(whom), delete(Erasure))
    refused(permit_for(whom), update(Erasure).values(how="self"))


@pytest.mark.parametrize("column", ENVELOPE)
def test_a_link_is_emptied_and_nothing_else_of_it_is_changed(west, column):
    other = {"position": "position + 1000", "at": "'2020-01-01 00:00:00'", "actor": "'x'", "action": "'x'"}
    wanted = other.get(column, "randomblob(16)")
    refused(
        permit_for(subject(west.patient)),
        text(
            f"UPDATE audit_event SET content = NULL, salt = NULL, {column} = {wanted} WHERE patient_id = :patient"
        ).bindparams(patient=west.patient.patient_id.hex),
    )


def test_a_link_is_emptied_whole_or_not_at_all(west):
    whom, theirs = subject(west.patient), AuditEvent.patient_id == west.patient.patient_id
    for half in ({"salt": None}, {"content": {}, "salt": None}):
        refused(permit_for(whom), update(AuditEvent).where(theirs).values(**half))
    refused(permit_for(whom), text("UPDATE audit_event SET content = NULL, salt = NULL WHERE patient_id IS NULL"))


def test_a_permit_that_is_left_behind_undoes_its_whole_unit(west):
    whom = subject(west.patient)
    refused(
        permit_for(whom),
        delete(Entry).where(Entry.patient_id == whom.patient_id),
        match="FOREIGN KEY constraint failed",
    )
    assert not everything_stored()["erasure_permit"]


def test_a_permit_written_by_hand_does_not_last_either(west):
    other = sqlite3.connect(db.engine.url.database)
    other.execute("PRAGMA foreign_keys = ON")
    keys = (west.clinic.clinic_id.hex, west.patient.patient_id.hex)
    other.execute("INSERT INTO erasure_permit VALUES (?, ?)", keys)
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        other.commit()
    other.rollback()
    other.close()


def test_only_the_erasure_uses_permits():
    root = Path(__file__).parents[2] / "diary"
    texts = {file.relative_to(root).as_posix(): file.read_text(encoding="utf-8") for file in root.rglob("*.py")}
    knows = {name for name, said in texts.items() if "ErasurePermit" in said or "erasure_permit" in said}
    assert knows == {
        "migrations/append_only.py",
        "migrations/versions/0011_erasures.py",
        "models/__init__.py",
        "models/erasures.py",
        "services/erased_rows.py",
    }
    assert {name for name, said in texts.items() if "erase_rows" in said} == {
        "services/erased_rows.py",
        "services/erasure.py",
    }
