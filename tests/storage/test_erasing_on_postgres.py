"""What an erasure may take out on PostgreSQL: the facts of one patient, in one unit, and nothing else."""

import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.exc import PendingRollbackError, ProgrammingError

from diary.db import Base, transaction
from diary.migrations.append_only import ENVELOPE, FACTS
from diary.migrations.rights import OF_NOBODY
from tests.clinic_builders import a_patient, subject, write_days
from tests.services.looking_in import everything_stored

pytestmark = pytest.mark.about_postgres(reason="policies; the twin is tests/storage/test_erasure_permit.py")
GONE = [name for name in FACTS if name not in {*OF_NOBODY, "audit_event"}]


@pytest.fixture
def west(full_clinic):
    return full_clinic


def erasing(whom, *statements):
    """Run statements in a unit that erases `whom`, and return how many rows each touched."""
    with transaction() as session:
        session.execute(text(f"SET LOCAL diary.erasing = '{whom.clinic_id}/{whom.patient_id}'"))
        return [session.execute(text(statement)).rowcount for statement in statements]


def test_the_facts_of_a_patient_go_when_they_are_erased_and_only_then(west):
    of_patients = [name for name in GONE if "patient_id" in Base.metadata.tables[name].c]
    assert "entry" in of_patients
    theirs = f"patient_id = '{west.patient.patient_id}'"
    with pytest.raises(PendingRollbackError), transaction() as session:
        erase_and_take_back(session, west, of_patients, theirs)


def erase_and_take_back(session, west, of_patients, theirs):
    told = [session.execute(text(f"SELECT count(*) FROM {name} WHERE {theirs}")).scalar() for name in of_patients]
    assert [session.execute(text(f"DELETE FROM {name} WHERE {theirs}")).rowcount for name in of_patients] == [
        0 for _name in of_patients
    ]
    session.execute(text(f"SET LOCAL diary.erasing = '{west.clinic.clinic_id}/{west.patient.patient_id}'"))
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    gone = session.execute(text(f"DELETE FROM day_note WHERE {theirs}")).rowcount
    assert gone == told[of_patients.index("day_note")]
    session.rollback()


def test_nobody_elses_facts_go_with_them(west, clock):
    other = subject(a_patient(west.clinic, clock, "NEXT-TO"))
    stored = everything_stored()
    assert erasing(other, "DELETE FROM entry", "DELETE FROM decision", "DELETE FROM day_note") == [0, 0, 0]
    assert everything_stored() == stored


def test_the_erasing_of_another_clinic_is_none_here(west, full_neighbour):
    east = full_neighbour.clinic
    stored = everything_stored()
    borrowed = type(subject(west.patient))(east.clinic_id, west.patient.patient_id)
    assert erasing(borrowed, "DELETE FROM entry", "UPDATE audit_event SET content = NULL, salt = NULL") == [0, 0]
    assert everything_stored() == stored


def test_an_erasing_ends_with_its_unit(west):
    stored = everything_stored()
    erasing(subject(west.patient))
    with transaction() as session:
        assert session.execute(text("DELETE FROM day_note")).rowcount == 0
    assert everything_stored() == stored


REFUSED = [
    "UPDATE entry SET score = 1",
    "UPDATE decision SET reason = 'x'",
    "UPDATE erasure SET how = 'self'",
    "DELETE FROM erasure",
    "DELETE FROM audit_event",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_no_erasing_lets_a_fact_be_changed_or_a_certificate_be_touched(west, statement):
    stored = everything_stored()
    with pytest.raises(ProgrammingError, match="permission denied"):
        erasing(subject(west.patient), statement)
    assert everything_stored() == stored


@pytest.mark.parametrize("column", ENVELOPE)
def test_a_link_is_emptied_and_nothing_else_of_it_is_changed(west, column):
    stored = everything_stored()
    other = f"'{uuid.uuid4()}'" if column == "clinic_id" else column
    with pytest.raises(ProgrammingError, match=r"permission denied|row-level security"):
        erasing(subject(west.patient), f"UPDATE audit_event SET content = NULL, salt = NULL, {column} = {other}")
    assert everything_stored() == stored


@pytest.mark.parametrize("half", ["salt = NULL", "content = '{}', salt = NULL", "content = NULL"])
def test_a_link_is_emptied_whole_or_not_at_all(west, half):
    stored = everything_stored()
    with pytest.raises(ProgrammingError, match="row-level security"):
        erasing(subject(west.patient), f"UPDATE audit_event SET {half}")
    assert everything_stored() == stored


def test_only_the_links_about_the_patient_are_emptied(west, clock):
    other = a_patient(west.clinic, clock, "NEXT-TO")
    write_days(other, [4], clock, first_day=clock.now.date())
    before = emptied_links()
    (emptied,) = erasing(subject(west.patient), "UPDATE audit_event SET content = NULL, salt = NULL")
    now = [row for row in emptied_links() if row not in before]
    assert emptied > 0
    assert all(west.patient.patient_id in (patient_id, actor_id) for _position, patient_id, actor_id in now)


def emptied_links():
    """Return position, patient and actor of the links without a salt."""
    with transaction() as session:
        asked = "SELECT position, patient_id, actor_id FROM audit_event WHERE salt IS NULL"
        return [tuple(row) for row in session.execute(text(asked))]
