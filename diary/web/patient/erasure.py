"""Erase my data: what it means, asking for it, and taking it back."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import ValidationError

from diary.installation import installation
from diary.services.clinics import clinic_of
from diary.services.erasure import ask_for_erasure, own_wish, take_back_wish
from diary.services.erasure_pages import code_words
from diary.web.forms import Form, stripped
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity


def the_word(_form: FlaskForm, field: StringField) -> None:
    """Refuse anything but the word that was asked for, in whatever case it is written."""
    if stripped(field.data).casefold() != _("ERASE").casefold():
        raise ValidationError(_("Write the word %(word)s.", word=_("ERASE")))


class EraseMeForm(Form):
    """The word that says that it is meant."""

    word = StringField(_l("Write the word ERASE"), [the_word])


@blueprint.get("/me/data/erase", endpoint="erasure")
@open_to(Audience.PATIENT)
def show_erasure() -> ResponseReturnValue:
    """Say what is deleted and what stays; when it was asked for already, by when the clinic answers."""
    return _page(EraseMeForm(formdata=None))


@blueprint.post("/me/data/erase")
@open_to(Audience.PATIENT)
def ask_erasure() -> ResponseReturnValue:
    """Ask the clinic for it."""
    form = EraseMeForm()
    if not form.validate():
        return _page(form), 422
    ask_for_erasure(current_identity(), own_subject(), clock=installation().clock)
    return redirect(url_for("patient.erasure", done="erasure-asked"), code=303)


@blueprint.post("/me/data/erase/take-back")
@open_to(Audience.PATIENT)
def take_back_erasure() -> ResponseReturnValue:
    """Take it back."""
    take_back_wish(current_identity(), own_subject(), clock=installation().clock)
    return redirect(url_for("patient.erasure", done="erasure-taken-back"), code=303)


def _page(form: EraseMeForm) -> str:
    wish = own_wish(current_identity(), own_subject())
    return render_template(
        "patient/erasure.html",
        form=form,
        clinic=clinic_of(current_identity()),
        wish=wish,
        code=code_words(wish.code) if wish else None,
    )
