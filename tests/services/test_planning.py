"""Courses that lie ahead: what the rules say first, planned all the same, moved, cancelled, and asked about."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from diary.errors import Changed, Invalid, NotThere
from diary.services import courses, planning, protocols
from diary.services.asking_again import AskAgain
from diary.services.baseline_weeks import baseline_week_asked
from diary.services.course_cards import read_course_extras
from diary.services.own_courses import read_own_courses
from diary.vocabulary import CourseStatus
from tests.clinic_builders import a_course, subject
from tests.services.looking_in import audit_rows, diary_of, everything_stored

SOON = date(2026, 4, 6)
FAR = date(2026, 6, 1)


def a_plan(first=FAR, days=5, medicines=("ketamine",), **more):
    return planning.Plan(medicines, first, first + timedelta(days=days - 1), **more)


def plan(clinic, patient, clock, first=FAR, accepted="", ref=None, **more):
    return planning.plan_course(
        clinic.nurse, subject(patient), a_plan(first, **more), clock=clock, accepted=accepted, client_ref=ref
    )


def changes_of(clinic, patient, clock, course_id):
    return read_course_extras(clinic.nurse, subject(patient), clock=clock).changes.get(course_id, ())


def test_a_plan_inside_the_interval_is_kept_only_after_what_is_said_was_seen(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 3, 2), clock)
    stored = everything_stored()
    with pytest.raises(AskAgain) as asked:
        plan(clinic, patient, clock, SOON)
    assert everything_stored() == stored
    (warning,) = asked.value.found
    assert (warning.substance, warning.until) == ("ketamine", date(2026, 4, 17))
    with pytest.raises(AskAgain):
        plan(clinic, patient, clock, SOON + timedelta(days=1), accepted="another token")
    made = plan(clinic, patient, clock, SOON, accepted=asked.value.token)
    *_, recorded, anyway = audit_rows(clinic.clinic_id)
    assert (recorded.action, anyway.action) == ("course.recorded", "course.planned_anyway")
    assert anyway.content["warnings"] == [
        {
            "code": "inside_minimum_interval",
            "substance": "ketamine",
            "medicine": "ketamine",
            "until": "2026-04-17",
            "courses": ["2026-03-02/2026-03-06"],
            "number": 42,
            "status": "O",
        }
    ]
    (kept,) = changes_of(clinic, patient, clock, made)
    assert (kept.changed, kept.before) == ("planned_anyway", {"warnings": anyway.content["warnings"]})


def test_what_was_accepted_counts_for_exactly_that_and_nothing_newer(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 3, 2), clock)
    with pytest.raises(AskAgain) as asked:
        plan(clinic, patient, clock, SOON)
    a_course(clinic, patient, date(2026, 3, 12), clock, medicines=("bisphosphonate",))
    with pytest.raises(AskAgain) as again:
        plan(clinic, patient, clock, SOON, accepted=asked.value.token)
    assert again.value.token != asked.value.token


def test_a_plan_without_anything_against_it_is_kept_at_once_and_once(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 3, 2), clock)
    ref = uuid.uuid4()
    assert {plan(clinic, patient, clock, ref=ref) for _ in range(2)} == {ref}
    assert [course.status for course in diary_of(patient).courses] == ["given", "planned"]
    with pytest.raises(Changed):
        plan(clinic, patient, clock, FAR + timedelta(days=1), ref=ref)


def test_a_plan_lies_ahead(clinic, patient, clock):
    plan(clinic, patient, clock, clock().date())
    with pytest.raises(Invalid) as refused:
        plan(clinic, patient, clock, clock().date() - timedelta(days=1))
    assert "first_day" in refused.value.fields


def test_a_move_is_warned_of_like_a_plan_and_keeps_what_it_said_before(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 3, 2), clock)
    made = plan(clinic, patient, clock, medicines=("ketamine-single",))
    move = {"reason": "earlier chair", "clock": clock}
    with pytest.raises(AskAgain) as asked:
        planning.move_course(clinic.nurse, subject(patient), made, a_plan(SOON), **move)
    planning.move_course(clinic.nurse, subject(patient), made, a_plan(SOON), accepted=asked.value.token, **move)
    course = diary_of(patient).courses[-1]
    assert (course.medicines, course.first_day) == (("ketamine-single",), SOON)
    moved, anyway = changes_of(clinic, patient, clock, made)
    assert (moved.changed, moved.reason, moved.before["first_day"]) == ("moved", "earlier chair", "2026-06-01")
    assert anyway.changed == "planned_anyway"


def test_a_plan_before_one_that_is_planned_already_asks_as_it_does_the_other_way_round(clinic, patient, clock):
    plan(clinic, patient, clock)  # 1 to 5 June
    with pytest.raises(AskAgain) as asked:
        plan(clinic, patient, clock, date(2026, 5, 4))
    (warning,) = asked.value.found
    assert (warning.code, warning.until) == ("interval_before_next", date(2026, 6, 19))
    made = plan(clinic, patient, clock, date(2026, 5, 4), accepted=asked.value.token)
    (kept,) = changes_of(clinic, patient, clock, made)
    assert kept.before["warnings"][0]["courses"] == ["2026-06-01/2026-06-05"]


def test_a_move_to_before_another_plan_asks_with_all_the_days_of_the_course_that_is_moved(clinic, patient, clock):
    # Single ketamine asks for 21 days: from 11 May they are over on 1 June, from 12 May a day too late.
    plan(clinic, patient, clock)
    made = plan(clinic, patient, clock, date(2026, 9, 1), medicines=("ketamine-single",))
    move = {"reason": "earlier chair", "clock": clock}
    planning.move_course(clinic.nurse, subject(patient), made, a_plan(date(2026, 5, 11), days=1), **move)
    with pytest.raises(AskAgain) as asked:
        planning.move_course(clinic.nurse, subject(patient), made, a_plan(date(2026, 5, 11), days=2), **move)
    assert [one.code for one in asked.value.found] == ["interval_before_next"]


def test_the_plan_itself_is_not_held_against_its_move(clinic, patient, clock):
    made = plan(clinic, patient, clock)
    planning.move_course(
        clinic.nurse, subject(patient), made, a_plan(FAR + timedelta(days=7)), reason="holiday", clock=clock
    )
    assert diary_of(patient).courses[-1].first_day == FAR + timedelta(days=7)


def test_a_cancelled_plan_can_be_neither_moved_nor_cancelled_again(clinic, patient, clock):
    made = plan(clinic, patient, clock)
    planning.cancel_course(clinic.nurse, subject(patient), made, reason="fever", clock=clock)
    (cancelled,) = changes_of(clinic, patient, clock, made)
    assert (cancelled.changed, cancelled.reason) == ("cancelled", "fever")
    stored = everything_stored()
    for act in (
        lambda: planning.cancel_course(clinic.nurse, subject(patient), made, reason="x", clock=clock),
        lambda: planning.move_course(clinic.nurse, subject(patient), made, a_plan(), reason="x", clock=clock),
    ):
        with pytest.raises(Invalid, match="no longer a plan"):
            act()
    assert everything_stored() == stored


def test_a_correction_into_a_plan_is_warned_of_too(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 3, 2), clock)
    made = plan(clinic, patient, clock)
    days = courses.CourseDays(("ketamine",), CourseStatus.PLANNED, SOON, SOON)
    with pytest.raises(AskAgain):
        courses.correct_course(clinic.nurse, made, subject(patient), days, reason="typed wrong", clock=clock)


def test_a_protocol_is_kept_with_the_plan_and_one_that_is_not_there_is_refused(clinic, patient, clock):
    said = protocols.ProtocolSaid("Ten days", ("ketamine",), 10)
    known = protocols.add_protocol(clinic.admin, clinic.clinic_id, said, client_ref=uuid.uuid4(), clock=clock)
    made = plan(clinic, patient, clock, protocol_id=known)
    extras = read_course_extras(clinic.nurse, subject(patient), clock=clock)
    assert extras.protocols[made].name == "Ten days"
    with pytest.raises(NotThere):
        plan(clinic, patient, clock, FAR + timedelta(days=100), protocol_id=uuid.uuid4())


def test_the_patient_is_asked_for_the_week_before_and_only_then(clinic, patient, clock):
    made = plan(clinic, patient, clock, SOON, asks_baseline=True)
    asked_on = []
    for _ in range(20):
        week = baseline_week_asked(patient, clock=clock)
        if week:
            asked_on.append(clock().date())
            assert (week.first, week.last) == (date(2026, 3, 30), date(2026, 4, 5))
        clock.move(days=1)
    assert asked_on == [date(2026, 3, 30) + timedelta(days=n) for n in range(7)]
    assert made


def test_without_the_tick_the_patient_is_asked_for_nothing(clinic, patient, clock):
    plan(clinic, patient, clock, clock().date() + timedelta(days=3), asks_baseline=False)
    assert baseline_week_asked(patient, clock=clock) is None
    (planned,) = read_own_courses(patient, clock=clock).planned
    assert not planned.asks


def test_a_plan_that_lies_ahead_counts_against_another_until_its_day_has_passed_without_an_infusion(
    clinic, patient, clock
):
    plan(clinic, patient, clock, SOON)
    clock.now = datetime(2026, 4, 7, 1, 59, tzinfo=UTC)  # a minute before the patient's day of the plan is over
    with pytest.raises(AskAgain) as asked:
        plan(clinic, patient, clock, SOON + timedelta(days=20))
    assert [(one.code, one.until) for one in asked.value.found] == [("inside_minimum_interval", date(2026, 5, 22))]
    clock.move(minutes=1)
    assert plan(clinic, patient, clock, SOON + timedelta(days=20))


def test_forgotten_plans_do_not_reach_a_yearly_limit_and_given_courses_do(clinic, patient, clock):
    # Two bisphosphonate courses a year, 180 days apart: this one begins within a year of the first.
    first, later = SOON - timedelta(days=181), SOON + timedelta(days=182)
    of_bone = {"medicines": ("bisphosphonate",), "days": 1}
    a_course(clinic, patient, first, clock, **of_bone)
    forgotten = plan(clinic, patient, clock, SOON, **of_bone)
    given = courses.CourseDays(("bisphosphonate",), CourseStatus.GIVEN, SOON, SOON)
    clock.move(days=30)
    correct = partial(courses.correct_course, clinic.nurse, forgotten, subject(patient), reason="x", clock=clock)
    correct(given)
    with pytest.raises(AskAgain) as asked:
        plan(clinic, patient, clock, later, **of_bone)
    assert [one.code for one in asked.value.found] == ["yearly_limit"]
    correct(replace(given, status=CourseStatus.PLANNED))
    assert plan(clinic, patient, clock, later, **of_bone)


def test_two_plans_on_one_day_are_warned_of_and_neither_is_held_against_itself(clinic, patient, clock):
    made = plan(clinic, patient, clock, medicines=("magnesium",))
    with pytest.raises(AskAgain) as asked:
        plan(clinic, patient, clock)
    assert [(one.code, one.substance) for one in asked.value.found] == [("inside_minimum_interval", "magnesium")]
    moved = planning.Plan(("magnesium",), FAR, FAR)
    planning.move_course(clinic.nurse, subject(patient), made, moved, reason="one day only", clock=clock)
    days = courses.CourseDays(("magnesium", "clonidine"), CourseStatus.PLANNED, FAR, FAR)
    courses.correct_course(clinic.nurse, made, subject(patient), days, reason="both", clock=clock)
    assert diary_of(patient).courses[0].medicines == ("magnesium", "clonidine")


def test_the_planned_day_is_the_next_one_ahead_and_a_forgotten_plan_is_told_only_without_one(clinic, patient, clock):
    for first in (FAR + timedelta(days=90), SOON, SOON + timedelta(days=1), FAR):
        courses.record_course(clinic.nurse, subject(patient), a_plan(first, days=1).days, clock=clock)
    diary = diary_of(patient)
    assert [
        diary.circumstances(today).planned_day for today in (SOON, SOON + timedelta(days=1), SOON + timedelta(days=2))
    ] == [SOON, SOON + timedelta(days=1), FAR]
    diary.courses = [course for course in diary.courses if course.first_day < FAR]
    assert diary.circumstances(FAR).planned_day == SOON + timedelta(days=1)  # the latest that has passed
