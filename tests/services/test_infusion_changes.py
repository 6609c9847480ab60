"""Infusions: checked against their medicine, several days at once, corrected, taken back; courses stay around them."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from diary.db import snapshot
from diary.errors import Changed, Invalid
from diary.models import Infusion
from diary.services import courses, infusion_changes, infusions
from diary.services.asking_again import AskAgain
from diary.services.course_cards import read_course_extras
from diary.services.fitted_courses import with_infusions
from diary.services.patient_pages import read_patient_page
from diary.vocabulary import CourseStatus
from tests.clinic_builders import a_course, subject, write_days
from tests.services.looking_in import audit_rows, everything_stored, summary_of_row

FIRST = date(2026, 3, 2)
GIVEN = infusions.InfusionGiven(FIRST, "ketamine", Decimal(40), "mg", Decimal(4), Decimal(71), "130/85", ("nausea",))


@pytest.fixture
def course(clinic, patient, clock):
    """A course of five days."""
    return a_course(clinic, patient, FIRST, clock)


def record(clinic, patient, course, clock, given=GIVEN, **more):
    return infusions.record_infusion(clinic.nurse, subject(patient), course, given, clock=clock, **more)


def stored():
    with snapshot() as session:
        return list(session.scalars(select(Infusion).order_by(Infusion.day)))


def some_days(*days, **fields):
    return {n: replace(GIVEN, day=FIRST + timedelta(days=day), **fields) for n, day in enumerate(days)}


def test_several_days_are_recorded_together_and_once(clinic, patient, course, clock):
    rows = some_days(0, 1, 2)
    refs = {n: uuid.uuid4() for n in rows}
    for _ in range(2):
        made = infusions.record_infusions(clinic.nurse, subject(patient), course, rows, clock=clock, client_refs=refs)
        assert made == list(refs.values())
    assert [one.day for one in stored()] == [FIRST + timedelta(days=day) for day in range(3)]
    other = rows | {0: replace(rows[0], dose=Decimal(50))}
    with pytest.raises(Changed):
        infusions.record_infusions(clinic.nurse, subject(patient), course, other, clock=clock, client_refs=refs)


def test_one_wrong_day_keeps_all_of_them_out_and_is_named_by_its_row(clinic, patient, course, clock):
    rows = some_days(0, 1, 30)
    rows[1] = replace(rows[1], unit="g/kg")
    before = everything_stored()
    with pytest.raises(Invalid) as refused:
        infusions.record_infusions(
            clinic.nurse, subject(patient), course, rows, clock=clock, client_refs=dict.fromkeys(rows)
        )
    assert set(refused.value.fields) == {"row-1-unit", "row-2-day"}
    assert everything_stored() == before


@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        ({"dose": Decimal(4000)}, ["dose"]),
        ({"hours": Decimal(40), "weight_kg": Decimal("7.1")}, ["hours", "weight_kg"]),
    ],
)
def test_a_number_that_nobody_writes_on_purpose_is_asked_about_once(clinic, patient, course, clock, changed, asked):
    before = everything_stored()
    with pytest.raises(AskAgain) as again:
        record(clinic, patient, course, clock, replace(GIVEN, **changed))
    assert [one.doubt for one in again.value.found] == asked
    assert everything_stored() == before
    with pytest.raises(AskAgain):
        record(clinic, patient, course, clock, replace(GIVEN, dose=Decimal(5000)), accepted=again.value.token)
    record(clinic, patient, course, clock, replace(GIVEN, **changed), accepted=again.value.token)
    assert len(stored()) == 1


def test_a_second_infusion_of_a_medicine_on_one_day_is_asked_about(clinic, patient, course, clock):
    record(clinic, patient, course, clock)
    with pytest.raises(AskAgain) as again:
        record(clinic, patient, course, clock)
    assert [one.doubt for one in again.value.found] == [None]


def test_a_unit_in_which_the_medicine_is_not_written_down_is_refused(clinic, patient, course, clock):
    with pytest.raises(Invalid, match=r"written down in mg, mg/h, mg/kg/h\."):
        record(clinic, patient, course, clock, replace(GIVEN, unit="g/kg"))


def test_a_correction_keeps_before_and_after_and_is_shown(clinic, patient, course, clock):
    made = record(clinic, patient, course, clock)
    right = replace(GIVEN, dose=Decimal("44.5"), side_effects=(), side_effect_words="sweaty")
    infusion_changes.correct_infusion(clinic.nurse, subject(patient), made, right, reason="read wrong", clock=clock)
    row = audit_rows(clinic.clinic_id)[-1]
    assert (row.action, row.content["before"]["dose"], row.content["after"]["dose"]) == (
        "infusion.corrected",
        "40",
        "44.5",
    )
    assert row.content["before"]["side_effects"] == ["nausea"]
    (change,) = read_course_extras(clinic.nurse, subject(patient), clock=clock).changes[course]
    assert (change.changed, change.infusion_id, change.before, change.reason) == (
        "infusion_corrected",
        made,
        row.content["before"],
        "read wrong",
    )
    (infusion,) = stored()
    assert (infusion.dose, infusion.side_effect_words) == (Decimal("44.5"), "sweaty")


def test_a_correction_onto_a_day_that_has_one_is_asked_about_as_recording_is(clinic, patient, course, clock):
    record(clinic, patient, course, clock)
    made = record(clinic, patient, course, clock, replace(GIVEN, day=FIRST + timedelta(days=1)))

    def correct(given, accepted=""):
        infusion_changes.correct_infusion(
            clinic.nurse, subject(patient), made, given, reason="read wrong", clock=clock, accepted=accepted
        )

    before = everything_stored()
    with pytest.raises(AskAgain) as again:
        correct(GIVEN)
    assert [(one.doubt, one.day, one.medicine) for one in again.value.found] == [(None, FIRST, "ketamine")]
    assert everything_stored() == before
    correct(GIVEN, again.value.token)
    assert [one.day for one in stored()] == [FIRST, FIRST]
    correct(replace(GIVEN, dose=Decimal(41)))  # nothing about its day is new
    correct(replace(GIVEN, day=FIRST + timedelta(days=2)))


def test_an_infusion_that_was_taken_back_leaves_its_day_free(clinic, patient, course, clock):
    gone = record(clinic, patient, course, clock)
    made = record(clinic, patient, course, clock, replace(GIVEN, day=FIRST + timedelta(days=1)))
    infusion_changes.take_back_infusion(clinic.nurse, subject(patient), gone, reason="never given", clock=clock)
    infusion_changes.correct_infusion(clinic.nurse, subject(patient), made, GIVEN, reason="read wrong", clock=clock)
    assert [one.day for one in stored() if one.taken_back_at is None] == [FIRST]


def test_a_correction_that_changes_nothing_writes_nothing(clinic, patient, course, clock):
    made = record(clinic, patient, course, clock)
    before = everything_stored()
    infusion_changes.correct_infusion(clinic.nurse, subject(patient), made, GIVEN, reason="x", clock=clock)
    assert everything_stored() == before


def test_a_correction_to_another_day_lets_the_course_grow(clinic, patient, course, clock):
    made = record(clinic, patient, course, clock)
    later = replace(GIVEN, day=FIRST + timedelta(days=8))
    infusion_changes.correct_infusion(clinic.nurse, subject(patient), made, later, reason="typed wrong", clock=clock)
    page = read_patient_page(clinic.nurse, subject(patient), clock=clock)
    assert (page.courses[0].first_day, page.courses[0].last_day) == (FIRST, later.day)


def days_of(clinic, patient, clock):
    (course,) = read_patient_page(clinic.nurse, subject(patient), clock=clock).courses
    return course.status, (course.first_day - FIRST).days, (course.last_day - FIRST).days


@pytest.fixture
def planned(clinic, patient, clock):
    """A plan of five days from the day FIRST + 10 on, which is twelve days ahead of the infusions in the tests."""
    return a_course(clinic, patient, FIRST + timedelta(days=10), clock, status=CourseStatus.PLANNED)


def record_once_more(clinic, patient, course, clock, rows):
    """Record infusions, and once more with what was asked about them."""
    told = {"clock": clock, "client_refs": dict.fromkeys(rows)}
    try:
        return infusions.record_infusions(clinic.nurse, subject(patient), course, rows, **told)
    except AskAgain as asked:
        accepted = asked.token
    return infusions.record_infusions(clinic.nurse, subject(patient), course, rows, accepted=accepted, **told)


@pytest.mark.parametrize(
    ("infused", "asked_about"),
    [((3,), None), ((2,), 2), ((17,), None), ((18,), 18), ((4, 1, 2), 1), ((3, 18), None), ((10, 18), None)],
)
def test_a_first_infusion_more_than_a_week_from_the_planned_day_is_asked_about_before_the_plan_moves(
    clinic, patient, planned, clock, infused, asked_about
):
    clock.now = datetime.combine(FIRST + timedelta(days=20), time(12), UTC)
    rows = some_days(*infused)
    told = {"clock": clock, "client_refs": dict.fromkeys(rows)}
    if asked_about is None:
        infusions.record_infusions(clinic.nurse, subject(patient), planned, rows, **told)
        return
    with pytest.raises(AskAgain) as asked:
        infusions.record_infusions(clinic.nurse, subject(patient), planned, rows, **told)
    (doubt,) = asked.value.found
    assert (doubt.row, doubt.day) == (infused.index(asked_about), FIRST + timedelta(days=asked_about))
    assert doubt.planned == FIRST + timedelta(days=10)
    assert days_of(clinic, patient, clock) == ("planned", 10, 14)
    infusions.record_infusions(clinic.nurse, subject(patient), planned, rows, accepted=asked.value.token, **told)
    assert days_of(clinic, patient, clock)[:2] == ("given", asked_about)


@pytest.mark.parametrize(("days_after", "last_then"), [(11, None), (12, 12), (18, 18)])
def test_an_infusion_more_than_a_week_outside_its_course_is_asked_about_since_day_0_would_move(
    clinic, patient, course, clock, days_after, last_then
):
    far = {0: replace(GIVEN, day=FIRST + timedelta(days=days_after))}
    told = {"clock": clock, "client_refs": {0: None}}
    if last_then is None:
        infusions.record_infusions(clinic.nurse, subject(patient), course, far, **told)
        return
    with pytest.raises(AskAgain) as asked:
        infusions.record_infusions(clinic.nurse, subject(patient), course, far, **told)
    (doubt,) = asked.value.found
    now, then = doubt.stretched
    assert (now.last_day, then.last_day) == (FIRST + timedelta(days=4), FIRST + timedelta(days=last_then))
    assert days_of(clinic, patient, clock) == ("given", 0, 4)
    infusions.record_infusions(clinic.nurse, subject(patient), course, far, accepted=asked.value.token, **told)
    assert days_of(clinic, patient, clock) == ("given", 0, last_then)


def test_an_infusion_long_before_its_course_is_asked_about_since_the_baseline_would_move(
    clinic, patient, course, clock
):
    for days_before, is_asked in ((7, False), (8, True)):
        early = replace(GIVEN, day=FIRST - timedelta(days=days_before))
        if not is_asked:
            infusion_changes.take_back_infusion(
                clinic.nurse, subject(patient), record(clinic, patient, course, clock, early), reason="", clock=clock
            )
            continue
        with pytest.raises(AskAgain):
            record(clinic, patient, course, clock, early)


def test_a_correction_that_would_stretch_the_course_is_asked_about_too(clinic, patient, course, clock):
    made = record(clinic, patient, course, clock)
    far = replace(GIVEN, day=FIRST + timedelta(days=14))
    with pytest.raises(AskAgain) as asked:
        infusion_changes.correct_infusion(clinic.nurse, subject(patient), made, far, reason="a slip", clock=clock)
    assert asked.value.found[0].stretched


# ---- what an infusion did to its course goes with it


def stretch(clinic, patient, course, clock, days_after):
    """Record an infusion far outside the course all the same, and return it."""
    (made,) = record_once_more(clinic, patient, course, clock, some_days(days_after))
    clock.move(minutes=1)
    return made


def test_an_infusion_corrected_to_its_right_day_gives_the_course_its_days_back(clinic, patient, course, clock):
    made = stretch(clinic, patient, course, clock, 18)
    assert days_of(clinic, patient, clock) == ("given", 0, 18)
    infusion_changes.correct_infusion(clinic.nurse, subject(patient), made, GIVEN, reason="a slip", clock=clock)
    assert days_of(clinic, patient, clock) == ("given", 0, 4)
    audits = [row for row in audit_rows(clinic.clinic_id) if row.action == "course.fitted"]
    assert [row.content["after"]["last_day"] for row in audits] == ["2026-03-20", "2026-03-06"]
    assert {row.content["infusion"] for row in audits} == {str(made)}


def test_an_infusion_of_the_wrong_month_does_not_hide_that_a_loss_is_confirmed(clinic, patient, clock):
    clock.now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    write_days(patient, [8] * 7, clock, first_day=date(2026, 1, 5))
    course = a_course(clinic, patient, date(2026, 1, 12), clock, days=1)
    write_days(patient, [3] * 21 + [8] * 20, clock, first_day=date(2026, 1, 13))
    assert summary_of_row(patient).state == "REPEAT_DUE"
    slip = {0: replace(GIVEN, day=date(2026, 2, 12))}
    (made,) = record_once_more(clinic, patient, course, clock, slip)
    assert summary_of_row(patient).state == "AWAITING_RESPONSE"
    right = replace(GIVEN, day=date(2026, 1, 12))
    infusion_changes.correct_infusion(clinic.nurse, subject(patient), made, right, reason="month", clock=clock)
    assert summary_of_row(patient).state == "REPEAT_DUE"


def test_a_plan_whose_only_infusion_is_taken_back_is_a_plan_again(clinic, patient, planned, clock):
    clock.now = datetime.combine(FIRST + timedelta(days=12), time(12), UTC)
    first, second = record_once_more(clinic, patient, planned, clock, some_days(5, 6))
    assert days_of(clinic, patient, clock) == ("given", 5, 9)
    for made, then in ((first, ("given", 6, 10)), (second, ("planned", 10, 14))):
        infusion_changes.take_back_infusion(clinic.nurse, subject(patient), made, reason="wrong name", clock=clock)
        assert days_of(clinic, patient, clock) == then
    record(clinic, patient, planned, clock, replace(GIVEN, day=FIRST + timedelta(days=11)))
    assert days_of(clinic, patient, clock) == ("given", 11, 14)


def test_what_somebody_stated_of_a_course_is_not_undone_with_an_infusion(clinic, patient, course, clock):
    made = stretch(clinic, patient, course, clock, 8)
    stated = courses.CourseDays(("ketamine",), CourseStatus.GIVEN, FIRST, FIRST + timedelta(days=9))
    courses.correct_course(clinic.nurse, course, subject(patient), stated, reason="infusion", clock=clock)
    infusion_changes.take_back_infusion(clinic.nurse, subject(patient), made, reason="not given", clock=clock)
    assert days_of(clinic, patient, clock) == ("given", 0, 9)


@settings(max_examples=60)
@given(
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(["record", "correct", "take back"]), st.integers(-10, 40), st.integers(0, 9))),
)
def test_a_course_always_holds_its_infusions_and_is_as_stated_without_them(is_plan, acts):
    status = CourseStatus.PLANNED if is_plan else CourseStatus.GIVEN
    stated = courses.CourseDays(("ketamine",), status, FIRST, FIRST + timedelta(days=4))
    standing = []
    for act, after, which in acts:
        day = FIRST + timedelta(days=after)
        if act == "record" or not standing:
            standing.append(day)
        elif act == "correct":
            standing[which % len(standing)] = day
        else:
            standing.pop(which % len(standing))
        now = with_infusions(stated, standing)
        if not standing:
            assert now == stated
            continue
        assert now.status == CourseStatus.GIVEN
        assert now.first_day <= min(standing)
        assert max(standing) <= now.last_day
        if is_plan:
            assert now.first_day == min(standing)  # no day on which nothing was given comes first
        else:
            assert now.first_day == min(FIRST, *standing)
            assert now.last_day == max(stated.last_day, *standing)


@pytest.mark.parametrize(
    ("infused", "first", "last"),
    [
        ((0,), 0, 4),  # ten days before its first day: the whole plan moves, five days stay five days
        ((9,), 9, 13),
        ((10,), 10, 14),
        ((12,), 12, 14),  # begun late, it ends as planned
        ((16,), 16, 16),
        ((0, 1, 2), 0, 4),
        ((0, 6), 0, 6),
        ((2, 1, 0), 0, 4),  # rows in any order: the earliest infusion is the first
        ((0, 12), 0, 12),
    ],
)
def test_a_plan_that_begins_early_keeps_its_length_and_moves_its_last_day(
    clinic, patient, planned, clock, infused, first, last
):
    clock.now = datetime.combine(FIRST + timedelta(days=20), time(12), UTC)
    rows = some_days(*infused)
    made = record_once_more(clinic, patient, planned, clock, rows)
    assert days_of(clinic, patient, clock) == ("given", first, last)
    with snapshot() as session:
        assert [session.get(Infusion, (clinic.clinic_id, one)).day for one in made] == [
            one.day for one in rows.values()
        ]


def test_a_course_that_has_begun_does_not_move_again(clinic, patient, planned, clock):
    clock.now = datetime.combine(FIRST + timedelta(days=20), time(12), UTC)
    first = record(clinic, patient, planned, clock, replace(GIVEN, day=FIRST + timedelta(days=3)))
    assert days_of(clinic, patient, clock) == ("given", 3, 7)
    clock.move(minutes=1)
    record(clinic, patient, planned, clock)  # an earlier infusion that was written down later
    assert days_of(clinic, patient, clock) == ("given", 0, 7)
    infusion_changes.take_back_infusion(clinic.nurse, subject(patient), first, reason="typed wrong", clock=clock)
    assert days_of(clinic, patient, clock) == ("given", 0, 4)  # as if it had begun with the earlier one


def test_what_is_taken_back_stays_stored_and_counts_nowhere(clinic, patient, course, clock):
    made = record(clinic, patient, course, clock)
    infusion_changes.take_back_infusion(clinic.nurse, subject(patient), made, reason="fever", clock=clock)
    assert not read_patient_page(clinic.nurse, subject(patient), clock=clock).infusions
    extras = read_course_extras(clinic.nurse, subject(patient), clock=clock)
    assert [one.id for one in extras.taken_back[course]] == [made]
    for act in (
        lambda: infusion_changes.take_back_infusion(clinic.nurse, subject(patient), made, reason="x", clock=clock),
        lambda: infusion_changes.correct_infusion(
            clinic.nurse, subject(patient), made, replace(GIVEN, dose=None), reason="x", clock=clock
        ),
    ):
        with pytest.raises(Invalid, match="taken back already"):
            act()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"first_day": FIRST + timedelta(days=1)}, "first_day"),
        ({"first_day": FIRST - timedelta(days=9), "last_day": FIRST - timedelta(days=1)}, "last_day"),
        ({"medicines": ("lidocaine",)}, "medicine"),
        ({"status": CourseStatus.CANCELLED}, "status"),
        ({"status": CourseStatus.PLANNED}, "status"),
    ],
)
def test_a_course_is_not_corrected_away_from_its_infusions(clinic, patient, course, clock, changed, field):
    made = record(clinic, patient, course, clock)
    days = courses.CourseDays(("ketamine",), CourseStatus.GIVEN, FIRST, FIRST + timedelta(days=4))
    wrong = replace(days, **changed)
    before = everything_stored()
    with pytest.raises(Invalid) as refused:
        courses.correct_course(clinic.nurse, course, subject(patient), wrong, reason="x", clock=clock)
    assert set(refused.value.fields) == {field}
    assert everything_stored() == before
    infusion_changes.take_back_infusion(clinic.nurse, subject(patient), made, reason="not given", clock=clock)
    if wrong.status is not CourseStatus.PLANNED:
        courses.correct_course(clinic.nurse, course, subject(patient), wrong, reason="x", clock=clock)
