"""Taking the last writing of a day back."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from diary.clinical.rules import DEFAULT_RULES
from diary.db import transaction
from diary.errors import Changed, NotThere
from diary.models import PatientZone
from diary.services.entries import record_entry, undo_entry
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.looking_in import diary_of, everything_stored, live_score, revisions_of, summary_of_row

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


def test_an_undo_after_the_turn_of_the_day_is_not_known_as_of_the_day_before(patient, clock):
    before_four = datetime(2026, 3, 21, 2, 55, tzinfo=UTC)  # 03:55 in Amsterdam: still the diary day 20 March
    tomorrow = TODAY + timedelta(days=1)
    for day, scores in ((TODAY, [6, None]), (TODAY - timedelta(days=1), [4, 6, 4])):
        clock.now = before_four
        written = [write(patient, score, clock, day) for score in scores[:-1]]
        clock.now = before_four + timedelta(minutes=6)
        undo(patient, written[-1], clock)
        assert [entry.score for entry in revisions_of(patient, day)] == scores
        assert [live_score(patient, day, today) for today in (TODAY, tomorrow)] == [6, scores[-1]]
    lateness = {day: entry.days_late for day, entry in diary_of(patient).scores(tomorrow, DEFAULT_RULES).items()}
    assert lateness == {TODAY - timedelta(days=1): 1}, "an undo makes no day late"


def test_an_undo_in_a_zone_where_the_day_before_still_lasts_is_known_with_what_it_takes_back(app, clock):
    clinic = a_clinic(clock, "Pain clinic East")
    patient = a_patient(clinic, clock, zone="Asia/Tokyo")
    clock.now = datetime(2026, 3, 20, 20, tzinfo=UTC)  # 05:00 on 21 March in Tokyo, 13:00 on 20 March in Los Angeles
    tomorrow = TODAY + timedelta(days=1)
    entry = write(patient, 6, clock, tomorrow)
    key = {"clinic_id": patient.clinic_id, "patient_id": patient.patient_id}
    with transaction() as session:
        session.add(PatientZone(**key, valid_from=TODAY, time_zone="America/Los_Angeles"))
    undo(patient, entry, clock)
    assert [one.days_late for one in revisions_of(patient)] == [0, 0]


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
