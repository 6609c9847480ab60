"""Me: the language, the hand the pages are laid out for, and signing out."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from diary.installation import installation
from diary.services.clinics import clinic_of
from diary.services.joining import has_other_clinics
from diary.services.patients import change_hand, choose_language, own_particulars
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.forms import HandForm, LanguageForm
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity


@blueprint.get("/me")
@open_to(Audience.PATIENT)
def me() -> ResponseReturnValue:
    """Show what the patient can set."""
    return _page(_hand_form(), _language_form())


@blueprint.post("/me")
@open_to(Audience.PATIENT)
def save_me() -> ResponseReturnValue:
    """Lay the pages out for the other hand."""
    form = HandForm()
    if not form.validate():
        return _page(form, _language_form()), 422
    left_handed = form.hand.data == "left"
    change_hand(current_identity(), own_subject(), left_handed=left_handed, clock=installation().clock)
    return redirect(url_for("patient.me", done="hand"), code=303)


@blueprint.post("/me/language")
@open_to(Audience.PATIENT)
def save_language() -> ResponseReturnValue:
    """Speak another language from the next page on."""
    form = LanguageForm()
    if not form.validate():
        return _page(_hand_form(), form), 422
    choose_language(current_identity(), own_subject(), form.language.data, clock=installation().clock)
    return redirect(url_for("patient.me", done="language"), code=303)


def _hand_form() -> HandForm:
    form = HandForm(formdata=None)
    form.hand.data = "left" if own_particulars(current_identity()).left_handed else "right"
    return form


def _language_form() -> LanguageForm:
    form = LanguageForm(formdata=None)
    form.language.data = current_identity().language
    return form


def _page(form: HandForm, language_form: LanguageForm) -> str:
    who = current_identity()
    return render_template(
        "patient/me.html",
        form=form,
        language_form=language_form,
        patient=own_particulars(who),
        clinic=clinic_of(who),
        has_other_clinics=has_other_clinics(who),
    )
