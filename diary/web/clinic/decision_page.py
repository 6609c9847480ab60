"""One decision in full, to be read and printed for ever after."""

import uuid
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any, Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access.policy import Permission, may
from diary.exchange.forecast_lines import read_book_by, read_forecast
from diary.installation import installation
from diary.services.behind import What
from diary.services.decision_charts import read_drawn_then
from diary.services.decision_pages import DecisionPage, read_decision_page
from diary.services.decision_statements import statement_of
from diary.vocabulary import DecisionKind
from diary.web.clinic import blueprint
from diary.web.clinic.decided import plan_words, planning_address, reversed_words, what_words
from diary.web.clinic.evidence import Row
from diary.web.clinic.figure import figure_of
from diary.web.clinic.forecast_words import outlook_of
from diary.web.clinic.place import patient_in_address
from diary.web.clinic.proof_words import MARKS, check_rows, confirmed_words, standing_sentence
from diary.web.clinic.state_words import course_words, mark_words, reason_sentence, state_words
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import day, points

UNREADABLE: Final = (KeyError, TypeError, ValueError, AttributeError)


@blueprint.get("/patients/<uuid:patient_id>/decisions/<uuid:decision_id>")
@open_to(Audience.STAFF)
def decision(patient_id: uuid.UUID, decision_id: uuid.UUID) -> ResponseReturnValue:
    """Show a decision with what was on the screen, its signature and every check."""
    about = patient_in_address(patient_id)
    page = read_decision_page(current_identity(), about, decision_id, clock=installation().clock)
    return render_template(
        "clinic/decision.html",
        patient=page.patient,
        decision=page.checked.decision,
        what=what_words(page.checked.decision),
        takes_back=page.takes_back and what_words(page.takes_back),
        taken=page.takes_back,
        reversal=reversed_words(page.reversal) if page.reversal else None,
        plans=[plan_words(one) for one in reversed(page.plans)],
        **_may(page),
        standing=page.checked.standing.value,
        mark=MARKS[page.checked.standing],
        sentence=standing_sentence(page.checked, page.zone),
        confirmed=confirmed_words(page.checked, page.zone),
        checks=check_rows(page.checked, judged_as_shown=page.judged_as_shown),
        shown=_shown(page),
        entries=[
            [day(on), score.score, _("yes") if score.counts else _("no"), score.days_late] for on, score in page.entries
        ],
        has_chart=bool(page.shown.get("inputs")),
        statement=page.statement,
        purpose=statement_of(page.checked.decision).purpose,
        public_key=page.public_key,
    )


@blueprint.get("/patients/<uuid:patient_id>/decisions/<uuid:decision_id>/figure.json")
@open_to(Audience.STAFF)
def decision_figure(patient_id: uuid.UUID, decision_id: uuid.UUID) -> ResponseReturnValue:
    """Return the figure of the chart as it was then."""
    about, clock = patient_in_address(patient_id), installation().clock
    drawn = read_drawn_then(current_identity(), about, decision_id, clock=clock)
    return figure_of(drawn, "calendar" if drawn.verdict.course is None else "days")


def _may(page: DecisionPage) -> dict[str, Any]:
    """Return what can be done with the decision: only one that stands is reversed, told and planned."""
    who, decision = current_identity(), page.checked.decision
    stands = page.reversal is None and page.takes_back is None
    return {
        "may_reverse": stands and may(who, Permission.DECISION_WRITE, page.about),
        "may_release": stands and may(who, Permission.PLAN_RELEASE, page.about),
        "planning": planning_address(decision) if stands and decision.kind == DecisionKind.REPEAT else None,
    }


def _shown(page: DecisionPage) -> dict[str, Any] | None:
    """Return what was on the screen in words, or None where it was damaged beyond reading."""
    try:
        verdict, today = page.shown | {"numbers": page.numbers}, date.fromisoformat(page.shown["today"])
        return {
            "state": verdict["state"],
            "words": state_words(verdict),
            "sentences": [f"{reason_sentence(verdict)}.", course_words(verdict)] if verdict["medicine"] else [],
            "marks": [mark_words(mark, today=today) for mark in verdict["marks"]],
            "evidence": [row._asdict() for row in _evidence(verdict, page.patient.id)],
            "outlook": _outlook(verdict),
            "ruleset": verdict["ruleset"],
            "today": verdict["today"],
        }
    except UNREADABLE:
        return None


def _evidence(verdict: dict[str, Any], patient_id: uuid.UUID) -> Iterator[Row]:
    """Yield the numbers as they stood there, each with the address of the entries of that day behind it."""
    if verdict["medicine"] is None:
        return
    numbers: list[tuple[str, Any, What | None]] = [
        (_("Baseline"), _points(verdict["baseline"]), What.BASELINE),
        (_("Line"), _points(verdict["line"]), What.LINE),
        (_("Day"), verdict["t"], None),
        (_("Last 7 days"), _points(verdict["mean7"]), What.MEAN7),
        (_("7 days before"), _points(verdict["mean7_before"]), What.MEAN7_BEFORE),
        (_("Days of relief"), verdict["days_of_relief"], What.DAYS_OF_RELIEF),
    ]
    written = _("%(number)s of 7 days", number=verdict["n7"] or 0)
    for term, value, what in numbers:
        if value is not None:
            note = written if what is What.MEAN7 else None
            behind = what and url_for("clinic.behind", patient_id=patient_id, what=what.value, day=verdict["today"])
            yield Row(term, str(value), note, behind=behind)


def _points(value: float | None) -> str | None:
    return None if value is None else points(value, 2)


def _outlook(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return forecast and advice on booking as they were told then."""
    last_day = verdict["last_day"]
    known, advice = verdict["outlook"]["forecast"], verdict["outlook"]["book_by"]
    course_day_0 = None if last_day is None else date.fromisoformat(last_day)
    then: Any = SimpleNamespace(
        today=date.fromisoformat(verdict["today"]),
        forecast=read_forecast(known, course_day_0) if known else None,
        verdict=SimpleNamespace(
            course=verdict["medicine"], due=verdict["due"], book_by=read_book_by(advice) if advice else None
        ),
    )
    return outlook_of(then)
