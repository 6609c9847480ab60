"""The arithmetic of a verdict, row by row, as a doctor checks it by eye."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _

from diary.clinical.baseline import Baseline, BaselineHow
from diary.clinical.rule_changes import status_of
from diary.clinical.rules import RuleSet
from diary.clinical.states import State
from diary.services.patient_pages import PatientPage
from diary.vocabulary import CourseStatus
from diary.web.words import day, decimals_apart, half_up, number, points, short_day

if TYPE_CHECKING:
    from diary.models import Course


class Row(NamedTuple):
    """A term, its value, a note on it, the status of the number (V, S or O), and the address of its entries."""

    term: str
    value: str
    note: str | None = None
    source: str | None = None
    behind: str | None = None


def evidence_rows(page: PatientPage) -> list[dict[str, Any]]:
    """Return what is known, each with a note of what is behind it and where the number comes from."""
    return [row._asdict() for row in _rows(page)]


def _rows(page: PatientPage) -> Iterator[Row]:
    verdict, rules = page.verdict, page.rules
    if verdict.course is None:
        return
    baseline = points(verdict.baseline.value if verdict.baseline else None)
    yield Row(_("Baseline"), baseline, _baseline_note(page), None, _behind(page, "baseline"))
    decimals = decimals_apart(verdict.line, verdict.mean7, verdict.mean7_before)
    if verdict.line is not None:
        share = _("%(percent)s %% of the baseline", percent=100 - rules.relief_percent)
        yield Row(
            _("Line"), points(verdict.line, decimals), share, status_of(rules, "relief_percent"), _behind(page, "line")
        )
    if verdict.t is None:
        return
    yield Row(_("Day"), str(verdict.t), _("since the last infusion on %(day)s", day=day(verdict.course.last_day)))
    written = _days_written(verdict.n7)
    mean7 = points(verdict.mean7, decimals)
    yield Row(_("Last 7 days"), mean7, written, status_of(rules, "week_minimum"), _behind(page, "mean7"))
    if verdict.n7_before is not None:
        before, entries = points(verdict.mean7_before, decimals), _days_written(verdict.n7_before)
        yield Row(_("7 days before"), before, entries, None, _behind(page, "mean7-before"))
    if verdict.mean7 is not None and verdict.baseline and verdict.baseline.value:
        yield _relief_row(verdict.baseline.value, verdict.mean7, rules)._replace(behind=_behind(page, "relief"))
    yield from _course_of_response(page)


def _relief_row(baseline: Fraction, mean: Fraction, rules: RuleSet) -> Row:
    relief = 100 * (baseline - mean) / baseline
    percent = number(half_up(abs(relief), decimals_apart(rules.relief_percent, relief, least=0)))
    note = _("less pain than the baseline") if relief >= 0 else _("more pain than the baseline")
    return Row(_("Relief"), _("%(percent)s %%", percent=percent), note)


def _course_of_response(page: PatientPage) -> Iterator[Row]:
    verdict = page.verdict
    if verdict.course is None:
        return
    day_0 = verdict.course.last_day
    if verdict.confirmed is not None:
        yield Row(_("Confirmed"), _("day %(t)s", t=verdict.confirmed), _on(day_0, verdict.confirmed))
    if verdict.due is not None:
        yield Row(_("Loss confirmed"), _("day %(t)s", t=verdict.due), _on(day_0, verdict.due))
    if verdict.days_of_relief is not None:
        yield Row(
            _("Days of relief"),
            str(verdict.days_of_relief),
            _("until %(day)s", day=_on(day_0, verdict.days_of_relief)),
            behind=_behind(page, "days-of-relief"),
        )
    if verdict.since is not None:
        yield _since_row(page, verdict.since)


def _since_row(page: PatientPage, since: date) -> Row:
    """Return since when it is so; close to the line and over it are one state, so that each has its own day."""
    if page.verdict.state is not State.DUE_SOON:
        return Row(_("In this state"), _("since %(day)s", day=short_day(since)))
    over = page.diary.judged(page.today, page.rules)[-1].timeline.over_without_break
    note = _("over it since %(day)s", day=short_day(over)) if over else None
    return Row(_("Close to or over the line since"), short_day(since), note)


def _behind(page: PatientPage, what: str) -> str:
    return url_for("clinic.behind", patient_id=page.diary.patient.id, what=what)


def _on(day_0: date, t: int) -> str:
    return short_day(day_0 + timedelta(days=t))


def _days_written(number: int | None) -> str:
    return _("%(number)s of 7 days", number=number or 0)


def _baseline_note(page: PatientPage) -> str:
    baseline, course = page.verdict.baseline, page.verdict.course
    if baseline is None or course is None:
        return _("too few entries before the course; give one from your notes")
    return _how(baseline, page)


def _how(baseline: Baseline, page: PatientPage) -> str:
    measured = short_day(baseline.measured_on)
    if baseline.how is BaselineHow.WEEK:
        days = page.rules.baseline_days
        return _("%(number)s of %(days)s days up to %(day)s", number=baseline.n, days=days, day=measured)
    if baseline.how is BaselineHow.FORTNIGHT:
        days = page.rules.long_baseline_days
        return _("%(number)s of %(days)s days up to %(day)s", number=baseline.n, days=days, day=measured)
    if baseline.how is BaselineHow.CARRIED:
        return _("carried from the course before, measured %(day)s", day=day(baseline.measured_on))
    if baseline.how is BaselineHow.KEPT:
        return _("kept: treated again while relieved; measured %(day)s", day=day(baseline.measured_on))
    given = next((page.baselines[c.id] for c in page.courses if c.id in page.baselines and _is_judged(c, page)), None)
    return _("given by hand: %(reason)s", reason=given.reason if given else "")


def _is_judged(course: "Course", page: PatientPage) -> bool:
    judged = page.verdict.course
    return judged is not None and course.status == CourseStatus.GIVEN and course.first_day == judged.first_day
