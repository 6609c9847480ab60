"""What a patient writes is stored once, on its day, and a later writing is a revision."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from diary.clinical.scores import Source
from diary.errors import Changed, Invalid, NotThere, Refused
from diary.services.entries import AlreadyAnswered, record_entry
from diary.services.wordings import ITEM_LAST_24_HOURS, ITEM_THAT_DAY
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.looking_in import everything_stored, live_score, revisions_of

TODAY = date(2026, 3, 20)


@pytest.fixture
def patient(app, clock):
    return a_patient(a_clinic(clock), clock)


def write(patient, score, clock, *, day=TODAY, client_ref=None):
    ref = client_ref or uuid.uuid4()
    return record_entry(patient, subject(patient), day=day, score=score, client_ref=ref, clock=clock)


def test_a_score_sent_twice_from_a_phone_is_stored_once(patient, clock):
    ref = uuid.uuid4()
    first = write(patient, 6, clock, client_ref=ref)
    clock.move(minutes=3)
    stored = everything_stored()
    second = write(patient, 6, clock, client_ref=ref)
    assert (first.again, second.again) == (False, True)
    assert second.entry.id == first.entry.id
    assert everything_stored() == stored
    assert [entry.score for entry in revisions_of(patient)] == [6]


def test_a_form_sent_again_the_next_day_is_still_the_same_one(patient, clock):
    ref = uuid.uuid4()
    first = write(patient, 6, clock, client_ref=ref)
    clock.move(days=40)
    assert write(patient, 6, clock, client_ref=ref).entry.id == first.entry.id


@pytest.mark.parametrize(("day", "score"), [(TODAY, 7), (TODAY - timedelta(days=1), 6)])
def test_the_same_form_with_another_score_or_day_changes_nothing(patient, clock, day, score):
    ref = uuid.uuid4()
    first = write(patient, 6, clock, client_ref=ref).entry
    stored = everything_stored()
    with pytest.raises(AlreadyAnswered) as refusal:
        write(patient, score, clock, day=day, client_ref=ref)
    assert isinstance(refusal.value, Changed)
    assert (refusal.value.stored.id, refusal.value.stored.score) == (first.id, 6)
    assert everything_stored() == stored


def test_a_second_score_of_a_day_is_a_revision_and_the_later_one_is_live(patient, clock):
    write(patient, 6, clock)
    clock.move(minutes=20)
    write(patient, 3, clock)
    assert [(entry.revision, entry.score) for entry in revisions_of(patient)] == [(1, 6), (2, 3)]
    assert live_score(patient, TODAY, TODAY) == 3


def test_a_correction_is_live_also_when_the_clock_has_not_moved_since(patient, clock):
    days = [TODAY - timedelta(days=back) for back in range(4)]
    for score in range(5):
        for day in days:
            write(patient, score, clock, day=day)
        assert [live_score(patient, day, TODAY) for day in days] == [score] * 4


@pytest.mark.parametrize("score", [11, -1, 100])
def test_a_score_outside_the_scale_is_refused(patient, clock, score):
    with pytest.raises(Invalid) as refusal:
        write(patient, score, clock)
    assert list(refusal.value.fields) == ["score"]
    assert revisions_of(patient) == []


def test_both_ends_of_the_scale_are_scores(patient, clock):
    write(patient, 0, clock)
    write(patient, 10, clock, day=TODAY - timedelta(days=1))
    assert [entry.score for entry in revisions_of(patient)] == [10, 0]


def test_a_day_that_has_not_come_is_refused(patient, clock):
    with pytest.raises(Invalid) as refusal:
        write(patient, 5, clock, day=TODAY + timedelta(days=1))
    assert list(refusal.value.fields) == ["day"]
    assert revisions_of(patient) == []


def test_three_days_back_can_be_filled_in_and_four_cannot(patient, clock):
    write(patient, 5, clock, day=TODAY - timedelta(days=3))
    with pytest.raises(Invalid) as refusal:
        write(patient, 5, clock, day=TODAY - timedelta(days=4))
    assert list(refusal.value.fields) == ["day"]
    assert [entry.day for entry in revisions_of(patient)] == [TODAY - timedelta(days=3)]


def test_an_old_day_that_was_written_can_be_corrected(patient, clock):
    write(patient, 5, clock)
    clock.move(days=60)
    write(patient, 2, clock)
    assert live_score(patient, TODAY, TODAY + timedelta(days=60)) == 2
    assert live_score(patient, TODAY, TODAY + timedelta(days=59)) == 5


LATENESS = [
    (0, 0, Source.SELF, ITEM_LAST_24_HOURS),
    (1, 1, Source.SELF, ITEM_THAT_DAY),
    (2, 2, Source.LATE, ITEM_THAT_DAY),
    (3, 3, Source.LATE, ITEM_THAT_DAY),
]


@pytest.mark.parametrize(("back", "days_late", "source", "asked"), LATENESS)
def test_an_entry_keeps_how_late_it_was_and_what_was_asked(patient, clock, back, days_late, source, asked):
    entry = write(patient, 4, clock, day=TODAY - timedelta(days=back)).entry
    assert (entry.days_late, entry.source, entry.item_version) == (days_late, source, asked)


def test_an_entry_keeps_its_moments_and_who_wrote_it(patient, clock):
    write(patient, 4, clock)
    (entry,) = revisions_of(patient)
    noon = datetime(2026, 3, 20, 12, tzinfo=UTC)
    assert (entry.entered_at, entry.written_at, entry.received_at) == (noon, noon, noon)
    assert (entry.entered_by, entry.clock_error_seconds) == (patient.account_id, 0)


TURNS = [
    ("Europe/Amsterdam", datetime(2026, 3, 20, 2, 59, 59, tzinfo=UTC), date(2026, 3, 19)),
    ("Europe/Amsterdam", datetime(2026, 3, 20, 3, 0, tzinfo=UTC), date(2026, 3, 20)),
    # summer time has begun: 04:00 is an hour earlier in UTC
    ("Europe/Amsterdam", datetime(2026, 3, 30, 1, 59, 59, tzinfo=UTC), date(2026, 3, 29)),
    ("Europe/Amsterdam", datetime(2026, 3, 30, 2, 0, tzinfo=UTC), date(2026, 3, 30)),
    ("America/Los_Angeles", datetime(2026, 3, 20, 10, 59, 59, tzinfo=UTC), date(2026, 3, 19)),
    ("America/Los_Angeles", datetime(2026, 3, 20, 11, 0, tzinfo=UTC), date(2026, 3, 20)),
    ("Pacific/Kiritimati", datetime(2026, 3, 19, 13, 59, 59, tzinfo=UTC), date(2026, 3, 19)),
    ("Pacific/Kiritimati", datetime(2026, 3, 19, 14, 0, tzinfo=UTC), date(2026, 3, 20)),
    ("Asia/Kathmandu", datetime(2026, 3, 19, 22, 14, 59, tzinfo=UTC), date(2026, 3, 19)),
    ("Asia/Kathmandu", datetime(2026, 3, 19, 22, 15, tzinfo=UTC), date(2026, 3, 20)),
    ("Africa/Cairo", datetime(2026, 4, 24, 0, 59, 59, tzinfo=UTC), date(2026, 4, 23)),
    ("Africa/Cairo", datetime(2026, 4, 24, 1, 0, tzinfo=UTC), date(2026, 4, 24)),
]


@pytest.mark.parametrize(("zone", "moment", "today"), TURNS)
def test_the_day_turns_at_four_where_the_patient_lives(app, clock, zone, moment, today):
    clock.now = moment
    patient = a_patient(a_clinic(clock), clock, zone=zone)
    with pytest.raises(Invalid):
        write(patient, 5, clock, day=today + timedelta(days=1))
    assert write(patient, 5, clock, day=today).entry.days_late == 0


def test_nobody_but_the_patient_writes_in_a_diary(app, clock):
    clinic = a_clinic(clock)
    patient, neighbour = a_patient(clinic, clock), a_patient(clinic, clock, "M-2")
    stored = everything_stored()
    for who, refusal in ((neighbour, NotThere), (clinic.clinician, Refused), (clinic.nurse, Refused)):
        with pytest.raises(refusal):
            record_entry(who, subject(patient), day=TODAY, score=5, client_ref=uuid.uuid4(), clock=clock)
    assert everything_stored() == stored


def test_two_patients_may_have_used_the_same_client_ref(app, clock):
    clinic, ref = a_clinic(clock), uuid.uuid4()
    one, other = a_patient(clinic, clock), a_patient(clinic, clock, "M-2")
    assert not write(one, 5, clock, client_ref=ref).again
    assert not write(other, 7, clock, client_ref=ref).again


def test_a_correction_is_live_also_when_the_clock_went_back(app, clock):
    patient = a_patient(a_clinic(clock), clock)
    for score in (3, 8):
        record_entry(patient, subject(patient), day=TODAY, score=score, client_ref=uuid.uuid4(), clock=clock)
        clock.move(minutes=-10)
    assert live_score(patient, TODAY, TODAY) == 8
