"""One line of the worklist, in words."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup

from diary.charts.sparkline import sparkline
from diary.web.clinic.state_words import course_words, mark_words, reason_sentence, state_words
from diary.web.words import short_day

if TYPE_CHECKING:
    from diary.models import PatientSummary

DECISION_WORDS: Final = {
    "repeat": _l("Repeat"),
    "wait": _l("Wait"),
    "change": _l("Change medicine"),
    "stop": _l("Stop"),
    "other": _l("Other"),
}
_NEXT: Final = {
    "no_baseline": _l("Give baseline"),
    "baseline_below_minimum": _l("Look"),
    "stopped_writing": _l("Call"),
    "few_entries": _l("Call"),
    "few_weeks": _l("Call"),
    "stopped_near_line": _l("Call"),
    "NEVER_SETTLED": _l("Decide"),
    "NON_RESPONDER": _l("Decide"),
}
_SAID_ALREADY: Final = ("over_the_line", "regression_to_the_mean", "deferred_until")
NEEDS_YOU: Final = 1
DECIDED: Final = 2


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """What a line shows; `code` is the state whose shape and colour it carries."""

    patient_id: uuid.UUID
    name: str
    reference: str
    band: int
    code: str
    state: str
    detail: str
    why: str
    course: str
    curve: Markup
    last_entry: str
    week: str
    decision: str
    next_step: str


def row_of(summary: "PatientSummary") -> WorklistRow:
    """Return the line of a patient."""
    shown = summary.shown
    verdict, reason = shown["verdict"] | {"numbers": shown["numbers"]}, shown["reason"]
    wearing_off = reason == "patient_says_wearing_off"
    said = {*_SAID_ALREADY, "patient_says_wearing_off"} if wearing_off else set(_SAID_ALREADY)
    told = sorted(verdict["marks"], key=lambda mark: mark["code"] != reason)  # what brought the patient up stands first
    marks = [mark_words(mark) for mark in told if mark["code"] not in said]
    words = _("Patient says it wears off") if wearing_off else state_words(verdict)
    if wearing_off:
        marks.insert(0, state_words(verdict))
    if shown["pause"]:
        marks.append(_pause_words(shown["pause"]["until"]))
    return WorklistRow(
        patient_id=summary.patient_id,
        name=summary.name,
        reference=summary.reference,
        band=summary.band,
        code="WEARING_OFF" if wearing_off else verdict["state"],
        state=words,
        detail=" · ".join(marks),
        why=reason_sentence(verdict),
        course=course_words(verdict),
        curve=_curve(shown["curve"]),
        last_entry=_ago(shown["last_entry"], summary.as_of),
        week=_("%(number)s of 7", number=shown["entries7"]),
        decision=decision_words(shown["decision"]),
        next_step=_next(summary.band, reason),
    )


def _pause_words(until: str | None) -> str:
    return _("on pause until %(day)s", day=short_day(until)) if until else _("on pause")


def decision_words(decision: dict[str, Any] | None) -> str:
    """Return the last decision as a few words."""
    if decision is None:
        return ""
    words = _("%(decision)s, %(day)s", decision=DECISION_WORDS[decision["kind"]], day=short_day(decision["day"]))
    if decision["next_step"]:
        words += " · " + _("next step %(day)s", day=short_day(decision["next_step"]))
    return words


def _next(band: int, reason: str) -> str:
    return str(_NEXT.get(reason, _l("Review"))) if band == NEEDS_YOU else ""


def _ago(last_entry: str | None, today: date) -> str:
    if last_entry is None:
        return _("never")
    days = (today - date.fromisoformat(last_entry)).days
    if days < 2:
        return _("today") if days == 0 else _("yesterday")
    return str(ngettext("%(num)s day ago", "%(num)s days ago", days))


def _curve(curve: dict[str, Any]) -> Markup:
    means = [(int(at), float(mean)) for at, mean in curve["means"]]
    bands = [(int(first), int(last)) for first, last in curve["bands"]]
    return Markup(sparkline(means, bands, line=curve["line"]))  # noqa: S704 (numbers only)
