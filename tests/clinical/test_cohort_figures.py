"""Whom the groups count: who is shown, who is left out, and what the rest of the clinic changes (nothing)."""

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.cohort.groups import NoSuchGroup
from diary.clinical.cohort.outcome import PARTS
from diary.clinical.errors import ClinicalError
from tests.clinical.cohort_builders import a_course, by_medicine, by_tag, group, one_week, relief

FIVE = [1, 2, 3, 4, 5]


def names(cohort):
    return [one.name for one in cohort.groups], [one.group for one in cohort.relief]


def relieved(name, days, **more):
    return [a_course(f"{name} {number}", 3, medicine=name, relieved=day, **more) for number, day in enumerate(days)]


def test_a_group_of_four_does_not_appear():
    shown = relieved("ketamine", [20, 30, 40, 50, 60])
    hidden = relieved("lidocaine", [20, 30, 40, 50])
    assert names(by_medicine(shown + hidden)) == (["ketamine"], ["ketamine"])


def test_five_courses_of_one_patient_are_one_patient():
    often = [a_course("P", relieved=20, judged=number == 4) for number in range(5)]
    assert names(by_medicine(often)) == ([], [])


def test_weekly_means_take_the_judged_course_and_days_of_relief_take_all():
    first = [a_course(n, 1, medicine="lidocaine", judged=False, relieved=10 + n) for n in range(5)]
    judged = [a_course(n, 6, medicine="ketamine", relieved=None) for n in range(5)]
    cohort = by_medicine(first + judged)
    assert names(cohort) == (["ketamine"], ["lidocaine"])
    assert group(cohort, "ketamine").weeks[0].mean == 6
    assert (relief(cohort, "lidocaine").n, relief(cohort, "lidocaine").curve.median) == (5, 12)


def test_only_confirmed_responses_have_days_of_relief():
    cohort = by_medicine([*relieved("ketamine", [20, 20, 30, 40, 40]), *relieved("ketamine", [None] * 9)])
    assert (relief(cohort, "ketamine").n, relief(cohort, "ketamine").lost) == (5, 5)


def test_a_look_that_ended_is_no_loss():
    looks = [(20, True), (25, False), (30, True), (35, False), (40, True)]
    found = relief(by_medicine(a_course(n, relieved=day, lost=lost) for n, (day, lost) in enumerate(looks)), "ketamine")
    assert (found.n, found.lost, found.curve.steps) == (5, 3, ((20, 0.8), (30, pytest.approx(0.8 * 2 / 3)), (40, 0.0)))


def test_by_tag_a_patient_stands_in_every_tag_and_without_one_in_none():
    courses = one_week([1, 2, 3, 4, 5, 6, 7], of="ketamine")
    tags = {one.patient: ["left", "right"] if place < 5 else [] for place, one in enumerate(courses)}
    cohort = by_tag(courses, tags)
    assert names(cohort)[0] == ["left", "right"]
    assert group(cohort, "left").weeks == group(cohort, "right").weeks
    assert group(cohort, "left").weeks[0].n == 5


def test_patients_without_any_tag_are_in_no_group():
    assert names(by_tag(one_week(FIVE, of="ketamine"), {})) == ([], [])


def tagged(**groups):
    """Return patients with these means of week 1 and ten times as many days of relief, by tag, and the tags."""
    people = [(f"{tag} {n}", tag, mean) for tag, means in groups.items() for n, mean in enumerate(means)]
    return [a_course(name, mean, relieved=10 * mean) for name, _, mean in people], {
        name: [tag] for name, tag, _ in people
    }


def test_whoever_stands_in_both_groups_is_left_out_of_the_comparison():
    courses, tags = tagged(a=[1, 2, 3, 4, 5, 9], b=[3, 4, 5, 6, 7])
    apart = by_tag(*without(courses, tags, "a 5"), "a", "b")
    tags["a 5"] = ["a", "b"]
    both = by_tag(courses, tags, "a", "b")
    assert (apart.left_out, both.left_out) == (0, 1)
    assert replace(both, left_out=0) == apart
    assert group(by_tag(courses, tags), "b").weeks[0].n == 6


