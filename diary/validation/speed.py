"""How long one verdict and one forecast take, on one core."""

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from statistics import median
from typing import Final

from diary.clinical.circumstances import Circumstances
from diary.clinical.forecast import forecast_of
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import DayScore, Source
from diary.clinical.verdict import judge
from diary.validation.figures import MILLISECONDS, Figure, Target
from diary.validation.followed import DAY_0, FollowedDiary
from diary.validation.patients import simulate_patient
from diary.validation.resampling import Estimate
from diary.validation.simulation import simulate_cohort

YEAR: Final = 365
FORECAST_ON: Final = 56
MILLI: Final = 1000


def time_of_verdicts(seed: int, cases: int) -> float:
    """Return the median time of the verdict of one year with every mark that can be recorded, milliseconds."""
    return _median_time([_verdict(seed, number) for number in range(cases)])


def time_of_forecasts(seed: int, cases: int) -> float:
    """Return the median time of the forecast on day 56 of a relieved course, milliseconds."""
    diaries = [FollowedDiary(number, one) for number, one in enumerate(simulate_cohort(seed, 3 * cases))]
    return _median_time([_forecast(diary) for diary in diaries if _is_relieved(diary)][:cases])


def time_figures(verdict: float, forecast: float) -> list[Figure]:
    """Return the rows of the table of section 5 that are about time; both in milliseconds."""
    alone = float("nan")
    return [
        Figure(name, Estimate(took, alone, alone), MILLISECONDS, Target(high=most))
        for name, took, most in (
            ("time of a verdict of one year with all marks", verdict, 1),
            ("time of a forecast", forecast, 25),
        )
    ]


def _median_time(acts: Sequence[Callable[[], object]]) -> float:
    acts[0]()  # what is made once and kept, such as the curves of a medicine
    return median(_time(act) for act in acts)


def _time(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return MILLI * (time.perf_counter() - start)


def _verdict(seed: int, number: int) -> Callable[[], object]:
    patient = simulate_patient(seed, number)
    today = patient.courses[-1].last_day + timedelta(days=FORECAST_ON)
    days = [day for day in patient.counting if today.toordinal() - YEAR < day <= today.toordinal()]
    scores = {date.fromordinal(day): DayScore(patient.counting[day], 0, Source.SELF, counts=True) for day in days}
    known = Circumstances(
        liver_tests=(today - timedelta(days=40),),
        wearing_off_since=today - timedelta(days=2),
        intercurrent_event=today - timedelta(days=5),
        co_treatment_changed=today - timedelta(days=9),
        high_scores=today - timedelta(days=1),
    )
    return partial(judge, scores, patient.courses, today, rules=DEFAULT_RULES, circumstances=known)


def _is_relieved(diary: FollowedDiary) -> bool:
    followed = diary.follow()
    return followed is not None and followed.confirmed <= FORECAST_ON < followed.due


def _forecast(diary: FollowedDiary) -> Callable[[], object]:
    today = DAY_0 + timedelta(days=FORECAST_ON)
    return partial(forecast_of, diary.judged_on(FORECAST_ON), diary.counting, today, rules=DEFAULT_RULES)
