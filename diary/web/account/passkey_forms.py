"""Forms that bring the answer of a passkey, and those about one's own ways to sign in."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired

from diary.services.ceremonies import Answer
from diary.services.passkeys import LONGEST_NAME
from diary.web.account.forms import AgreeField
from diary.web.forms import Form, at_most, stripped


class PasskeyForm(Form):
    """The answer of a passkey, put in by the script of the page."""

    ceremony = HiddenField(validators=[DataRequired(_l("No passkey was used. Try again.")), at_most(40)])
    answer = HiddenField(validators=[DataRequired(_l("No passkey was used. Try again.")), at_most(20_000)])

    @property
    def given(self) -> Answer:
        """What was answered to what."""
        return Answer(self.ceremony.data or "", self.answer.data or "")


class PasskeySignInForm(PasskeyForm):
    """Signing in with a passkey alone."""

    shared = BooleanField()


class PasskeyAcceptForm(PasskeyForm):
    """Accepting an invite with a passkey alone."""

    email = StringField(
        validators=[
            DataRequired(_l("Write an e-mail address, or a name that you will remember.")),
            at_most(254),
        ],
        filters=[stripped],
    )
    consent = AgreeField(default="")


class NewPasskeyForm(PasskeyForm):
    """One more passkey, with a name to know it by."""

    name = StringField(
        _l("Name"),
        [DataRequired(_l("Give it a name, such as the device it is on.")), at_most(LONGEST_NAME)],
        filters=[stripped],
    )


class RemovePasskeyForm(Form):
    """A passkey that is to go, and that it is meant."""

    passkey = HiddenField()
    sure = BooleanField()


class ChangePasswordForm(Form):
    """A new password, and the old one where it is asked for."""

    old = PasswordField(_l("Your password until now"))
    password = PasswordField(_l("New password"), [InputRequired(_l("Choose a password."))])


class NewPasswordForm(Form):
    """A new password."""

    password = PasswordField(_l("New password"), [InputRequired(_l("Choose a password."))])


class KnownPasswordForm(Form):
    """The password one has."""

    password = PasswordField(_l("Your password"), [InputRequired(_l("Write your password."))])


class ForgottenForm(Form):
    """Whose password was forgotten."""

    email = StringField(
        _l("E-mail address or sign-in name"),
        [DataRequired(_l("Write your e-mail address or sign-in name.")), at_most(254)],
        filters=[stripped],
    )