def without(courses, tags, patient):
    return [one for one in courses if one.patient != patient], {who: own for who, own in tags.items() if who != patient}


def test_a_group_that_is_too_small_without_them_is_not_shown_and_not_tested():
    courses, tags = tagged(a=[1, 2, 3, 4, 5, 6, 7], b=[3, 4, 5, 6])
    tags["a 0"] = ["a", "b"]
    cohort = by_tag(courses, tags, "a", "b")
    assert names(cohort)[0] == ["a"]
    assert [(week.n, week.p_ancova, week.p_welch) for week in cohort.tests] == [(10, None, None)]


def test_a_comparison_shows_its_two_groups_alone_in_the_order_they_were_named():
    courses = [one for name in ("a", "b", "c") for one in relieved(name, [20, 30, 40, 50, 60])]
    assert names(by_medicine(courses, "c", "a")) == (["c", "a"], ["c", "a"])
    assert by_medicine(courses).tests == ()


def test_a_group_that_is_not_there_is_refused_with_those_that_are():
    courses = one_week(FIVE, of="ketamine") + one_week(FIVE, of="lidocaine") + one_week([1, 2], of="other")
    for missing in ("Ketamine", "other", ""):
        with pytest.raises(NoSuchGroup, match="use one of 'ketamine', 'lidocaine'") as refusal:
            by_medicine(courses, "ketamine", missing)
        assert (refusal.value.name, refusal.value.known) == (missing, ("ketamine", "lidocaine"))
    with pytest.raises(NoSuchGroup, match="there is none yet"):
        by_medicine([], "ketamine", "lidocaine")


def test_a_group_is_not_compared_with_itself():
    with pytest.raises(ClinicalError, match="cannot be compared with itself"):
        by_medicine(one_week(FIVE, of="ketamine"), "ketamine", "ketamine")


@pytest.mark.parametrize("weeks", [0, -1, 53])
def test_weeks_go_from_one_to_fifty_two(weeks):
    with pytest.raises(ClinicalError, match="from 1 to 52"):
        by_medicine([], weeks=weeks)
    assert by_medicine([], weeks=52).groups == ()


def test_the_log_rank_test_is_the_same_for_every_group_and_absent_where_a_patient_stands_in_two():
    courses = relieved("a", [10, 20, 30, 40, 50]) + relieved("b", [60, 70, 80, 90, 99])
    (one, two) = by_medicine(courses).relief
    assert one.p_logrank == two.p_logrank
    assert one.p_logrank == pytest.approx(0.0020, abs=5e-4)
    tags = {course.patient: [course.medicine] for course in courses}
    assert by_tag(courses, tags).relief == (one, two)
    tags["a 0"] = ["a", "b"]
    assert [found.p_logrank for found in by_tag(courses, tags).relief] == [None, None]


def test_by_medicine_a_patient_may_have_courses_on_both_sides_of_the_log_rank_test():
    judged = relieved("a", [60, 70, 80, 90, 99])
    earlier = [a_course(one.patient, judged=False, medicine="b", relieved=n) for n, one in enumerate(judged, 10)]
    assert by_medicine(judged + earlier).relief[0].p_logrank == pytest.approx(0.0016, abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_not_even_the_rounding_depends_on_the_order_of_many_patients(seed):
    chance = random.Random(seed)
    courses = [
        a_course(n, chance.randint(0, 4200) / 420, medicine="ab"[n % 2], baseline=Fraction(chance.randint(20, 70), 7))
        for n in range(200)
    ]
    before = by_medicine(courses, "a", "b")
    chance.shuffle(courses)
    assert by_medicine(courses, "a", "b") == before


def test_a_clinic_without_courses_has_no_groups():
    empty = by_tag([], {"P": ["a"]})
    assert (empty.groups, empty.tests, empty.relief) == ((), (), ())


medicines = st.sampled_from(["ketamine", "lidocaine", "magnesium"])
means = st.one_of(st.none(), st.integers(0, 70).map(lambda sevenths: Fraction(sevenths, 7)))
baselines = st.one_of(st.none(), st.integers(0, 70).map(lambda sevenths: Fraction(sevenths, 7)))
days = st.one_of(st.none(), st.integers(7, 365))


@st.composite
def clinics(draw):
    """Return the courses of a clinic, one of each patient the judged one, and the tags."""
    courses, tags = [], {}
    for patient in range(draw(st.integers(0, 25))):
        for back in range(draw(st.integers(1, 2))):
            weeks = draw(st.lists(means, max_size=3))
            course = a_course(
                patient, *weeks, medicine=draw(medicines), judged=back == 0, baseline=draw(baselines),
                relieved=draw(days), lost=draw(st.booleans()),
            )  # fmt: skip
            courses.append(course)
        tags[patient] = draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=2))
    return courses, tags


