"""My diary: the own chart, days to fill in and correct, undo, and telling the clinic that it wears off."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from diary.charts.patient_svg import DiaryChartWords, diary_chart
from diary.charts.series import COUNTING, CourseBand
from diary.errors import Invalid, NotThere
from diary.installation import installation
from diary.services import entries, wearing_off
from diary.services.high_scores import is_advised_today
from diary.services.own_diary import LAST_DAYS, OwnDiary, Window, read_own_diary
from diary.services.some_days import Span
from diary.web.extras_words import red_flag_words
from diary.web.forms import DAMAGED, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name
from diary.web.patient import blueprint
from diary.web.patient.calendar import last_of_month, month_asked, month_of
from diary.web.patient.forms import CorrectionForm, ScoreForm
from diary.web.patient.second_numbers import second_number
from diary.web.patient.today import after_saving, by_clinic_words, own_subject
from diary.web.resting import keep_standing
from diary.web.sessions import current_identity
from diary.web.words import day_and_month, month, points, short_day

WEEK: Final = 7
SHOWN_DAYS: Final = 84
YEAR: Final = 364
FEWEST_FOR_A_MEAN: Final = 4


@dataclass(frozen=True, slots=True)
class DiaryDay:
    """One day of the list: its score, whether it came late, and whether anything may still be said of it."""

    day: date
    score: int | None
    late: bool
    is_offered: bool
    by_clinic: str


@blueprint.get("/diary", endpoint="diary")
@open_to(Audience.PATIENT)
def show_diary() -> ResponseReturnValue:
    """Show the own chart, the last days and one month; an earlier month with the chart up to its end."""
    clock, asked = installation().clock, month_asked(request.args.get("month", ""))
    span = YEAR if "year" in request.args else SHOWN_DAYS
    saved = _entry_id(request.args.get("saved"))
    own = read_own_diary(
        current_identity(),
        clock=clock,
        saved=saved,
        window=Window(days=span, until=last_of_month(asked) if asked else None),
    )
    this_month = own.today.replace(day=1)
    shown = min(asked or this_month, this_month)
    last = min(last_of_month(shown), own.today)
    return render_template(
        "patient/diary.html",
        own=own,
        chart=own_chart(own, last - timedelta(days=span - 1), last),
        week=week_before(own, own.today),
        month=month_of(own, shown),
        month_name=month(shown),
        month_words=month,
        is_this_month=shown == this_month,
        days=list(_last_days(own)) if shown == this_month else [],
        whole_year=span == YEAR,
        more=own.first_day is not None and own.first_day <= last - timedelta(days=SHOWN_DAYS),
        red_flags=red_flag_words(own.red_flags),
        advised=is_advised_today(current_identity(), clock=clock),
        second_numbers=[second_number(conflict) for conflict in own.conflicts],
        undone="undone" in request.args,
        settled="settled" in request.args,
        told="told" in request.args,
    )


@blueprint.get("/diary/<date:day>")
@open_to(Audience.PATIENT)
def show_day(day: date) -> ResponseReturnValue:
    """Ask for the score of a day that has none, or for a correction."""
    own = _read_about(day)
    if own.stopped:
        return render_template("patient/stopped.html")
    return _ask(_form_for(own, day).asking_for(day), own, day)


@blueprint.post("/diary/<date:day>")
@open_to(Audience.PATIENT)
def save_day(day: date) -> ResponseReturnValue:
    """Store the score of a day; what it was before is kept as a revision."""
    own = _read_about(day)
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
            return redirect(after_saving(stored), code=303)
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
    wearing_off.say_wearing_off(current_identity(), own_subject(), clock=installation().clock)
    return redirect(url_for("patient.diary", told=1), code=303)


def _form_for(own: OwnDiary, day: date) -> type[ScoreForm]:
    """Return the form for `day`; a day that can be neither filled in nor corrected is not there."""
    if own.score_of(day) is not None:
        return ScoreForm if day == own.today else CorrectionForm
    if not own.may_be_filled_in(day):
        raise NotThere
    return ScoreForm


def _ask(form: ScoreForm, own: OwnDiary, day: date) -> str:
    if own.score_of(day) is None:
        keep_standing()
    form.ask(own.patient.wording, about=day, today=own.today)
    by_clinic = by_clinic_words(own, day)
    return render_template("patient/day.html", form=form, about=day, score=own.score_of(day), by_clinic=by_clinic)


def _entry_id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def week_before(own: OwnDiary, last: date) -> tuple[Fraction | None, int]:
    """Return the plain mean of the 7 days up to `last` and the number behind it; as in the chart, late days are out."""
    week = Span.up_to(last, days=WEEK)
    scores = [point.score for point in own.points if point.day in week and point.kind in COUNTING]
    return (Fraction(sum(scores), len(scores)) if len(scores) >= FEWEST_FOR_A_MEAN else None), len(scores)


def _read_about(day: date) -> OwnDiary:
    return read_own_diary(current_identity(), clock=installation().clock, window=Window(about=day))


def _last_days(own: OwnDiary) -> Iterator[DiaryDay]:
    for number in range(LAST_DAYS):
        day = own.today - timedelta(days=number)
        point = own.point_of(day)
        score, late = (point.score, point.kind == "late") if point else (None, False)
        yield DiaryDay(day, score, late, own.may_be_filled_in(day), by_clinic_words(own, day))


def own_chart(own: OwnDiary, first: date, last: date | None = None) -> Markup:
    """Return the chart of the days from `first` to `last`, today unless it is said."""
    last = last or own.today
    svg = diary_chart(
        [point for point in own.points if first - timedelta(days=WEEK - 1) <= point.day <= last],
        [CourseBand(course_name(band.label.split(" + ")), band.first_day, band.last_day) for band in own.bands],
        first=first,
        last=last,
        words=DiaryChartWords(title=_("My diary"), summary=_summary(own, first, last), day_label=day_and_month),
        highlight=own.saved.day if own.saved else None,
    )
    return Markup(svg)  # noqa: S704 (made by our own chart, which escapes every label)


def _summary(own: OwnDiary, first: date, last: date) -> str:
    days = {"first": short_day(first), "last": short_day(last)}
    mean, _written = week_before(own, own.today)
    if last != own.today or mean is None:
        return _("Your scores from %(first)s to %(last)s.", **days)
    return _(
        "Your scores from %(first)s to %(last)s. Your mean of the last 7 days is %(mean)s.", mean=points(mean), **days
    )
