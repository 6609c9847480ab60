"""The clinic's forms."""

import uuid
from decimal import Decimal
from typing import Any, Final, Self
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, ValidationError

from diary.languages import ENGLISH
from diary.vocabulary import LifeCycle
from diary.web.forms import DAMAGED, ClientRef, Form, OneOf, Tick, at_most, choices, stripped
from diary.web.words import language_names

REGIONS: Final = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
LIFE_CYCLE_WORDS: Final = {
    LifeCycle.ACTIVE.value: _l("active"),
    LifeCycle.PAUSED.value: _l("paused"),
    LifeCycle.DISCHARGED.value: _l("discharged"),
    LifeCycle.MOVED.value: _l("moved to another clinic"),
    LifeCycle.DIED.value: _l("died"),
}
A_REASON: Final = (
    DataRequired(_l("Say why, in a few words.")),
    at_most(500),
)


def time_zones() -> list[tuple[str, str]]:
    """Return the time zones people live in."""
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if zone.startswith(REGIONS)] + [
        ("UTC", "UTC")
    ]


def plain_words(_form: FlaskForm, field: Any) -> None:
    """Refuse control and invisible characters: they would be refused by an export."""
    if field.data and not field.data.isprintable():
        raise ValidationError(_l("Use plain words without line breaks or invisible characters."))


class ExactNumber:
    """A number between two others with at most two decimals, so that nothing is rounded unseen."""

    def __init__(self, lowest: str, highest: str, message: Any) -> None:
        self.lowest, self.highest, self.message = Decimal(lowest), Decimal(highest), message

    def __call__(self, _form: FlaskForm, field: Any) -> None:
        """Refuse what is no such number."""
        number: Decimal | None = field.data
        if number is None:
            return
        if not number.is_finite() or not self.lowest <= number <= self.highest:
            raise ValidationError(self.message)
        if number != round(number, 2):
            raise ValidationError(_l("Use at most two decimals."))


class SentOnceForm(Form):
    """A form that is stored once, however often it is sent."""

    client_ref = ClientRef(validators=[InputRequired(DAMAGED)])

    @classmethod
    def fresh(cls) -> Self:
        """Return the form as it is first shown."""
        form = cls(formdata=None)
        form.client_ref.data = uuid.uuid4()
        return form


class WhoForm(Form):
    """Who a patient is."""

    name = StringField(
        _l("Name"),
        [
            DataRequired(_l("Write the patient's name.")),
            at_most(120),
            plain_words,
        ],
        filters=[stripped],
    )
    reference = StringField(
        _l("Reference"),
        [
            DataRequired(_l("Write your clinic's own number for the patient.")),
            at_most(64),
            plain_words,
        ],
        filters=[stripped],
    )
    birth_year = IntegerField(
        _l("Year of birth"),
        [Optional(), NumberRange(1880, 2100, message=_l("Write a year with four digits, like 1979."))],
    )
    phone = StringField(
        _l("Phone"),
        [at_most(40), plain_words],
        filters=[stripped],
    )


class PatientForm(WhoForm):
    """A new patient's particulars."""

    time_zone = OneOf(_l("Time zone"), time_zones())
    language = OneOf(_l("Language"), language_names(), default=ENGLISH)
    mine = RadioField(_l("Responsible"), choices=choices((("me", _l("me")), ("", _l("nobody yet")))), default="")


class LifeCycleForm(Form):
    """Where a patient stands with the clinic; what ends their sign-in is asked about once more."""

    life_cycle = OneOf(_l("Patient is"), list(LIFE_CYCLE_WORDS.items()))
    sure = Tick(_l("It is right as written"))

    def ask(self) -> None:
        """Ask for the tick."""
        self.sure.errors = [*self.sure.errors, _l("Nothing was stored yet: read what is said, then tick this.")]


class LanguageForm(Form):
    """The language in which Ebb speaks with a patient."""

    language = OneOf(_l("Ebb speaks with the patient"), language_names())


class ClinicForm(Form):
    """What stands on every page of the clinic's patients."""

    name = StringField(
        _l("Name of the clinic"),
        [
            DataRequired(_l("Write the clinic's name.")),
            at_most(120),
            plain_words,
        ],
        filters=[stripped],
    )
    time_zone = OneOf(_l("Time zone"), time_zones())
    language = OneOf(_l("Language"), language_names())
    phone = StringField(
        _l("Phone for patients"),
        [
            DataRequired(_l("Write the phone number that patients call.")),
            at_most(40),
            plain_words,
        ],
        filters=[stripped],
    )
    emergency_number = StringField(
        _l("Emergency number"),
        [
            DataRequired(_l("Write the emergency number, like 112.")),
            at_most(20),
            plain_words,
        ],
        filters=[stripped],
    )
