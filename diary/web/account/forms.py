"""Forms of people who are not signed in yet."""

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from diary.web.forms import Form, at_most, stripped


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
