"""One decision in full, to be read and printed for ever after."""

import uuid
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any, Final

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.exchange.forecast_lines import read_book_by, read_forecast
from diary.installation import installation
from diary.services.decision_pages import DecisionPage, read_decision_page
from diary.web.clinic import blueprint
from diary.web.clinic.evidence import Row
from diary.web.clinic.forecast_words import outlook_of
from diary.web.clinic.place import patient_in_address
from diary.web.clinic.proof_words import MARKS, check_rows, confirmed_words, standing_sentence
from diary.web.clinic.state_words import course_words, mark_words, reason_sentence, state_words
from diary.web.clinic.worklist_row import DECISION_WORDS
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
        what=DECISION_WORDS[page.checked.decision.kind],
        standing=page.checked.standing.value,
        mark=MARKS[page.checked.standing],
        sentence=standing_sentence(page.checked, page.zone),
        confirmed=confirmed_words(page.checked, page.zone),
        checks=check_rows(page.checked, judged_as_shown=page.judged_as_shown),
        shown=_shown(page),
        entries=[
            [day(on), score.score, _("yes") if score.counts else _("no"), score.days_late] for on, score in page.entries
        ],
        statement=page.statement,
        public_key=page.public_key,
    )


def _shown(page: DecisionPage) -> dict[str, Any] | None:
    """Return what was on the screen in words, or None where it was damaged beyond reading."""
    try:
        verdict = page.shown | {"numbers": page.numbers}
        return {
            "state": verdict["state"],
            "words": state_words(verdict),
            "sentences": [f"{reason_sentence(verdict)}.", course_words(verdict)] if verdict["medicine"] else [],
            "marks": [mark_words(mark) for mark in verdict["marks"]],
            "evidence": [row._asdict() for row in _evidence(verdict)],
            "outlook": _outlook(verdict),
            "ruleset": verdict["ruleset"],
            "today": verdict["today"],
        }
    except UNREADABLE:
        return None


def _evidence(verdict: dict[str, Any]) -> Iterator[Row]:
    """Yield the numbers as they stood there, without what was behind them."""
    if verdict["medicine"] is None:
        return
    numbers = {
        _("Baseline"): _points(verdict["baseline"]),
        _("Line"): _points(verdict["line"]),
        _("Day"): verdict["t"],
        _("Last 7 days"): _points(verdict["mean7"]),
        _("7 days before"): _points(verdict["mean7_before"]),
        _("Days of relief"): verdict["days_of_relief"],
    }
    written = _("%(number)s of 7 days", number=verdict["n7"] or 0)
    for term, value in numbers.items():
        if value is not None:
            yield Row(term, str(value), written if term == _("Last 7 days") else None)


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
