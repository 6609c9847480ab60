"""A patient's particulars, changed by staff."""

import uuid
from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from diary.access.policy import Permission, may
from diary.errors import Changed, Invalid
from diary.installation import installation
from diary.services.particulars import ParticularsPage, change_particulars, read_particulars
from diary.services.patients import ReferenceTaken
from diary.web.clinic import blueprint
from diary.web.clinic.particulars_forms import ParticularsForm
from diary.web.clinic.place import patient_in_address
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import said


@blueprint.get("/patients/<uuid:patient_id>/particulars", endpoint="particulars")
@open_to(Audience.STAFF)
def show_particulars(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Show what stands, to be changed."""
    page = _page_of(patient_id)
    form = ParticularsForm(formdata=None).offering(page).showing(page.known)
    form.zone_from.data = page.today + timedelta(days=1)
    return _particulars_page(page, form)


@blueprint.post("/patients/<uuid:patient_id>/particulars")
@open_to(Audience.STAFF)
def save_particulars(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Change what was written otherwise than it was shown."""
    page = _page_of(patient_id)
    form = ParticularsForm().offering(page)
    if not form.validate():
        return _particulars_page(page, form), 422
    who, about, clock = current_identity(), patient_in_address(patient_id), installation().clock
    try:
        is_changed = change_particulars(who, about, form.said(), shown=form.shown.data, clock=clock)
    except Invalid as refusal:
        take_refusal(form, refusal)
        return _particulars_page(page, form, has_it=who_has_it(refusal)), 422
    except Changed as changed:
        form.form_errors.append(said(changed))
        now = _page_of(patient_id)
        return _particulars_page(now, form.offering(now).beside(now.known)), 409
    if not is_changed:
        return redirect(url_for("clinic.particulars", patient_id=patient_id, same=1), code=303)
    return redirect(url_for("clinic.patient", patient_id=patient_id, done="patient-changed"), code=303)


def _page_of(patient_id: uuid.UUID) -> ParticularsPage:
    return read_particulars(current_identity(), patient_in_address(patient_id), clock=installation().clock)


def who_has_it(refusal: Invalid) -> uuid.UUID | None:
    """Return the patient who has the reference that was refused, where one may be led to them."""
    return refusal.patient_id if isinstance(refusal, ReferenceTaken) else None


def _particulars_page(page: ParticularsPage, form: ParticularsForm, *, has_it: uuid.UUID | None = None) -> str:
    return render_template(
        "clinic/particulars.html",
        page=page,
        form=form,
        has_it=has_it,
        may_protect=may(current_identity(), Permission.DIARY_PROTECT, page.about),
        is_same=request.method == "GET" and request.args.get("same") == "1",
    )
