"""What is known of a patient besides scores and courses."""

from dataclasses import dataclass
from datetime import date

from diary.clinical.calendar_days import check_day
from diary.clinical.errors import ClinicalError


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Facts recorded by the day being judged; they add marks and never change a state.

    Attributes:
        liver_tests: days of known liver tests.
        wearing_off_since: first day since the last decision on which the patient said that it wears off.
        planned_day: first day of a course that is planned.
        deferred_until: date of the next step of a decision to wait.
        intercurrent_event: latest illness, fall or operation since the first infusion day.
        co_treatment_changed: latest change of other pain medicine since then.
        forecast_end: the middle of the forecast window for the course judged, when the forecast speaks.
        high_scores: latest day of very high scores since the last decision.
    """

    liver_tests: tuple[date, ...] = ()
    wearing_off_since: date | None = None
    planned_day: date | None = None
    deferred_until: date | None = None
    intercurrent_event: date | None = None
    co_treatment_changed: date | None = None
    forecast_end: date | None = None
    high_scores: date | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.liver_tests, tuple):
            raise ClinicalError(f"Liver tests are a tuple of days, not {self.liver_tests!r}.")
        known = (
            *self.liver_tests,
            self.wearing_off_since,
            self.planned_day,
            self.deferred_until,
            self.intercurrent_event,
            self.co_treatment_changed,
            self.forecast_end,
            self.high_scores,
        )
        for day in known:
            if day is not None:
                check_day(day, "What is recorded beside the scores")


NOTHING_RECORDED = Circumstances()
