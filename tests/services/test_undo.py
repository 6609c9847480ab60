"""Taking the last writing of a day back."""

import uuid
from datetime import date, timedelta

import pytest

from diary.errors import Changed, NotThere
from diary.services.entries import record_entry, undo_entry
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.looking_in import everything_stored, live_score, revisions_of, summary_of_row

TODAY = date(2026, 3, 20)


@pytest.fixture
def patient(app, clock):
    return a_patient(a_clinic(clock), clock)


def write(patient, score, clock, day=TODAY):
    written = record_entry(patient, subject(patient), day=day, score=score, client_ref=uuid.uuid4(), clock=clock)
    clock.move(minutes=1)
    return written.entry


def undo(patient, entry, clock):
    return undo_entry(patient, subject(patient), entry.id, clock=clock)


def test_undo_of_the_only_score_leaves_the_day_without_one(patient, clock):
    undo(patient, write(patient, 6, clock), clock)
    assert [entry.score for entry in revisions_of(patient)] == [6, None]
    assert live_score(patient, TODAY, TODAY) is None
    assert summary_of_row(patient).shown["last_entry"] is None


def test_undo_of_a_correction_brings_the_score_before_back(patient, clock):
    write(patient, 6, clock)
    undo(patient, write(patient, 2, clock), clock)
    assert [entry.score for entry in revisions_of(patient)] == [6, 2, 6]
    assert live_score(patient, TODAY, TODAY) == 6


def test_undo_at_the_very_moment_of_writing_is_live(patient, clock):
    for back in range(4):
        day = TODAY - timedelta(days=back)
        for _ in range(4):
            entry = write(patient, 6, clock, day)
            clock.move(minutes=-1)
            undo(patient, entry, clock)
            assert live_score(patient, day, TODAY) is None


def test_undo_sent_twice_undoes_once(patient, clock):
    write(patient, 6, clock)
    entry = write(patient, 2, clock)
    first = undo(patient, entry, clock)
    clock.move(minutes=30)
    stored = everything_stored()
    assert undo(patient, entry, clock).id == first.id
    assert everything_stored() == stored


def test_undo_is_open_for_ten_minutes(patient, clock):
    entry = write(patient, 6, clock)
    clock.move(minutes=9)
    undo(patient, entry, clock)
    assert live_score(patient, TODAY, TODAY) is None


def test_undo_after_ten_minutes_is_refused(patient, clock):
    entry = write(patient, 6, clock)
    clock.move(minutes=9, seconds=1)
    stored = everything_stored()
    with pytest.raises(Changed):
        undo(patient, entry, clock)
    assert everything_stored() == stored


def test_a_score_that_was_corrected_since_cannot_be_undone(patient, clock):
    first = write(patient, 6, clock)
    write(patient, 2, clock)
    stored = everything_stored()
    with pytest.raises(Changed):
        undo(patient, first, clock)
    assert everything_stored() == stored


def test_undo_keeps_how_late_the_day_was(patient, clock):
    entry = write(patient, 6, clock, TODAY - timedelta(days=2))
    undone = undo(patient, entry, clock)
    assert (undone.days_late, undone.source, undone.item_version) == (2, "late", entry.item_version)


def test_a_day_taken_back_can_be_written_again(patient, clock):
    undo(patient, write(patient, 6, clock), clock)
    clock.move(minutes=1)
    write(patient, 4, clock)
    assert live_score(patient, TODAY, TODAY) == 4


def test_nobody_undoes_somebody_elses_entry(app, clock):
    clinic = a_clinic(clock)
    patient, neighbour = a_patient(clinic, clock), a_patient(clinic, clock, "M-2")
    foreigner = a_patient(a_clinic(clock, "Pain clinic East"), clock)
    entry = write(patient, 6, clock)
    stored = everything_stored()
    for who, whose in ((neighbour, neighbour), (neighbour, patient), (foreigner, foreigner), (foreigner, patient)):
        with pytest.raises(NotThere):
            undo_entry(who, subject(whose), entry.id, clock=clock)
    with pytest.raises(NotThere):
        undo_entry(patient, subject(patient), uuid.uuid4(), clock=clock)
    assert everything_stored() == stored
