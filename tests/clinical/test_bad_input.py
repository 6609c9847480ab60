"""What cannot be judged is refused in words or has a state of its own: never a traceback, never a guess."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.baseline import judge_courses
from diary.clinical.book_by import book_by
from diary.clinical.circumstances import Circumstances
from diary.clinical.courses import Course, SetBaseline, started_courses
from diary.clinical.diary_day import ZoneFrom, diary_day, diary_day_of, end_of_day, start_of_day
from diary.clinical.errors import ClinicalError
from diary.clinical.forecast import Silent, forecast_of
from diary.clinical.relief import ReliefIs, relief_of_courses
from diary.clinical.rules import DEFAULT_RULES, RuleSet
from diary.clinical.scores import DayScore, Revision, Source, counting_scores, live_scores
from diary.clinical.states import State, Why
from diary.clinical.verdict import judge
from diary.clinical.what_would_change import what_would_change
from diary.clinical.worklist_order import FAR_AWAY, LastDecision, place_on_worklist
from tests.clinical.builders import (
    DAY_0,
    TENS,
    course,
    day,
    diary,
    marks,
    revision,
    run,
    scores_before,
    scores_from,
    verdict_of,
    verdict_on,
)

NAN = float("nan")
NO_SCORES: list[Any] = [
    *(-1, 11, 10**30, True, False, 7.0, 7.5, NAN, float("inf"), -0.0),
    *("7", "", b"7", [7], Fraction(7), Fraction(15, 2), Decimal(7), Decimal("NaN"), Decimal("sNaN"), 7 + 0j),
]
NO_DAYS: list[Any] = [
    *(None, "2026-03-02", 20260302, NAN, True),
    *(datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 2, 12)),
    *(date.min, date(1899, 12, 31), date(2201, 1, 1), date.max),
]
NO_MOMENTS: list[Any] = [
    *(None, "2026-03-02T12:00:00Z", 1772452800, NAN, DAY_0),
    *(datetime(2026, 3, 2, 12), datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
]
NO_BASELINES: list[Any] = [
    *(NAN, 7.0, float("inf"), Decimal("NaN"), Decimal("sNaN"), Decimal(7), True, "7", [7], 7 + 0j),
    *(0, 7, 10, Fraction(-1, 10**9), 10 + Fraction(1, 10**9)),
]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")


def shown(value: object) -> str:
    return f"{type(value).__name__} {value!r}"


def refused(act: Callable[[], object], words: str | None = None) -> None:
    with pytest.raises(ClinicalError, match=words):
        act()


# ---- scores


@pytest.mark.parametrize("score", NO_SCORES, ids=shown)
def test_what_is_no_whole_number_from_0_to_10_is_no_score(score: Any) -> None:
    refused(lambda: revision(DAY_0, score), "A score is a whole number from 0 to 10")
    refused(lambda: DayScore(score, 0, Source.SELF, counts=True), "A score is a whole number from 0 to 10")


def test_a_day_that_is_not_withdrawn_has_a_score() -> None:
    missing: Any = None
    assert revision(DAY_0, None).score is None
    refused(lambda: DayScore(missing, 0, Source.SELF, counts=True), "A score is a whole number from 0 to 10")


@pytest.mark.parametrize("on", NO_DAYS, ids=shown)
def test_an_entry_is_about_a_calendar_date_and_written_on_one(on: Any) -> None:
    refused(lambda: Revision(on, 7, DAY_0, NOON, NOON, "a"), "The day of a score is a calendar date")
    refused(lambda: Revision(DAY_0, 7, on, NOON, NOON, "a"), "is written is a calendar date")


@pytest.mark.parametrize("moment", NO_MOMENTS, ids=shown)
def test_a_moment_without_its_offset_from_utc_orders_nothing(moment: Any) -> None:
    refused(lambda: Revision(DAY_0, 7, DAY_0, moment, NOON, "a"), "is written")
    refused(lambda: Revision(DAY_0, 7, DAY_0, NOON, moment, "a"), "arrives")


@pytest.mark.parametrize("source", ["paper", "", None, 1], ids=shown)
def test_a_way_in_that_the_rules_do_not_know_is_no_source(source: Any) -> None:
    refused(lambda: Revision(DAY_0, 7, DAY_0, NOON, NOON, "a", source), "A score comes in in a way")


def test_the_first_and_the_last_day_that_can_be_written_are_taken() -> None:
    for first, moment in (
        (date(1900, 1, 1), datetime(1899, 12, 31, 23, tzinfo=UTC)),
        (date(2200, 12, 31), datetime(2201, 1, 1, 12, tzinfo=UTC)),
    ):
        taken = Revision(first, 7, first, moment, moment, "a")
        assert live_scores([taken], first, DEFAULT_RULES)[first].score == 7


@pytest.mark.parametrize("today", NO_DAYS, ids=shown)
def test_nothing_is_judged_on_what_is_no_day(today: Any) -> None:
    refused(lambda: live_scores([], today, DEFAULT_RULES), "The day judged")
    refused(lambda: judge({}, [], today, rules=DEFAULT_RULES), "The day judged")
    refused(lambda: started_courses([], today), "The day judged")
    refused(lambda: judge_courses([], {}, today, DEFAULT_RULES), "The day judged")


def test_a_score_of_a_moment_is_refused() -> None:
    for key in (NOON, "2026-03-02", None):
        scores: Any = {key: DayScore(7, 0, Source.SELF, counts=True)}
        refused(
            lambda scores=scores: judge(scores, [], DAY_0, rules=DEFAULT_RULES), "A score belongs to a calendar date"
        )


# ---- days out of order or doubled


def test_days_in_any_order_give_the_same_verdict() -> None:
    scores = diary([*run(5, 14), *run(8, 12)])
    backwards = dict(sorted(scores.items(), reverse=True))
    assert verdict_on(day(26), backwards, course()) == verdict_on(day(26), scores, course())


def test_a_day_written_twice_has_the_score_that_was_written_last() -> None:
    twice = [revision(DAY_0, 3, hour=21, client_ref="a"), revision(DAY_0, 8, hour=9, client_ref="b")]
    for order in (twice, twice[::-1]):
        assert live_scores(order, DAY_0, DEFAULT_RULES)[DAY_0].score == 3


def test_the_same_writing_received_twice_is_one() -> None:
    once = revision(DAY_0, 3)
    assert live_scores([once, once], DAY_0, DEFAULT_RULES) == live_scores([once], DAY_0, DEFAULT_RULES)


@pytest.mark.parametrize("other", [revision(DAY_0, 8), revision(DAY_0, None)], ids=["another score", "withdrawn"])
def test_of_two_scores_that_nothing_tells_apart_none_is_guessed(other: Revision) -> None:
    one = revision(DAY_0, 3)
    later = revision(DAY_0, 5, hour=22)
    for order in ([one, other], [other, one], [one, later, other], [later, other, one]):
        refused(lambda order=order: live_scores(order, DAY_0, DEFAULT_RULES), "their order is not known")


def test_a_score_written_before_its_day_does_not_count() -> None:
    early = live_scores([revision(DAY_0, 3, late=-1)], DAY_0, DEFAULT_RULES)
    assert not early[DAY_0].counts
    assert counting_scores(early) == {}


# ---- courses


@pytest.mark.parametrize("on", NO_DAYS, ids=shown)
def test_a_course_begins_and_ends_on_calendar_dates(on: Any) -> None:
    refused(lambda: Course(("ketamine",), on, DAY_0), "The first day of a course is a calendar date")
    refused(lambda: Course(("ketamine",), DAY_0, on), "The last day of a course is a calendar date")


@pytest.mark.parametrize(
    "medicines",
    [
        *((), ("aspirin",), ("ketamine", "ketamine"), ("Ketamine",), ("",), (" ketamine",)),
        *("ketamine", ["ketamine"], None, (None,), (["ketamine"],), (1,), {"ketamine"}),
    ],
    ids=shown,
)
def test_a_course_has_medicines_of_the_rules_in_order(medicines: Any) -> None:
    refused(lambda: Course(medicines, DAY_0, DAY_0))


def test_a_course_does_not_end_before_it_begins() -> None:
    refused(lambda: Course(("ketamine",), DAY_0, day(-1)), "cannot end on 2026-03-01 before it starts on 2026-03-02")


OVERLAPPING = [
    ("the same course twice", [course(days=5), course(days=5)]),
    ("one begins on the last day of the other", [course(days=5), course(day_0=day(4), days=5)]),
    ("one within the other", [course(day_0=day(9), days=10), course(day_0=day(5), days=2)]),
    ("three, of which the last two overlap", [course(), course(day_0=day(9), days=2), course(day_0=day(10), days=2)]),
]


@pytest.mark.parametrize(("_", "given_courses"), OVERLAPPING, ids=[name for name, _ in OVERLAPPING])
def test_courses_that_share_a_day_are_refused_whoever_asks(_: str, given_courses: list[Course]) -> None:
    for order in (given_courses, given_courses[::-1]):
        refused(lambda order=order: judge({}, order, day(20), rules=DEFAULT_RULES), "overlaps")
        refused(lambda order=order: judge_courses(order, {}, day(20), DEFAULT_RULES), "overlaps")


def test_courses_that_overlap_after_today_are_not_looked_at_yet() -> None:
    later = [course(day_0=day(30)), course(day_0=day(30))]
    assert verdict_on(day(14), diary(run(5, 14)), course(), *later) == verdict_of(run(5, 14))


def test_a_course_in_the_future_is_no_course_yet() -> None:
    to_come = course(day_0=day(10), days=5)
    found = verdict_on(DAY_0, scores_before(DAY_0, TENS), to_come)
    assert (found.state, found.course, found.t, found.relief, found.book_by) == (State.NO_COURSE, None, None, (), None)
    assert judge_courses([to_come], {}, day(5), DEFAULT_RULES) == []
    (begun,) = judge_courses([to_come], {}, day(6), DEFAULT_RULES)
    assert begun.timeline.state is State.IN_COURSE


def test_courses_are_judged_in_their_order_however_they_are_given() -> None:
    counting = counting_scores(diary(run(5, 60)))
    three = [course(), course(day_0=day(20)), course(day_0=day(40))]
    for order in (three, three[::-1], [three[1], three[2], three[0]]):
        judged = judge_courses(order, counting, day(60), DEFAULT_RULES)
        assert [(one.course, one.timeline.last) for one in judged] == [(three[0], 19), (three[1], 19), (three[2], 20)]


def test_courses_on_the_first_and_the_last_day_there_is_are_judged() -> None:
    first, last = date(1900, 1, 1), date(2200, 12, 31)
    for on in (first, last):
        scores = scores_from(on, [5])
        wish = Circumstances(wearing_off_since=on, planned_day=on)
        found = verdict_on(on, scores, course(day_0=on), circumstances=wish)
        assert found.state is State.IN_COURSE
        assert "inside_minimum_interval" in marks(found)
    judged = judge_courses([course(day_0=day(-20, day_0=last))], {}, last, DEFAULT_RULES)
    assert what_would_change(judged[-1], {}, last) == ()
    centuries = verdict_on(last, {}, course(day_0=first))
    assert (centuries.state, centuries.why) == (State.NOT_ENOUGH_DATA, Why.NO_BASELINE)


# ---- baselines by hand


@pytest.mark.parametrize("value", NO_BASELINES, ids=shown)
def test_a_baseline_by_hand_is_an_exact_number_from_0_to_10(value: Any) -> None:
    refused(lambda: SetBaseline(value, DAY_0), "A baseline")


@pytest.mark.parametrize("value", [Fraction(0), Fraction(10), Fraction(36, 5)], ids=shown)
def test_a_baseline_by_hand_stays_exact(value: Fraction) -> None:
    taken = verdict_on(day(14), diary(run(5, 14)), course(set_baselines=[SetBaseline(value, DAY_0)]))
    assert taken.line == value * Fraction(7, 10)
    assert type(taken.line) is Fraction


@pytest.mark.parametrize("on", NO_DAYS, ids=shown)
def test_a_baseline_is_set_on_a_calendar_date(on: Any) -> None:
    refused(lambda: SetBaseline(Fraction(7), on), "is set is a calendar date")
    refused(lambda: SetBaseline(None, on), "is set is a calendar date")


# ---- what else is known


@pytest.mark.parametrize(
    "fact",
    [
        *("wearing_off_since", "planned_day", "deferred_until", "intercurrent_event"),
        *("co_treatment_changed", "forecast_end", "high_scores"),
    ],
)
def test_what_is_recorded_lies_on_calendar_dates(fact: str) -> None:
    for on in NO_DAYS:
        if on is not None:
            refused(lambda on=on: Circumstances(**{fact: on}), "beside the scores is a calendar date")
            refused(lambda on=on: Circumstances(liver_tests=(DAY_0, on)), "beside the scores is a calendar date")
    no_tuple: Any = [DAY_0]
    refused(lambda: Circumstances(liver_tests=no_tuple), "Liver tests are a tuple")


def test_a_decision_and_its_next_step_lie_on_calendar_dates() -> None:
    for on in NO_DAYS:
        refused(lambda on=on: LastDecision(on, None), "The day of a decision")
        if on is not None:
            refused(lambda on=on: LastDecision(DAY_0, on), "The next step of a decision")
            if on != FAR_AWAY:
                refused(lambda on=on: LastDecision(DAY_0, None, None, on), "The last day to book of a decision")


# ---- empty and endless diaries


def test_an_empty_diary_has_a_state_on_every_day() -> None:
    assert verdict_on(DAY_0, {}).state is State.NO_COURSE
    assert verdict_on(DAY_0, {}, course()).state is State.IN_COURSE
    found = verdict_on(day(400), {}, course())
    assert (found.state, found.why, found.mean7, found.n7) == (State.NOT_ENOUGH_DATA, Why.NO_BASELINE, None, 0)
    assert [one.relief for one in found.relief] == [ReliefIs.CANNOT_SAY]
    assert place_on_worklist(found, None).reason == "no_baseline"


def test_an_empty_diary_answers_every_other_question_too() -> None:
    assert live_scores([], DAY_0, DEFAULT_RULES) == counting_scores({}) == {}
    assert started_courses([], DAY_0) == judge_courses([], {}, DAY_0, DEFAULT_RULES) == []
    assert relief_of_courses([]) == ()
    assert forecast_of([], {}, DAY_0, rules=DEFAULT_RULES).silent is Silent.NO_COURSE
    (judged,) = judge_courses([course()], {}, day(20), DEFAULT_RULES)
    assert what_would_change(judged, {}, day(20)) == ()
    assert forecast_of([judged], {}, day(20), rules=DEFAULT_RULES).silent is Silent.NO_BASELINE


@pytest.mark.parametrize("state", State)
def test_without_a_course_nothing_is_booked_whatever_the_state(state: State) -> None:
    advice = book_by([], state, forecast_end=day(9), planned_day=None, today=DAY_0, rules=DEFAULT_RULES)
    assert advice is None


def test_what_would_change_is_asked_on_the_day_up_to_which_the_course_is_judged() -> None:
    counting = counting_scores(diary(run(5, 20)))
    (judged,) = judge_courses([course()], counting, day(20), DEFAULT_RULES)
    assert what_would_change(judged, counting, day(20))
    for other in (day(19), day(21)):
        refused(lambda other=other: what_would_change(judged, counting, other), "judged up to another day")


def ten_years() -> tuple[dict[date, DayScore], list[Course], date]:
    """Return a diary of ten years: 40 courses 91 days apart, each relieved for 40 days, every tenth day missing."""
    first = date(2016, 3, 7)
    courses = [course(day_0=first + timedelta(days=91 * number + 4), days=5) for number in range(40)]
    scores = scores_before(first, TENS)
    for given_course in courses:
        after = [None if t % 10 == 0 else 3 if t <= 40 else 9 for t in range(1, 87)]
        scores |= scores_from(given_course.last_day + timedelta(days=1), after)
    return scores, courses, courses[-1].last_day + timedelta(days=86)


def test_a_diary_of_ten_years_with_forty_courses_is_judged_to_its_last_day() -> None:
    # Baseline 10, line 7: M(44) = (2·3 + 4·9)/6 = 7 is good, day 40 being empty. Then baseline 9, line 6.3: M(43) =
    # (3·3 + 3·9)/6 = 6 is the last good one.
    scores, courses, today = ten_years()
    found = verdict_on(today, scores, *courses)
    assert (today - min(scores)).days > 3640
    assert [one.days for one in found.relief] == [44, *[43] * 39]
    assert (found.state, found.t) == (State.REPEAT_DUE, 86)
    again = judge_courses(courses, counting_scores(scores), today, DEFAULT_RULES)
    assert forecast_of(again, counting_scores(scores), today, rules=DEFAULT_RULES).silent is Silent.LOST
    assert what_would_change(again[-1], counting_scores(scores), today)


def test_ten_years_after_one_course_are_judged() -> None:
    scores = diary(run(3, 3650))
    found = verdict_on(day(3650), scores, course())
    assert (found.state, found.t, found.since) == (State.HOLDING, 3650, day(14))
    (judged,) = judge_courses([course()], counting_scores(scores), day(3650), DEFAULT_RULES)
    assert forecast_of([judged], counting_scores(scores), day(3650), rules=DEFAULT_RULES).silent is Silent.TOO_LATE
    assert [change.state for change in what_would_change(judged, counting_scores(scores), day(3650))] == [
        State.DUE_SOON
    ]


# ---- moments and zones


@pytest.mark.parametrize("moment", NO_MOMENTS, ids=shown)
def test_a_moment_that_is_none_belongs_to_no_diary_day(moment: Any) -> None:
    refused(lambda: diary_day(moment, ZONE), "The time of writing")
    refused(lambda: diary_day_of(moment, [ZoneFrom(date.min, ZONE)]), "The time of writing")


@pytest.mark.parametrize("on", NO_DAYS, ids=shown)
def test_what_is_no_day_neither_begins_nor_ends(on: Any) -> None:
    refused(lambda: start_of_day(on, ZONE), "A diary day is a calendar date")
    refused(lambda: end_of_day(on, [ZoneFrom(date.min, ZONE)]), "A diary day is a calendar date")


def test_a_patient_without_a_time_zone_has_no_diary_day() -> None:
    refused(lambda: diary_day_of(NOON, []), "at least one time zone")
    refused(lambda: end_of_day(DAY_0, []), "at least one time zone")


def test_the_last_day_there_is_ends_too() -> None:
    for zone in ("Pacific/Auckland", "Pacific/Pago_Pago"):
        lived = [ZoneFrom(date.min, ZoneInfo(zone))]
        assert diary_day_of(end_of_day(date(2200, 12, 31), lived), lived) == date(2201, 1, 1)
        assert diary_day_of(start_of_day(date(1900, 1, 1), lived[0].zone), lived) == date(1900, 1, 1)


# ---- rule sets

NO_RULES: list[tuple[str, dict[str, Any]]] = [
    ("a number the rules do not have", {"relief_percentage": 30}),
    ("a line that is no number", {"relief_percent": NAN}),
    ("a line as a float", {"relief_percent": 30.0}),
    ("a line as text", {"relief_percent": "30"}),
    ("no line", {"relief_percent": None}),
    ("a line above the baseline", {"relief_percent": -30}),
    ("a line at nothing", {"relief_percent": 100}),
    ("yes for a number", {"week_minimum": True}),
    ("weeks without entries", {"week_minimum": 0}),
    ("weeks of eight entries", {"week_minimum": 8}),
    ("points that are no number", {"near_enters": "NaN"}),
    ("points without end", {"near_enters": "inf"}),
    ("points divided by nothing", {"near_enters": "1/0"}),
    ("points as a float that is no number", {"near_enters": NAN}),
    ("near ends before it begins", {"near_enters": "1", "near_leaves": "1/2"}),
    ("a number for yes or no", {"paper_counts": 1}),
    ("a medicine nobody knows", {"medicines": [{"code": "aspirin"}]}),
    ("a medicine twice", {"medicines": [{"code": "other"}, {"code": "other"}]}),
    ("a medicine without a name", {"medicines": [{"eval_end": 28}]}),
    ("a medicine with a number it does not have", {"medicines": [{"code": "other", "dose": 5}]}),
    ("an interval that is no number", {"medicines": [{"code": "other", "minimum_interval": NAN}]}),
    ("ketamine again after 16 days", {"medicines": [{"code": "ketamine", "minimum_interval": 16}]}),
    ("a waiting time that is no number", {"medicines": [{"code": "other", "waiting_time": NAN}]}),
]


@pytest.mark.parametrize(("_", "parameters"), NO_RULES, ids=[name for name, _ in NO_RULES])
def test_rules_that_make_no_sense_are_refused(_: str, parameters: dict[str, Any]) -> None:
    refused(lambda: RuleSet.from_parameters(parameters))


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(allow_nan=True),
    st.fractions(),
    st.text(max_size=10),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(timezone(timedelta(hours=5, minutes=30)))),
    st.lists(st.integers(), max_size=2),
)


@given(score=anything, about=anything, written_day=anything, written_at=anything, received_at=anything)
def test_whatever_an_entry_is_made_of_it_is_one_or_is_refused(
    score: Any, about: Any, written_day: Any, written_at: Any, received_at: Any
) -> None:
    try:
        made = Revision(about, score, written_day, written_at, received_at, "a")
    except ClinicalError:
        return
    found = live_scores([made, revision(DAY_0, 5)], date(2200, 12, 31), DEFAULT_RULES)
    assert all(0 <= one.score <= 10 for one in found.values())


@given(first=anything, last=anything, value=anything, set_on=anything, today=anything)
def test_whatever_a_course_is_made_of_it_is_judged_or_refused(
    first: Any, last: Any, value: Any, set_on: Any, today: Any
) -> None:
    try:
        given_course = Course(("ketamine",), first, last, (SetBaseline(value, set_on),))
        found = judge({}, [given_course], today, rules=DEFAULT_RULES)
    except ClinicalError:
        return
    assert found.state in (State.NO_COURSE, State.IN_COURSE, State.NOT_ENOUGH_DATA, State.SETTLING)


@given(name=st.sampled_from(sorted(DEFAULT_RULES.parameters())), value=anything)
def test_whatever_a_number_of_the_rules_is_it_is_kept_or_refused(name: str, value: Any) -> None:
    try:
        made = RuleSet.from_parameters({name: value})
    except ClinicalError:
        return
    assert RuleSet.from_parameters(made.parameters()) == made
    made.check()


def test_the_same_rules_judge_every_part_of_a_verdict() -> None:
    stricter = replace(DEFAULT_RULES, relief_percent=60)
    assert verdict_of(run(5, 14), rules=stricter).line == 4
