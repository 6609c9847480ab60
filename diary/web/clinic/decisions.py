"""Decisions, bound to what was on the screen."""

import uuid

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from diary.access.policy import Permission
from diary.errors import Changed, Invalid
from diary.installation import installation
from diary.services.decisions import record_decision
from diary.services.patient_pages import read_patient_page
from diary.services.protection import ask_first
from diary.vocabulary import DecisionKind
from diary.web.clinic import blueprint
from diary.web.clinic.forms import DecisionForm
from diary.web.clinic.patients import patient_page
from diary.web.clinic.place import patient_in_address
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import said


@blueprint.post("/patients/<uuid:patient_id>/decisions")
@open_to(Audience.STAFF)
def decide(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Record a decision; when the diary changed meanwhile, show it again and keep what was written."""
    about, clock, form = patient_in_address(patient_id), installation().clock, DecisionForm()
    ask_first(current_identity(), about, permission=Permission.DECISION_WRITE, clock=clock)
    status = 422
    if form.validate():
        try:
            record_decision(
                current_identity(),
                about,
                DecisionKind(form.kind.data),
                reason=form.reason.data,
                next_step=form.next_step.data,
                shown_digest=form.shown_digest.data or "",
                client_ref=form.client_ref.data,
                clock=clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        except Changed as changed:
            form.form_errors.append(said(changed))
            status = 409
        else:
            return redirect(url_for("clinic.patient", patient_id=patient_id, _anchor="decisions"), code=303)
    page = read_patient_page(current_identity(), about, clock=clock)
    if status == 409:
        form.shown_digest.data, form.client_ref.data = page.shown_digest, uuid.uuid4()
    return patient_page(page, form), status
