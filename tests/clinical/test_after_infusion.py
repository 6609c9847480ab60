"""The days after an infusion, and what is said and asked on them."""

from datetime import date, timedelta

import pytest

from diary.clinical.after_infusion import (
    RED_FLAGS,
    SIDE_EFFECTS,
    medicines_given_near,
    red_flags_of,
    side_effects_of,
)
from diary.clinical.courses import Course
from diary.clinical.medicines import MEDICINE_CODES

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 6)


@pytest.mark.parametrize(
    ("after", "near"), [(-5, False), (-4, True), (0, True), (1, True), (7, True), (8, False), (400, False)]
)
def test_a_day_is_close_to_a_course_from_its_first_infusion_to_seven_days_after_the_last(after, near):
    course = Course(("ketamine",), FIRST, LAST)
    assert bool(medicines_given_near([course], LAST + timedelta(days=after))) is near


def test_the_medicines_of_all_courses_that_are_close_are_named_once():
    courses = [Course(("ketamine", "magnesium"), FIRST, LAST), Course(("ketamine-single",), LAST, LAST)]
    assert medicines_given_near([*courses, courses[0]], LAST) == ("ketamine", "magnesium", "ketamine-single")


def test_the_red_flags_are_those_of_the_clinical_rules():
    assert red_flags_of(["ketamine"]) == red_flags_of(["ketamine-single"]) == ("yellow_skin", "dark_urine")
    assert red_flags_of(["immunoglobulin"]) == ("fever", "severe_headache")
    assert red_flags_of(["bisphosphonate"]) == ("cramps", "tingling", "jaw_pain")
    assert red_flags_of(["clonidine", "dexmedetomidine"]) == ("fainting",)
    assert red_flags_of(["lidocaine", "magnesium", "other"]) == ()


def test_three_side_effects_are_asked_for_after_every_medicine_and_none_of_them_is_a_red_flag():
    assert set(SIDE_EFFECTS) == set(MEDICINE_CODES)
    assert {len(codes) for codes in SIDE_EFFECTS.values()} == {3}
    assert not {code for codes in SIDE_EFFECTS.values() for code in codes} & {
        f for fs in RED_FLAGS.values() for f in fs
    }
    assert side_effects_of(["ketamine", "magnesium"]) == ("nausea", "dizzy", "dreams", "warm")
