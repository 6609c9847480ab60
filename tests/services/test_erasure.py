"""Erasure: a person is gone from every table and every byte, the chain holds, and an older backup does not undo it."""

import json
import sqlite3
import stat
import uuid
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from diary.access.policy import Subject
from diary.db import db, rewrite_file, snapshot, transaction
from diary.errors import ConfirmFirst, Invalid, NotThere
from diary.installation import installation
from diary.models import Account, AccountClinic, Erasure, Member, Patient
from diary.security import erasure_files
from diary.security.anchor_files import AnchorFiles
from diary.security.erasure_files import ErasureFiles, TombstonesBroken
from diary.services import audit, courses, erased_rows, erasure, patients
from diary.services.anchors import anchor_all
from diary.services.audit import verify_chain
from diary.services.chains import verify_chains
from diary.services.sign_in import identity_behind
from diary.vocabulary import ErasureHow, EventKind, Role
from tests.beside import all_bytes, as_it_was
from tests.clinic_builders import a_clinic, a_course, a_member, a_patient, confirmed, subject, write_days
from tests.services.looking_in import audit_rows, everything_stored
from tests.storage.rows_of_every_table import rows_of_every_table

DAY = date(2026, 3, 20)
STAY = {"audit_event", "erasure_permit"}


@pytest.fixture
def west(full_clinic):
    return full_clinic


@pytest.fixture
def files(app):
    return ErasureFiles.of(installation().settings)


def erase(made, files, clock, whom=None):
    who = confirmed(made.clinic.admin, clock)
    about = whom or subject(made.patient)
    return erasure.carry_out_erasure(who, about, how=ErasureHow.PAPER, asked_on=DAY, files=files, clock=clock)


def rows_with(patient_id):
    """Every row of every table in which the id stands, whatever the column is called."""
    wanted = {patient_id.hex, str(patient_id)}
    return Counter(
        name
        for name, rows in everything_stored().items()
        for row in rows
        if any(one in str(cell) for cell in row for one in wanted)
    )


def test_a_person_who_is_erased_is_gone_from_every_table(west, files, clock):
    before = rows_with(west.patient.patient_id)
    assert {"entry", "course", "decision", "consent", "patient_event", "patient_zone", "invite"} <= set(before)
    erase(west, files, clock)
    assert set(rows_with(west.patient.patient_id)) == {"audit_event"}
    assert not rows_with(west.course_id)
    assert not rows_with(west.patient.account_id)
    assert identity_behind(west.token, clock=clock) is None


def test_no_table_with_a_way_to_a_person_is_left_out(west):
    """Ask the database itself, not the models: a table that is added later is found here."""
    inspector = inspect(db.engine)
    for root, column, rows, beside in (
        ("patient", "patient_id", erased_rows.rows_of_patient(subject(west.patient)), STAY),
        ("account", "account_id", erased_rows.rows_of_account(west.patient.account_id), {"patient", "member"}),
    ):
        reached, before = {root}, set()
        while reached != before:
            before = set(reached)
            reached |= {
                table
                for table in inspector.get_table_names()
                if table not in beside
                and (
                    column in {one["name"] for one in inspector.get_columns(table)}
                    or reached & {key["referred_table"] for key in inspector.get_foreign_keys(table)}
                )
            }
            reached -= {"infusion", "baseline_by_hand"} if root == "account" else set()
        assert {table.name for table in rows} == reached


def leave_a_copy_behind(words, whom):
    """Leave words in the file that stand in no table any more, as SQLite does when it moves rows between pages."""
    other = sqlite3.connect(db.engine.url.database)
    other.execute("PRAGMA secure_delete = OFF")
    other.execute("INSERT INTO patient_tag VALUES (?, ?, ?)", (whom.clinic_id.hex, whom.patient_id.hex, words))
    other.commit()
    other.execute("DELETE FROM patient_tag WHERE tag = ?", (words,))
    other.commit()
    other.close()


