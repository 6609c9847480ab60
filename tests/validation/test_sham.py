"""Sham courses: infusions that were never given, and the responses the rules see after them."""

from fractions import Fraction

import pytest

from diary.clinical.courses import Course
from diary.clinical.rules import DEFAULT_RULES
from diary.validation.sham import ANY_HEIGHT, RealDiaries, given_grid, sham_grid, shams_of, simulated_shams
from tests.clinical.builders import DAY_0, day

FIRST = DAY_0.toordinal()


def written(*runs):
    """A diary without a gap: pairs of a score and for how many days."""
    levels = [score for score, days in runs for _ in range(days)]
    return {FIRST + number: score for number, score in enumerate(levels)}


def test_a_sham_course_is_placed_every_60_days_after_two_weeks_of_diary():
    assert len(list(shams_of(written((7, 73)), 0))) == 0
    assert len(list(shams_of(written((7, 74)), 0))) == 1
    assert len(list(shams_of(written((7, 133)), 0))) == 1
    assert len(list(shams_of(written((7, 134)), 0))) == 2
    assert list(shams_of({}, 0)) == []


def test_pain_that_stays_is_no_response():
    shams = list(shams_of(written((7, 400)), 0))
    assert len(shams) == 6
    assert all(sham.judgeable and not (sham.confirmed or sham.good_week) for sham in shams)


def test_pain_that_happens_to_fall_is_a_false_response_and_its_return_a_false_loss():
    first, second = shams_of(written((8, 14), (4, 30), (8, 120)), 0)
    assert (first.confirmed, first.in_time, first.due, first.good_week) == (True, True, True, True)
    assert not second.confirmed
    assert second.judgeable


def test_a_response_after_day_28_is_not_in_time():
    (sham,) = shams_of(written((8, 42), (4, 32)), 0)
    assert (sham.confirmed, sham.in_time) == (True, False)


def test_one_good_week_is_not_two():
    (sham,) = shams_of(written((8, 29), (4, 7), (8, 40)), 0)
    assert (sham.good_week, sham.confirmed) == (True, False)


def test_little_pain_and_thin_diaries_cannot_be_judged():
    assert not any(sham.judgeable for sham in shams_of(written((3, 200)), 0))
    assert any(sham.judgeable for sham in shams_of(written((3, 200)), 0, ANY_HEIGHT))
    thin = {on: score for on, score in written((7, 200)).items() if on % 2 == 0}
    assert not any(sham.judgeable for sham in shams_of(thin, 0))


def test_nothing_but_the_lowest_baseline_differs_for_diaries_of_little_pain():
    assert ANY_HEIGHT.lowest_baseline == Fraction(2)
    assert DEFAULT_RULES.line(Fraction(5)) == ANY_HEIGHT.line(Fraction(5))


def test_shams_are_counted_by_diary_and_real_ones_named():
    real = RealDiaries("Knees", [written((3, 100)), written((7, 50))], [[], []])
    grid = sham_grid(simulated_shams(1, 0, 12), [real])
    assert [row[0] for row in grid.rows] == [
        "simulated, untreated, two years each (12)",
        "Knees (1)",
        "Knees, any baseline from 2 points (1)",
    ]
    assert [row[1:4] for row in grid.rows[1:]] == [("1", "0", "0"), ("1", "1", "0")]
    assert " %" in grid.rows[0][4]


def test_study_courses_are_judged_at_the_end_of_their_diaries():
    relieved, unchanged, low = written((8, 15), (4, 30)), written((8, 45)), written((3, 45))
    courses = [[Course(("other",), day(14), day(14))]] * 3
    grid = given_grid([RealDiaries("Study", [relieved, unchanged, low, {}], [*courses, []])])
    assert grid.rows == [("Study", "3", "2", "1", "1")]


@pytest.mark.parametrize("size", [1, 3])
def test_the_same_seed_gives_the_same_shams(size):
    assert simulated_shams(2, 0, size) == simulated_shams(2, 0, size)
