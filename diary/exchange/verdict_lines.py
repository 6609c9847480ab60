"""Verdicts as plain JSON values: for the command line, for summaries, and for what a decision was bound to."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from diary.clinical.marks import Mark
from diary.clinical.rules import RuleSet
from diary.clinical.verdict import Verdict
from diary.clinical.worklist_order import FAR_AWAY

DECIMALS = 4
SPOKEN_NUMBERS = ("week_minimum", "baseline_days", "baseline_minimum", "lowest_baseline")
"""Numbers of the rules that a sentence about a verdict may name."""


def plain_number(value: Fraction | Decimal | int | None) -> float | int | None:
    """Return `value` rounded exactly to 4 decimals, whole numbers as they are."""
    if value is None or isinstance(value, int):
        return value
    return float(round(Fraction(value), DECIMALS))


def plain_mark(mark: Mark) -> dict[str, Any]:
    """Return a mark as {code, value}, with the substance where one is meant."""
    value = mark.value.isoformat() if isinstance(mark.value, date) else plain_number(mark.value)
    substance = {"substance": mark.substance} if mark.substance else {}
    return {"code": mark.code, "value": value, **substance}


def book_by_shown(marks: Any) -> date | None:
    """Return the last day to book among plain marks, `FAR_AWAY` without one; None where they are damaged."""
    try:
        return next((date.fromisoformat(mark["value"]) for mark in marks if mark["code"] == "book_by"), FAR_AWAY)
    except (KeyError, TypeError, ValueError):
        return None


def plain_verdict(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict under the names of the `verdicts` command; absent is None."""
    course, baseline = verdict.course, verdict.baseline
    return {
        "state": verdict.state.value,
        "marks": [plain_mark(mark) for mark in verdict.marks],
        "medicine": "+".join(course.medicines) if course else None,
        "last_day": course.last_day.isoformat() if course else None,
        "t": verdict.t,
        "baseline": plain_number(baseline.value) if baseline else None,
        "baseline_n": baseline.n if baseline else None,
        "baseline_how": baseline.how.value if baseline else None,
        "line": plain_number(verdict.line),
        "mean7": plain_number(verdict.mean7),
        "n7": verdict.n7,
        "mean7_before": plain_number(verdict.mean7_before),
        "n7_before": verdict.n7_before,
        "confirmed": verdict.confirmed,
        "due": verdict.due,
        "days_of_relief": verdict.days_of_relief,
        "why": verdict.why.value if verdict.why else None,
        "ruleset": verdict.ruleset,
    }


def plain_numbers(rules: RuleSet) -> dict[str, Any]:
    """Return the numbers of the rules that the words of a verdict need."""
    return {name: plain_number(getattr(rules, name)) for name in SPOKEN_NUMBERS}