@pytest.mark.about_sqlite(reason="its file is written anew; PostgreSQL's own files are the operator's to VACUUM FULL")
def test_no_byte_of_the_database_tells_who_was_there(west, files, clock):
    marks = (
        "goldfinch",
        "G-4711",
        "left little toe",
        "0555 777 888",
        "a fall from a ladder",
        "wren-1",
        "a copy in no table",
    )
    particulars = patients.Particulars(marks[1], marks[0], "UTC", phone=marks[3], tags=(marks[2],))
    others = [a_patient(west.clinic, clock, f"X-{number}") for number in range(4)]
    whom = patients.add_patient(west.clinic.clinician, west.clinic.clinic_id, particulars, clock=clock)
    for number in range(40):  # so that pages fill up and rows move between them
        for about in (whom, *map(subject, others)):
            note = marks[4] if about == whom else "x" * (7 * number % 90)
            courses.record_event(west.clinic.nurse, about, EventKind.INTERCURRENT, note=note, clock=clock)
    with transaction() as session:
        session.get_one(Patient, (whom.clinic_id, whom.patient_id)).language = marks[5]
    leave_a_copy_behind(marks[6], whom)
    held = all_bytes()
    assert all(mark.encode() in held for mark in marks)
    erase(west, files, clock, whom)
    held = all_bytes()
    assert [mark for mark in marks if mark.encode() in held] == []
    assert not any((files.folder).glob("*anew"))


def test_a_file_that_cannot_be_written_anew_now_is_written_later(west, files, clock, monkeypatch):
    monkeypatch.setattr(erasure, "rewrite_file", lambda: False)
    erase(west, files, clock)
    assert files.is_rewrite_asked_for()
    monkeypatch.undo()
    erasure.wipe_where_asked(files)
    assert files.is_rewrite_asked_for(), "who writes is not held up by it every half minute"
    monkeypatch.setattr(erasure_files, "AGAIN_SECONDS", 0.0)
    erasure.wipe_where_asked(files)
    assert not files.is_rewrite_asked_for()


