"""Protected diaries: the page of a closed one, the glass before it, and who protects it."""

import uuid
from contextlib import suppress

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access.policy import Subject
from diary.errors import DiaryProtected, Invalid, NotThere, Refused
from diary.installation import installation
from diary.services import glass, protection
from diary.web import errors
from diary.web.clinic import blueprint
from diary.web.clinic.glass_forms import END, BreakGlassForm, ProtectionForm
from diary.web.clinic.place import patient_in_address
from diary.web.forms import choices, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity


@blueprint.errorhandler(DiaryProtected)
def closed_diary(_refusal: DiaryProtected) -> ResponseReturnValue:
    """Say that a diary is protected, and how it is opened when that is needed."""
    patient_id = (request.view_args or {}).get("patient_id")
    if patient_id is None:
        return _closed_somewhere()
    about = patient_in_address(patient_id)
    try:
        return _closed_page(about, BreakGlassForm(formdata=None)), 403
    except NotThere:  # opened a moment ago
        return _to_the_patient(about)


@blueprint.post("/patients/<uuid:patient_id>/glass")
@open_to(Audience.STAFF)
def break_glass(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Open a protected diary for an hour, with the reason."""
    form, about = BreakGlassForm(), patient_in_address(patient_id)
    if not form.validate():
        return _closed_page(about, form), 422
    glass.break_glass(current_identity(), about, reason=form.reason.data, clock=installation().clock)
    return _to_the_patient(about)


@blueprint.post("/patients/<uuid:patient_id>/glass/close")
@open_to(Audience.STAFF)
def close_glass(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Close the glass before its hour is over."""
    glass.close_glass(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    return redirect(url_for("clinic.worklist", done="glass-closed"), code=303)


@blueprint.get("/patients/<uuid:patient_id>/protection", endpoint="protection")
@open_to(Audience.STAFF)
def show_protection(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Show whether a diary is protected, to whoever may change it."""
    return _protection_page(patient_in_address(patient_id), ProtectionForm(formdata=None))


@blueprint.post("/patients/<uuid:patient_id>/protection")
@open_to(Audience.STAFF)
def save_protection(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Protect a diary, hand it to another clinician, or end its protection."""
    form, about = ProtectionForm(), patient_in_address(patient_id)
    if form.validate():
        try:
            _change(about, form)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return _after_change(about)
    return _protection_page(about, form), 422


def _change(about: Subject, form: ProtectionForm) -> None:
    who, clock = current_identity(), installation().clock
    if form.act.data == END:
        protection.unprotect_diary(who, about, reason=form.reason.data, clock=clock)
        return
    responsible_id = None
    with suppress(ValueError):
        responsible_id = uuid.UUID(form.responsible.data or "")
    protection.protect_diary(who, about, responsible_id=responsible_id, reason=form.reason.data, clock=clock)


def _after_change(about: Subject) -> ResponseReturnValue:
    """Lead back to the page of the protection, or to the clinic's when the diary was handed to somebody else."""
    try:
        protection.read_protection(current_identity(), about, clock=installation().clock)
    except Refused:
        return redirect(url_for("clinic.worklist", done="protection-handed-over"), code=303)
    return redirect(url_for("clinic.protection", patient_id=about.patient_id, done="protection-changed"), code=303)


def _closed_page(about: Subject, form: BreakGlassForm) -> str:
    diary = glass.read_closed_diary(current_identity(), about, clock=installation().clock)
    lost = request.method == "POST" and request.endpoint != "clinic.break_glass"
    return render_template("clinic/closed_diary.html", diary=diary, form=form, not_stored=lost)


def _closed_somewhere() -> ResponseReturnValue:
    """Say what to do where the address names nobody whose page could be shown."""
    return errors.page(
        403,
        _("This diary is protected"),
        _("The diary of a patient this was about is protected. Nothing was stored."),
        _("Open the page of that patient: it says whom to ask first, and how to break the glass when it cannot wait."),
    )


def _protection_page(about: Subject, form: ProtectionForm) -> str:
    page = protection.read_protection(current_identity(), about, clock=installation().clock)
    form.responsible.choices = choices([("", ""), *((str(member), name) for member, name in page.clinicians)])
    if not form.is_submitted():
        form.responsible.data = str(page.responsible_id or "")
    return render_template("clinic/protection.html", page=page, form=form, patient_id=about.patient_id)


def _to_the_patient(about: Subject) -> ResponseReturnValue:
    return redirect(url_for("clinic.patient", patient_id=about.patient_id), code=303)
