"""Courses of infusions, in their order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from diary.clinical.calendar_days import check_day
from diary.clinical.errors import ClinicalError
from diary.clinical.medicines import check_medicines


@dataclass(frozen=True, slots=True)
class SetBaseline:
    """A baseline that a clinician gave by hand on the diary day `set_on`; `value` None takes an earlier one back."""

    value: Fraction | None
    set_on: date

    def __post_init__(self) -> None:
        check_day(self.set_on, "The day on which a baseline is set")
        if self.value is not None:
            _check_baseline(self.value)


@dataclass(frozen=True, slots=True)
class Course:
    """One course as it was given.

    Attributes:
        medicines: ordered codes, the first one governs the state.
        first_day: first infusion day.
        last_day: last infusion day, day 0 of the time after it.
        set_baselines: baselines a clinician gave by hand, in the order they were given.
    """

    medicines: tuple[str, ...]
    first_day: date
    last_day: date
    set_baselines: tuple[SetBaseline, ...] = ()

    def __post_init__(self) -> None:
        _check_codes(self.medicines)
        check_day(self.first_day, "The first day of a course")
        check_day(self.last_day, "The last day of a course")
        if self.last_day < self.first_day:
            raise ClinicalError(f"A course cannot end on {self.last_day} before it starts on {self.first_day}.")

    @property
    def governing(self) -> str:
        """The code of the medicine that governs the state."""
        return self.medicines[0]


def started_courses(courses: Iterable[Course], today: date) -> list[Course]:
    """Return the courses that have started by `today`, in order.

    Raises:
        ClinicalError: two of them share a day.
    """
    check_day(today, "The day judged")
    started = sorted((course for course in courses if course.first_day <= today), key=lambda course: course.first_day)
    for earlier, later in pairwise(started):
        if later.first_day <= earlier.last_day:
            raise ClinicalError(
                f"The course from {later.first_day} overlaps the one from {earlier.first_day} to {earlier.last_day}."
            )
    return started


def _check_baseline(value: object) -> None:
    if not isinstance(value, Fraction):
        raise ClinicalError(f"A baseline is a fraction, so that it stays exact, not {value!r}.")
    if not 0 <= value <= 10:
        raise ClinicalError(f"A baseline lies between 0 and 10, not at {value}.")


def _check_codes(codes: object) -> None:
    if not isinstance(codes, tuple) or not all(isinstance(code, str) for code in codes):
        raise ClinicalError(f"The medicines of a course are a tuple of codes, not {codes!r}.")
    check_medicines(codes)
