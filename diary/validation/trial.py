"""Trials shaped like the one of 2009: 60 patients, 4.2 days of ketamine or placebo, weekly means of 12 weeks."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

import numpy as np

from diary.clinical.baseline import judge_courses
from diary.clinical.cohort.figures import cohort_of
from diary.clinical.cohort.groups import USUAL_WEEKS, GroupBy
from diary.clinical.cohort.outcome import CohortCourse, Courses, cohort_course, outcomes_of
from diary.clinical.courses import Course
from diary.clinical.rules import DEFAULT_RULES, WEEK
from diary.validation.figures import POINTS, Figure, Grid, Target, Unit
from diary.validation.followed import DAY_0
from diary.validation.resampling import Estimate, Rows
from diary.validation.simulation import (
    DAYS_BEFORE,
    Floats,
    Shape,
    fade_from,
    missing_days,
    relief_from,
    relief_left,
    with_noise,
)

COURSE_DAYS: Final = 5
"""Calendar days that 4.2 days of infusion touch."""
PATIENTS: Final = 30
MISSING: Final = (0.13, 0.15)
HALF_TIME, HALF_TIME_LOG_SD = 60, 0.5
SIGNIFICANT: Final = 0.05


class TrialArm(StrEnum):
    """The two arms."""

    KETAMINE = "ketamine"
    PLACEBO = "placebo"


RESPONDERS: Final[Mapping[TrialArm, int]] = {TrialArm.KETAMINE: 21, TrialArm.PLACEBO: 6}
BASELINES: Final[Mapping[TrialArm, float]] = {TrialArm.KETAMINE: 7.2, TrialArm.PLACEBO: 6.9}
BASELINE_SD: Final = 1.4


@dataclass(frozen=True)
class TrialPatient:
    """One patient of a trial; the placebo carries the same course, as in a blinded one.

    `relief` is the share of the pain that is gone at first; `counting` holds the scores by ordinal of their day, two
    weeks before the course to twelve weeks after it.
    """

    arm: TrialArm
    relief: float
    course: Course
    counting: Mapping[int, int]


def simulate_trial(seed: int) -> list[TrialPatient]:
    """Return 30 patients with ketamine, of whom 21 respond, and 30 with placebo, of whom 6 do."""
    chance = np.random.default_rng(seed)
    return [_patient(chance, arm, number < RESPONDERS[arm]) for arm in TrialArm for number in range(PATIENTS)]


def _patient(chance: np.random.Generator, arm: TrialArm, responds: bool) -> TrialPatient:
    baseline = float(np.clip(chance.normal(BASELINES[arm], BASELINE_SD), 0, 10))
    relief = float(chance.beta(9, 1)) if responds else relief_from(chance, responds=False)
    half_time = float(chance.lognormal(np.log(HALF_TIME), HALF_TIME_LOG_SD))
    left = relief_left(Shape.SIGMOID, half_time, fade_from(chance))[: USUAL_WEEKS * WEEK]
    expected = np.concatenate([np.full(DAYS_BEFORE + COURSE_DAYS, baseline), baseline * (1 - relief * left)])
    latent, observed = with_noise(chance, expected)
    written = ~missing_days(chance, latent, chance.uniform(*MISSING))
    written[DAYS_BEFORE : DAYS_BEFORE + COURSE_DAYS] = False
    first = DAY_0 - timedelta(days=COURSE_DAYS - 1)
    start = first.toordinal() - DAYS_BEFORE
    counting = {start + int(day): int(observed[day]) for day in np.flatnonzero(written)}
    return TrialPatient(arm, relief, Course(("ketamine",), first, DAY_0), counting)


@dataclass(frozen=True)
class TrialResult:
    """P of the analysis of covariance and the mean of each arm, week by week."""

    p: Floats
    means: Mapping[TrialArm, Floats]


def trial_result(seed: int) -> TrialResult:
    """Return what the groups of the product say about one simulated trial."""
    patients = simulate_trial(seed)
    courses = Courses.of(_judged(one, number) for number, one in enumerate(patients))
    tags: dict[Hashable, tuple[str, ...]] = {number: (one.arm.value,) for number, one in enumerate(patients)}
    compared = (TrialArm.KETAMINE.value, TrialArm.PLACEBO.value)
    cohort = cohort_of(courses, GroupBy.TAG, tags=tags, compared=compared, weeks=USUAL_WEEKS)
    means = {group.name: [week.mean for week in group.weeks] for group in cohort.groups}
    return TrialResult(_known(week.p_ancova for week in cohort.tests), {arm: _known(means[arm]) for arm in TrialArm})


def _known(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if one is None else one for one in values], dtype=np.float64)


def _judged(patient: TrialPatient, number: int) -> CohortCourse:
    until = DAY_0 + timedelta(days=USUAL_WEEKS * WEEK)
    judged = judge_courses([patient.course], patient.counting, until, DEFAULT_RULES)
    return cohort_course(number, outcomes_of(judged)[-1])


P: Final = Unit(digits=4)
NOT_YET: Final = 11
"""Last week in which the trial of 2009 found a difference; in the next one it was lost."""
FIRST_WEEK: Final[Mapping[TrialArm, Target]] = {
    TrialArm.KETAMINE: Target(2.55, 2.85),
    TrialArm.PLACEBO: Target(5.15, 5.45),
}
"""About 2.7 against 5.3 points."""


def trial_figures(results: Sequence[TrialResult]) -> list[Figure]:
    """Return what section 6 of the rules asks of the groups: the first week's means, and where the difference ends."""
    rows = Rows(range(len(results)))
    p = np.array([one.p for one in results])
    means = [
        Figure(
            f"simulated trials: mean of week 1, {arm}",
            Estimate.of(rows.mean([one.means[arm][0] for one in results])),
            POINTS,
            target,
        )
        for arm, target in FIRST_WEEK.items()
    ]
    medians = [
        Figure(f"simulated trials: median P of week {week}", Estimate.of(rows.quantile(p[:, week - 1], 0.5)), P, target)
        for week, target in ((NOT_YET, Target(high=SIGNIFICANT)), (NOT_YET + 1, Target(low=SIGNIFICANT)))
    ]
    return means + medians


def trial_grid(results: Sequence[TrialResult]) -> Grid:
    """Return the median P and the mean pain of each arm over many simulated trials, week by week."""
    p = np.array([one.p for one in results])
    means = {arm: np.array([one.means[arm] for one in results]).mean(axis=0) for arm in TrialArm}
    rows = [
        (
            str(week + 1),
            *(POINTS.written(float(means[arm][week])) for arm in TrialArm),
            P.written(float(np.median(p[:, week]))),
            f"{np.percentile(p[:, week], 25):.4f} to {np.percentile(p[:, week], 75):.4f}",
            f"{100 * np.mean(p[:, week] < SIGNIFICANT):.0f} %",
        )
        for week in range(USUAL_WEEKS)
    ]
    header = ("week", "ketamine", "placebo", "median P", "middle half of P", "trials with P < 0.05")
    return Grid("The trial of 2009, simulated", header, rows)
