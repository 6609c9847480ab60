"""The tags of a patient, given and taken away one at a time."""

import uuid
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired

from diary.errors import Invalid
from diary.installation import installation
from diary.services.patient_pages import read_patient_page
from diary.services.tags import give_tag, known_tags, take_tag_away
from diary.web.clinic import blueprint
from diary.web.clinic.place import own_clinic, patient_in_address
from diary.web.forms import Form, at_most, stripped, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity


class TagForm(Form):
    """A tag to give."""

    tag = StringField(_l("Add a tag"), [InputRequired(_l("Write the tag.")), at_most(64)], filters=[stripped])


class AwayForm(Form):
    """The tag that is taken away."""

    tag = HiddenField()


@blueprint.post("/patients/<uuid:patient_id>/tags", endpoint="give_tag")
@open_to(Audience.STAFF)
def add_tag(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Give a patient a tag."""
    form, about, who = TagForm(), patient_in_address(patient_id), current_identity()
    if form.validate():
        try:
            give_tag(who, about, form.tag.data or "", clock=installation().clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return _back(patient_id)
    page = read_patient_page(who, about, clock=installation().clock)
    return render_template("clinic/tags.html", page=page, form=form, known=known_tags(who, own_clinic())), 422


@blueprint.post("/patients/<uuid:patient_id>/tags/away", endpoint="take_tag_away")
@open_to(Audience.STAFF)
def take_away(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Take a tag away from a patient."""
    form = AwayForm()
    if form.validate():
        tag = form.tag.data or ""
        take_tag_away(current_identity(), patient_in_address(patient_id), tag, clock=installation().clock)
    return _back(patient_id)


def tags_to_change() -> dict[str, Any]:
    """Return the form of a tag and the tags to choose from, for a patient's page."""
    return {"tag_form": TagForm(formdata=None), "known_tags": known_tags(current_identity(), own_clinic())}


def _back(patient_id: uuid.UUID) -> ResponseReturnValue:
    address = url_for("clinic.patient", patient_id=patient_id, done="tags-changed", _anchor="tags")
    return redirect(address, code=303)
