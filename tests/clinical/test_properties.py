"""What holds for every diary: drawn at random, judged on any day."""

import random
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.baseline import Baseline
from diary.clinical.courses import Course, SetBaseline
from diary.clinical.errors import ClinicalError
from diary.clinical.medicines import DEFAULT_MEDICINES, Medicine
from diary.clinical.rules import DEFAULT_RULES, RuleSet
from diary.clinical.scores import Alone, Revision, Source, live_scores
from diary.clinical.states import State, Why
from diary.clinical.verdict import Verdict, judge
from diary.clinical.worklist_order import place_on_worklist
from tests.clinical.builders import revision
from tests.clinical.cases import DATES, Case, nasty_case

FIRST = date(2026, 1, 1)
LONGEST = 120

cases = st.integers(0, 5000).map(nasty_case)
todays = st.sampled_from(DATES)
days = st.integers(0, LONGEST).map(lambda step: FIRST + timedelta(days=step))
late = st.sampled_from([0, 0, 0, 1, 1, 2, 5, -1])


def writings_about(on: st.SearchStrategy[date]) -> st.SearchStrategy[Revision]:
    """Draw a writing of one of these days, whenever and however it was written."""
    return st.builds(
        revision,
        on,
        st.one_of(st.none(), st.integers(0, 10)),
        late=late,
        hour=st.integers(0, 23),
        received=st.integers(0, 50),
        client_ref=st.uuids().map(str),
        source=st.sampled_from(Source),
    )


revisions = writings_about(days)
few_days = st.integers(0, 3).map(lambda step: FIRST + timedelta(days=step))
some_rules = st.builds(
    replace, st.just(DEFAULT_RULES), paper_counts=st.booleans(), late_days_counting=st.integers(0, 2)
)


@st.composite
def courses(draw: st.DrawFn) -> list[Course]:
    """Draw up to four courses, now and then overlapping, now and then with a baseline by hand."""
    drawn = []
    for first in draw(st.lists(days, max_size=4, unique=True)):
        medicines = draw(
            st.lists(st.sampled_from([m.code for m in DEFAULT_MEDICINES]), min_size=1, max_size=2, unique=True)
        )
        by_hand = (
            [SetBaseline(draw(st.one_of(st.none(), st.fractions(0, 10))), draw(days))] if draw(st.booleans()) else []
        )
        last = first + timedelta(days=draw(st.integers(0, 3)))
        drawn.append(Course(tuple(medicines), first, last, tuple(by_hand)))
    return drawn


def verdict(written: list[Revision], given_courses: list[Course], today: date) -> Verdict | str:
    """Return the verdict, or what the rules say when they refuse."""
    try:
        return judge(live_scores(written, today, DEFAULT_RULES), given_courses, today, rules=DEFAULT_RULES)
    except ClinicalError as refused:
        return str(refused)


def judged(case: Case, today: date) -> Verdict:
    found = verdict(case.revisions(), case.given_courses(), today)
    assert isinstance(found, Verdict)
    return found


@given(written=st.lists(revisions, max_size=60), given_courses=courses(), today=days)
def test_every_diary_is_judged_or_refused_in_words(
    written: list[Revision], given_courses: list[Course], today: date
) -> None:
    found = verdict(written, given_courses, today)
    if isinstance(found, str):
        assert "overlaps" in found
        return
    assert isinstance(found.state, State)
    assert (found.why is not None) == (found.state is State.NOT_ENOUGH_DATA)
    assert found.why is None or isinstance(found.why, Why)
    assert place_on_worklist(found, None).reason


@given(case=cases, today=todays)
def test_the_numbers_of_a_verdict_agree_with_each_other(case: Case, today: date) -> None:
    found = judged(case, today)
    assert (found.due is None) == (found.days_of_relief is None) == (found.state is not State.REPEAT_DUE)
    if found.due is not None and found.days_of_relief is not None:
        assert found.confirmed is not None
        assert found.confirmed <= found.days_of_relief < found.due <= (found.t or 0)
    assert found.since is None or found.since <= today
    assert (found.n7 or 0) <= 7
    assert (found.mean7 is not None) == (found.n7 is not None and found.n7 >= 4 and (found.t or 0) >= 7)
    assert len({mark.code for mark in found.marks}) == len(found.marks)


@given(
    written=st.lists(revisions, max_size=60),
    given_courses=courses(),
    today=days,
    seed=st.integers(0, 2**32),
)
def test_the_order_of_entries_and_courses_does_not_matter(
    written: list[Revision], given_courses: list[Course], today: date, seed: int
) -> None:
    rng = random.Random(seed)
    mixed, shuffled = rng.sample(written, len(written)), rng.sample(given_courses, len(given_courses))
    assert verdict(mixed, shuffled, today) == verdict(written, given_courses, today)


@given(case=cases, today=todays, seed=st.integers(0, 2**32))
def test_the_order_does_not_matter_in_a_full_diary_either(case: Case, today: date, seed: int) -> None:
    rng = random.Random(seed)
    written, given_courses = case.revisions(), case.given_courses()
    rng.shuffle(written)
    rng.shuffle(given_courses)
    assert verdict(written, given_courses, today) == judged(case, today)


