"""The clinic's protocols: templates for courses, written by the clinic itself."""

import uuid
from typing import TYPE_CHECKING, Final, Self

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DecimalField, IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional

from diary.access.policy import Permission, Subject, may, require
from diary.errors import Changed, Invalid, NotThere
from diary.installation import installation
from diary.services import protocols
from diary.services.protocols import ProtocolSaid
from diary.vocabulary import DoseUnit
from diary.web.clinic import blueprint
from diary.web.clinic.course_forms import MedicinesForm
from diary.web.clinic.forms import ExactNumber, plain_words
from diary.web.clinic.place import own_clinic
from diary.web.clinic.protocol_words import protocol_words
from diary.web.forms import OneOf, at_most, stripped, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import said

if TYPE_CHECKING:
    from diary.models import Protocol

UNITS: Final = [("", _l("not said")), *((unit.value, unit.value) for unit in DoseUnit)]


class ProtocolForm(MedicinesForm):
    """What a protocol says."""

    name = StringField(
        _l("Name"), [DataRequired(_l("Write what you call it.")), at_most(120), plain_words], filters=[stripped]
    )
    days = IntegerField(
        _l("Infusion days in a row"),
        [InputRequired(_l("Write how many days.")), NumberRange(1, 60, message=_l("Write a number from 1 to 60."))],
    )
    hours = DecimalField(
        _l("Hours a day"), [Optional(), ExactNumber("0.01", "24", _l("Write hours above 0, up to 24."))], places=None
    )
    unit = OneOf(_l("Unit of the dose"), UNITS)
    dose_range = StringField(_l("Dose as your protocol has it"), [at_most(200), plain_words], filters=[stripped])

    @property
    def protocol(self) -> ProtocolSaid:
        """Return what was written."""
        return ProtocolSaid(
            self.name.data,
            self.medicines,
            self.days.data,
            self.hours.data,
            self.unit.data or None,
            self.dose_range.data,
        )

    def showing(self, protocol: "Protocol") -> Self:
        """Show a protocol as it stands."""
        self.name.data, self.days.data, self.hours.data = protocol.name, protocol.days, protocol.hours
        self.unit.data, self.dose_range.data = protocol.unit or "", protocol.dose_range
        self.put_medicines(protocol.medicines)
        return self


@blueprint.get("/protocols", endpoint="protocols")
@open_to(Audience.STAFF)
def show_protocols() -> ResponseReturnValue:
    """List the clinic's protocols."""
    found = [protocol_words(one) for one in protocols.read_protocols(current_identity(), own_clinic())]
    return render_template(
        "clinic/protocols.html",
        in_use=[one for one in found if not one.is_retired],
        retired=[one for one in found if one.is_retired],
        may_write=may(current_identity(), Permission.PROTOCOLS_WRITE, Subject(own_clinic())),
    )


@blueprint.get("/protocols/new", endpoint="new_protocol")
@open_to(Audience.STAFF)
def show_new_protocol() -> ResponseReturnValue:
    """Ask for a new protocol."""
    _ask()
    return _form_page(ProtocolForm.fresh(), _("Add a protocol"))


@blueprint.post("/protocols/new")
@open_to(Audience.STAFF)
def add_protocol() -> ResponseReturnValue:
    """Add it."""
    _ask()
    form = ProtocolForm()
    if form.validate():
        clock = installation().clock
        try:
            protocols.add_protocol(
                current_identity(), own_clinic(), form.protocol, client_ref=form.client_ref.data, clock=clock
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        except Changed as changed:
            form.form_errors.append(said(changed))
        else:
            return redirect(url_for("clinic.protocols", done="protocol-kept"), code=303)
    return _form_page(form, _("Add a protocol")), 422


@blueprint.get("/protocols/<uuid:protocol_id>", endpoint="edit_protocol")
@open_to(Audience.STAFF)
def show_protocol(protocol_id: uuid.UUID) -> ResponseReturnValue:
    """Show a protocol as it stands, to be changed or retired."""
    _ask()
    protocol = _protocol(protocol_id)
    return _form_page(ProtocolForm.fresh().showing(protocol), _("Change the protocol"), protocol)


@blueprint.post("/protocols/<uuid:protocol_id>")
@open_to(Audience.STAFF)
def change_protocol(protocol_id: uuid.UUID) -> ResponseReturnValue:
    """Change it; courses planned from it stay as they are."""
    _ask()
    form = ProtocolForm()
    if form.validate():
        clock = installation().clock
        try:
            protocols.change_protocol(current_identity(), own_clinic(), protocol_id, form.protocol, clock=clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("clinic.protocols", done="protocol-kept"), code=303)
    return _form_page(form, _("Change the protocol"), _protocol(protocol_id)), 422


@blueprint.post("/protocols/<uuid:protocol_id>/retire")
@open_to(Audience.STAFF)
def retire_protocol(protocol_id: uuid.UUID) -> ResponseReturnValue:
    """Retire it, when the tick says that one is sure."""
    _ask()
    if request.form.get("sure") != "y":
        protocol = _protocol(protocol_id)
        form = ProtocolForm.fresh().showing(protocol)
        form.form_errors.append(_("Tick that you are sure."))
        return _form_page(form, _("Change the protocol"), protocol), 422
    protocols.retire_protocol(current_identity(), own_clinic(), protocol_id, clock=installation().clock)
    return redirect(url_for("clinic.protocols", done="protocol-retired"), code=303)


def _ask() -> None:
    require(current_identity(), Permission.PROTOCOLS_WRITE, Subject(own_clinic()))


def _protocol(protocol_id: uuid.UUID) -> "Protocol":
    for one in protocols.read_protocols(current_identity(), own_clinic()):
        if one.id == protocol_id and one.retired_at is None:
            return one
    raise NotThere


def _form_page(form: ProtocolForm, title: str, protocol: "Protocol | None" = None) -> str:
    return render_template("clinic/protocol.html", form=form, title=title, protocol=protocol)