@pytest.mark.about_sqlite(reason="only its file is written anew")
def test_a_database_that_somebody_else_writes_to_says_that_it_was_not_written_anew(app, monkeypatch):
    other = sqlite3.connect(db.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("diary.db.BUSY_MILLISECONDS", 10)
    db.engine.dispose()
    assert rewrite_file() is False
    other.rollback()
    assert rewrite_file() is True
    other.close()


def test_the_chain_and_its_anchors_hold_after_an_erasure(west, files, clock):
    anchors = AnchorFiles.of(installation().settings)
    with transaction() as session:  # an act of theirs that is about nobody
        audit.write(session, west.patient, "audit.seen", about=Subject(west.clinic.clinic_id), at=clock())
    anchor_all(anchors, clock=clock)
    links = len(audit_rows(west.clinic.clinic_id))
    erase(west, files, clock)
    (chain,) = verify_chains(anchors)
    assert (chain.links, len(chain.anchors)) == (links + 1, 1)
    theirs = [
        row for row in audit_rows(west.clinic.clinic_id) if west.patient.patient_id in (row.patient_id, row.actor_id)
    ]
    assert {row.action for row in theirs} >= {
        "audit.seen",
        "patient.added",
        "entry.recorded",
        "signed_in",
        "decision.recorded",
    }
    assert {(row.content, row.salt) for row in theirs} == {(None, None)}
    last = audit_rows(west.clinic.clinic_id)[-1]
    assert (last.action, last.patient_id, last.actor_id) == ("patient.erased", None, west.clinic.admin.member_id)


def test_the_certificate_counts_and_names_nobody(west, files, clock):
    counted = rows_with(west.patient.patient_id)
    code = erase(west, files, clock)
    with snapshot() as session:
        made = session.get_one(Erasure, (west.clinic.clinic_id, code))
    assert made.rows["patient"] == 1
    assert made.rows["entry"] == counted["entry"]
    assert made.rows["infusion"] == made.rows["baseline_by_hand"] == made.rows["account"] == 1
    assert (made.how, made.asked_at.date(), made.member_id) == ("paper", DAY, west.clinic.admin.member_id)
    told = json.dumps(made.rows) + files.folder.joinpath(f"{west.clinic.clinic_id}.jsonl").read_text()
    assert not any(words in told for words in ("Ram", "M-1", "ana@", "left arm"))


def test_the_patient_asks_the_clinic_carries_it_out_under_the_same_code(west, files, clock):
    whom, patient = subject(west.patient), confirmed(west.patient, clock)
    assert erasure.own_wish(patient, whom) is None
    asked = erasure.ask_for_erasure(patient, whom, clock=clock)
    assert asked.answer_by - asked.asked_at == timedelta(days=30)
    clock.move(minutes=2)
    assert erasure.ask_for_erasure(patient, whom, clock=clock) == asked == erasure.own_wish(patient, whom)
    assert erase(west, files, clock) == asked.code
    with snapshot() as session:
        made = session.get_one(Erasure, (west.clinic.clinic_id, asked.code))
    assert (made.how, made.asked_at, made.carried_out_at) == ("self", asked.asked_at, clock())


def test_a_wish_that_was_taken_back_is_not_carried_out(west, files, clock):
    whom, patient = subject(west.patient), confirmed(west.patient, clock)
    erasure.ask_for_erasure(patient, whom, clock=clock)
    for _ in range(2):
        erasure.take_back_wish(patient, whom, clock=clock)
    assert erasure.own_wish(patient, whom) is None
    stored = everything_stored()
    with pytest.raises(NotThere):
        erasure.carry_out_erasure(
            confirmed(west.clinic.admin, clock), whom, how=ErasureHow.SELF, files=files, clock=clock
        )
    assert everything_stored() == stored
    assert [row.action for row in audit_rows(west.clinic.clinic_id)[-2:]] == ["erasure.asked", "erasure.taken_back"]


def test_asking_and_erasing_need_a_fresh_proof_of_who_it_is(west, files, clock):
    stored = everything_stored()
    with pytest.raises(ConfirmFirst):
        erasure.ask_for_erasure(west.patient, subject(west.patient), clock=clock)
    with pytest.raises(ConfirmFirst):
        erasure.carry_out_erasure(
            west.clinic.admin, subject(west.patient), how=ErasureHow.RETENTION, files=files, clock=clock
        )
    assert everything_stored() == stored


def test_a_paper_needs_a_day_that_has_come(west, files, clock):
    stored = everything_stored()
    for asked_on in (None, DAY + timedelta(days=2), date(1900, 1, 1)):
        with pytest.raises(Invalid) as refusal:
            erasure.carry_out_erasure(
                confirmed(west.clinic.admin, clock),
                subject(west.patient),
                how=ErasureHow.PAPER,
                asked_on=asked_on,
                files=files,
                clock=clock,
            )
        assert "asked_on" in refusal.value.fields
    assert everything_stored() == stored
    assert len(files.read()) == 1, "somebody else"


def test_nothing_is_erased_when_it_cannot_be_noted_beside_the_database(west, files, clock, monkeypatch):
    def full(_stone):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "add", full)
    stored = everything_stored()
    with pytest.raises(Invalid, match="Nothing was erased"):
        erase(west, files, clock)
    assert everything_stored() == stored


def test_an_account_that_is_somebody_elsewhere_stays(west, files, clock):
    east = a_clinic(clock, "Pain clinic East")
    again = a_patient(east, clock, "E-1")
    with transaction() as session:
        session.get_one(Patient, (east.clinic_id, again.patient_id)).account_id = west.patient.account_id
        session.add(AccountClinic(account_id=west.patient.account_id, clinic_id=east.clinic_id))
    erase(west, files, clock)
    with snapshot() as session:
        assert session.get(Account, west.patient.account_id)
        assert not session.get(AccountClinic, (west.patient.account_id, west.clinic.clinic_id))
        assert session.get(AccountClinic, (west.patient.account_id, east.clinic_id))
    assert set(rows_with(west.patient.patient_id)) == {"audit_event"}


