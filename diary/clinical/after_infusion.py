"""The days after an infusion: what a patient may tick then, and what needs help at once."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from diary.clinical.courses import Course

DAYS_AFTER: Final = 7

RED_FLAGS: Final[dict[str, tuple[str, ...]]] = {
    "ketamine": ("yellow_skin", "dark_urine"),
    "ketamine-single": ("yellow_skin", "dark_urine"),
    "immunoglobulin": ("fever", "severe_headache"),
    "bisphosphonate": ("cramps", "tingling", "jaw_pain"),
    "clonidine": ("fainting",),
    "dexmedetomidine": ("fainting",),
}
"""By medicine (clinical-rules.md, section 7): signs that are not waited with."""

SIDE_EFFECTS: Final[dict[str, tuple[str, ...]]] = {
    "ketamine": ("nausea", "dizzy", "dreams"),
    "ketamine-single": ("nausea", "dizzy", "dreams"),
    "lidocaine": ("nausea", "dizzy", "numb_mouth"),
    "immunoglobulin": ("nausea", "tired", "mild_headache"),
    "bisphosphonate": ("nausea", "flu_like", "aching"),
    "magnesium": ("nausea", "dizzy", "warm"),
    "clonidine": ("dizzy", "tired", "dry_mouth"),
    "dexmedetomidine": ("dizzy", "tired", "dry_mouth"),
    "other": ("nausea", "dizzy", "tired"),
}
"""By medicine: the three that are asked for. Opinion, to be signed off by a clinic; none of them is a red flag."""

SIDE_EFFECT_CODES: Final = tuple(dict.fromkeys(code for codes in SIDE_EFFECTS.values() for code in codes))


def medicines_given_near(courses: Iterable[Course], day: date) -> tuple[str, ...]:
    """Return the medicines of the courses that `day` is still close to.

    A day is close from the first infusion day of a course to `DAYS_AFTER` days after its last one: effects of the
    first hours are on the infusion day itself, and between two infusions of one course the earlier one counts.
    """
    near = (course for course in courses if course.first_day <= day <= course.last_day + timedelta(days=DAYS_AFTER))
    return tuple(dict.fromkeys(medicine for course in near for medicine in course.medicines))


def red_flags_of(medicines: Iterable[str]) -> tuple[str, ...]:
    """Return the signs to look out for after these medicines, each once."""
    return tuple(dict.fromkeys(flag for medicine in medicines for flag in RED_FLAGS.get(medicine, ())))


def side_effects_of(medicines: Iterable[str]) -> tuple[str, ...]:
    """Return what may be ticked after these medicines, each once."""
    return tuple(dict.fromkeys(code for medicine in medicines for code in SIDE_EFFECTS[medicine]))
