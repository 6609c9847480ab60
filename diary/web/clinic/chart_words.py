"""What stands round the chart: its views, the ticks that can be switched off, and the table of the same numbers."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final, Literal

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from diary.charts.ticks import PAUSE, Tick, TickLayer
from diary.services.figures import Decided, Drawn, Marked
from diary.services.patient_pages import PatientPage
from diary.web.clinic.besides_words import pause_words
from diary.web.clinic.note_forms import IMPRESSIONS
from diary.web.clinic.worklist_row import DECISION_WORDS
from diary.web.medicines import course_name
from diary.web.words import day, points

Axis = Literal["calendar", "days"]
View = Literal["days", "calendar", "courses"]
BEFORE_THE_COURSE: Final = 28
WITHOUT_A_COURSE: Final = 84
BEFORE_IN_OVERLAY: Final = 14
AFTER_IN_OVERLAY: Final = 365
EVENT_WORDS: Final = {
    "wearing_off": _l("patient says it wears off"),
    "liver_test": _l("liver test"),
    "intercurrent_event": _l("illness, fall or operation"),
    "co_treatment_changed": _l("other pain medicine changed"),
    "high_scores": _l("very high scores"),
}
VIEWS: Final[dict[View, tuple[Any, Any]]] = {
    "days": (_l("days since infusion"), _l("Pain since the last infusion")),
    "calendar": (_l("calendar"), _l("Pain by date")),
    "courses": (_l("all courses"), _l("All courses since their last infusion")),
}


def view_named(asked: str | None) -> View:
    """Return the view of that name, days where there is none."""
    if asked == "calendar":
        return "calendar"
    return "courses" if asked == "courses" else "days"


def view_asked(page: PatientPage) -> View:
    """Return the view that the address asks for; without a course there is only the calendar."""
    return view_named(request.args.get("view")) if page.verdict.course else "calendar"


def first_shown(drawn: PatientPage | Drawn) -> date:
    """Return the left edge of the first view: four weeks before the judged course, or the last twelve weeks."""
    course = drawn.verdict.course
    if course is None:
        return drawn.today - timedelta(days=WITHOUT_A_COURSE - 1)
    return course.first_day - timedelta(days=BEFORE_THE_COURSE)


def chart_in_words(page: PatientPage) -> dict[str, Any]:
    """Return what the template puts round the chart."""
    view, whole = view_asked(page), request.args.get("table") == "all"
    patient_id = page.diary.patient.id
    columns, rows = _overlay_table(page) if view == "courses" else _table(page, whole=whole)
    is_cut = view != "courses" and not whole and bool(page.means) and page.means[0].day < first_shown(page)
    return {
        "view": view,
        "views": [
            {
                "words": words,
                "address": url_for("clinic.patient", patient_id=patient_id, view=one),
                "is": one == view,
            }
            for one, (words, _title) in VIEWS.items()
        ]
        if page.verdict.course
        else [],
        "chart_title": VIEWS[view][1],
        "layers": [] if view == "courses" else tick_layers(page.marked),
        "columns": columns,
        "rows": rows,
        "all_rows": url_for("clinic.patient", patient_id=patient_id, view=view, table="all", _anchor="table")
        if is_cut
        else None,
        "table_open": whole,
    }


def tick_layers(marked: Marked) -> list[TickLayer]:
    """Return what happened, kind by kind; a kind that never did is left out."""
    layers = [
        TickLayer("decision", _("decision"), [Tick(one.day, _decided(one)) for one in marked.decisions]),
        *_events(marked),
        TickLayer("impression", _("global impression"), list(_impressions(marked))),
        TickLayer("peg", _("PEG"), list(_pegs(marked))),
        TickLayer(PAUSE, _("pause"), stretches=list(_pauses(marked))),
    ]
    return [layer for layer in layers if layer.ticks or layer.stretches]


def _decided(one: Decided) -> str:
    words = _("%(day)s: %(decision)s", day=day(one.day), decision=DECISION_WORDS[one.kind])
    return words if one.next_step is None else f"{words}, {_('next step %(day)s', day=day(one.next_step))}"


def _events(marked: Marked) -> Iterator[TickLayer]:
    for kind, words in EVENT_WORDS.items():
        of_kind = [event for event in marked.events if event.kind == kind]
        ticks = [
            Tick(event.day, f"{day(event.day)}: {words}" + (f" – {event.note}" if event.note else ""))
            for event in of_kind
        ]
        yield TickLayer(kind, str(words), ticks)


def _impressions(marked: Marked) -> Iterator[Tick]:
    for said in reversed(marked.impressions):
        words = _("%(day)s, global impression: %(said)s", day=day(said.day), said=IMPRESSIONS[said.answer or 4])
        yield Tick(said.day, words)


def _pegs(marked: Marked) -> Iterator[Tick]:
    for on, peg in sorted(marked.pegs.items()):
        mean = sum(peg) / len(peg)
        words = _(
            "%(day)s, PEG %(mean)s: %(answers)s", day=day(on), mean=points(mean), answers=", ".join(map(str, peg))
        )
        yield Tick(on, words, mean)


def _pauses(marked: Marked) -> Iterator[tuple[date, date, str]]:
    for pause in marked.pauses:
        yield pause.first_day, pause.last_day or pause.first_day, pause_words(pause)


def _table(page: PatientPage, *, whole: bool) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    """Return the numbers of the chart's first view, or of every day, the latest day first."""
    scores = {point.day: point for point in page.points}
    kinds = {"late": _("late"), "paper": _("paper"), "counts": ""}
    course, first = page.verdict.course, first_shown(page)
    columns = [
        *({"words": _("Day")}, {"words": _("t"), "numeric": True}, {"words": _("Score"), "numeric": True}),
        *({"words": _("Kind")}, {"words": _("7-day mean"), "numeric": True}, {"words": _("Entries"), "numeric": True}),
    ]
    rows = []
    for week in reversed(page.means):
        if week.day < first and not whole:
            break
        point = scores.get(week.day)
        t = "–" if course is None else (week.day - course.last_day).days
        said = (point.score, kinds[point.kind]) if point else ("–", "")
        rows.append([day(week.day), t, *said, points(week.mean), week.n])
    return columns, rows


