"""The verdict: the state of a patient on a day, with its arithmetic and its marks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from diary.clinical.baseline import Baseline, JudgedCourse, judge_courses
from diary.clinical.book_by import BookBy
from diary.clinical.calendar_days import check_day
from diary.clinical.circumstances import NOTHING_RECORDED, Circumstances
from diary.clinical.courses import Course
from diary.clinical.errors import ClinicalError
from diary.clinical.marks import Evidence, Mark, marks_of
from diary.clinical.relief import CourseRelief
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.scores import DayScore, counting_scores
from diary.clinical.states import State, Why


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say for one patient on `today`. Days named t are days after day 0; absent is None.

    Attributes:
        today: the diary day judged.
        state: the verdict; `why` says more where it cannot be said.
        since: first day of the unbroken run of days in this state.
        course: the course judged, the latest that has started.
        t: days since its last infusion day, from day 1 on.
        baseline: the baseline in force, also where it is too low to be used.
        line: 70 % of the baseline; a week above it is lost.
        mean7, n7: weekly mean and entries of days t-6 … t; mean7_before, n7_before: of the week before.
        confirmed: day the response was confirmed.
        due: day the loss in force became due.
        days_of_relief: days of relief of the loss in force.
        relief: the relief of each course in order, the judged one last.
        book_by: the advice on booking with its arithmetic.
        marks: what else is worth knowing, in a fixed order.
        last_entry: latest day with a live score of any kind.
        ruleset: version of the rules.
    """

    today: date
    state: State
    why: Why | None
    since: date | None
    course: Course | None
    t: int | None
    baseline: Baseline | None
    line: Fraction | None
    mean7: Fraction | None
    n7: int | None
    mean7_before: Fraction | None
    n7_before: int | None
    confirmed: int | None
    due: int | None
    days_of_relief: int | None
    relief: tuple[CourseRelief, ...]
    book_by: BookBy | None
    marks: tuple[Mark, ...]
    last_entry: date | None
    ruleset: str

    def mark(self, code: str) -> Mark | None:
        """Return the mark named `code`, or None."""
        return next((mark for mark in self.marks if mark.code == code), None)


def judge(
    scores: Mapping[date, DayScore],
    courses: Iterable[Course],
    today: date,
    *,
    rules: RuleSet,
    circumstances: Circumstances = NOTHING_RECORDED,
) -> Verdict:
    """Return the verdict for `today`.

    Args:
        scores: live score by diary day; days after `today` are left out of account.
        courses: the patient's given courses in any order; those that start after `today` are left out of account.
        today: the diary day to judge.
        rules: the rule set in force.
        circumstances: what else is known on that day.

    Raises:
        ClinicalError: courses that overlap, or a key that is no calendar date.
    """
    check_day(today, "The day judged")
    if not set(map(type, scores)) <= {date}:
        raise ClinicalError("A score belongs to a calendar date, not to a moment.")
    known = {day: entry for day, entry in scores.items() if day <= today}
    judged = judge_courses(courses, counting_scores(known), today, rules)
    return verdict_on(judged, today, last_entry=max(known, default=None), rules=rules, circumstances=circumstances)


def verdict_on(
    judged: Sequence[JudgedCourse],
    today: date,
    *,
    last_entry: date | None,
    rules: RuleSet,
    circumstances: Circumstances,
) -> Verdict:
    """Return the verdict for `today` where the started courses have been judged up to it already.

    Args:
        judged: the started courses in order, each judged as `judge_courses` does.
        today: the diary day to judge.
        last_entry: the last day with a score, as known by then.
        rules: the rule set in force.
        circumstances: what else is known on that day.
    """
    evidence = Evidence(today, tuple(judged), last_entry, circumstances, rules)
    if not judged:
        return _before_any_course(evidence)
    return _of_course(judged[-1], evidence)


def _before_any_course(evidence: Evidence) -> Verdict:
    nothing = dict.fromkeys(
        ("why", "since", "course", "t", "baseline", "line", "mean7", "n7", "mean7_before", "n7_before")
    )
    return Verdict(
        today=evidence.today,
        state=State.NO_COURSE,
        confirmed=None,
        due=None,
        days_of_relief=None,
        relief=(),
        book_by=None,
        marks=marks_of(evidence),
        last_entry=evidence.last_entry,
        ruleset=evidence.rules.version,
        **nothing,
    )


def _of_course(judged: JudgedCourse, evidence: Evidence) -> Verdict:
    timeline, baseline = judged.timeline, judged.baseline
    t, weeks, loss = timeline.last, timeline.weeks, timeline.loss
    state, why = timeline.verdict_on(t)
    return Verdict(
        today=evidence.today,
        state=state,
        why=why,
        since=timeline.state_began(),
        course=judged.course,
        t=t if t >= 1 else None,
        baseline=baseline,
        line=evidence.rules.line(baseline.value) if baseline else None,
        mean7=weeks.mean(t),
        n7=weeks.entries(t - WEEK + 1, t) if t >= 1 else None,
        mean7_before=weeks.mean(t - WEEK),
        n7_before=weeks.entries(t - 2 * WEEK + 1, t - WEEK) if t >= 2 * WEEK else None,
        confirmed=timeline.confirmed,
        due=loss.due if loss else None,
        days_of_relief=loss.last_good if loss else None,
        relief=evidence.relief,
        book_by=evidence.book_by,
        marks=marks_of(evidence),
        last_entry=evidence.last_entry,
        ruleset=evidence.rules.version,
    )
