"""Forms about the staff of a clinic, and about mailing an invite."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from diary.vocabulary import Role
from diary.web.clinic.forms import plain_words
from diary.web.forms import Form, Tick, at_most, choices, stripped

ROLE_CHOICES: Final = (
    (Role.CLINICIAN.value, _l("clinician: judges, decides")),
    (Role.NURSE.value, _l("nurse: adds patients, records courses")),
    (Role.ADMIN.value, _l("admin: staff, settings, audit")),
    (Role.RESEARCHER.value, _l("researcher: sees groups only, without names")),
)


class ManyOf(SelectMultipleField):
    """Ticks of which several may be set."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, _form: Any) -> None:
        """Refuse what was not offered."""
        offered = {choice.value for choice in self.choices}
        if not set(self.data or ()) <= offered:
            raise ValidationError(_l("Choose one of those offered."))


def roles_field() -> ManyOf:
    """Return the field for the roles of a member."""
    return ManyOf(_l("Roles"), [InputRequired(_l("Choose at least one role."))], choices=choices(ROLE_CHOICES))


def an_address(_form: FlaskForm, field: Any) -> None:
    """Refuse what no mail could be sent to."""
    text = field.data or ""
    before, _at, behind = text.partition("@")
    if not before or not behind or "@" in behind or not text.isprintable() or " " in text:
        raise ValidationError(_l("Write an e-mail address, like name@clinic.example."))


class MemberForm(Form):
    """Somebody who is to work here."""

    name = StringField(
        _l("Name"),
        [DataRequired(_l("Write the name that patients and colleagues read.")), at_most(120), plain_words],
        filters=[stripped],
    )
    email = StringField(
        _l("E-mail address"),
        [DataRequired(_l("Write an e-mail address, like name@clinic.example.")), at_most(254), an_address],
        filters=[stripped],
    )
    roles = roles_field()


class RolesForm(Form):
    """The roles of a member."""

    roles = roles_field()


class StandingForm(Form):
    """Suspending, bringing back or ending a membership; what ends something is ticked first."""

    sure = Tick(_l("Yes, I am sure"))


class InviteMailForm(Form):
    """Where the link on the screen is sent; the address is used once and not stored."""

    email = StringField(
        _l("E-mail address of the patient"),
        [DataRequired(_l("Write an e-mail address, like name@clinic.example.")), at_most(254), an_address],
        filters=[stripped],
    )
    token = HiddenField(validators=[at_most(200)])
