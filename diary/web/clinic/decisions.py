"""Decisions, bound to what was on the screen: made in place, and reversed by a new one."""

import uuid
from typing import TYPE_CHECKING

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from diary.access.policy import Permission
from diary.errors import Changed, Invalid, NotThere
from diary.installation import installation
from diary.services.asking_again import AskAgain
from diary.services.decisions import record_decision, reverse_decision
from diary.services.patient_pages import PatientPage, read_patient_page
from diary.services.protection import ask_first
from diary.web.clinic import blueprint
from diary.web.clinic.course_warnings import plan_sentences
from diary.web.clinic.decided import reversed_words, what_words
from diary.web.clinic.decision_forms import DecisionForm, ReversalForm
from diary.web.clinic.page_verdict import verdict_of_page
from diary.web.clinic.patients import patient_page
from diary.web.clinic.place import patient_in_address
from diary.web.clinic.rounds import onward_after
from diary.web.clinic.state_words import course_words, reason_sentence, state_words
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import said

if TYPE_CHECKING:
    from diary.models import Decision

REVERSE = "/patients/<uuid:patient_id>/decisions/<uuid:decision_id>/reverse"


@blueprint.post("/patients/<uuid:patient_id>/decisions")
@open_to(Audience.STAFF)
def decide(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Record a decision; when the diary changed meanwhile, show it again and keep what was written.

    What the rules say against a repeat is said first, and it is recorded all the same only with the tick.
    """
    about, clock, form = patient_in_address(patient_id), installation().clock, DecisionForm()
    asked: list[str] = []
    ask_first(current_identity(), about, permission=Permission.DECISION_WRITE, clock=clock)
    status = 422
    if form.validate():
        try:
            made = record_decision(current_identity(), about, **form.decided, clock=clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        except AskAgain as again:
            form.ask(again)
            asked = plan_sentences(again.found)
        except Changed as changed:
            form.form_errors.append(said(changed))
            status = 409
        else:
            return redirect(_after(patient_id, made, form), code=303)
    page = read_patient_page(current_identity(), about, clock=clock)
    if status == 409:
        form.shown_digest.data, form.client_ref.data = page.shown_digest, uuid.uuid4()
    return patient_page(page, form, asked=asked), status


@blueprint.get(REVERSE)
@open_to(Audience.STAFF)
def ask_reversal(patient_id: uuid.UUID, decision_id: uuid.UUID) -> ResponseReturnValue:
    """Ask why a decision is taken back, beside how the patient stands today."""
    about, clock = patient_in_address(patient_id), installation().clock
    ask_first(current_identity(), about, permission=Permission.DECISION_WRITE, clock=clock)
    page, form = read_patient_page(current_identity(), about, clock=clock), ReversalForm.fresh()
    form.shown_digest.data = page.shown_digest
    return _reversal_page(page, decision_id, form)


@blueprint.post(REVERSE)
@open_to(Audience.STAFF)
def reverse(patient_id: uuid.UUID, decision_id: uuid.UUID) -> ResponseReturnValue:
    """Take it back by a new decision; when the diary changed meanwhile, show it again."""
    about, clock, form = patient_in_address(patient_id), installation().clock, ReversalForm()
    ask_first(current_identity(), about, permission=Permission.DECISION_WRITE, clock=clock)
    status = 422
    if form.validate():
        try:
            reverse_decision(current_identity(), about, decision_id, **form.reversed, clock=clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        except Changed as changed:
            form.form_errors.append(said(changed))
            status = 409
        else:
            done = url_for("clinic.patient", patient_id=patient_id, done="decision-reversed", _anchor="decisions")
            return redirect(done, code=303)
    page = read_patient_page(current_identity(), about, clock=clock)
    if status == 409:
        form.shown_digest.data, form.client_ref.data = page.shown_digest, uuid.uuid4()
    return _reversal_page(page, decision_id, form), status


def _after(patient_id: uuid.UUID, made: uuid.UUID, form: DecisionForm) -> str:
    """Return where it goes on: to the words for the patient, or to whom the round leads next."""
    if form.tell.data:
        return url_for("clinic.plan", patient_id=patient_id, decision_id=made)
    onward = onward_after(installation().clock())
    return onward or url_for("clinic.patient", patient_id=patient_id, _anchor="decisions")


def _reversal_page(page: PatientPage, decision_id: uuid.UUID, form: ReversalForm) -> str:
    verdict = verdict_of_page(page)
    decision = _decision(page, decision_id)
    reversal = next((one for one in page.decisions if one.reverses == decision_id), None)
    return render_template(
        "clinic/reversal.html",
        patient=page.diary.patient,
        decision=decision,
        what=what_words(decision),
        reversed_before=reversed_words(reversal) if reversal else None,
        verdict=verdict,
        words=state_words(verdict),
        sentences=[f"{reason_sentence(verdict)}.", course_words(verdict)] if verdict["medicine"] else [],
        form=form,
    )


def _decision(page: PatientPage, decision_id: uuid.UUID) -> "Decision":
    for decision in page.decisions:
        if decision.id == decision_id:
            return decision
    raise NotThere
