"""Booking a chair at the verdict, or by the advice: days of pain until the chair, and chairs booked too early."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np

from diary.clinical.baseline import JudgedCourse, judge_courses
from diary.clinical.book_by import ExpectedFrom, book_by, first_day_allowed
from diary.clinical.forecast import forecast_of
from diary.clinical.forecast.horizon import FIRST_DAY
from diary.clinical.relief import days_of_relief_before, relief_of_courses
from diary.clinical.rules import DEFAULT_RULES, WEEK, RuleSet
from diary.clinical.states import State
from diary.validation.figures import DAYS, PERCENT, Grid, told
from diary.validation.followed import DAY_0, FOLLOWED, NEVER, FollowedDiary, days_over, lost_for_good
from diary.validation.patients import simulate_patient
from diary.validation.resampling import Rows
from diary.validation.simulation import DAYS_AFTER, DEFAULT_WORLD, simulate_cohort
from diary.validation.standings import BLOCK, BLOCKS_APART

WAITING_TIMES: Final = (14, 35, 56)
"""Days between asking for a chair and sitting in it."""
TOO_EARLY: Final = 7
"""Days before the true loss from which a chair comes too early."""

ExpectedEnd = Callable[[int], date | None]
"""The expected end of relief by the forecast, on day t."""


@dataclass(frozen=True, slots=True)
class Chairs:
    """When one patient sits in the chair again; days are days t.

    Attributes:
        number: which patient.
        expected_from: where the advice takes the expected end from.
        waiting_time: days between asking and sitting.
        lost: true day of loss, or NEVER.
        at_verdict, by_advice: day of the chair when the clinic asks at REPEAT_DUE, or follows the advice and asks at
            REPEAT_DUE at the latest; NEVER where it is not asked for within a year.
    """

    number: int
    expected_from: ExpectedFrom
    waiting_time: int
    lost: float
    at_verdict: float
    by_advice: float


def chairs_by_own_courses(seed: int, first: int, size: int) -> list[Chairs]:
    """Return the chairs of patients whose third response was confirmed and who finished two courses before."""
    chairs: list[Chairs] = []
    for number in range(first, first + size):
        patient = simulate_patient(seed, number)
        until = patient.courses[-1].last_day + timedelta(days=DAYS_AFTER)
        judged = judge_courses(patient.courses, patient.counting, until, DEFAULT_RULES)
        finished = days_of_relief_before(relief_of_courses(judged), patient.courses[-1])
        baseline = judged[-1].baseline
        if judged[-1].timeline.confirmed is None or baseline is None or len(finished) < COURSES_NEEDED:
            continue
        lost = lost_for_good(days_over(patient.latent, float(DEFAULT_RULES.line(baseline.value))))
        chairs += _chairs(number, ExpectedFrom.OWN_COURSES, lost, judged, lambda _t: None)
    return chairs


COURSES_NEEDED: Final = 2


def chairs_by_forecast(seed: int, first: int, size: int) -> list[Chairs]:
    """Return the chairs after first courses with a confirmed response; the forecast is made anew every week."""
    chairs: list[Chairs] = []
    cohort = simulate_cohort(seed * BLOCKS_APART + first // BLOCK, size, DEFAULT_WORLD)
    for number, simulated in enumerate(cohort, first):
        diary = FollowedDiary(number, simulated)
        followed = diary.follow()
        if followed is None or followed.confirmed == NEVER:
            continue
        judged = diary.judged_on(DAYS_AFTER)
        chairs += _chairs(diary.number, ExpectedFrom.FORECAST, followed.truth.lost, judged, _forecast_end_of(diary))
    return chairs


def _forecast_end_of(diary: FollowedDiary) -> ExpectedEnd:
    @cache
    def made_on(t: int) -> date | None:
        judged = diary.judged_on(t)
        return forecast_of(judged, diary.counting, DAY_0 + timedelta(days=t), rules=DEFAULT_RULES).end

    return lambda t: made_on(t - t % WEEK) if t >= FIRST_DAY else None


def _chairs(
    number: int, expected_from: ExpectedFrom, lost: float, judged: Sequence[JudgedCourse], expected_end: ExpectedEnd
) -> list[Chairs]:
    allowed = first_day_allowed([one.course for one in judged], DEFAULT_RULES)
    allowed_from = (allowed - judged[-1].course.last_day).days
    at_due = _asked(judged, DEFAULT_RULES, expected_end)
    return [
        Chairs(
            number=number,
            expected_from=expected_from,
            waiting_time=waiting_time,
            lost=lost,
            at_verdict=max(at_due + waiting_time, allowed_from),
            by_advice=max(_asked(judged, _waiting(waiting_time), expected_end) + waiting_time, allowed_from),
        )
        for waiting_time in WAITING_TIMES
    ]


def _asked(judged: Sequence[JudgedCourse], rules: RuleSet, expected_end: ExpectedEnd) -> float:
    """Return the first day t on which a clinic with these waiting times asks for a chair."""
    relief, timeline = relief_of_courses(judged), judged[-1].timeline
    day_0 = judged[-1].course.last_day
    advises = rules is not DEFAULT_RULES
    for t in range(1, DAYS_AFTER + 1):
        state, _why = timeline.verdict_on(t)
        if state is State.REPEAT_DUE:
            return t
        if advises and state in (State.HOLDING, State.DUE_SOON):
            today = day_0 + timedelta(days=t)
            advice = book_by(relief, state, forecast_end=expected_end(t), planned_day=None, today=today, rules=rules)
            if advice is not None and advice.day <= today:
                return t
    return NEVER


@cache
def _waiting(days: int) -> RuleSet:
    medicines = tuple(replace(medicine, waiting_time=days) for medicine in DEFAULT_RULES.medicines)
    return replace(DEFAULT_RULES, medicines=medicines)


HEADER: Final = (
    "end of relief from",
    "waiting time",
    "courses (lost)",
    "asked before the verdict",
    "days of pain, asked at the verdict",
    "days of pain, asked by the advice",
    "fewer by",
    "too early, at the verdict",
    "too early, by the advice",
)
FROM: Final[Mapping[ExpectedFrom, str]] = {
    ExpectedFrom.OWN_COURSES: "two earlier courses",
    ExpectedFrom.FORECAST: "the forecast",
}


def booking_grid(chairs: Sequence[Chairs]) -> Grid:
    """Return the days of pain between the loss and the chair with and without the advice."""
    rows = [
        _row([one for one in chairs if one.expected_from is expected_from and one.waiting_time == waiting_time])
        for expected_from in ExpectedFrom
        for waiting_time in WAITING_TIMES
    ]
    return Grid("Book by", HEADER, rows)


def _row(chairs: Sequence[Chairs]) -> tuple[str, ...]:
    rows = Rows([one.number for one in chairs])
    lost, at_verdict, by_advice = (
        np.array([getattr(one, name) for one in chairs]) for name in ("lost", "at_verdict", "by_advice")
    )
    was_lost = lost <= FOLLOWED
    true = np.where(was_lost, lost, 0)
    pain = [
        rows.mean(np.clip(np.minimum(chair, DAYS_AFTER) - true, 0, None), was_lost) for chair in (at_verdict, by_advice)
    ]
    early = [rows.mean((chair < NEVER) & (chair < lost - TOO_EARLY)) for chair in (at_verdict, by_advice)]
    return (
        FROM[chairs[0].expected_from],
        f"{chairs[0].waiting_time} d",
        f"{len(chairs)} ({was_lost.sum()})",
        told(rows.mean(by_advice < at_verdict), PERCENT),
        *(told(days, DAYS) for days in (*pain, pain[0] - pain[1])),
        *(told(share, PERCENT) for share in early),
    )
