"""Marks: what adds to a state and never changes it, each with its own number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Final

from diary.clinical.baseline import Baseline, BaselineHow, JudgedCourse
from diary.clinical.book_by import BookBy, book_by
from diary.clinical.circumstances import Circumstances
from diary.clinical.intervals import interval_on, limit_on, warning_of_liver
from diary.clinical.relief import CourseRelief, relief_of_courses
from diary.clinical.response import is_good
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.states import State, Timeline, Why


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: a code and its number; `substance` where an interval or limit of one is meant."""

    code: str
    value: Fraction | int | date | None
    substance: str | None = None


@dataclass(frozen=True)
class Evidence:
    """Everything the marks look at: the judged courses of a patient on `today` and what else is known."""

    today: date
    courses: tuple[JudgedCourse, ...]
    last_entry: date | None
    circumstances: Circumstances
    rules: RuleSet

    @cached_property
    def judged(self) -> JudgedCourse | None:
        """The course the state is about."""
        return self.courses[-1] if self.courses else None

    @cached_property
    def timeline(self) -> Timeline | None:
        """Its timeline, where a baseline can be used and the first week is over."""
        timeline = self.judged.timeline if self.judged else None
        return timeline if timeline and timeline.last >= WEEK and timeline.response else None

    @property
    def baseline(self) -> Baseline | None:
        """Its baseline, where there is one."""
        return self.judged.baseline if self.judged else None

    @cached_property
    def verdict(self) -> tuple[State, Why | None]:
        """The state and the reason why it cannot be said."""
        return self.judged.timeline.verdict_on(self.judged.timeline.last) if self.judged else (State.NO_COURSE, None)

    @property
    def state(self) -> State:
        """The state."""
        return self.verdict[0]

    @cached_property
    def relief(self) -> tuple[CourseRelief, ...]:
        """The relief of each course, in order."""
        return relief_of_courses(self.courses)

    @cached_property
    def book_by(self) -> BookBy | None:
        """The advice on booking, where there is any."""
        return book_by(
            self.relief,
            self.state,
            forecast_end=self.circumstances.forecast_end,
            planned_day=self.circumstances.planned_day,
            today=self.today,
            rules=self.rules,
        )

    @property
    def repeat_is_a_question(self) -> bool:
        """Say whether a repeat course is being thought about: due, due soon, wished for or planned."""
        asked = self.circumstances.wearing_off_since or self.circumstances.planned_day
        return self.state in (State.REPEAT_DUE, State.DUE_SOON) or asked is not None


def marks_of(evidence: Evidence) -> tuple[Mark, ...]:
    """Return the marks in the order of the rules."""
    return tuple(mark for rule in MARK_RULES for mark in rule(evidence))


def _response_marks(evidence: Evidence) -> Iterator[Mark]:
    timeline = evidence.timeline
    if timeline is None or timeline.response is None:
        return
    loss, confirmed, eval_end = timeline.loss, timeline.confirmed, timeline.medicine.eval_end
    if loss and loss.entries is not None:
        yield Mark("sparse_data", loss.entries)
    if confirmed is not None and confirmed > eval_end:
        yield Mark("late_response", confirmed)
    if confirmed is None:
        signs = timeline.response.signs  # up to 2·eval_end two good weeks would have confirmed a response
        if is_good(signs[timeline.last]) and is_good(signs[timeline.last - WEEK]):
            yield Mark("improved_later", timeline.weeks.mean(timeline.last))


def _line_marks(evidence: Evidence) -> Iterator[Mark]:
    timeline, baseline = evidence.timeline, evidence.baseline
    if timeline is None or baseline is None:
        return
    mean, line = timeline.weeks.mean(timeline.last), evidence.rules.line(baseline.value)
    if mean is None:
        return
    if evidence.state is State.DUE_SOON and mean > line:
        yield Mark("over_the_line", mean - line)
    if evidence.state is State.REPEAT_DUE and mean <= line:
        yield Mark("good_week_now", mean)


def _writing_marks(evidence: Evidence) -> Iterator[Mark]:
    if evidence.last_entry is not None:
        days = (evidence.today - evidence.last_entry).days
        if days >= WEEK:
            yield Mark("stopped_writing", days)
    timeline = evidence.timeline
    if timeline is None or timeline.response is None or evidence.verdict[1] is not Why.FEW_ENTRIES:
        return
    if timeline.confirmed is not None and timeline.response.near[timeline.last]:
        last_known = max(t for t, sign in enumerate(timeline.response.signs) if sign is not None)
        yield Mark("stopped_near_line", timeline.weeks.mean(last_known))


