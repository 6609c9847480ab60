"""The own diary: what a page shows is read, and no more of it, however long the diary is."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import ANY

import pytest
from sqlalchemy import event

from diary.clinical.scores import Source
from diary.db import db, transaction
from diary.models import Entry
from diary.services import entries
from diary.services.own_diary import NotRead, Window, read_own_diary, read_whole_diary
from diary.services.some_days import Span
from diary.services.wearing_off import say_wearing_off
from diary.vocabulary import CourseStatus, DecisionKind
from tests.clinic_builders import a_course, a_patient, subject, write_days
from tests.services.deciding import decide

TODAY = date(2026, 3, 20)


def write_long(patient, days, *, until=TODAY):
    """Put a whole diary in at once: a score on each of `days` days up to yesterday."""
    about = subject(patient)
    with transaction() as session:
        for back in range(1, days + 1):
            noon = datetime.combine(until - timedelta(days=back), time(12), tzinfo=UTC)
            session.add(
                Entry(
                    clinic_id=about.clinic_id,
                    patient_id=about.patient_id,
                    id=uuid.uuid4(),
                    day=noon.date(),
                    revision=1,
                    score=back % 11,
                    client_ref=uuid.uuid4(),
                    item_version="average-24-hours-1",
                    entered_at=noon,
                    utc_offset_minutes=0,
                    written_at=noon,
                    received_at=noon,
                    days_late=0,
                    source=Source.SELF,
                )
            )


def asked_of_the_database(read):
    """Return how many questions `read` asks, and how many revisions of entries it makes of the answers."""
    questions = []

    def hear(_connection, _cursor, statement, *_more):
        questions.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        own = read()
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return len(questions), len(own.points)


@pytest.mark.parametrize("window", [Window(), Window(days=84), Window(days=84, until=date(2026, 1, 31))], ids=str)
def test_ten_years_of_diary_cost_a_page_what_two_hundred_days_cost(clinic, clock, window):
    costs = []
    for reference, days in (("M-1", 200), ("M-2", 3653)):
        patient = a_patient(clinic, clock, reference)
        write_long(patient, days)
        costs.append(asked_of_the_database(lambda who=patient: read_own_diary(who, clock=clock, window=window)))
    assert costs[0] == costs[1]
    assert costs[1][1] <= 84 + 6 + 14


def test_today_reads_three_weeks_at_most(clinic, patient, clock):
    write_long(patient, 400)
    assert [len(read_own_diary(patient, clock=clock).points), len(read_whole_diary(patient, clock=clock).points)] == [
        19,
        400,
    ]


def test_a_day_that_was_not_read_is_never_taken_for_an_empty_one(clinic, patient, clock):
    write_long(patient, 400)
    own = read_own_diary(patient, clock=clock)
    with pytest.raises(NotRead):
        own.score_of(TODAY - timedelta(days=100))
    assert (
        read_own_diary(patient, clock=clock, window=Window(about=TODAY - timedelta(days=100))).score_of(
            TODAY - timedelta(days=100)
        )
        == 100 % 11
    )
    assert own.score_of(TODAY + timedelta(days=1)) is None


def test_what_is_read_of_some_days_is_what_the_whole_diary_says_of_them(clinic, patient, clock):
    write_days(patient, [5, None, 6, 7, 2], clock, first_day=date(2026, 3, 10))
    clock.now = datetime(2026, 3, 14, 13, tzinfo=UTC)
    late = {"day": date(2026, 3, 11), "client_ref": uuid.uuid4(), "clock": clock}
    entries.record_entry(patient, subject(patient), score=9, **late)
    corrected = {"day": date(2026, 3, 12), "client_ref": uuid.uuid4(), "clock": clock, "reason": "wrong number tapped"}
    entries.record_entry(patient, subject(patient), score=1, **corrected)
    some, whole = (read(patient, clock=clock).points for read in (read_own_diary, read_whole_diary))
    assert some == whole
    assert [(point.day.day, point.score, point.kind) for point in some] == [
        (10, 5, "counts"),
        (11, 9, "late"),
        (12, 1, "counts"),
        (13, 7, "counts"),
        (14, 2, "counts"),
    ]


def test_courses_are_those_of_the_days_shown(clinic, patient, clock):
    for first in (date(2025, 6, 2), date(2026, 1, 5), date(2026, 3, 16)):
        a_course(clinic, patient, first, clock)
    a_course(clinic, patient, date(2026, 5, 4), clock, status=CourseStatus.PLANNED)
    assert [band.first_day for band in read_own_diary(patient, clock=clock).bands] == [date(2026, 3, 16)]
    summer = read_own_diary(patient, clock=clock, window=Window(days=84, until=date(2025, 6, 30)))
    assert [band.first_day for band in summer.bands] == [date(2025, 6, 2), date(2026, 3, 16)]
    assert summer.is_treated


def test_an_empty_diary_has_no_first_day_and_a_planned_course_gives_it_none(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 5, 4), clock, status=CourseStatus.PLANNED)
    own = read_own_diary(patient, clock=clock)
    assert (own.first_day, own.is_treated, own.points, own.bands) == (None, False, [], [])


def test_the_first_day_is_that_of_the_first_entry_or_course(clinic, patient, clock):
    write_long(patient, 40)
    assert read_own_diary(patient, clock=clock).first_day == TODAY - timedelta(days=40)
    a_course(clinic, patient, date(2025, 6, 2), clock)
    assert read_own_diary(patient, clock=clock).first_day == date(2025, 6, 2)


def test_wearing_off_is_as_the_rules_have_it(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 2, 2), clock)
    assert read_own_diary(patient, clock=clock).said_wearing_off is None
    say_wearing_off(patient, subject(patient), clock=clock)
    assert read_own_diary(patient, clock=clock).said_wearing_off == TODAY
    assert read_own_diary(patient, clock=clock).may_take_it_back
    clock.move(days=2)
    assert not read_own_diary(patient, clock=clock).may_take_it_back
    decide(clinic.clinician, patient, DecisionKind.WAIT, clock)
    assert read_own_diary(patient, clock=clock).said_wearing_off is None


def test_red_flags_are_named_for_seven_days_after_an_infusion(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 3, 9), clock, medicines=("ketamine", "lidocaine"))
    assert read_own_diary(patient, clock=clock).red_flags == ("ketamine", "lidocaine")
    clock.move(days=1)
    assert read_own_diary(patient, clock=clock).red_flags == ()


def test_days_that_meet_are_read_once():
    window = Window(days=84, about=date(2026, 3, 18))
    assert window.spans(TODAY) == (
        Span(date(2026, 3, 7), TODAY),
        Span(date(2025, 12, 21), TODAY),
        Span(date(2026, 3, 18), date(2026, 3, 18)),
    )
    assert Window(until=date(2030, 1, 1)).spans(TODAY) == (ANY, Span(date(2026, 3, 1), TODAY))
