"""Other scores of the same day, each with its time."""

import uuid
from datetime import date

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from diary.errors import Invalid
from diary.installation import installation
from diary.services.day_extras import read_extras
from diary.services.readings import record_reading, take_back_reading
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.extras_forms import ReadingForm
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity


@blueprint.get("/diary/<date:day>/readings")
@open_to(Audience.PATIENT)
def readings(day: date) -> ResponseReturnValue:
    """Ask for another score of a day, and list those that there are."""
    form = ReadingForm(formdata=None)
    form.client_ref.data = uuid.uuid4()
    return _page(day, form)


@blueprint.post("/diary/<date:day>/readings")
@open_to(Audience.PATIENT)
def save_reading(day: date) -> ResponseReturnValue:
    """Store another score; the score of the day stays what it is."""
    form = ReadingForm()
    if form.validate():
        try:
            record_reading(
                current_identity(),
                own_subject(),
                day=day,
                **form.answer,
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("patient.more", day=day, done="reading-kept"), code=303)
    return _page(day, form), 422


@blueprint.post("/diary/readings/<uuid:reading_id>/take-back")
@open_to(Audience.PATIENT)
def take_back_score(reading_id: uuid.UUID) -> ResponseReturnValue:
    """Take another score back."""
    day = take_back_reading(current_identity(), own_subject(), reading_id, clock=installation().clock)
    return redirect(url_for("patient.readings", day=day, done="reading-taken-back"), code=303)


def _page(day: date, form: ReadingForm) -> str:
    page = read_extras(current_identity(), own_subject(), day, clock=installation().clock)
    if page.stopped:
        return render_template("patient/stopped.html")
    return render_template("patient/readings.html", page=page, form=form, is_today=page.day == page.today)