def overlay(drawn: PatientPage | Drawn) -> list[tuple[str, date, int, list[float | None]]]:
    """Return name, day 0, first day t and the weekly mean of each day of every course that has started, in order."""
    given = sorted((one for one in _given(drawn) if one.first_day <= drawn.today), key=lambda course: course.first_day)
    if not drawn.means:
        return []
    begins, found = drawn.means[0].day, []
    for place, course in enumerate(given):
        last = given[place + 1].first_day - timedelta(days=1) if place + 1 < len(given) else drawn.today
        last = min(last, course.last_day + timedelta(days=AFTER_IN_OVERLAY))
        first = max(course.first_day - timedelta(days=BEFORE_IN_OVERLAY), begins)
        weeks = drawn.means[(first - begins).days : (last - begins).days + 1]
        label = _("%(medicine)s, %(day)s", medicine=course_name(course.medicines), day=day(course.last_day))
        found.append((label, course.last_day, (first - course.last_day).days, [week.mean for week in weeks]))
    return found


def _given(drawn: PatientPage | Drawn) -> Any:
    return drawn.given if isinstance(drawn, Drawn) else drawn.diary.given


def _overlay_table(page: PatientPage) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    """Return the mean of each day t with a column a course, the latest course first."""
    curves = list(reversed(overlay(page)))
    columns = [{"words": _("t"), "numeric": False}, *({"words": label, "numeric": True} for label, *_more in curves)]
    by_day: list[dict[int, float | None]] = [dict(enumerate(means, start=first)) for _l, _d, first, means in curves]
    days = sorted({t for means in by_day for t, mean in means.items() if mean is not None})
    return columns, [[t, *(points(means.get(t)) for means in by_day)] for t in days]
