"""Forms of people who are not signed in yet, or who prove again who they are."""

import uuid
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length, ValidationError

from diary.services.consent_texts import REQUIRED, current_text
from diary.web.account.carrying import CarryingForm
from diary.web.forms import DAMAGED, Form, Tick, at_most, stripped
from diary.web.words import said


def an_id(_form: FlaskForm, field: Any) -> None:
    """Refuse a hidden id that is none."""
    try:
        uuid.UUID(field.data or "")
    except ValueError:
        raise ValidationError(DAMAGED) from None


class SignInForm(Form):
    """Name and password."""

    email = StringField(
        _l("E-mail address or sign-in name"),
        [
            DataRequired(_l("Write your e-mail address or sign-in name.")),
            at_most(254),
        ],
        filters=[stripped],
    )
    password = PasswordField(_l("Password"), [InputRequired(_l("Write your password."))])
    shared = BooleanField(_l("Others use this phone or computer too: sign me out after 5 minutes"))


class AgreeField(BooleanField):
    """The tick beside the words of a consent; what is sent is the version of the words that stood there."""

    data: str
    errors: Any

    @property
    def title(self) -> str:
        """What is agreed to."""
        return said(current_text(REQUIRED).title)

    @property
    def sentences(self) -> list[str]:
        """The words of today."""
        return [said(sentence) for sentence in current_text(REQUIRED).sentences]

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the version that was sent, nothing where the box is not ticked."""
        self.data = valuelist[0] if valuelist else ""

    def miss(self) -> None:
        """Say that the box is not ticked at the same time as what else is wrong, not only when all of that is right."""
        if not self.data and not self.errors:
            self.errors = [_("Tick the box to begin. Without it your clinic cannot keep a diary.")]

    def _value(self) -> str:
        return current_text(REQUIRED).version


class AcceptForm(Form):
    """What makes an account: a name to sign in with and a password."""

    email = StringField(
        _l("E-mail address, or a name to sign in with"),
        [
            DataRequired(_l("Write an e-mail address, or a name that you will remember.")),
            Length(min=3, max=254, message=_l("Use 3 to 254 characters.")),
        ],
        filters=[stripped],
    )
    password = PasswordField(_l("Choose a password"), [InputRequired(_l("Choose a password."))])
    consent = AgreeField(_l(current_text(REQUIRED).tick.msgid), default="")


class JoinForm(Form):
    """Joining with the account one has: both names are one's own."""

    mine = Tick(_l("Both names are mine: join with this account"))
    consent = AgreeField(_l(current_text(REQUIRED).tick.msgid), default="")
    account = HiddenField(validators=[an_id])


def code_field() -> StringField:
    """Return the field for the code of an app, or a printed one."""
    return StringField(
        _l("Code"),
        [DataRequired(_l("Write the six digits that your app shows, or a recovery code.")), at_most(40)],
        filters=[stripped],
    )


class CodeForm(Form):
    """The second factor."""

    code = code_field()


class ConfirmForm(CarryingForm):
    """A proof by what the account has."""

    ceremony = HiddenField(validators=[at_most(40)])
    answer = HiddenField(validators=[at_most(20_000)])
    code = StringField(_l("Code"), [at_most(40)], filters=[stripped])
    password = PasswordField(_l("Password"))


class UnlockForm(CarryingForm):
    """The PIN of the screen lock, or the password or a passkey in its place."""

    ceremony = HiddenField(validators=[at_most(40)])
    answer = HiddenField(validators=[at_most(20_000)])
    pin = PasswordField(_l("PIN"))
    password = PasswordField(_l("Or your password"))


class LockForm(Form):
    """A new PIN, written twice since nobody sees it."""

    pin = PasswordField(_l("PIN"), [InputRequired(_l("Write a PIN of 4 to 8 digits."))])
    again = PasswordField(_l("The same PIN again"), [EqualTo("pin", _l("The two are not the same. Write both again."))])
