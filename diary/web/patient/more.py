"""More about a day: everything optional, to be corrected and taken back."""

import uuid
from datetime import date
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from diary.errors import Invalid
from diary.installation import installation
from diary.services.day_extras import NOTHING_SAID, DayExtras, Extras, SavedMeanwhile, read_extras, record_extras
from diary.web.extras_words import red_flag_words
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.extras_forms import NOT_TAKEN_BACK, ExtrasForm, TakeBackForm
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity


@blueprint.get("/diary/<date:day>/more")
@open_to(Audience.PATIENT)
def more(day: date) -> ResponseReturnValue:
    """Ask for what goes with a day, with what was written before."""
    page = _read(day)
    return _page(page, ExtrasForm.showing(page))


@blueprint.post("/diary/<date:day>/more")
@open_to(Audience.PATIENT)
def save_more(day: date) -> ResponseReturnValue:
    """Store it; what was left out is taken back, but nothing that was saved since the form was made."""
    page = _read(day)
    form = ExtrasForm.about(page)
    if form.validate():
        try:
            _record(day, form.said, form)
        except SavedMeanwhile as refusal:
            page = _read(day)
            return _page(page, ExtrasForm.after_others(page, made_from=refusal.made_from, said=form.said)), 409
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("patient.more", day=day, done="extras-kept"), code=303)
    return _page(page, form), 422


@blueprint.post("/diary/<date:day>/more/take-back")
@open_to(Audience.PATIENT)
def take_back_more(day: date) -> ResponseReturnValue:
    """Take back all that was said of the day beside its score."""
    form = TakeBackForm()
    if not form.validate():
        page = _read(day)
        return _page(page, ExtrasForm.showing(page)), 422
    try:
        _record(day, NOTHING_SAID, form)
    except SavedMeanwhile:
        page = _read(day)
        shown = ExtrasForm.showing(page)
        shown.form_errors.append(NOT_TAKEN_BACK)
        return _page(page, shown), 409
    return redirect(url_for("patient.more", day=day, done="extras-taken-back"), code=303)


def _read(day: date) -> DayExtras:
    return read_extras(current_identity(), own_subject(), day, clock=installation().clock)


def _record(day: date, said: Extras, form: ExtrasForm | TakeBackForm) -> None:
    sent: dict[str, Any] = {"client_ref": form.client_ref.data, "seen": form.seen.data}
    record_extras(current_identity(), own_subject(), day=day, said=said, **sent, clock=installation().clock)


def _page(page: DayExtras, form: ExtrasForm) -> str:
    if page.stopped:
        return render_template("patient/stopped.html")
    take_back = TakeBackForm(formdata=None)
    take_back.client_ref.data, take_back.seen.data = uuid.uuid4(), form.seen.data
    return render_template(
        "patient/more.html",
        page=page,
        form=form,
        take_back=take_back,
        flags=red_flag_words(page.medicines),
        is_today=page.day == page.today,
    )
