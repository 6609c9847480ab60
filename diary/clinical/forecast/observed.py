"""What is known of a course when its forecast is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary.clinical.baseline import Baseline, BaselineHow, JudgedCourse
from diary.clinical.errors import ClinicalError
from diary.clinical.relief import days_of_relief_before, relief_of_courses
from diary.clinical.rules import RuleSet

USUAL_BASELINE: Final = (7.1, 1.5)
"""Middle and SD of baselines before anything is known of the patient, points."""
PASSED_ON_SD: Final = 0.9
"""SD of a baseline that was not measured right before the course, points."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known of a course on day `t`.

    Attributes:
        t: today, days after day 0.
        scores: counting scores by day t; days before the course have negative ones.
        baseline: middle of what the baseline may be and its SD before these scores are seen, points.
        line: a week above it is lost, points.
        own_days: days of relief of the patient's earlier courses of this medicine.
    """

    t: int
    scores: Mapping[int, int]
    baseline: tuple[float, float]
    line: float
    own_days: Sequence[int] = ()


def observe(judged: Sequence[JudgedCourse], counting: Mapping[int, int], rules: RuleSet) -> Observed:
    """Return what is known of the last of `judged`.

    The days that measured its baseline are part of the diary; a baseline from elsewhere stands for itself.

    Raises:
        ClinicalError: there is no baseline.
    """
    latest = judged[-1]
    baseline, day_0 = latest.baseline, latest.course.last_day.toordinal()
    if baseline is None:
        raise ClinicalError("Without a baseline there is nothing to forecast.")
    scores = {t: counting[day_0 + t] for t in range(1, latest.timeline.last + 1) if day_0 + t in counting}
    before = {day - day_0: counting[day] for day in _days_of_measurement(judged, baseline, rules) if day in counting}
    return Observed(
        t=latest.timeline.last,
        scores=before | scores,
        baseline=USUAL_BASELINE if before else (float(baseline.value), PASSED_ON_SD),
        line=float(rules.line(baseline.value)),
        own_days=days_of_relief_before(relief_of_courses(judged), latest.course),
    )


def _days_of_measurement(judged: Sequence[JudgedCourse], baseline: Baseline, rules: RuleSet) -> range:
    first = judged[-1].course.first_day.toordinal()
    if baseline.how not in (BaselineHow.WEEK, BaselineHow.FORTNIGHT):
        return range(0)
    earliest = judged[-2].course.last_day.toordinal() + 1 if len(judged) > 1 else 0
    return range(max(first - rules.long_baseline_days, earliest), first)