def _missing_days_mark(evidence: Evidence) -> Iterator[Mark]:
    timeline, baseline = evidence.timeline, evidence.baseline
    if timeline is None or baseline is None or evidence.state is State.NOT_ENOUGH_DATA:
        return
    missing = timeline.weeks.missing(timeline.last - 2 * WEEK + 1, timeline.last)
    if not missing:
        return
    fillings = (baseline.value, timeline.weeks.lowest())
    for value in (one for one in fillings if one is not None):
        weeks = timeline.weeks.filled(missing, value)
        filled = Timeline.of_weeks(timeline.course, baseline.value, weeks, timeline.last, evidence.rules)
        if filled.state is not evidence.state:
            yield Mark("depends_on_missing_days", len(missing))
            return


def _baseline_mark(evidence: Evidence) -> Iterator[Mark]:
    baseline = evidence.baseline
    code = _BASELINE_MARKS.get(baseline.how) if baseline else None
    if baseline and code:
        yield Mark(code, (evidence.today - baseline.measured_on).days)


_BASELINE_MARKS: Final = {
    BaselineHow.FORTNIGHT: "baseline_weak",
    BaselineHow.CARRIED: "baseline_weak",
    BaselineHow.KEPT: "baseline_kept",
    BaselineHow.SET: "baseline_set",
}


def _interval_mark(evidence: Evidence) -> Iterator[Mark]:
    if not evidence.repeat_is_a_question:
        return
    courses = [judged.course for judged in evidence.courses]
    if running := interval_on(courses, evidence.today, evidence.rules):
        yield Mark("inside_minimum_interval", running.until, running.substance)


def _yearly_limit_mark(evidence: Evidence) -> Iterator[Mark]:
    if not evidence.repeat_is_a_question or evidence.judged is None:
        return
    courses = [judged.course for judged in evidence.courses]
    if reached := limit_on(evidence.judged.course.medicines, courses, evidence.today, evidence.rules):
        yield Mark("yearly_limit", len(reached.courses), reached.substance)


def _liver_test_mark(evidence: Evidence) -> Iterator[Mark]:
    if evidence.state not in (State.REPEAT_DUE, State.DUE_SOON) or evidence.judged is None:
        return
    tests, medicines = evidence.circumstances.liver_tests, evidence.judged.course.medicines
    if missing := warning_of_liver(medicines, tests, evidence.today, evidence.rules):
        yield Mark("liver_test_missing", missing.age)


def _wearing_off_mark(evidence: Evidence) -> Iterator[Mark]:
    if evidence.circumstances.wearing_off_since:
        yield Mark("patient_says_wearing_off", evidence.circumstances.wearing_off_since)


def _back_at_baseline_mark(evidence: Evidence) -> Iterator[Mark]:
    timeline, baseline = evidence.timeline, evidence.baseline
    if timeline is None or baseline is None or timeline.confirmed is None:
        return
    now, before = timeline.weeks.mean(timeline.last), timeline.weeks.mean(timeline.last - WEEK)
    limit = baseline.value - evidence.rules.back_at_baseline
    if now is not None and before is not None and now >= limit and before >= limit:
        yield Mark("back_at_baseline", now)


def _first_course_mark(evidence: Evidence) -> Iterator[Mark]:
    judged_states = (State.HOLDING, State.DUE_SOON, State.REPEAT_DUE)
    if len(evidence.courses) == 1 and evidence.state in judged_states and evidence.baseline:
        yield Mark("regression_to_the_mean", evidence.baseline.value)


def _recorded_marks(evidence: Evidence) -> Iterator[Mark]:
    circumstances = evidence.circumstances
    for code, day in (
        ("intercurrent_event", circumstances.intercurrent_event),
        ("co_treatment_changed", circumstances.co_treatment_changed),
        ("course_planned", circumstances.planned_day),
        ("deferred_until", circumstances.deferred_until),
        ("high_scores", circumstances.high_scores),
    ):
        if day is not None:
            yield Mark(code, day)


def _book_by_mark(evidence: Evidence) -> Iterator[Mark]:
    if evidence.book_by:
        yield Mark("book_by", evidence.book_by.day)


MARK_RULES: Final[tuple[Callable[[Evidence], Iterator[Mark]], ...]] = (
    _response_marks,
    _line_marks,
    _writing_marks,
    _missing_days_mark,
    _baseline_mark,
    _interval_mark,
    _yearly_limit_mark,
    _liver_test_mark,
    _wearing_off_mark,
    _back_at_baseline_mark,
    _first_course_mark,
    _recorded_marks,
    _book_by_mark,
)
