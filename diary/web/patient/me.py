"""Me: the hand the pages are laid out for, and signing out."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from diary.installation import installation
from diary.services.clinics import clinic_of
from diary.services.joining import has_other_clinics
from diary.services.patients import change_hand, own_particulars
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.forms import HandForm
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity


@blueprint.get("/me")
@open_to(Audience.PATIENT)
def me() -> ResponseReturnValue:
    """Show what the patient can set."""
    form = HandForm(formdata=None)
    form.hand.data = "left" if own_particulars(current_identity()).left_handed else "right"
    return _page(form)


@blueprint.post("/me")
@open_to(Audience.PATIENT)
def save_me() -> ResponseReturnValue:
    """Lay the pages out for the other hand."""
    form = HandForm()
    if not form.validate():
        return _page(form), 422
    left_handed = form.hand.data == "left"
    change_hand(current_identity(), own_subject(), left_handed=left_handed, clock=installation().clock)
    return redirect(url_for("patient.me", done="hand"), code=303)


def _page(form: HandForm) -> str:
    who = current_identity()
    return render_template(
        "patient/me.html",
        form=form,
        patient=own_particulars(who),
        clinic=clinic_of(who),
        has_other_clinics=has_other_clinics(who),
    )
