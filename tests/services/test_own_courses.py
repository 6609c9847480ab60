"""My courses: plain means around each course, and what lies ahead."""

import uuid
from datetime import date, timedelta
from fractions import Fraction

import pytest

from diary.errors import NotThere
from diary.services import entries
from diary.services.own_courses import read_own_courses
from diary.vocabulary import CourseStatus
from tests.clinic_builders import a_course, a_patient, subject, write_days

FIRST = date(2026, 1, 12)


def test_a_course_gives_back_the_means_around_it_in_numbers(clinic, patient, clock):
    write_days(patient, [7] * 5 + [8] * 2 + [None] * 5 + [2] * 14 + [3] * 14 + [4] * 20, clock, first_day=FIRST)
    a_course(clinic, patient, FIRST + timedelta(days=7), clock)
    own = read_own_courses(patient, clock=clock)
    (course,) = own.given
    # (5 x 7 + 2 x 8) / 7 = 51 / 7; (14 x 2 + 14 x 3) / 28 = 5 / 2; 20 fours of 28 days, 20 of which have come.
    assert (course.means.before.mean, course.means.before.entries) == (Fraction(51, 7), 7)
    first, second = course.means.after
    assert (first.mean, first.entries, first.is_over) == (Fraction(5, 2), 28, True)
    assert (second.mean, second.entries, second.past, second.is_over) == (4, 20, 20, False)


def test_the_newest_course_stands_first_and_takes_its_days_from_the_one_before(clinic, patient, clock):
    write_days(patient, [7] * 7 + [None] * 5 + [2] * 20 + [None] * 5 + [1] * 10, clock, first_day=FIRST)
    for start in (7, 32):
        a_course(clinic, patient, FIRST + timedelta(days=start), clock)
    newest, oldest = read_own_courses(patient, clock=clock).given
    assert newest.first_day > oldest.first_day
    assert (oldest.means.after[0].days, oldest.means.after[0].mean) == (20, 2)
    assert oldest.means.after[1].days == 0
    assert (newest.means.before.mean, newest.means.after[0].mean) == (2, 1)


def test_a_late_day_is_in_no_mean(clinic, patient, clock):
    a_course(clinic, patient, FIRST, clock, days=1)
    write_days(patient, [2] * 7, clock, first_day=FIRST + timedelta(days=1))
    clock.move(days=3)
    late = {"day": FIRST + timedelta(days=8), "client_ref": uuid.uuid4(), "clock": clock}
    assert entries.record_entry(patient, subject(patient), score=10, **late).entry.days_late == 2
    (course,) = read_own_courses(patient, clock=clock).given
    assert (course.means.after[0].mean, course.means.after[0].entries) == (2, 7)


def test_a_planned_course_asks_for_the_week_before_it_and_leaves_when_its_day_has_passed(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 4, 6), clock, status=CourseStatus.PLANNED, medicines=("lidocaine",))
    (planned,) = read_own_courses(patient, clock=clock).planned
    assert (planned.write_from, planned.last_before) == (date(2026, 3, 30), date(2026, 4, 5))
    clock.move(days=17)
    assert len(read_own_courses(patient, clock=clock).planned) == 1
    clock.move(days=1)
    assert not read_own_courses(patient, clock=clock).planned


def test_nothing_of_somebody_else_is_shown_and_staff_have_no_courses_of_their_own(clinic, patient, clock):
    a_course(clinic, patient, FIRST, clock)
    other = a_patient(clinic, clock, "M-2")
    own = read_own_courses(other, clock=clock)
    assert (own.given, own.planned, own.plans) == ((), (), ())
    for who in (clinic.clinician, clinic.nurse, clinic.admin):
        with pytest.raises(NotThere):
            read_own_courses(who, clock=clock)
