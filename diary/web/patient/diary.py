"""My diary: the own chart, days to fill in and correct, undo, and telling the clinic that it wears off."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from diary.charts.patient_svg import DiaryChartWords, diary_chart
from diary.charts.series import CourseBand, DayPoint
from diary.errors import Invalid, NotThere
from diary.installation import installation
from diary.services import courses, entries
from diary.services.own_diary import OwnDiary, read_own_diary
from diary.vocabulary import EventKind
from diary.web.forms import DAMAGED, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name
from diary.web.patient import blueprint
from diary.web.patient.forms import CorrectionForm, ScoreForm
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity
from diary.web.words import day_and_month, points, short_day, weekday

WEEK: Final = 7
SHOWN_DAYS: Final = 84
LISTED_DAYS: Final = 14
FEWEST_FOR_A_MEAN: Final = 4


@dataclass(frozen=True, slots=True)
class DiaryDay:
    """One day of the list: its score, whether it came late, and what can be done about it."""

    day: date
    score: int | None
    late: bool
    can_be_filled_in: bool


@blueprint.get("/diary", endpoint="diary")
@open_to(Audience.PATIENT)
def show_diary() -> ResponseReturnValue:
    """Show the own chart and the last days."""
    own = read_own_diary(current_identity(), clock=installation().clock, saved=_entry_id(request.args.get("saved")))
    everything = "all" in request.args
    first = own.points[0].day if everything and own.points else own.today - timedelta(days=SHOWN_DAYS - 1)
    return render_template(
        "patient/diary.html",
        own=own,
        chart=own_chart(own, first),
        week=_week(own),
        days=list(_days(own, first if everything else own.today - timedelta(days=LISTED_DAYS - 1))),
        everything=everything,
        more=bool(own.points) and own.points[0].day <= own.today - timedelta(days=LISTED_DAYS),
        undone="undone" in request.args,
        told="told" in request.args,
    )


@blueprint.get("/diary/<date:day>")
@open_to(Audience.PATIENT)
def show_day(day: date) -> ResponseReturnValue:
    """Ask for the score of a day that has none, or for a correction."""
    own = read_own_diary(current_identity(), clock=installation().clock)
    if own.stopped:
        return render_template("patient/stopped.html")
    return _ask(_form_for(own, day).asking_for(day), own, day)


@blueprint.post("/diary/<date:day>")
@open_to(Audience.PATIENT)
def save_day(day: date) -> ResponseReturnValue:
    """Store the score of a day; what it was before is kept as a revision."""
    own = read_own_diary(current_identity(), clock=installation().clock)
    form = _form_for(own, day)()
    is_valid = form.validate()
    if form.day.data not in (None, day):
        form.day.errors = [DAMAGED]
    elif is_valid:
        reason = form.reason.data if isinstance(form, CorrectionForm) else ""
        try:
            stored = entries.record_entry(
                current_identity(), own_subject(), **form.answer, reason=reason, clock=installation().clock
            )
        except entries.AlreadyAnswered as answered:
            return render_template("patient/already_answered.html", stored=answered.stored), 409
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("patient.diary", saved=stored.entry.id), code=303)
    return _ask(form, own, day), 422


@blueprint.post("/diary/undo/<uuid:entry_id>")
@open_to(Audience.PATIENT)
def undo(entry_id: uuid.UUID) -> ResponseReturnValue:
    """Take the last writing back."""
    entries.undo_entry(current_identity(), own_subject(), entry_id, clock=installation().clock)
    return redirect(url_for("patient.diary", undone=1), code=303)


@blueprint.post("/diary/wearing-off")
@open_to(Audience.PATIENT)
def say_wearing_off() -> ResponseReturnValue:
    """Tell the clinic that it is wearing off; said once until the clinic has decided."""
    own = read_own_diary(current_identity(), clock=installation().clock)
    if own.said_wearing_off is None:
        courses.record_event(current_identity(), own_subject(), EventKind.WEARING_OFF, clock=installation().clock)
    return redirect(url_for("patient.diary", told=1), code=303)


def _form_for(own: OwnDiary, day: date) -> type[ScoreForm]:
    """Return the form for `day`; a day that can be neither filled in nor corrected is not there."""
    if own.score_of(day) is not None:
        return ScoreForm if day == own.today else CorrectionForm
    if not own.may_be_filled_in(day):
        raise NotThere
    return ScoreForm


def _ask(form: ScoreForm, own: OwnDiary, day: date) -> str:
    if day != own.today:
        form.score.label.text = _("On %(day)s, how strong was your pain on average?", day=weekday(day))
    return render_template("patient/day.html", form=form, about=day, score=own.score_of(day))


def _entry_id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def _week(own: OwnDiary) -> tuple[float | None, int]:
    """Return the plain mean of the last 7 days and the number of days behind it; too few have no mean."""
    scores = [point.score for point in own.points if own.today - timedelta(days=WEEK) < point.day <= own.today]
    return (sum(scores) / len(scores) if len(scores) >= FEWEST_FOR_A_MEAN else None), len(scores)


def _days(own: OwnDiary, first: date) -> Iterator[DiaryDay]:
    known: dict[date, DayPoint] = {point.day: point for point in own.points}
    for number in range((own.today - first).days + 1):
        day = own.today - timedelta(days=number)
        point = known.get(day)
        score, late = (point.score, point.kind == "late") if point else (None, False)
        yield DiaryDay(day, score, late, own.may_be_filled_in(day))


def own_chart(own: OwnDiary, first: date) -> Markup:
    """Return the chart of the days from `first` to today."""
    mean, _written = _week(own)
    summary = _("Your scores from %(first)s to %(last)s.", first=short_day(first), last=short_day(own.today))
    if mean is not None:
        summary += " " + _("Your mean of the last 7 days is %(mean)s.", mean=points(mean))
    svg = diary_chart(
        [point for point in own.points if point.day >= first - timedelta(days=WEEK - 1)],
        [CourseBand(course_name(band.label.split(" + ")), band.first_day, band.last_day) for band in own.bands],
        first=first,
        last=own.today,
        words=DiaryChartWords(title=_("My diary"), summary=summary, day_label=day_and_month),
        highlight=own.saved.day if own.saved else None,
    )
    return Markup(svg)  # noqa: S704 (made by our own chart, which escapes every label)