@given(case=cases, today=todays, later=st.lists(revisions, max_size=20), after=st.integers(1, 200))
def test_entries_written_or_dated_after_today_change_nothing(
    case: Case, today: date, later: list[Revision], after: int
) -> None:
    shift = today - FIRST + timedelta(days=after)
    dated_after = [replace(entry, day=entry.day + shift) for entry in later]
    written_after = [replace(entry, written_day=today + timedelta(days=after)) for entry in later]
    changed = verdict([*case.revisions(), *dated_after, *written_after], case.given_courses(), today)
    assert changed == judged(case, today)


@given(case=cases, today=todays, after=st.integers(1, 400), medicine=st.sampled_from(DEFAULT_MEDICINES))
def test_courses_after_today_change_nothing(case: Case, today: date, after: int, medicine: Medicine) -> None:
    known = [given for given in case.given_courses() if given.first_day <= today]
    first = today + timedelta(days=after)
    to_come = Course((medicine.code,), first, first + timedelta(days=3))
    assert verdict(case.revisions(), [to_come, *known], today) == judged(case, today)


@given(case=cases, today=todays)
def test_the_same_question_has_the_same_answer_and_leaves_no_trace(case: Case, today: date) -> None:
    scores = live_scores(case.revisions(), today, DEFAULT_RULES)
    given_courses = case.given_courses()
    copies = dict(scores), list(given_courses)
    first = judge(scores, given_courses, today, rules=DEFAULT_RULES)
    assert judge(scores, given_courses, today, rules=DEFAULT_RULES) == first
    assert (scores, given_courses) == copies


@given(case=cases, today=todays, by=st.integers(-3000, 3000))
def test_a_shift_of_every_date_shifts_the_dates_and_nothing_else(case: Case, today: date, by: int) -> None:
    shift = timedelta(days=by)
    written = [
        replace(entry, day=entry.day + shift, written_day=entry.written_day + shift) for entry in case.revisions()
    ]
    given_courses = [
        replace(given, first_day=given.first_day + shift, last_day=given.last_day + shift)
        for given in case.given_courses()
    ]
    moved = verdict(written, given_courses, today + shift)
    assert isinstance(moved, Verdict)
    assert moved == shifted(judged(case, today), shift)


def shifted(found: Verdict, shift: timedelta) -> Verdict:
    """Return the verdict with every date moved."""

    def move(on: date | None) -> date | None:
        return on + shift if on else None

    def move_course(given: Course) -> Course:
        return replace(given, first_day=given.first_day + shift, last_day=given.last_day + shift)

    baseline, given = found.baseline, found.course
    return replace(
        found,
        today=found.today + shift,
        since=move(found.since),
        last_entry=move(found.last_entry),
        baseline=baseline and moved_baseline(baseline, shift),
        course=given and move_course(given),
        relief=tuple(replace(one, course=move_course(one.course)) for one in found.relief),
        marks=tuple(
            replace(mark, value=mark.value + shift) if isinstance(mark.value, date) else mark for mark in found.marks
        ),
    )


def moved_baseline(baseline: Baseline, shift: timedelta) -> Baseline:
    return replace(baseline, measured_on=baseline.measured_on + shift, measured_for=baseline.measured_for + shift)


@given(
    percent=st.integers(10, 60),
    points=st.fractions(0, 1),
    paper=st.booleans(),
    version=st.text(max_size=5),
    interval=st.integers(17, 730),
)
def test_a_rule_set_made_again_from_its_parameters_is_the_same(
    percent: int, points: Fraction, paper: bool, version: str, interval: int
) -> None:
    medicines = tuple(replace(medicine, minimum_interval=interval) for medicine in DEFAULT_MEDICINES)
    rules = replace(
        DEFAULT_RULES,
        version=version,
        relief_percent=percent,
        near_enters=points,
        kept_drop=points,
        paper_counts=paper,
        medicines=medicines,
    )
    again = RuleSet.from_parameters(rules.parameters())
    assert again == rules
    assert all(again.medicine(medicine.code) == medicine for medicine in medicines)


@given(st.lists(writings_about(few_days), max_size=8, unique_by=lambda one: one.day), few_days, some_rules)
def test_the_only_writing_of_a_day_is_judged_alike_whichever_way_it_was_read(
    written: list[Revision], today: date, rules: RuleSet
) -> None:
    alone = [Alone(one.day, one.score, one.days_late, one.source) for one in written]
    assert live_scores((), today, rules, alone=alone) == live_scores(written, today, rules)


@given(st.lists(writings_about(few_days), max_size=12), st.integers(0, 12))
def test_with_paper_off_a_day_counts_as_if_nothing_of_it_had_ever_been_on_paper(
    written: list[Revision], later: int
) -> None:
    rules, today = replace(DEFAULT_RULES, paper_counts=False), FIRST + timedelta(days=later)
    own = [one for one in written if one.source is not Source.PAPER]
    found, without = live_scores(written, today, rules), live_scores(own, today, rules)
    said_last = {day: entry for day, entry in found.items() if entry.source is not Source.PAPER}
    assert not any(entry.counts for day, entry in found.items() if day not in said_last)
    for day, entry in said_last.items():
        assert (entry.score, entry.source, entry.counts) == (
            without[day].score,
            without[day].source,
            without[day].counts,
        )