def every_view(courses, tags):
    """Return the figures by medicine, by tag, and of each comparison that can be made."""
    views = [by_medicine(courses, weeks=3), by_tag(courses, tags, weeks=3)]
    for view, make in zip(list(views), (by_medicine, lambda c, *pair, **k: by_tag(c, tags, *pair, **k)), strict=True):
        shown = [one.name for one in view.groups]
        views += [make(courses, *pair, weeks=3) for pair in pairwise(shown)]
    return views


@given(clinics(), st.randoms(use_true_random=False))
def test_the_order_of_the_patients_changes_nothing(clinic, chance):
    courses, tags = clinic
    before = every_view(courses, tags)
    chance.shuffle(courses)
    assert every_view(courses, dict(random.Random(1).sample(sorted(tags.items()), len(tags)))) == before


@given(clinics())
def test_groups_of_fewer_than_five_never_appear_and_others_always(clinic):
    courses, tags = clinic
    cohort = by_tag(courses, tags, weeks=3)
    for tag in ("a", "b", "c"):
        patients = {one.patient for one in courses if tag in tags[one.patient]}
        responded = {one.patient for one in courses if tag in tags[one.patient] and one.relieved is not None}
        assert (tag in names(cohort)[0]) is (len(patients) >= 5)
        assert (tag in names(cohort)[1]) is (len(responded) >= 5)


def means_in(courses, shown, week):
    """Return the mean of that week of each patient of a group, in points."""
    own = [courses[place].weeks[week - 1 : week] for place in shown.places]
    return [means[0] / PARTS if means and means[0] is not None else None for means in own]


@given(clinics())
def test_every_figure_is_possible(clinic):
    for cohort in every_view(*clinic):
        for shown in cohort.groups:
            for week in shown.weeks:
                there = [own for own in means_in(clinic[0], shown, week.week) if own is not None]
                assert week.n == len(there)
                assert (week.mean is None) is (week.n < 5)
                assert week.mean is None or min(there) - 1e-9 <= week.mean <= max(there) + 1e-9
                assert (week.responders30 is None) is (week.with_baseline < 5)
                assert week.responders30 is None or 0 <= week.responders50 <= week.responders30 <= 1
        for test in cohort.tests:
            assert (test.p_ancova is None) is (test.p_holm is None)
            assert test.p_ancova is None or 0 <= test.p_ancova <= test.p_holm <= 1
        for found in cohort.relief:
            assert found.n >= 5
            assert 0 <= found.lost <= found.n
            assert found.p_logrank is None or 0 <= found.p_logrank <= 1


@given(clinics(), st.lists(means, max_size=3), baselines, days)
def test_a_patient_under_another_tag_changes_nothing_here(clinic, weeks, baseline, day):
    courses, tags = clinic
    more = [*courses, *(a_course(f"new {n}", *weeks, baseline=baseline, relieved=day) for n in range(5))]
    others = tags | {f"new {n}": ["d"] for n in range(5)}
    before, after = by_tag(courses, tags, weeks=3), by_tag(more, others, weeks=3)
    assert [one for one in after.groups if one.name != "d"] == list(before.groups)
    curves = {one.group: (one.curve, one.n, one.lost) for one in after.relief if one.group != "d"}
    assert curves == {one.group: (one.curve, one.n, one.lost) for one in before.relief}
    for pair in pairwise(names(before)[0]):
        assert by_tag(more, others, *pair, weeks=3) == by_tag(courses, tags, *pair, weeks=3)
