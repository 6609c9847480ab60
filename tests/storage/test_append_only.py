"""Facts are added and never changed, whoever asks."""

import sqlite3
from contextlib import suppress

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from diary.db import db, transaction
from diary.migrations.append_only import FACTS
from diary.models import Entry
from tests.services.looking_in import everything_stored

CHANGES = {
    "entry": "score = 1",
    "entry_conflict": "score = 1",
    "decision": "reason = 'x'",
    "audit_event": "actor = 'x'",
    "baseline_by_hand": "value = 100",
    "patient_event": "note = 'x'",
    "clinic_rules": "reason = 'x'",
    "consent": "said = 'given'",
    "erasure": "how = 'paper'",
    "day_note": "worst = 1",
    "weekly_peg": "pain = 1",
    "extra_reading": "score = 1",
    "diary_pause": "reason = 'other'",
    "event_withdrawal": "taken_back_by = NULL",
    "transcription": "dated = NULL",
    "released_plan": "words = 'x'",
    "course_change": "reason = 'x'",
    "staff_note": "words = 'x'",
    "global_impression": "answer = 1",
}


def test_every_fact_is_tried():
    assert set(CHANGES) == set(FACTS)


@pytest.mark.about_sqlite(reason="triggers; on PostgreSQL rights and policies refuse it, as the next two tests show")
@pytest.mark.parametrize(
    "statement", ["UPDATE {table} SET {change}", "DELETE FROM {table}", "REPLACE INTO {table} SELECT * FROM {table}"]
)
def test_no_fact_can_be_changed_or_removed_by_hand(full_clinic, statement):
    stored = everything_stored()
    other = sqlite3.connect(db.engine.url.database)
    # without this an INSERT OR REPLACE removes the old row unseen by triggers
    other.execute("PRAGMA recursive_triggers = ON")
    try:
        for table, change in CHANGES.items():
            assert stored[table]
            with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
                other.execute(statement.format(table=table, change=change))
    finally:
        other.rollback()
        other.close()
    assert everything_stored() == stored


@pytest.mark.about_postgres(reason="rights; on SQLite triggers refuse it, as the test above shows")
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {change}", "TRUNCATE {table}", "TRUNCATE {table} CASCADE"])
def test_no_fact_can_be_changed_or_emptied_by_the_role_that_serves(full_clinic, statement):
    stored = everything_stored()
    for table, change in CHANGES.items():
        assert stored[table]
        with pytest.raises(ProgrammingError, match="permission denied"), transaction() as session:
            session.execute(text(statement.format(table=table, change=change)))
    assert everything_stored() == stored


@pytest.mark.about_postgres(reason="policies; on SQLite triggers refuse it, as the first test shows")
@pytest.mark.parametrize("statement", ["DELETE FROM {table}", "UPDATE {table} SET clinic_id = clinic_id"])
def test_what_a_right_lets_pass_no_policy_does(full_clinic, statement):
    """A key is checked with a right to change it, an erasure needs one to delete: neither finds a row."""
    stored = everything_stored()
    passed = set()
    for table in CHANGES:
        with suppress(ProgrammingError), transaction() as session:
            assert session.execute(text(statement.format(table=table))).rowcount == 0
            passed.add(table)
    assert passed
    assert everything_stored() == stored


@pytest.mark.about_sqlite(reason="triggers refuse it; on PostgreSQL the two tests above")
def test_the_product_itself_cannot_change_an_entry(full_clinic):
    stored = everything_stored()
    for statement in (update(Entry).values(score=0), delete(Entry)):
        with pytest.raises(IntegrityError, match="append-only"), transaction() as session:
            session.execute(statement.where(Entry.id == full_clinic.entry_id))
    with pytest.raises(IntegrityError, match="append-only"), transaction() as session:
        session.get_one(Entry, (full_clinic.clinic.clinic_id, full_clinic.entry_id)).score = 0
    assert everything_stored() == stored
