"""The clinic's settings."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from diary.access.policy import Permission, Subject, may, require
from diary.installation import installation
from diary.services.clinics import active_members, change_clinic, clinic_of
from diary.services.glass_reviews import count_waiting
from diary.web.clinic import blueprint
from diary.web.clinic.forms import ClinicForm
from diary.web.clinic.place import own_clinic
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import role_words


@blueprint.get("/settings")
@open_to(Audience.STAFF)
def settings() -> ResponseReturnValue:
    """Show the clinic's numbers and staff; admins may change the numbers."""
    clinic = clinic_of(current_identity())
    form = ClinicForm(formdata=None)
    form.name.data, form.time_zone.data, form.language.data = clinic.name, clinic.time_zone, clinic.language
    form.phone.data, form.emergency_number.data = clinic.phone, clinic.emergency_number
    return _page(form)


@blueprint.post("/settings")
@open_to(Audience.STAFF)
def save_settings() -> ResponseReturnValue:
    """Change the clinic's numbers."""
    require(current_identity(), Permission.CLINIC_WRITE, Subject(own_clinic()))
    form = ClinicForm()
    if not form.validate():
        return _page(form), 422
    change_clinic(
        current_identity(),
        own_clinic(),
        clock=installation().clock,
        name=form.name.data,
        time_zone=form.time_zone.data,
        language=form.language.data,
        phone=form.phone.data,
        emergency_number=form.emergency_number.data,
    )
    return redirect(url_for("clinic.settings", done="clinic-changed"), code=303)


def _page(form: ClinicForm) -> str:
    here = Subject(own_clinic())
    may_change = may(current_identity(), Permission.CLINIC_WRITE, here)
    return render_template(
        "clinic/settings.html",
        form=form,
        clinic=clinic_of(current_identity()),
        members=active_members(current_identity(), own_clinic()),
        may_change=may_change,
        may_invite=may(current_identity(), Permission.PATIENT_WRITE, here),
        may_see_members=may(current_identity(), Permission.MEMBERS_READ, here),
        waiting_reviews=_waiting_reviews(here),
        may_read_audit=may(current_identity(), Permission.AUDIT_READ, here),
        may_read_erasures=may(current_identity(), Permission.ERASURES_READ, here),
        may_read_research=may(current_identity(), Permission.RESEARCH_READ, here),
        role_words=role_words,
    )


def _waiting_reviews(here: Subject) -> int | None:
    """Return how many reviews of broken glass wait for whoever asks, or None when they review none."""
    who = current_identity()
    return count_waiting(who, here.clinic_id) if may(who, Permission.GLASS_REVIEW, here) else None
