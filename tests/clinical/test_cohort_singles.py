"""Single patients behind the figures of the groups: some of each group, and nobody to be found by subtraction."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.clinical.cohort.figures import cohort_of
from diary.clinical.cohort.groups import GroupBy
from diary.clinical.cohort.outcome import Courses
from diary.clinical.cohort.singles import drawn_groups, drawn_patients, single_lines, told_of
from tests.clinical.cohort_builders import a_course


def patients_of(number, *, of, weeks=(5, 4), **more):
    return [a_course(f"{of} {n:03}", *weeks, medicine=of, **more) for n in range(number)]


def seen(made, *, closed=(), weeks=2, **view):
    """Return the cohort by medicine, who is drawn, and their lines."""
    courses = Courses.of(made)
    cohort = cohort_of(courses, GroupBy.MEDICINE, tags={}, weeks=weeks, **view)
    drawn = drawn_patients(courses, cohort, closed=closed)
    return cohort, drawn, single_lines(courses, cohort, drawn)


def test_single_patients_are_shown_beside_the_mean():
    _, drawn, lines = seen([a_course(f"P{n}", n, None, 10 - n) for n in range(5)], weeks=4)
    assert [line.means for line in lines] == [(n, None, 10 - n, None) for n in range(5)]
    assert drawn == {f"P{n}" for n in range(5)}


def test_of_a_large_clinic_sixty_are_drawn_as_many_of_each_group():
    _, drawn, lines = seen(patients_of(200, of="ketamine") + patients_of(90, of="lidocaine"))
    assert len(drawn) == 60
    assert Counter(line.group for line in lines) == {"ketamine": 30, "lidocaine": 30}


def test_whoever_is_drawn_is_not_chosen_by_how_they_did():
    well, badly = patients_of(200, of="ketamine", weeks=(1, 1)), patients_of(200, of="ketamine", weeks=(9, 9))
    assert seen(well)[1] == seen(badly)[1]


def test_only_the_eight_largest_groups_stand_in_the_figures():
    made = [one for n in range(10) for one in patients_of(20 - n, of=f"medicine {n}")]
    cohort, _, lines = seen(made)
    assert len(cohort.groups) == 10
    assert [group.name for group in drawn_groups(cohort)] == [f"medicine {n}" for n in range(8)]
    assert {line.group for line in lines} == {f"medicine {n}" for n in range(8)}


def test_a_week_that_four_have_is_not_told_of_any_of_them():
    _, _, lines = seen([*patients_of(4, of="ketamine"), *[a_course(f"z{n}", 5, medicine="ketamine") for n in range(4)]])
    assert {line.means[0] for line in lines} == {5}
    assert {line.means[1] for line in lines} == {None}


def test_a_closed_diary_counts_and_takes_four_more_out_of_the_drawing():
    made = patients_of(12, of="ketamine")
    cohort, drawn, _ = seen(made, closed={"ketamine 003"})
    assert cohort.groups[0].weeks[0].n == 12
    assert len(drawn) == 7
    assert "ketamine 003" not in drawn


def test_where_enough_are_not_drawn_anyway_a_closed_diary_takes_nobody_else_out():
    _, drawn, _ = seen(patients_of(90, of="ketamine"), closed={"ketamine 003"})
    assert len(drawn) == 60


def test_medicines_and_responses_of_four_patients_are_told_of_no_single_patient():
    told = told_of(
        Courses.of(
            [
                *patients_of(6, of="ketamine", relieved=30),
                *patients_of(5, of="lidocaine"),
                *patients_of(4, of="magnesium", relieved=30),
                *[a_course("P", medicine="clonidine", judged=n == 9) for n in range(10)],
            ]
        )
    )
    assert told.given == {"ketamine", "lidocaine"}
    assert told.responded == {"ketamine"}


MEDICINES = ("ketamine", "lidocaine")
person = st.tuples(st.sampled_from(MEDICINES), st.lists(st.sampled_from([None, 3, 5]), max_size=3), st.booleans())


@given(st.lists(person, min_size=8, max_size=24), st.sets(st.integers(0, 7), max_size=3))
@settings(max_examples=60)
def test_no_hidden_group_week_or_closed_diary_can_be_read_off_the_single_patients(people, closed):
    made = [
        a_course(f"{n:03}", *weeks, medicine=medicine, relieved=30 if relieved else None)
        for n, (medicine, weeks, relieved) in enumerate(people)
    ]
    closed = {f"{n:03}" for n in closed}
    cohort, drawn, lines = seen(made, closed=closed, weeks=3)
    shown = {group.name: group for group in cohort.groups}
    assert {line.group for line in lines} <= shown.keys()
    assert not drawn & closed
    for name, group in shown.items():
        for week in group.weeks:
            told = [line for line in lines if line.group == name and line.means[week.week - 1] is not None]
            if week.n < 5:
                assert told == []
            elif any(one.patient in closed and has(one, week.week) for one in made if one.medicine == name):
                assert len(told) <= max(week.n - 5, 0)
    for relief in cohort.relief:
        ends = {one.patient for one in made if one.medicine == relief.group and one.relieved is not None}
        if ends & closed:
            assert len(ends - drawn) >= 5


def has(course, week):
    return len(course.weeks) >= week and course.weeks[week - 1] is not None


@pytest.mark.parametrize("made", [[], patients_of(4, of="ketamine")])
def test_without_a_group_nobody_is_drawn(made):
    assert seen(made)[1:] == (set(), [])