def test_an_account_that_is_staff_of_the_same_clinic_stays(west, files, clock):
    nurse = a_member(west.clinic.clinic_id, Role.NURSE, clock)
    with transaction() as session:
        session.get_one(Member, (nurse.clinic_id, nurse.member_id)).account_id = west.patient.account_id
    erase(west, files, clock)
    with snapshot() as session:
        assert session.get(AccountClinic, (west.patient.account_id, west.clinic.clinic_id))


HISTORY = st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 2), st.booleans())


@settings(max_examples=6)
@given(st.lists(HISTORY, min_size=2, max_size=4), st.integers(0, 7))
def test_everybody_else_is_left_as_they_were(app, clock, histories, chosen):
    files = ErasureFiles.of(installation().settings)
    start = clock.now
    homes = [a_clinic(clock, "West"), a_clinic(clock, "East")]
    people = [(home, a_patient(home, clock, f"P-{number}")) for home in homes for number in range(len(histories))]
    for (home, person), (scores, given_courses, events, asks) in zip(people, histories * 2, strict=True):
        for number in range(given_courses):
            a_course(home, person, date(2025, 3 + number, 3), clock)
        write_days(person, list(range(scores)), clock, first_day=start.date() - timedelta(days=9))
        clock.now = start
        for _ in range(events):
            courses.record_event(home.nurse, subject(person), EventKind.INTERCURRENT, note="x", clock=clock)
        if asks:
            erasure.ask_for_erasure(confirmed(person, clock), subject(person), clock=clock)
    home, whom = people[chosen % len(people)]
    before = everything_stored()
    erasure.carry_out_erasure(
        confirmed(home.admin, clock), subject(whom), how=ErasureHow.PAPER, asked_on=DAY, files=files, clock=clock
    )
    after = everything_stored()
    for name in before.keys() - {"audit_head", "clinic_tally", "erasure"}:
        gone = set(map(repr, before[name])) - set(map(repr, after[name]))
        ids = {whom.patient_id.hex, str(whom.patient_id)}
        theirs = ids | {str(row[1]) for row in before["course"] if not ids.isdisjoint(map(str, row))}
        assert all(any(one in row for one in theirs) for row in gone), name
        if name != "audit_event":
            assert {repr(row) for row in after[name]} <= {repr(row) for row in before[name]}, name
    for other in homes:
        with snapshot() as session:
            verify_chain(session, other.clinic_id)
    clock.now = start


def test_an_older_backup_that_is_put_back_is_erased_again(west, files, clock):
    anchors = AnchorFiles.of(installation().settings)
    anchor_all(anchors, clock=clock)
    with as_it_was():
        code = erase(west, files, clock)
        with snapshot() as session:
            certificate = session.get_one(Erasure, (west.clinic.clinic_id, code))
    assert rows_with(west.patient.patient_id)["entry"]
    assert b"Ram\xc3\xadrez" in all_bytes()
    clock.move(days=3)
    assert erasure.replay_erasures(files, clock=clock) == 1
    assert set(rows_with(west.patient.patient_id)) == {"audit_event"}
    assert b"Ram\xc3\xadrez" not in all_bytes()
    with snapshot() as session:
        again = session.get_one(Erasure, (west.clinic.clinic_id, code))
    assert (again.rows, again.asked_at, again.carried_out_at) == (
        certificate.rows,
        certificate.asked_at,
        certificate.carried_out_at,
    )
    assert len(list(verify_chains(anchors))) == 1
    last = audit_rows(west.clinic.clinic_id)[-1]
    assert (last.action, last.actor, last.content) == ("erasure.repeated", "operator", {"erasure": str(code)})
    stored = everything_stored()
    assert erasure.replay_erasures(files, clock=clock) == 0
    assert everything_stored() == stored


