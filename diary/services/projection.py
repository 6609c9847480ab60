"""The patient summary: what the worklist reads, written in the transaction of whatever changed it."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.orm import Session

from diary.charts.series import CourseBand, DayPoint, Kind, weekly_means
from diary.charts.sparkline import sparkline
from diary.clinical.courses import Course
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.scores import Source
from diary.clinical.verdict import Verdict
from diary.clinical.worklist_order import place_on_worklist
from diary.exchange.verdict_lines import plain_number, plain_numbers, plain_verdict
from diary.models import ClinicTally, Patient, PatientForecast, PatientSummary
from diary.models.types import UtcMoment
from diary.services.diaries import Diary, read_diaries
from diary.services.outcomes import store_outcomes
from diary.services.rules import rules_in_force
from diary.services.worklist_words import keep_words
from diary.vocabulary import ON_WORKLIST

CURVE_DAYS: Final = 84


def refresh_summary(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID, *, now: datetime) -> None:
    """Make the summary of one patient again."""
    refresh_summaries(session, clinic_id, [patient_id], now=now)


def refresh_summaries(
    session: Session, clinic_id: uuid.UUID, patient_ids: Iterable[uuid.UUID], *, now: datetime
) -> int:
    """Make summaries and outcomes of patients of one clinic again, ask for new forecasts, and return how many."""
    made = 0
    for diary, rules in _remade(session, clinic_id, patient_ids, now):
        store_outcomes(session, diary, diary.today(now), rules)
        _want_forecast(session, diary.patient, now)
        made += 1
    session.flush()
    return made


def take_in_forecasts(
    session: Session, clinic_id: uuid.UUID, patient_ids: Iterable[uuid.UUID], *, now: datetime
) -> None:
    """Make the summaries again after a forecast that was stored, and ask for no further one."""
    for _ in _remade(session, clinic_id, patient_ids, now):
        pass
    session.flush()


def _remade(
    session: Session, clinic_id: uuid.UUID, patient_ids: Iterable[uuid.UUID], now: datetime
) -> Iterator[tuple[Diary, RuleSet]]:
    session.flush()
    rules = rules_in_force(session, clinic_id)
    for diary in read_diaries(session, clinic_id, patient_ids):
        key = (clinic_id, diary.patient.id)
        session.execute(
            delete(PatientSummary).where(PatientSummary.clinic_id == clinic_id, PatientSummary.patient_id == key[1])
        )
        session.add(PatientSummary(clinic_id=clinic_id, patient_id=diary.patient.id, **summary_of(diary, rules, now)))
        keep_words(session, diary.patient)
        yield diary, rules
    out_of_date = update(ClinicTally).where(ClinicTally.clinic_id == clinic_id).values(out_of_date=True)
    session.execute(out_of_date)


def _want_forecast(session: Session, patient: Patient, now: datetime) -> None:
    """Ask for a new forecast; the asking is counted by the database, so that two at once are two."""
    row, asked_at = PatientForecast, literal(now, UtcMoment())
    asked = (
        update(row)
        .where(row.clinic_id == patient.clinic_id, row.patient_id == patient.id)
        .values(wanted=row.wanted + 1, wanted_since=func.coalesce(row.wanted_since, asked_at))
        .returning(row.wanted)
        .execution_options(synchronize_session=False)
    )
    if session.scalar(asked) is None:
        session.add(row(clinic_id=patient.clinic_id, patient_id=patient.id, wanted=1, wanted_since=now))


def refresh_stale(session: Session, clinic_id: uuid.UUID, *, now: datetime, at_most: int = 500) -> int:
    """Make the summaries again for which a diary day has passed, `at_most` at a time; return how many there were."""
    patient_ids = stale_patients(session, clinic_id, now=now, at_most=at_most)
    return refresh_summaries(session, clinic_id, patient_ids, now=now) if patient_ids else 0


def stale_patients(session: Session, clinic_id: uuid.UUID, *, now: datetime, at_most: int) -> list[uuid.UUID]:
    """Return `at_most` patients whose summary was right until a day that is over, the longest overdue first."""
    stale = (
        select(PatientSummary.patient_id)
        .where(PatientSummary.clinic_id == clinic_id, PatientSummary.true_until <= now)
        .order_by(PatientSummary.true_until)
        .limit(at_most)
    )
    return list(session.scalars(stale))


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
        "last_entry": verdict.last_entry and verdict.last_entry.isoformat(),
        "entries7": sum(today - timedelta(days=WEEK) < day <= today for day in scores),
        "decision": decided,
        "pause": _paused(diary, today),
        "stopped": diary.is_stopped,
        "curve": _curve(diary, verdict, rules),
    }


def _paused(diary: Diary, today: date) -> dict[str, str | None] | None:
    pause = diary.pause_on(today)
    return {"until": pause.last_day.isoformat() if pause.last_day else None} if pause else None


def day_points(diary: Diary, today: date, rules: RuleSet) -> list[DayPoint]:
    """Return the live scores up to `today` as the charts want them."""
    points = []
    for day, entry in sorted(diary.scores(today, rules).items()):
        kind: Kind = "late" if not entry.counts else "paper" if entry.source is Source.PAPER else "counts"
        points.append(DayPoint(day, entry.score, kind))
    return points


def course_bands(given: Iterable[Course]) -> list[CourseBand]:
    """Return the courses as the charts want them, named by their medicines."""
    return [CourseBand(" + ".join(course.medicines), course.first_day, course.last_day) for course in given]


def _curve(diary: Diary, verdict: Verdict, rules: RuleSet) -> dict[str, Any]:
    """Return the small curve of the last twelve weeks as it is drawn, and its line."""
    edge = verdict.today - timedelta(days=CURVE_DAYS - 1)
    recent = [point for point in day_points(diary, verdict.today, rules) if point.day >= edge - timedelta(days=WEEK)]
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
