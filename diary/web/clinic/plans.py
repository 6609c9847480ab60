"""A plan in plain words: written from a decision, looked at as the patient reads it, released and taken back."""

import uuid
from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access.policy import Permission
from diary.errors import Changed, Invalid
from diary.installation import installation
from diary.languages import known_language, own_name
from diary.services.plans import PlanPage, read_plan_page, release_plan, take_back_plan
from diary.services.protection import ask_first
from diary.web.clinic import blueprint
from diary.web.clinic.decided import plan_words, what_words
from diary.web.clinic.decision_forms import PlanForm, TakeBackForm
from diary.web.clinic.place import patient_in_address
from diary.web.clinic.rounds import onward_after
from diary.web.forms import hand_errors, is_shown, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.plan_words import first_words, words_to_think_about
from diary.web.sessions import current_identity
from diary.web.words import said

ADDRESS: Final = "/patients/<uuid:patient_id>/decisions/<uuid:decision_id>/plan"


@blueprint.get(ADDRESS)
@open_to(Audience.STAFF)
def plan(patient_id: uuid.UUID, decision_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for the words; they begin with what was decided, or with what the patient reads now."""
    page, form = _page(patient_id, decision_id), PlanForm.fresh()
    form.words.data = _begins_with(page)
    return _shown(page, form, TakeBackForm(formdata=None))


@blueprint.post(ADDRESS)
@open_to(Audience.STAFF)
def release(patient_id: uuid.UUID, decision_id: uuid.UUID) -> ResponseReturnValue:
    """Show the words as the patient reads them, or release them; words of states and forecasts ask once more."""
    form, status = PlanForm(), 422
    page = _page(patient_id, decision_id)
    valid = form.validate()
    if valid and request.form.get("act") == "look":
        return _shown(page, form, TakeBackForm(formdata=None))
    if valid and (form.sure.data or not words_to_think_about(form.words.data)):
        try:
            release_plan(
                current_identity(),
                patient_in_address(patient_id),
                decision_id,
                words=form.words.data,
                client_ref=form.client_ref.data or uuid.uuid4(),
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        except Changed as changed:
            form.form_errors.append(said(changed))
            form.client_ref.data, status = uuid.uuid4(), 409
        else:
            return _after(page, "plan-released")
    elif valid:
        form.sure.errors = [_("Look at these words once more, and say that they are right as written.")]
    return _shown(page, form, TakeBackForm(formdata=None)), status


@blueprint.post(f"{ADDRESS}/take-back")
@open_to(Audience.STAFF)
def take_back_released(patient_id: uuid.UUID, decision_id: uuid.UUID) -> ResponseReturnValue:
    """Take the plan back, with a reason that the patient does not read."""
    form, about = TakeBackForm(), patient_in_address(patient_id)
    ask_first(current_identity(), about, permission=Permission.PLAN_RELEASE, clock=installation().clock)
    if form.validate():
        take_back_plan(current_identity(), about, decision_id, reason=form.reason.data, clock=installation().clock)
        return _to_patient(patient_id, "plan-taken-back")
    page, shown = _page(patient_id, decision_id), PlanForm.fresh()
    shown.words.data = _begins_with(page)
    answer = _shown(page, shown, hand_errors(form, form))
    if not is_shown(form.reason, answer):
        address = url_for("clinic.plan", patient_id=patient_id, decision_id=decision_id)
        return redirect(address, code=303)
    return answer, 422


def _page(patient_id: uuid.UUID, decision_id: uuid.UUID) -> PlanPage:
    about = patient_in_address(patient_id)
    return read_plan_page(current_identity(), about, decision_id, clock=installation().clock)


def _after(page: PlanPage, done: str) -> ResponseReturnValue:
    """Lead on with the round where the plan belongs to a decision made in it, else back to the patient."""
    if onward := onward_after(page.decision.decided_at):
        return redirect(onward, code=303)
    return _to_patient(page.patient.id, done)


def _to_patient(patient_id: uuid.UUID, done: str) -> ResponseReturnValue:
    address = url_for("clinic.patient", patient_id=patient_id, done=done, _anchor="decisions")
    return redirect(address, code=303)


def _begins_with(page: PlanPage) -> str:
    if page.plans and not page.plans[-1].taken_back:
        return page.plans[-1].words
    made = page.decision
    return first_words(made.kind, made.next_step, made.medicine, page.patient.language)


def _shown(page: PlanPage, form: PlanForm, take_back: TakeBackForm) -> str:
    words = form.words.data or ""
    return render_template(
        "clinic/plan.html",
        patient=page.patient,
        decision=page.decision,
        what=what_words(page.decision),
        is_reversed=page.is_reversed,
        language=own_name(known_language(page.patient.language)),
        form=form,
        take_back=take_back,
        think_about=words_to_think_about(words),
        is_released=bool(page.plans) and not page.plans[-1].taken_back,
        told=[plan_words(one) for one in reversed(page.plans)],
        preview=words,
    )
