"""When to ask for a chair: the arithmetic of the advice, and when nothing is said."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from diary.clinical.book_by import BookBy, ExpectedFrom, book_by, first_day_allowed
from diary.clinical.circumstances import Circumstances
from diary.clinical.courses import Course
from diary.clinical.medicines import DEFAULT_MEDICINES
from diary.clinical.relief import CourseRelief, ReliefIs
from diary.clinical.rule_changes import with_changes
from diary.clinical.rules import DEFAULT_RULES, RuleSet
from diary.clinical.states import State
from diary.clinical.verdict import Verdict, judge
from diary.clinical.worklist_order import FAR_AWAY, Band, LastDecision, Place, place_on_worklist
from tests.clinical.builders import (
    DAY_0,
    TENS,
    Scores,
    course,
    day,
    diary,
    marks,
    run,
    scores_before,
    scores_from,
    value,
    verdict_of,
    verdict_on,
)

WAITING = with_changes(DEFAULT_RULES, {"lidocaine.waiting_time": 35, "ketamine.waiting_time": 20})
TODAY = day(30)
ON_DAY_60 = day(60)


def finished(days: int | None, *, ago: int, medicines: str = "lidocaine") -> CourseRelief:
    """Return a course that ended `ago` days before the last one, with its days of relief."""
    on = DAY_0 - timedelta(days=ago)
    relief = ReliefIs.LOST if days is not None else ReliefIs.NONE
    return CourseRelief(Course(tuple(medicines.split("+")), on, on), relief, days, days, None)


RUNNING = CourseRelief(Course(("lidocaine",), DAY_0, DAY_0), ReliefIs.RUNNING, None, 30, None)


def advice(
    *before: CourseRelief,
    last: CourseRelief = RUNNING,
    state: State = State.HOLDING,
    forecast_end: date | None = None,
    planned: date | None = None,
    rules: RuleSet = WAITING,
) -> BookBy | None:
    return book_by([*before, last], state, forecast_end=forecast_end, planned_day=planned, today=TODAY, rules=rules)


def test_book_by_is_the_usual_end_of_relief_less_the_waiting_time() -> None:
    found = advice(finished(47, ago=300), finished(52, ago=200), finished(49, ago=100))
    assert found == BookBy(day(49 - 35), day(49), ExpectedFrom.OWN_COURSES, (47, 52, 49), day(28), 35)


def test_of_two_finished_courses_the_earlier_day_of_the_middle_is_taken() -> None:
    found = advice(finished(47, ago=300), finished(52, ago=200))
    assert found is not None
    assert found.expected_end == day(49)  # 49.5, and earlier is safer


def test_with_one_finished_course_the_forecast_says_when_relief_ends() -> None:
    found = advice(finished(47, ago=300), forecast_end=day(60))
    assert found == BookBy(day(25), day(60), ExpectedFrom.FORECAST, (), day(28), 35)
    assert advice(finished(47, ago=300)) is None


def test_own_courses_are_asked_before_the_forecast() -> None:
    found = advice(finished(40, ago=300), finished(40, ago=200), forecast_end=day(90))
    assert found is not None
    assert found.expected_end == day(40)


def test_a_chair_inside_the_minimum_interval_is_not_asked_for() -> None:
    found = advice(forecast_end=day(20))
    assert found is not None
    assert (found.allowed_from, found.day) == (day(28), day(28 - 35))


def test_every_medicine_of_every_course_keeps_its_interval() -> None:
    ketamine_before = finished(None, ago=7, medicines="lidocaine+ketamine")
    assert first_day_allowed([ketamine_before.course, RUNNING.course], WAITING) == day(42 - 7)
    found = advice(ketamine_before, forecast_end=day(20))
    assert found is not None
    assert found.day == day(35 - 35)


def test_courses_of_another_governing_medicine_or_without_a_loss_tell_nothing() -> None:
    assert advice(finished(47, ago=300, medicines="ketamine+lidocaine"), finished(None, ago=200)) is None
    assert advice(finished(47, ago=300), finished(None, ago=200)) is None


def test_the_loss_of_the_course_itself_is_not_one_of_the_courses_before_it() -> None:
    lost = replace(RUNNING, relief=ReliefIs.LOST, days=20)
    assert advice(finished(47, ago=300), last=lost, state=State.REPEAT_DUE) is None


def test_without_a_waiting_time_nothing_is_said_about_booking() -> None:
    assert advice(forecast_end=day(60), rules=DEFAULT_RULES) is None
    assert advice(forecast_end=day(60), rules=with_changes(DEFAULT_RULES, {"ketamine.waiting_time": 35})) is None
    none_waits = with_changes(DEFAULT_RULES, {"lidocaine.waiting_time": 0})
    found = advice(forecast_end=day(60), rules=none_waits)
    assert found is not None
    assert found.day == day(60)


@pytest.mark.parametrize("state", State)
def test_booking_is_spoken_of_while_relief_holds_is_close_to_the_line_or_lost(state: State) -> None:
    speaks = state in (State.HOLDING, State.DUE_SOON, State.REPEAT_DUE)
    assert (advice(state=state, forecast_end=day(60)) is not None) is speaks


def test_a_planned_course_is_booked_already_and_one_that_passed_by_is_not() -> None:
    for planned, said in ((TODAY + timedelta(days=1), False), (TODAY, False), (TODAY - timedelta(days=1), True)):
        assert (advice(forecast_end=day(60), planned=planned) is not None) is said


# ---- in a verdict, with real courses


def held(
    t: int, *, forecast_end: date | None = ON_DAY_60, rules: RuleSet = WAITING, planned: date | None = None
) -> Verdict:
    """Return the verdict on day t of a response that holds after one ketamine course."""
    known = Circumstances(forecast_end=forecast_end, planned_day=planned)
    return verdict_of(run(5, t), rules=rules, circumstances=known)


def three_courses(third: str = "ketamine", *, forecast_end: date | None = None) -> Verdict:
    """Return the verdict 30 days after a third course; the first two relieved for 18 and 24 days."""
    first = diary([*run(5, 14), *run(8, 40)])
    second = {**scores_before(day(100), TENS), **scores_from(day(101), [*run(5, 20), *run(8, 40)])}
    last = {**scores_before(day(200), TENS), **scores_from(day(201), run(5, 30))}
    courses = [course(), course(day_0=day(100)), course(third, day_0=day(200))]
    known = Circumstances(forecast_end=forecast_end)
    return verdict_on(day(230), {**first, **second, **last}, *courses, rules=WAITING, circumstances=known)


def test_two_finished_courses_and_the_interval_give_the_day_to_book() -> None:
    # The days of relief 18 and 24 have the median 21; the interval of 42 days allows it only on day 242, later.
    found = three_courses()
    assert [one.days for one in found.relief] == [18, 24, None]
    assert found.book_by == BookBy(day(242 - 20), day(221), ExpectedFrom.OWN_COURSES, (18, 24), day(242), 20)
    assert value(found, "book_by") == day(222)


def test_courses_of_ketamine_tell_nothing_about_lidocaine_but_keep_its_chair_away() -> None:
    assert three_courses("lidocaine").book_by is None
    found = three_courses("lidocaine+ketamine", forecast_end=day(225)).book_by
    assert found == BookBy(day(242 - 35), day(225), ExpectedFrom.FORECAST, (), day(242), 35)


def test_the_later_of_the_expected_end_and_the_interval_decides() -> None:
    after_the_interval, inside_it = held(30).book_by, held(30, forecast_end=day(41)).book_by
    assert after_the_interval is not None
    assert inside_it is not None
    assert (after_the_interval.day, inside_it.day) == (day(60 - 20), day(42 - 20))


@pytest.mark.parametrize(
    ("silent", "why"),
    [
        (held(30, forecast_end=None), "neither own courses nor the forecast tell when relief ends"),
        (held(30, rules=DEFAULT_RULES), "the clinic gave no waiting time"),
        (held(30, planned=day(30)), "a course is planned"),
        (held(13), "it is too early to judge"),
        (verdict_of(run(10, 40), rules=WAITING, circumstances=Circumstances(forecast_end=day(60))), "no response"),
        (verdict_on(day(30), {}, rules=WAITING), "no course"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_verdict_is_silent_about_booking_when(silent: Verdict, why: str) -> None:
    assert silent.book_by is None, why
    assert "book_by" not in marks(silent), why


def test_a_planned_day_that_passed_without_an_infusion_books_nothing() -> None:
    assert held(30, planned=day(29)).book_by == held(30).book_by


# ---- on the worklist


def on_worklist(t: int, *, decided: int | None = None, next_step: int | None = None) -> Place:
    """Return the place on day t of a patient who has to be booked by day 40."""
    step = None if next_step is None else day(next_step)
    return place_on_worklist(held(t), None if decided is None else LastDecision(day(decided), step))


def test_a_patient_comes_up_seven_days_before_the_last_day_to_book_and_stays_when_it_has_passed() -> None:
    assert (on_worklist(32).band, on_worklist(32).reason) == (Band.NOTHING_TO_DO, "HOLDING")
    for t in (33, 40, 41, 60):
        place = on_worklist(t)
        assert (place.band, place.reason, place.day) == (Band.NEEDS_YOU, "book_by", day(33))


def test_a_decision_waits_until_its_next_step_and_one_made_before_covers_nothing() -> None:
    assert on_worklist(40, decided=33, next_step=45) == Place(Band.DECIDED, 0, day(45), "book_by")
    assert on_worklist(45, decided=33, next_step=45).band is Band.DECIDED
    assert on_worklist(46, decided=33, next_step=45).band is Band.NEEDS_YOU
    assert on_worklist(40, decided=32, next_step=45).band is Band.NEEDS_YOU
    assert on_worklist(60, decided=33) == Place(Band.DECIDED, 0, FAR_AWAY, "book_by")


# ---- nothing of later days

ALL_WAIT = with_changes(DEFAULT_RULES, {f"{medicine.code}.waiting_time": 20 for medicine in DEFAULT_MEDICINES})


@dataclass(frozen=True)
class History:
    """Three courses, each relieved for some weeks and then lost, and the days after them."""

    scores: Scores
    courses: list[Course]

    def advice(self, today: date, *, ahead: int | None, told_later: bool) -> BookBy | None:
        """Return the advice of a day; whoever is told later knows of the days and courses after it, too."""
        scores, courses = self.scores, self.courses
        if not told_later:
            scores = {on: score for on, score in scores.items() if on <= today}
            courses = [one for one in courses if one.first_day <= today]
        known = Circumstances(forecast_end=None if ahead is None else today + timedelta(days=ahead))
        return judge(scores, courses, today, rules=ALL_WAIT, circumstances=known).book_by


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw three courses of two medicines or of one."""
    scores, courses, on = scores_before(DAY_0, TENS), [], DAY_0
    for _ in range(3):
        medicine = draw(st.sampled_from(["ketamine", "ketamine", "ketamine", "lidocaine+ketamine"]))
        relieved, lost = draw(st.integers(10, 60)), draw(st.integers(0, 40))
        courses.append(course(medicine, day_0=on))
        scores |= scores_from(on + timedelta(days=1), [*run(5, relieved), *run(8, lost), *TENS])
        on += timedelta(days=relieved + lost + 8)
    return History(scores, courses)


@given(history=histories(), t=st.integers(0, 250), ahead=st.one_of(st.none(), st.integers(-13, 180)))
def test_the_advice_of_a_day_takes_nothing_from_later_days(history: History, t: int, ahead: int | None) -> None:
    now, later = (history.advice(day(t), ahead=ahead, told_later=told_later) for told_later in (False, True))
    event(f"from {now.expected_from}" if now else "silent")
    assert now == later


@given(history=histories(), t=st.integers(0, 250), ahead=st.one_of(st.none(), st.integers(-13, 180)))
def test_the_advice_is_its_own_arithmetic(history: History, t: int, ahead: int | None) -> None:
    found = history.advice(day(t), ahead=ahead, told_later=False)
    if found is None:
        return
    assert found.day + timedelta(days=found.waiting_time) == max(found.allowed_from, found.expected_end)
    assert (found.expected_from is ExpectedFrom.OWN_COURSES) == (len(found.own_days) >= 2)
    assert found.own_days or found.expected_end == day(t) + timedelta(days=ahead or 0)
