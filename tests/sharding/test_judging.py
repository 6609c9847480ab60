"""The judge of statements knows what a sharded PostgreSQL takes, and finds each thing that it does not."""

import pytest

from tests.sharding.judging import Fault, faults_of

OWNED = frozenset({"entry", "patient", "clinic", "patient_summary"})

FITS = [
    "SELECT a.score FROM entry AS a WHERE a.clinic_id = ? AND a.day > ?",
    "SELECT score FROM entry WHERE clinic_id = ? ORDER BY day LIMIT ?",
    (
        "SELECT 1 FROM entry JOIN patient ON patient.clinic_id = entry.clinic_id AND patient.id = entry.patient_id "
        "WHERE entry.clinic_id = ?"
    ),
    "SELECT 1 FROM entry JOIN patient USING (clinic_id) WHERE entry.clinic_id = ?",
    "SELECT 1 FROM patient LEFT JOIN entry ON entry.clinic_id = patient.clinic_id WHERE patient.clinic_id = ?",
    "SELECT 1 FROM patient p, entry e WHERE e.clinic_id = p.clinic_id AND p.clinic_id = ?",
    "SELECT 1 FROM entry WHERE (entry.clinic_id = ? AND entry.day = ?) OR (entry.clinic_id = ? AND entry.day > ?)",
    (
        "SELECT 1 FROM patient WHERE patient.clinic_id = ? AND EXISTS "
        "(SELECT 1 FROM entry WHERE entry.clinic_id = patient.clinic_id AND entry.patient_id = patient.id)"
    ),
    "SELECT x.day FROM (SELECT clinic_id, max(day) AS day FROM entry WHERE clinic_id = ? GROUP BY 1) AS x",
    "WITH x AS (SELECT clinic_id, id FROM entry WHERE clinic_id = ?) SELECT 1 FROM x",
    "SELECT 1 FROM entry WHERE clinic_id = ? UNION ALL SELECT 1 FROM patient WHERE clinic_id = ?",
    "SELECT 1 FROM patient WHERE clinic_id = (SELECT session.clinic_id FROM session WHERE token_hash = ?)",
    "SELECT 1 FROM patient WHERE clinic_id = ? AND id = ? FOR NO KEY UPDATE",
    "SELECT 1 FROM account WHERE id = ? FOR UPDATE",
    "SELECT 1 FROM account ORDER BY id LIMIT 10 OFFSET 20",
    "INSERT INTO entry (clinic_id, id, score) VALUES (?, ?, ?) ON CONFLICT (clinic_id, id) DO NOTHING",
    "INSERT INTO account (id) VALUES (?)",
    "UPDATE patient SET status = ? WHERE patient.clinic_id = ? AND patient.id = ?",
    (
        "DELETE FROM entry WHERE entry.clinic_id = ? AND entry.patient_id IN "
        "(SELECT patient.id FROM patient WHERE patient.clinic_id = ?)"
    ),
    "PRAGMA foreign_keys",
    "BEGIN IMMEDIATE",
]
DOES_NOT = [
    (Fault.EVERYWHERE, "SELECT score FROM entry"),
    (Fault.EVERYWHERE, "SELECT score FROM entry WHERE patient_id = ?"),
    (Fault.EVERYWHERE, "SELECT score FROM entry WHERE clinic_id IN (?, ?)"),
    (Fault.EVERYWHERE, "SELECT score FROM entry WHERE clinic_id > ?"),
    (Fault.EVERYWHERE, "SELECT score FROM entry WHERE clinic_id = ? OR score = ?"),
    (Fault.EVERYWHERE, "SELECT score FROM entry WHERE NOT (clinic_id = ?)"),
    (Fault.EVERYWHERE, "SELECT 1 FROM entry JOIN patient ON patient.id = entry.patient_id WHERE entry.clinic_id = ?"),
    (Fault.EVERYWHERE, "SELECT 1 FROM entry JOIN patient ON patient.clinic_id = entry.clinic_id"),
    (Fault.EVERYWHERE, "SELECT 1 FROM patient LEFT JOIN entry ON patient.clinic_id = ? AND entry.clinic_id = ?"),
    (Fault.EVERYWHERE, "SELECT 1 FROM patient WHERE clinic_id = ? AND EXISTS (SELECT 1 FROM entry WHERE score = 1)"),
    (Fault.EVERYWHERE, "SELECT 1 FROM account WHERE EXISTS (SELECT 1 FROM entry WHERE entry.score = 1)"),
    (Fault.EVERYWHERE, "SELECT x.day FROM (SELECT day FROM entry) AS x"),
    (Fault.EVERYWHERE, "WITH x AS (SELECT day FROM entry) SELECT 1 FROM x"),
    (Fault.EVERYWHERE, "SELECT 1 FROM entry WHERE clinic_id = ? UNION ALL SELECT 1 FROM patient"),
    (Fault.EVERYWHERE, "SELECT (SELECT count(*) FROM entry) FROM patient WHERE patient.clinic_id = ?"),
    (Fault.EVERYWHERE, "UPDATE patient SET status = ? WHERE id = ?"),
    (Fault.EVERYWHERE, "DELETE FROM entry"),
    (Fault.EVERYWHERE, "INSERT INTO entry (clinic_id, id) SELECT clinic_id, id FROM patient"),
    (Fault.NOBODYS, "INSERT INTO entry (id, score) VALUES (?, ?)"),
    (Fault.NOBODYS, "INSERT INTO entry VALUES (?, ?)"),
    (Fault.MOVES, "UPDATE patient SET clinic_id = ? WHERE clinic_id = ?"),
    (
        Fault.MOVES,
        "INSERT INTO entry (clinic_id, id) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET clinic_id = excluded.clinic_id",
    ),
    (Fault.LOCKS, "SELECT 1 FROM patient WHERE id = ? FOR UPDATE"),
    (Fault.LOCKS, "SELECT 1 FROM patient FOR UPDATE SKIP LOCKED"),
    (Fault.OFFSET, "SELECT 1 FROM patient WHERE clinic_id = ? LIMIT 10 OFFSET 20"),
    (Fault.VOLATILE, "SELECT 1 FROM patient WHERE clinic_id = ? ORDER BY random()"),
    (Fault.VOLATILE, "UPDATE patient SET seen_at = now() WHERE clinic_id = ?"),
    (Fault.VOLATILE, "UPDATE patient SET seen_at = CURRENT_TIMESTAMP WHERE clinic_id = ?"),
    (Fault.VOLATILE, "INSERT INTO patient (clinic_id, id) VALUES (?, gen_random_uuid())"),
    (Fault.VOLATILE, "SELECT set_config('diary.clinics', '*', true)"),
    (Fault.UNREAD, "SELECT FROM WHERE ((("),
]


@pytest.mark.parametrize("statement", FITS)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_fits_passes(statement, dialect):
    assert faults_of(as_written_for(dialect, statement), dialect, OWNED) == frozenset()


@pytest.mark.parametrize(("fault", "statement"), DOES_NOT)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_does_not_fit_is_found(fault, statement, dialect):
    found = faults_of(as_written_for(dialect, statement), dialect, OWNED)
    assert (fault in found) is (dialect == "postgresql" or fault != Fault.OFFSET)


def as_written_for(dialect, statement):
    """Return the statement with the parameters that the driver takes."""
    return statement.replace("?", "%(value)s::UUID") if dialect == "postgresql" else statement
