"""The chain of a clinic holds, and tells where it was touched."""

import uuid
from datetime import date
from functools import partial

import pytest

from diary.db import snapshot
from diary.installation import installation
from diary.security.anchor_files import AnchorFiles
from diary.services.audit import ChainBroken, verify_chain
from diary.services.chains import verify_chains
from diary.services.entries import record_entry
from diary.services.sign_in import start_session
from tests.beside import as_it_was
from tests.clinic_builders import a_clinic, a_patient, subject, write_days
from tests.services.looking_in import audit_rows
from tests.services.side_by_side import side_by_side
from tests.services.tampering import tamper


def verified(clinic_id):
    with snapshot() as session:
        return verify_chain(session, clinic_id)


@pytest.fixture
def full(full_clinic):
    return full_clinic


def test_a_chain_that_nobody_touched_holds(full):
    rows = audit_rows(full.clinic.clinic_id)
    assert verified(full.clinic.clinic_id) == len(rows) > 15
    (chain,) = verify_chains(AnchorFiles.of(installation().settings))
    assert (chain.clinic, chain.links, chain.anchors) == ("Pain clinic West", len(rows), [])


def test_every_clinic_has_a_chain_of_its_own(full, full_neighbour):
    east = full_neighbour.clinic.clinic_id
    assert [row.position for row in audit_rows(east)] == list(range(1, verified(east) + 1))
    tamper(f"UPDATE audit_event SET actor = 'nobody' WHERE position = 3 AND clinic_id = '{east.hex}'")
    assert verified(full.clinic.clinic_id)
    with pytest.raises(ChainBroken, match="Pain clinic East: Link 3 was changed"):
        list(verify_chains(AnchorFiles.of(installation().settings)))


def test_a_clinic_without_a_link_has_a_chain_of_none(app):
    assert verified(uuid.uuid4()) == 0


FLIPPED = [
    "content = json_set(content, '$.score', 1)",
    "content = NULL",
    "actor = 'operator'",
    "actor_id = NULL",
    "action = 'signed_out'",
    "patient_id = NULL",
    "at = datetime(at, '+1 second') || '.000000'",
    "salt = zeroblob(32)",
    "commitment = zeroblob(32)",
    "previous_hash = zeroblob(32)",
    "hash = zeroblob(32)",
    "hash = CAST(substr(hash, 1, 31) || x'00' AS BLOB)",
    "position = 1000",
]


def test_a_changed_link_is_found(full):
    (link,) = (row.position for row in entry_rows(full)[:1])
    for change in FLIPPED:
        with as_it_was():
            tamper(f"UPDATE audit_event SET {change} WHERE position = {link}")
            with pytest.raises(ChainBroken, match=f"Link {link} "):
                verified(full.clinic.clinic_id)
        assert verified(full.clinic.clinic_id)


def test_content_cannot_be_changed_by_taking_its_salt_away(full):
    (link,) = (row.position for row in entry_rows(full)[:1])
    tamper(f"UPDATE audit_event SET salt = NULL, content = json_set(content, '$.score', 1) WHERE position = {link}")
    with pytest.raises(ChainBroken):
        verified(full.clinic.clinic_id)


def test_content_that_was_erased_with_its_salt_leaves_a_chain_that_holds(full):
    (link,) = (row.position for row in entry_rows(full)[:1])
    length = verified(full.clinic.clinic_id)
    tamper(f"UPDATE audit_event SET salt = NULL, content = NULL WHERE position = {link}")
    assert verified(full.clinic.clinic_id) == length


def test_a_link_left_out_of_the_middle_is_found(full):
    tamper("DELETE FROM audit_event WHERE position = 7")
    with pytest.raises(ChainBroken, match="Link 7 is missing"):
        verified(full.clinic.clinic_id)


def test_a_link_left_out_and_the_rest_moved_up_is_found(full):
    length = verified(full.clinic.clinic_id)
    tamper(
        "DELETE FROM audit_event WHERE position = 7",
        *(f"UPDATE audit_event SET position = {at - 1} WHERE position = {at}" for at in range(8, length + 1)),
    )
    with pytest.raises(ChainBroken, match="Link 7 was changed"):
        verified(full.clinic.clinic_id)


def test_a_beginning_cut_off_is_found(full):
    tamper("DELETE FROM audit_event WHERE position < 3")
    with pytest.raises(ChainBroken, match="Link 1 is missing"):
        verified(full.clinic.clinic_id)


def test_a_tail_cut_off_is_found(full):
    length = verified(full.clinic.clinic_id)
    tamper(f"DELETE FROM audit_event WHERE position > {length - 2}")
    with pytest.raises(ChainBroken, match=f"ends at link {length - 2}"):
        verified(full.clinic.clinic_id)


def test_a_chain_taken_away_whole_is_found(full):
    tamper("DELETE FROM audit_event")
    with pytest.raises(ChainBroken):
        verified(full.clinic.clinic_id)


def test_a_chain_without_its_head_is_found(full):
    tamper("DELETE FROM audit_head")
    with pytest.raises(ChainBroken):
        verified(full.clinic.clinic_id)


def test_the_salts_differ_so_that_no_score_can_be_guessed(app, clock):
    patient = a_patient(a_clinic(clock), clock)
    write_days(patient, [5] * 4, clock, first_day=date(2026, 3, 17))
    rows = audit_rows(patient.clinic_id)
    assert len({row.salt for row in rows}) == len({row.commitment for row in rows}) == len(rows)
    assert {len(row.salt) for row in rows} == {32}


def test_eight_people_at_once_write_one_unbroken_chain(app, full, clock):
    patients = [a_patient(full.clinic, clock, f"P-{number}") for number in range(4)]
    before = verified(full.clinic.clinic_id)

    def write(patient, back):
        day = date(2026, 3, 20 - back)
        for score in range(3):
            record_entry(patient, subject(patient), day=day, score=score, client_ref=uuid.uuid4(), clock=clock)

    def sign_in():
        for _ in range(3):
            assert start_session(full.patient.account_id, clock=clock)

    acts = [partial(write, patient, back) for patient in patients[:3] for back in (0, 1)] + [sign_in] * 2
    assert side_by_side(app, acts) == [None] * 8
    assert verified(full.clinic.clinic_id) == before + 24


def entry_rows(full):
    return [row for row in audit_rows(full.clinic.clinic_id) if row.action == "entry.recorded"]
