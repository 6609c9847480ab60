"""Erasures: who waits, erasing one patient, and the certificates."""

import uuid
from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, StringField
from wtforms.validators import InputRequired, Optional

from diary.access.policy import Permission, Subject, require
from diary.errors import Invalid
from diary.installation import installation
from diary.security.erasure_files import ErasureFiles
from diary.services import erasure_pages
from diary.services.erasure import carry_out_erasure
from diary.services.erasure_pages import ToBeErased, code_words, days_left, read_to_be_erased
from diary.vocabulary import ErasureHow
from diary.web.clinic import blueprint
from diary.web.clinic.place import own_clinic
from diary.web.forms import Form, choices, stripped, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import said

HOW_WORDS: Final[dict[str, Any]] = {
    ErasureHow.SELF: _l("asked on their own pages"),
    ErasureHow.PAPER: _l("asked on paper or in person"),
    ErasureHow.RETENTION: _l("the clinic's years had passed"),
}
LEFT_OPEN: Final = (ErasureHow.PAPER, ErasureHow.RETENTION)


class EraseForm(Form):
    """How it came to it, and the reference, written once more by hand."""

    how = RadioField(
        _l("Why"),
        [InputRequired(_l("Choose how it came to this."))],
        choices=choices((how.value, HOW_WORDS[how]) for how in LEFT_OPEN),
    )
    asked_on = DateField(_l("Day on which the patient asked"), [Optional()])
    word = StringField(_l("Write the patient's reference"), [InputRequired(_l("Write the patient's reference."))])


@blueprint.get("/erasures")
@open_to(Audience.STAFF)
def erasures() -> ResponseReturnValue:
    """Show who waits to be erased and the certificates; a reference in the address leads to its patient."""
    reference, refusal = stripped(request.args.get("reference"))[:64], ""
    if reference:
        try:
            found = erasure_pages.find_to_be_erased(current_identity(), own_clinic(), reference)
            return redirect(url_for("clinic.erase", whom=found), code=303)
        except Invalid as refused:
            refusal = said(refused.fields["reference"])
    clock = installation().clock
    waiting, certificates = erasure_pages.read_erasures(current_identity(), own_clinic(), clock=clock)
    return render_template(
        "clinic/erasures.html",
        waiting=[(one, one.wish, days_left(one.wish, clock())) for one in waiting if one.wish],
        certificates=certificates,
        code_words=code_words,
        how_words=HOW_WORDS,
        reference=reference,
        refusal=refusal,
    )


@blueprint.get("/erasures/patients/<uuid:whom>")
@open_to(Audience.STAFF)
def erase(whom: uuid.UUID) -> ResponseReturnValue:
    """Say whom it is about and what it does, and ask for the reference."""
    about = Subject(own_clinic(), whom)
    found = read_to_be_erased(current_identity(), about, clock=installation().clock)
    form = EraseForm(formdata=None)
    form.how.data = ErasureHow.RETENTION if found.has_passed else ErasureHow.PAPER
    return _page(found, form)


@blueprint.post("/erasures/patients/<uuid:whom>")
@open_to(Audience.STAFF)
def carry_out(whom: uuid.UUID) -> ResponseReturnValue:
    """Erase the patient for good, then show the certificate."""
    about, made = Subject(own_clinic(), whom), installation()
    require(current_identity(), Permission.ERASE, about)
    found = read_to_be_erased(current_identity(), about, clock=made.clock)
    form = EraseForm()
    if found.wish:
        form.how.data = ErasureHow.SELF
        del form.how, form.asked_on
    if form.validate() and _is_written(form, found):
        try:
            code = carry_out_erasure(
                current_identity(),
                about,
                how=ErasureHow.SELF if found.wish else ErasureHow(form.how.data),
                asked_on=None if found.wish else form.asked_on.data,
                files=ErasureFiles.of(made.settings),
                clock=made.clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("clinic.erasure_certificate", erasure_id=code), code=303)
    return _page(found, form), 422


@blueprint.get("/erasures/certificates/<uuid:erasure_id>")
@open_to(Audience.STAFF)
def erasure_certificate(erasure_id: uuid.UUID) -> ResponseReturnValue:
    """Show a certificate, to be printed."""
    found = erasure_pages.read_certificate(current_identity(), own_clinic(), erasure_id)
    return render_template(
        "clinic/erasure_certificate.html",
        certificate=found,
        code=code_words(found.erasure.id),
        how=HOW_WORDS[found.erasure.how],
        rows=[[name.replace("_", " "), number] for name, number in sorted(found.erasure.rows.items())],
    )


def _is_written(form: EraseForm, found: ToBeErased) -> bool:
    if stripped(form.word.data) == found.patient.reference:
        return True
    form.word.errors = [_("This is not the patient's reference: look again whom you are erasing.")]
    return False


def _page(found: ToBeErased, form: EraseForm) -> str:
    wish = found.wish
    return render_template(
        "clinic/erase.html",
        form=form,
        patient=found.patient,
        wish=wish,
        code=code_words(wish.code) if wish else None,
        left=days_left(wish, installation().clock()) if wish else None,
        has_passed=found.has_passed,
    )
