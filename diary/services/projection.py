"""The patient summary: what the worklist reads, made from the diary and from nothing else.

Whatever staff change makes it again in its own unit; an entry marks it (`summary_marks`), and it is made again before
anybody is shown it (`fresh_lines`).
"""

import uuid
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.charts.series import CourseBand, DayPoint, Kind, weekly_means
from diary.charts.sparkline import sparkline
from diary.clinical.courses import Course
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.scores import Source
from diary.clinical.verdict import Verdict
from diary.clinical.worklist_order import place_on_worklist
from diary.exchange.verdict_lines import plain_number, plain_numbers, plain_verdict
from diary.models import PatientSummary
from diary.services.diaries import Diary
from diary.services.diaries_for_verdicts import read_for_verdicts
from diary.services.kept_lines import LineMade, lock_patients, put_lines
from diary.services.outcomes import outcome_rows
from diary.services.rules import rules_in_force
from diary.vocabulary import ON_WORKLIST

CURVE_DAYS: Final = 84
AT_ONCE: Final = 100
"""Patients whose diaries are in memory together."""


def refresh_summary(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID, *, now: datetime) -> None:
    """Make the summary of one patient again."""
    refresh_summaries(session, clinic_id, [patient_id], now=now)


def refresh_summaries(
    session: Session, clinic_id: uuid.UUID, patient_ids: Iterable[uuid.UUID], *, now: datetime
) -> int:
    """Make summaries and outcomes of patients of one clinic again, ask for new forecasts, and return how many."""
    wanted = list(patient_ids)
    lock_patients(session, clinic_id, wanted)  # all of them before the first part holds the tally
    return sum(_remake(session, clinic_id, some, now) for some in _in_parts(wanted))


def take_in_forecasts(
    session: Session, clinic_id: uuid.UUID, patient_ids: Iterable[uuid.UUID], *, now: datetime
) -> None:
    """Make the summaries again after a forecast that was stored, and ask for no further one.

    Where more was out of date than that, all of it is made again, and another forecast asked for.
    """
    wanted = list(patient_ids)
    lock_patients(session, clinic_id, wanted)
    for some in _in_parts(wanted):
        right = _right_at(session, clinic_id, some, now)
        put_lines(session, clinic_id, lines_made(session, clinic_id, right, now=now), now=now, whole=False)
        _remake(session, clinic_id, [one for one in some if one not in right], now)


def _remake(session: Session, clinic_id: uuid.UUID, patient_ids: list[uuid.UUID], now: datetime) -> int:
    made = lines_made(session, clinic_id, patient_ids, now=now)
    put_lines(session, clinic_id, made, now=now)
    return len(made)


