"""One line of the worklist, in words."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup, escape

from diary.installation import installation
from diary.web.clinic.state_words import course_words, mark_words, reason_sentence, state_words
from diary.web.spoken import reading_locale
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
_SAID_ALREADY: Final = ("over_the_line", "good_week_now", "regression_to_the_mean", "deferred_until")
_WHAT: Final = "mean7"
_MARK: Final = "\x1a"
"""Stands on both sides of a link's number in a sentence; nothing that people write has it."""
MOST_KNOWN: Final = 1000
_known: dict[tuple[Any, ...], tuple[tuple[Any, ...], "WorklistRow"]] = {}
"""The lines told last, by patient, with what they were told from."""
NEEDS_YOU: Final = 1
DECIDED: Final = 2


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """What a line shows; `code` is the state whose shape and colour it carries."""

    patient_id: uuid.UUID
    address: str
    name: str
    reference: str
    band: int
    code: str
    state: str
    detail: str
    why: Markup
    course: str
    curve: Markup
    last_entry: str
    week: str
    decision: str
    next_step: str


class Addresses:
    """Where the lines of a page lead to: asked for once, then filled in for each patient."""

    def __init__(self) -> None:
        nobody = uuid.UUID(int=0)
        self._nobody = str(nobody)
        self._patient = url_for("clinic.patient", patient_id=nobody)
        self._behind = url_for("clinic.behind", patient_id=nobody, what=_WHAT)

    def of_patient(self, patient_id: uuid.UUID) -> str:
        """Return the address of a patient's page."""
        return self._patient.replace(self._nobody, str(patient_id))

    def behind(self, patient_id: uuid.UUID, what: str, words: str) -> Markup:
        """Return a number as a link to the entries behind it."""
        address = self._behind.replace(self._nobody, str(patient_id)).replace(_WHAT, what)
        return Markup('<a class="ebb-behind" href="{}">{}</a>').format(address, words)


def row_of(summary: "PatientSummary", addresses: Addresses, *, stale: Collection[uuid.UUID] = ()) -> WorklistRow:
    """Return the line of a patient; the words of a line that is as it was are not looked for again.

    `stale` are patients whose line could not be made again: theirs says so.
    """
    is_stale = summary.patient_id in stale
    key = (summary.clinic_id, summary.patient_id, str(reading_locale()), installation().clock().year)
    told_by = (summary.name, summary.reference, summary.band, summary.as_of, summary.shown, is_stale)
    known = _known.get(key)
    if known is not None and known[0] == told_by:
        return known[1]
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    row = _in_words(summary, addresses, is_stale=is_stale)
    _known[key] = (told_by, row)
    return row


def _in_words(summary: "PatientSummary", addresses: Addresses, *, is_stale: bool) -> WorklistRow:
    shown = summary.shown
    beside = {"numbers": shown["numbers"], "over_since": shown.get("over_since")}
    verdict, reason = shown["verdict"] | beside, shown["reason"]
    wearing_off = reason == "patient_says_wearing_off"
    said = {*_SAID_ALREADY, "patient_says_wearing_off"} if wearing_off else set(_SAID_ALREADY)
    told = sorted(verdict["marks"], key=lambda mark: mark["code"] != reason)  # what brought the patient up stands first
    marks = [mark_words(mark, today=summary.as_of) for mark in told if mark["code"] not in said]
    words = _("Patient says it wears off") if wearing_off else state_words(verdict)
    if wearing_off:
        marks.insert(0, state_words(verdict))
    if shown["stopped"]:
        marks.insert(0, _("consent withdrawn: nothing is written any more"))
    if shown["pause"]:
        marks.append(_pause_words(shown["pause"]["until"]))
    if is_stale:
        day = short_day(summary.as_of)
        marks.insert(0, _("as of %(day)s: cannot be worked out since; the operator is told", day=day))
    return WorklistRow(
        patient_id=summary.patient_id,
        address=addresses.of_patient(summary.patient_id),
        name=summary.name,
        reference=summary.reference,
        band=summary.band,
        code="WEARING_OFF" if wearing_off else verdict["state"],
        state=words,
        detail=" · ".join(marks),
        why=_why(verdict, summary.patient_id, addresses),
        course=course_words(verdict),
        curve=Markup(shown["curve"]["drawn"]),  # noqa: S704 (drawn from numbers only)
        last_entry=_ago(shown["last_entry"], summary.as_of),
        week=_("%(number)s of 7", number=shown["entries7"]),
        decision=decision_words(shown["decision"]),
        next_step=_next(summary.band, reason),
    )


def _why(verdict: dict[str, Any], patient_id: uuid.UUID, addresses: Addresses) -> Markup:
    """Return the reason with its numbers as links; they are put in after the rest was escaped."""
    links: list[Markup] = []

    def stand_in(what: str, words: str) -> str:
        links.append(addresses.behind(patient_id, what, words))
        return f"{_MARK}{len(links) - 1}{_MARK}"

    parts = str(reason_sentence(verdict, told=stand_in)).split(_MARK)
    return Markup("").join(links[int(part)] if place % 2 else escape(part) for place, part in enumerate(parts))


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
