"""The figures of groups as plain JSON values."""

from datetime import date
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from diary.clinical.cohort.comparison import WeekCompared
    from diary.clinical.cohort.figures import Cohort, GroupRelief
    from diary.clinical.cohort.weekly import WeekOfGroup

NOTE: Final = "descriptive: groups in a clinic are not randomised"
DECIMALS: Final = 4
DIGITS: Final = 6


def plain_cohort(cohort: "Cohort", as_of: date) -> dict[str, Any]:
    """Return the figures under the names of the `cohort` command; absent is None.

    Points and shares (0-1) have 4 decimals, P values 6 digits, days of relief are whole days.
    """
    return {
        "note": NOTE,
        "as_of": as_of.isoformat(),
        "by": cohort.by.value,
        "compared": list(cohort.compared) if cohort.compared else None,
        "left_out": cohort.left_out,
        "groups": [{"name": group.name, "weeks": list(map(_week, group.weeks))} for group in cohort.groups],
        "tests": list(map(_test, cohort.tests)),
        "relief": list(map(_relief, cohort.relief)),
    }


def _week(week: "WeekOfGroup") -> dict[str, Any]:
    return {
        "week": week.week,
        "mean": rounded(week.mean),
        "se": rounded(week.se),
        "n": week.n,
        "responders30": rounded(week.responders30),
        "responders50": rounded(week.responders50),
    }


def _test(week: "WeekCompared") -> dict[str, Any]:
    return {
        "week": week.week,
        "p_ancova": written_p(week.p_ancova),
        "p_holm": written_p(week.p_holm),
        "p_welch": written_p(week.p_welch),
        "n": week.n,
    }


def _relief(relief: "GroupRelief") -> dict[str, Any]:
    return {
        "group": relief.group,
        "median": relief.curve.median,
        "low": relief.curve.low,
        "high": relief.curve.high,
        "n": relief.n,
        "lost": relief.lost,
        "p_logrank": written_p(relief.p_logrank),
    }


def rounded(value: float | None) -> float | None:
    """Return points or a share with 4 decimals."""
    return None if value is None else round(value, DECIMALS)


def written_p(value: float | None) -> float | None:
    """Return a P value with 6 digits."""
    return None if value is None else float(f"{value:.{DIGITS}g}")
