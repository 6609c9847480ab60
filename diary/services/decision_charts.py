"""The chart as it was when something was decided: from the entries received by then and what was kept with it."""

import uuid
from datetime import date

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.charts.series import weekly_means
from diary.clinical.forecast import Forecast
from diary.clinical.rules import RuleSet
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import NotThere
from diary.exchange.forecast_lines import read_forecast
from diary.exchange.verdict_inputs import read_courses
from diary.models import Decision
from diary.services.checked_decisions import UNREADABLE, read_proofs, rules_behind
from diary.services.diaries import Diary, read_diary
from diary.services.evidence_of_decisions import made_again
from diary.services.figures import Decided, Drawn, JudgedNow, Marked
from diary.services.projection import course_bands, day_points
from diary.services.protection import looked_up, write_look


def read_drawn_then(who: Identity, patient: Subject, decision_id: uuid.UUID, *, clock: Clock) -> Drawn:
    """Return what the chart drew when something was decided; that `who` looked is written before it is handed out.

    Courses and forecast are those that were kept with the decision, since both may have been corrected.
    Raises:
        NotThere: the patient has no such decision, or what was kept with it cannot be read.
    """
    now = clock()
    with snapshot() as session:
        about = looked_up(session, patient, now=now)
        require(who, Permission.PATIENT_READ, about)
        diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
        decision = next((made for made in diary.decisions if made.id == decision_id), None) if diary else None
        if diary is None or decision is None:
            raise NotThere
        rules = rules_behind(decision, read_proofs(session, patient.clinic_id, diary.patient.id))
    if rules is None:
        raise NotThere
    with transaction() as session:
        write_look(session, who, about, at=now)
    try:
        return _drawn(diary, decision, rules)
    except UNREADABLE:
        raise NotThere from None


def _drawn(diary: Diary, decision: Decision, rules: RuleSet) -> Drawn:
    verdict, today = made_again(decision, diary, rules).verdict, decision.day
    known = Diary(diary.patient, diary.zones)
    known.revisions = [one for one in diary.revisions if one.received_at <= decision.decided_at]
    given = [course for course in read_courses(decision.shown["inputs"]) if course.first_day <= today]
    points = day_points(known, today, rules)
    return Drawn(
        today=today,
        rules=rules,
        verdict=JudgedNow(verdict.course, verdict.t, verdict.baseline, verdict.line, verdict.due),
        forecast=_forecast(decision, verdict.course.last_day if verdict.course else None),
        given=given,
        points=points,
        means=weekly_means(points, since=None, minimum=rules.week_minimum, bands=course_bands(given), until=today),
        marked=_marked(diary, decision),
    )


def _marked(diary: Diary, decision: Decision) -> Marked:
    """Return what had happened by then; what patients and staff say at length is left to the page of today."""
    until = decision.decided_at
    taken_back = {event for event, at in diary.taken_back.items() if at <= until}
    return Marked(
        decisions=[
            Decided(one.day, one.kind, one.next_step)
            for one in diary.decisions
            if one.decided_at < until and one.reverses is None
        ],
        events=[one for one in diary.events if one.recorded_at <= until and one.id not in taken_back],
        pauses=[],
        pegs={},
        impressions=[],
    )


def _forecast(decision: Decision, day_0: date | None) -> Forecast | None:
    known = decision.shown["outlook"]["forecast"]
    return read_forecast(known, day_0) if known else None