def _in_parts(patient_ids: Iterable[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    wanted = iter(patient_ids)
    while some := list(islice(wanted, AT_ONCE)):
        yield some


def lines_made(
    session: Session, clinic_id: uuid.UUID, patient_ids: Collection[uuid.UUID], *, now: datetime
) -> list[LineMade]:
    """Read the diaries of patients and return what follows from them at `now`."""
    session.flush()
    rules = rules_in_force(session, clinic_id)
    return [line_made(diary, rules, now) for diary in read_for_verdicts(session, clinic_id, patient_ids)]


def line_made(diary: Diary, rules: RuleSet, now: datetime) -> LineMade:
    """Return what follows from a diary at `now`; nothing is read."""
    return LineMade(diary.patient, summary_of(diary, rules, now), outcome_rows(diary, diary.today(now), rules))


def _right_at(session: Session, clinic_id: uuid.UUID, patient_ids: list[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Return those whose summary is right but for a forecast."""
    row = PatientSummary
    right = select(row.patient_id).where(
        row.clinic_id == clinic_id, row.patient_id.in_(patient_ids), row.true_until > now
    )
    return list(session.scalars(right))


def summary_of(diary: Diary, rules: RuleSet, now: datetime) -> dict[str, Any]:
    """Return the columns of a patient's summary at `now`."""
    patient, today = diary.patient, diary.today(now)
    verdict = diary.verdict(today, rules)
    place = place_on_worklist(verdict, diary.decided(today))
    return {
        "reference": patient.reference,
        "name": patient.name,
        "search_name": patient.name.casefold(),
        "responsible_id": patient.responsible_id,
        "protected_at": patient.protected_at,
        "on_worklist": patient.life_cycle in ON_WORKLIST,
        "state": verdict.state.value,
        "medicine": verdict.course.governing if verdict.course else None,
        "band": int(place.band),
        "rank": place.rank,
        "order_day": place.day,
        "as_of": today,
        "true_until": diary.end_of(today),
        "shown": _shown(diary, verdict, rules) | {"reason": place.reason},
        **_chair(verdict),
    }


def _chair(verdict: Verdict) -> dict[str, date | None]:
    """Return the last day to ask for a chair, and the day for which it is likely needed."""
    advice = verdict.book_by
    if advice is None:
        return {"book_by": None, "chair_on": None}
    return {"book_by": advice.day, "chair_on": advice.day + timedelta(days=advice.waiting_time)}


def _shown(diary: Diary, verdict: Verdict, rules: RuleSet) -> dict[str, Any]:
    today = verdict.today
    scores = diary.scores(today, rules)
    decision = diary.last_decision(today)
    decided = decision and {
        "kind": decision.kind,
        "day": decision.day.isoformat(),
        "next_step": decision.next_step and decision.next_step.isoformat(),
    }
    return {
        "verdict": plain_verdict(verdict),
        "numbers": plain_numbers(rules),
        "since": verdict.since and verdict.since.isoformat(),
        "over_since": over_since(diary, today, rules),
        "last_entry": verdict.last_entry and verdict.last_entry.isoformat(),
        "entries7": sum(today - timedelta(days=WEEK) < day <= today for day in scores),
        "decision": decided,
        "pause": _paused(diary, today),
        "stopped": diary.is_stopped,
        "curve": _curve(diary, verdict, rules),
    }


def over_since(diary: Diary, today: date, rules: RuleSet) -> str | None:
    """Return the first day from which the weeks are over the line without a good one between, in a loss in force."""
    judged = diary.judged(today, rules)
    since = judged[-1].timeline.over_since if judged else None
    return since.isoformat() if since else None


def _paused(diary: Diary, today: date) -> dict[str, str | None] | None:
    pause = diary.pause_on(today)
    return {"until": pause.last_day.isoformat() if pause.last_day else None} if pause else None


def day_points(diary: Diary, today: date, rules: RuleSet, *, since: date = date.min) -> list[DayPoint]:
    """Return the live scores from `since` up to `today` as the charts want them."""
    points = []
    for day, entry in sorted((day, entry) for day, entry in diary.scores(today, rules).items() if day >= since):
        kind: Kind = "late" if not entry.counts else "paper" if entry.source is Source.PAPER else "counts"
        points.append(DayPoint(day, entry.score, kind))
    return points


def course_bands(given: Iterable[Course]) -> list[CourseBand]:
    """Return the courses as the charts want them, named by their medicines."""
    return [CourseBand(" + ".join(course.medicines), course.first_day, course.last_day) for course in given]


def _curve(diary: Diary, verdict: Verdict, rules: RuleSet) -> dict[str, Any]:
    """Return the small curve of the last twelve weeks as it is drawn, and its line."""
    edge = verdict.today - timedelta(days=CURVE_DAYS - 1)
    recent = day_points(diary, verdict.today, rules, since=edge - timedelta(days=WEEK))
    given = [course for course in diary.given if course.first_day <= verdict.today]
    means = [
        ((week.day - edge).days, round(float(week.mean), 2))
        for week in weekly_means(recent, since=None, minimum=rules.week_minimum, bands=course_bands(given))
        if week.mean is not None and week.day >= edge
    ]
    bands = [
        (max((course.first_day - edge).days, 0), min((course.last_day - edge).days, CURVE_DAYS - 1))
        for course in given
        if course.last_day >= edge
    ]
    line = plain_number(verdict.line)
    return {"drawn": sparkline(means, bands, line=line, width_days=CURVE_DAYS), "line": line}
