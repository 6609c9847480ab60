"""Many sendings at the same moment: none is lost and none is doubled."""

import uuid
from datetime import date
from functools import partial

import pytest

from diary.db import snapshot
from diary.services.audit import verify_chain
from diary.services.entries import AlreadyAnswered, Stored, record_entry, undo_entry
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.looking_in import audit_rows, revisions_of, summary_of_row
from tests.services.side_by_side import side_by_side

TODAY = date(2026, 3, 20)


@pytest.fixture
def patient(app, clock):
    return a_patient(a_clinic(clock), clock)


def writing(patient, score, client_ref, clock, day=TODAY):
    return partial(record_entry, patient, subject(patient), day=day, score=score, client_ref=client_ref, clock=clock)


def test_twenty_posts_of_one_entry_store_one(app, patient, clock):
    ref = uuid.uuid4()
    answers = side_by_side(app, [writing(patient, 5, ref, clock)] * 20)
    assert all(isinstance(answer, Stored) for answer in answers), answers
    assert sorted(answer.again for answer in answers) == [False] + [True] * 19
    assert len({answer.entry.id for answer in answers}) == 1
    assert [entry.score for entry in revisions_of(patient)] == [5]
    assert [row.action for row in audit_rows(patient.clinic_id)].count("entry.recorded") == 1


def test_twenty_scores_of_one_form_store_one_and_tell_the_others(app, patient, clock):
    ref = uuid.uuid4()
    answers = side_by_side(app, [writing(patient, number % 11, ref, clock) for number in range(11)])
    (kept,) = revisions_of(patient)
    for number, answer in enumerate(answers):
        stored = answer.entry if number == kept.score else answer.stored
        assert isinstance(answer, Stored if number == kept.score else AlreadyAnswered)
        assert stored.id == kept.id


def test_twenty_entries_of_one_day_are_twenty_revisions(app, patient, clock):
    answers = side_by_side(app, [writing(patient, number % 11, uuid.uuid4(), clock) for number in range(20)])
    assert all(isinstance(answer, Stored) for answer in answers), answers
    revisions = revisions_of(patient)
    assert [entry.revision for entry in revisions] == list(range(1, 21))
    assert {entry.id for entry in revisions} == {answer.entry.id for answer in answers}
    with snapshot() as session:
        links = verify_chain(session, patient.clinic_id)
    assert links == len(audit_rows(patient.clinic_id))
    assert summary_of_row(patient).shown["last_entry"] == "2026-03-20"


def test_ten_taps_on_undo_undo_once(app, patient, clock):
    entry = writing(patient, 5, uuid.uuid4(), clock)().entry
    clock.move(seconds=5)
    undo = partial(undo_entry, patient, subject(patient), entry.id, clock=clock)
    answers = side_by_side(app, [undo] * 10)
    assert len({answer.id for answer in answers}) == 1
    assert [entry.score for entry in revisions_of(patient)] == [5, None]
