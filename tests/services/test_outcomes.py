"""What is kept of each course is what a rebuild gives, and changes with whatever changes the diary."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from alembic import command
from sqlalchemy import select

from diary.db import snapshot
from diary.installation import installation
from diary.models import CourseOutcome
from diary.schema import alembic_config
from diary.services import courses
from diary.services.entries import record_entry
from diary.services.fresh_lines import make_right, remake_stale
from diary.vocabulary import CourseStatus
from tests.clinic_builders import a_course, a_patient, subject, write_days
from tests.services.looking_in import everything_stored


def kept(patient):
    """Return what is kept of a patient's courses, in the order of their days, as whoever opens the groups finds it."""
    make_right(patient.clinic_id, clock=installation().clock)
    wanted = select(CourseOutcome).where(CourseOutcome.patient_id == patient.patient_id)
    with snapshot() as session:
        return list(session.scalars(wanted.order_by(CourseOutcome.first_day)))


@pytest.fixture
def treated(clinic, clock):
    """A patient with baseline 50/7, a course from 9 to 13 January, a good fortnight, then pain again."""
    clock.now = datetime(2026, 1, 2, 12, tzinfo=UTC)
    patient = a_patient(clinic, clock)
    write_days(patient, [7, 7, 8, 7, 7, 7, 7], clock, first_day=date(2026, 1, 2))
    a_course(clinic, patient, date(2026, 1, 9), clock, medicines=("ketamine", "magnesium"))
    write_days(patient, [2] * 14 + [8] * 20, clock, first_day=date(2026, 1, 14))
    return patient


def test_a_course_is_kept_with_all_that_came_of_it(treated):
    (row,) = kept(treated)
    assert (row.medicine, row.medicines) == ("ketamine", ("ketamine", "magnesium"))
    assert (row.first_day, row.last_day, row.as_of) == (date(2026, 1, 9), date(2026, 1, 13), date(2026, 2, 16))
    assert (row.judged, row.baseline) == (True, Fraction(50, 7))
    assert (row.weeks, row.later_weeks) == ([840, 840, 3360, 3360], [])
    # three days of 8 in a week of 2 make 32/7, below the line of 5; four make 38/7
    assert (row.confirmed, row.relief, row.days, row.followed) == (14, "lost", 17, 34)
    # half a point below the baseline is 93/14; six days of 8 and one of 2 make 50/7, on day 20 and from then on
    assert row.back_at_baseline == 27


def test_an_entry_moves_the_outcome_before_anybody_opens_the_groups(treated, clock):
    write_days(treated, [8], clock, first_day=date(2026, 2, 17))
    (row,) = kept(treated)
    assert (row.weeks, row.followed, row.as_of) == ([840, 840, 3360, 3360, 3360], 35, date(2026, 2, 17))
    record_entry(treated, subject(treated), day=date(2026, 2, 17), score=1, client_ref=uuid.uuid4(), clock=clock)
    assert kept(treated)[0].weeks[-1] == 49 * 60


def test_the_outcome_moves_on_when_a_day_is_over(clinic, treated, clock):
    clock.move(days=1)
    assert remake_stale(clinic.clinic_id, clock=clock) == 1
    (row,) = kept(treated)
    assert (row.weeks, row.as_of) == ([840, 840, 3360, 3360, 3360], date(2026, 2, 17))


def test_weeks_after_the_twelfth_are_kept_apart(clinic, clock):
    clock.now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    patient = a_patient(clinic, clock)
    a_course(clinic, patient, date(2026, 1, 2), clock, days=1)
    write_days(patient, [3] * 98, clock, first_day=date(2026, 1, 3))
    (row,) = kept(patient)
    assert (row.weeks, row.later_weeks, row.baseline) == ([1260] * 12, [1260] * 2, None)


def test_a_next_course_is_the_judged_one(clinic, treated, clock):
    a_course(clinic, treated, date(2026, 2, 17), clock, medicines=("lidocaine",))
    first, second = kept(treated)
    assert (first.judged, second.judged) == (False, True)
    assert (second.medicine, second.relief, second.weeks) == ("lidocaine", "too_early", [])


def test_a_course_that_is_planned_or_cancelled_is_not_kept(clinic, treated, clock):
    a_course(clinic, treated, date(2026, 3, 10), clock, status=CourseStatus.PLANNED)
    (row,) = kept(treated)
    days = courses.CourseDays(("ketamine",), CourseStatus.CANCELLED, row.first_day, row.last_day)
    courses.correct_course(clinic.clinician, row.course_id, subject(treated), days, reason="never given", clock=clock)
    assert kept(treated) == []


def test_the_course_that_was_given_is_kept_and_not_those_cancelled_on_the_same_day(clinic, treated, clock):
    first = kept(treated)[0]
    cancelled = courses.CourseDays(("ketamine",), CourseStatus.CANCELLED, first.first_day, first.last_day)
    change = {"reason": "a slip of the pen", "clock": clock}
    courses.correct_course(clinic.clinician, first.course_id, subject(treated), cancelled, **change)
    given = a_course(clinic, treated, first.first_day, clock)
    last = a_course(clinic, treated, date(2026, 2, 1), clock)
    courses.correct_course(clinic.clinician, last, subject(treated), cancelled, **change)
    assert [row.course_id for row in kept(treated)] == [given]


def test_a_baseline_by_hand_is_kept_exactly(clinic, treated, clock):
    courses.give_baseline(
        clinic.clinician, subject(treated), kept(treated)[0].course_id, value=Decimal("7.25"), reason="x", clock=clock
    )
    assert kept(treated)[0].baseline == Fraction(29, 4)


def test_other_patients_are_left_alone(clinic, treated, clock):
    neighbour = a_patient(clinic, clock, "M-2")
    a_course(clinic, neighbour, date(2026, 2, 10), clock)
    before = kept(treated)[0].as_of
    clock.move(days=1)
    record_entry(neighbour, subject(neighbour), day=date(2026, 2, 17), score=3, client_ref=uuid.uuid4(), clock=clock)
    assert (kept(treated)[0].as_of, kept(neighbour)[0].as_of) == (before, date(2026, 2, 17))


def test_patients_who_were_there_before_groups_are_counted_after_the_first_look(clinic, treated, clock):
    assert kept(treated)
    before = everything_stored()["course_outcome"]
    command.downgrade(alembic_config(), "0002")
    command.upgrade(alembic_config(), "head")
    assert everything_stored()["course_outcome"] == []
    remake_stale(clinic.clinic_id, clock=clock)
    assert everything_stored()["course_outcome"] == before != []
