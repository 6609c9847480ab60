"""Very high scores: the advice is shown at most once in 7 days, and the clinic finds a row for its next working day."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from diary.clinical.scores import Source
from diary.db import snapshot, transaction
from diary.models import Clinic, Entry, EventWithdrawal, PatientEvent
from diary.services.at_hand import take_in_hand
from diary.services.diary_settings import set_diary
from diary.services.entries import record_entry, undo_entry
from diary.services.high_scores import advised_on, note_high_scores
from tests.clinic_builders import a_clinic, a_course, a_patient, subject, write_days
from tests.services.looking_in import audit_rows, diary_of, summary_of_row

TODAY = date(2026, 3, 20)


@pytest.fixture
def clinic(app, clock):
    return a_clinic(clock)


@pytest.fixture
def patient(clinic, clock):
    """Somebody whose pain was 4 on each of the ten days before today."""
    patient = a_patient(clinic, clock)
    write_days(patient, [4] * 10, clock, first_day=date(2026, 3, 10))
    clock.now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    return patient


def write(patient, score, clock, day=None):
    on = day or clock().date()
    return record_entry(patient, subject(patient), day=on, score=score, client_ref=uuid.uuid4(), clock=clock)


def events():
    with snapshot() as session:
        return list(session.scalars(select(PatientEvent).order_by(PatientEvent.recorded_at)))


def test_a_nine_above_the_own_month_shows_the_advice_and_leaves_a_row_for_the_next_working_day(clinic, patient, clock):
    assert write(patient, 9, clock).advice
    (event,) = events()
    assert (event.kind, event.day, event.due_day) == ("high_scores", TODAY, date(2026, 3, 23))  # Friday, then Monday
    assert event.recorded_by is None  # by the rule, not by a person
    last = audit_rows(clinic.clinic_id)[-1]
    assert (last.action, last.actor, last.content["kind"]) == ("event.recorded", "patient", "high_scores")


def test_the_row_stands_on_the_worklist_as_a_mark_and_changes_no_state(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 3, 2), clock, days=3)
    before = summary_of_row(patient).shown["verdict"]["state"]
    write(patient, 9, clock)
    shown = summary_of_row(patient).shown["verdict"]
    assert {"code": "high_scores", "value": "2026-03-20"} in shown["marks"]
    assert shown["state"] == before


def test_an_ordinary_score_calls_for_nothing(patient, clock):
    assert not write(patient, 5, clock).advice
    assert events() == []


def test_it_is_shown_at_most_once_in_seven_days(patient, clock):
    shown = []
    for _ in range(9):
        shown.append(write(patient, 10, clock).advice)
        clock.move(days=1)
    assert shown == [True, False, False, False, False, False, False, True, False]
    assert [event.day for event in events()] == [TODAY, TODAY + timedelta(days=7)]


def test_three_days_above_the_own_week_call_on_the_third(patient, clock):
    shown = []
    for _ in range(3):
        shown.append(write(patient, 7, clock).advice)
        clock.move(days=1)
    assert shown == [False, False, True]


def test_only_what_is_written_today_about_today_calls(patient, clock):
    clock.move(days=1)
    assert not write(patient, 10, clock, day=TODAY).advice
    clock.move(days=2)
    assert not write(patient, 10, clock, day=date(2026, 3, 22)).advice
    assert events() == []


def test_a_score_that_staff_copied_from_paper_calls_for_nothing(patient, clock):
    stored = write(patient, 4, clock).entry
    with transaction() as session:
        paper = {column.name: getattr(stored, column.name) for column in Entry.__table__.columns}
        changed = {
            "id": uuid.uuid4(),
            "revision": 2,
            "score": 10,
            "client_ref": uuid.uuid4(),
            "source": Source.PAPER,
            "written_at": clock.move(minutes=1),
        }
        session.add(Entry(**paper | changed))
        session.flush()
        known = take_in_hand(session, subject(patient), day=TODAY, client_ref=uuid.uuid4())
        assert not note_high_scores(session, subject(patient), known, TODAY, clock())


def test_a_wrong_tap_that_is_undone_takes_its_row_with_it_and_the_page_is_not_shown_again(patient, clock):
    stored = write(patient, 10, clock)
    assert stored.advice
    clock.move(seconds=5)
    undo_entry(patient, subject(patient), stored.entry.id, clock=clock)
    assert "high_scores" not in [mark["code"] for mark in summary_of_row(patient).shown["verdict"]["marks"]]
    (event,) = events()
    with snapshot() as session:
        assert session.scalars(select(EventWithdrawal)).one().event_id == event.id
        assert not advised_on(session, subject(patient), TODAY)
    clock.move(seconds=5)
    assert not write(patient, 10, clock).advice  # at most once in 7 days, also now; the row is there again
    assert len(events()) == 2
    with snapshot() as session:
        assert advised_on(session, subject(patient), TODAY)


def test_a_sending_whose_answer_was_lost_is_answered_alike(patient, clock):
    ref = uuid.uuid4()
    answers = [
        record_entry(patient, subject(patient), day=TODAY, score=10, client_ref=ref, clock=clock) for _ in range(2)
    ]
    assert [(stored.again, stored.advice) for stored in answers] == [(False, True), (True, True)]
    assert len(events()) == 1


@pytest.mark.parametrize(
    ("zone", "working", "due"),
    [
        ("Europe/Amsterdam", ("mon", "tue", "wed", "thu", "fri"), date(2026, 3, 23)),
        ("Europe/Amsterdam", ("sat",), date(2026, 3, 21)),
        ("Europe/Amsterdam", ("wed",), date(2026, 3, 25)),
        ("Pacific/Auckland", ("sat", "mon"), date(2026, 3, 23)),  # there it is Saturday by now
    ],
)
def test_the_working_days_and_the_zone_are_those_of_the_clinic(clinic, patient, clock, zone, working, due):
    set_diary(clinic.admin, clinic.clinic_id, notes=False, working_days=working, clock=clock)
    with transaction() as session:
        session.get_one(Clinic, clinic.clinic_id).time_zone = zone
    write(patient, 9, clock)
    assert events()[0].due_day == due


def test_somebody_elses_scores_are_not_looked_at(clinic, patient, clock):
    other = a_patient(clinic, clock, "M-2")
    assert not write(other, 10, clock).advice  # has no month of their own yet
    assert diary_of(other).events == []