def test_an_erasure_that_was_noted_and_not_committed_is_carried_out_at_the_next_start(west, files, clock, monkeypatch):
    class PowerCutError(Exception):
        pass

    noted = files.add

    def add_and_fail(stone):
        noted(stone)
        raise PowerCutError

    monkeypatch.setattr(files, "add", add_and_fail)
    with pytest.raises(PowerCutError):
        erase(west, files, clock)
    assert rows_with(west.patient.patient_id)["entry"]
    assert erasure.replay_erasures(files, clock=clock) == 1
    assert set(rows_with(west.patient.patient_id)) == {"audit_event"}


def test_a_backup_from_before_the_clinic_has_nobody_to_erase(app, files, clock):
    with as_it_was():
        made = rows_of_every_table(clock)
        erase(made, files, clock)
    assert erasure.replay_erasures(files, clock=clock) == 0


def test_a_tombstone_that_nobody_here_wrote_erases_nobody(west, files, clock):
    file = files.folder / f"{west.clinic.clinic_id}.jsonl"
    other_key = ErasureFiles(files.folder, "another secret key, another secret key")
    with as_it_was():
        erase(west, files, clock)
        assert erasure.replay_erasures(other_key, clock=clock) == 0, "nobody is there any more"
    stored = everything_stored()
    line = json.loads(file.read_text().splitlines()[-1])
    neighbour = next(row for row in stored["patient"] if uuid.UUID(str(row[1])) != west.patient.patient_id)
    line["patient_id"] = uuid.UUID(str(neighbour[1])).hex
    for said, reader in ((file.read_bytes(), other_key), (json.dumps(line).encode() + b"\n", files)):
        file.write_bytes(said)
        with pytest.raises(TombstonesBroken, match="look into it"):
            erasure.replay_erasures(reader, clock=clock)
        assert everything_stored() == stored


def test_a_line_that_was_cut_is_passed_over_and_written_over_by_the_next_one(west, files, clock):
    file = files.folder / f"{west.clinic.clinic_id}.jsonl"
    file.write_bytes(b'{"clinic_id": "cut of')
    assert files.read() == []
    erase(west, files, clock)
    (stone,) = files.read()
    assert stone.proven
    assert stone.patient_id == west.patient.patient_id
    assert b"cut of" not in file.read_bytes()


def test_nobody_who_was_erased_comes_back_because_a_bit_of_the_tombstone_flipped(west, files, clock):
    with as_it_was():
        erase(west, files, clock)
    file, stored = files.folder / f"{west.clinic.clinic_id}.jsonl", everything_stored()
    held = file.read_bytes()
    for at in [*range(held.rfind(b"\n", 0, -1) + 1, len(held), 3), len(held) - 1]:
        file.write_bytes(held[:at] + bytes([held[at] ^ 1 << at % 8]) + held[at + 1 :])
        with pytest.raises(TombstonesBroken):
            erasure.replay_erasures(files, clock=clock)
    assert everything_stored() == stored
    file.write_bytes(held)
    assert erasure.replay_erasures(files, clock=clock) == 1


def test_nobody_is_erased_while_the_end_of_the_last_tombstone_is_damaged(west, files, clock):
    """The next one would be written over it."""
    file = files.folder / f"{west.clinic.clinic_id}.jsonl"
    held = file.read_bytes()[:-1] + b"\x0b"
    file.write_bytes(held)
    stored = everything_stored()
    with pytest.raises(Invalid, match="Nothing was erased"):
        erase(west, files, clock)
    assert everything_stored() == stored
    assert file.read_bytes() == held


def test_tombstones_are_the_owners_only(west, files, clock):
    erase(west, files, clock)
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in files.folder.iterdir()} == {0o600}
