"""Pause: days in hospital or on holiday on which nobody reminds; writing stays possible."""

import uuid

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from diary.errors import Invalid
from diary.installation import installation
from diary.services import pauses
from diary.vocabulary import PauseReason
from diary.web.extras_words import PAUSE_WORDS
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.extras_forms import PauseForm
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity


@blueprint.get("/me/pause")
@open_to(Audience.PATIENT)
def pause() -> ResponseReturnValue:
    """Show the pauses that run or lie ahead, and ask for one."""
    own = _own()
    form = PauseForm(formdata=None)
    form.first_day.data, form.client_ref.data = own.today, uuid.uuid4()
    return _page(own, form)


@blueprint.post("/me/pause")
@open_to(Audience.PATIENT)
def start_pause() -> ResponseReturnValue:
    """Pause the diary."""
    form = PauseForm()
    if form.validate():
        try:
            pauses.start_pause(
                current_identity(),
                own_subject(),
                PauseReason(form.reason.data),
                **form.days,
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("patient.pause", done="pause-begun"), code=303)
    return _page(_own(), form), 422


@blueprint.post("/me/pause/<uuid:pause_id>/end")
@open_to(Audience.PATIENT)
def end_pause(pause_id: uuid.UUID) -> ResponseReturnValue:
    """End a pause, or take back one that has not begun."""
    pauses.end_pause(current_identity(), own_subject(), pause_id, clock=installation().clock)
    return redirect(url_for("patient.pause", done="pause-ended"), code=303)


@blueprint.post("/me/pause/<uuid:pause_id>/undo")
@open_to(Audience.PATIENT)
def undo_pause(pause_id: uuid.UUID) -> ResponseReturnValue:
    """Take the last change of a pause back."""
    pauses.undo_pause(current_identity(), own_subject(), pause_id, clock=installation().clock)
    return redirect(url_for("patient.pause", done="pause-undone"), code=303)


def _own() -> pauses.OwnPauses:
    return pauses.read_own_pauses(current_identity(), own_subject(), clock=installation().clock)


def _page(own: pauses.OwnPauses, form: PauseForm) -> str:
    return render_template("patient/pause.html", own=own, form=form, pause_words=PAUSE_WORDS)
