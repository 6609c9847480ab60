"""Patients who move: out with a copy or a code, and in from another clinic."""

import base64
import binascii
import uuid
from typing import Any, Final

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import DataRequired

from diary.access.policy import Permission, Subject, require
from diary.errors import Invalid, Sentence
from diary.exchange.copies import LARGEST_COPY, write_copy
from diary.installation import installation
from diary.security.signatures import Origin, key_id_of
from diary.services import moving_in, moving_out
from diary.web.clinic import blueprint
from diary.web.clinic.forms import plain_words
from diary.web.clinic.place import own_clinic, patient_in_address
from diary.web.copy_files import as_download
from diary.web.forms import Form, at_most, stripped, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import moment

CONSENT_WORDS: Final = {
    ("diary", "given"): _l("agreed to a diary"),
    ("diary", "withdrawn"): _l("took back the agreement to a diary"),
    ("research", "given"): _l("agreed to research with their numbers"),
    ("research", "withdrawn"): _l("took back the agreement to research with their numbers"),
}


class BroughtForm(Form):
    """What the patient brings along: a file or a code."""

    copy_file = FileField(_l("File from the other clinic"))
    code = StringField(_l("Code from the other clinic"), [at_most(200)], filters=[stripped])


class TakeInForm(Form):
    """The clinic's own reference for a diary that was looked at; file or code are carried along."""

    reference = StringField(
        _l("Reference"),
        [
            DataRequired(_l("Write your clinic's own number for the patient.")),
            at_most(64),
            plain_words,
        ],
        filters=[stripped],
    )
    key_compared = BooleanField(_l("I asked the other clinic, and its key is the one shown here"))
    held = HiddenField()
    code = HiddenField()


@blueprint.get("/patients/<uuid:patient_id>/move")
@open_to(Audience.STAFF)
def move_out(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Show how a patient moves to another clinic."""
    page = moving_out.read_move_page(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    until = moment(page.code_until.astimezone(page.zone)) if page.code_until else None
    return render_template("clinic/move_out.html", page=page, patient_id=patient_id, code=None, until=until)


@blueprint.post("/patients/<uuid:patient_id>/move/export")
@open_to(Audience.STAFF)
def take_copy_out(patient_id: uuid.UUID) -> Response:
    """Hand out the signed copy of the diary as a file."""
    sent = moving_out.take_copy_out(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    return as_download(sent)


@blueprint.post("/patients/<uuid:patient_id>/move/code")
@open_to(Audience.STAFF)
def make_move_code(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Make a code and show it, once."""
    who, about, clock = current_identity(), patient_in_address(patient_id), installation().clock
    made = moving_out.make_move_code(who, about, clock=clock)
    page = moving_out.read_move_page(who, about, clock=clock)
    until = moment(made.until.astimezone(page.zone))
    return render_template("clinic/move_out.html", page=page, patient_id=patient_id, code=made.code, until=until)


@blueprint.get("/patients/move-in")
@open_to(Audience.STAFF)
def move_in() -> ResponseReturnValue:
    """Ask for what the patient brings along."""
    require(current_identity(), Permission.PATIENT_WRITE, Subject(own_clinic()))
    return render_template("clinic/move_in.html", form=BroughtForm(formdata=None))


@blueprint.post("/patients/move-in")
@open_to(Audience.STAFF)
def take_in() -> ResponseReturnValue:
    """Show what was brought along; with the clinic's own reference, take it in."""
    require(current_identity(), Permission.PATIENT_WRITE, Subject(own_clinic()))
    return _confirmed() if "reference" in request.form else _looked_at()


def _looked_at() -> ResponseReturnValue:
    form = BroughtForm()
    if form.validate():
        try:
            brought = _look(_file_in(form), form.code.data)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            asked = TakeInForm(formdata=None)
            asked.held.data = "" if brought.by_code else _as_text(brought)
            asked.code.data = form.code.data if brought.by_code else ""
            return _preview(brought, asked)
    return render_template("clinic/move_in.html", form=form), 422


def _confirmed() -> ResponseReturnValue:
    form = TakeInForm()
    try:
        sent = _from_text(form.held.data or "")
        brought = _look(sent, form.code.data) if sent else None
        if form.validate() and (brought is None or _is_compared(form, brought)):
            added = _taken_in(sent, form)
            return redirect(url_for("clinic.patient", patient_id=added.patient_id, done="patient-taken-in"), code=303)
        brought = brought or _look(sent, form.code.data)
    except Invalid as refusal:
        return _refused(form, refusal)
    return _preview(brought, form), 422


def _taken_in(sent: bytes, form: TakeInForm) -> Subject:
    who, clock, reference = current_identity(), installation().clock, form.reference.data
    if sent:
        return moving_in.take_in_file(who, own_clinic(), sent, reference=reference, clock=clock)
    return moving_in.take_in_code(who, own_clinic(), form.code.data or "", reference=reference, clock=clock)


def _refused(form: TakeInForm, refusal: Invalid) -> ResponseReturnValue:
    """Ask for another reference where that is what is wrong, and else begin again."""
    if set(refusal.fields) == {"reference"}:
        take_refusal(form, refusal)
        return _preview(_look(_from_text(form.held.data or ""), form.code.data), form), 422
    first = BroughtForm(formdata=None)
    take_refusal(first, refusal)
    return render_template("clinic/move_in.html", form=first), 422


def _look(sent: bytes, code: str | None) -> moving_in.Brought:
    who, clock = current_identity(), installation().clock
    if sent and code:
        raise Invalid(Sentence("Choose the file or write the code, not both."))
    if sent:
        return moving_in.look_at_file(who, own_clinic(), sent, clock=clock)
    if code:
        return moving_in.look_at_code(who, own_clinic(), code, clock=clock)
    raise Invalid(copy_file=Sentence("Choose the file that the other clinic handed out, or write the code."))


def _file_in(form: BroughtForm) -> bytes:
    """Return what was sent as a file, no more of it than a copy may have and one byte to tell that it has more."""
    sent = form.copy_file.data
    return sent.stream.read(LARGEST_COPY + 1) if sent is not None and hasattr(sent, "stream") else b""


def _is_compared(form: TakeInForm, brought: moving_in.Brought) -> bool:
    if brought.key_origin is not Origin.UNKNOWN or form.key_compared.data:
        return True
    form.key_compared.errors = [str(_l("Compare the key with the other clinic first, then tick this box."))]
    return False


def _preview(brought: moving_in.Brought, form: TakeInForm) -> str:
    copy = brought.signed.copy
    return render_template(
        "clinic/move_in_preview.html",
        form=form,
        brought=brought,
        copy=copy,
        key_id=key_id_of(brought.signed.public_key),
        key_origin=brought.key_origin.value,
        planned=sum(course.status == "planned" for course in copy.courses),
        consents=[_consent(one) for one in copy.consents],
    )


def _consent(one: Any) -> tuple[Any, Any]:
    return one.day, CONSENT_WORDS.get((one.purpose, one.said), f"{one.purpose}: {one.said}")


def _as_text(brought: moving_in.Brought) -> str:
    return base64.b64encode(write_copy(brought.signed)).decode("ascii")


def _from_text(held: str) -> bytes:
    try:
        return base64.b64decode(held, validate=True)
    except (ValueError, binascii.Error):
        raise Invalid(Sentence("This form is damaged. Choose the file again.")) from None
