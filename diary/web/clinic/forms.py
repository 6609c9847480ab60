"""The clinic's forms."""

import uuid
from decimal import Decimal
from typing import Any, Final, Self
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, DecimalField, HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, ValidationError

from diary.clinical.medicines import DEFAULT_MEDICINES
from diary.languages import ENGLISH
from diary.vocabulary import DoseUnit, LifeCycle
from diary.web.clinic.worklist_row import DECISION_WORDS
from diary.web.forms import DAMAGED, ClientRef, Form, OneOf, at_most, choices, stripped
from diary.web.medicines import MEDICINE_NAMES
from diary.web.words import language_names

REGIONS: Final = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
MEDICINES: Final = [(medicine.code, MEDICINE_NAMES[medicine.code]) for medicine in DEFAULT_MEDICINES]
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


class PatientForm(Form):
    """A patient's particulars."""

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
    time_zone = OneOf(_l("Time zone"), time_zones())
    language = OneOf(_l("Language"), language_names(), default=ENGLISH)
    phone = StringField(
        _l("Phone"),
        [at_most(40), plain_words],
        filters=[stripped],
    )
    mine = RadioField(_l("Responsible"), choices=choices((("me", _l("me")), ("", _l("nobody yet")))), default="")


class CourseForm(SentOnceForm):
    """A course: its ordered medicines, planned or given, and its days."""

    medicine = OneOf(
        _l("Medicine"), [("", _l("choose")), *MEDICINES], validators=[InputRequired(_l("Choose a medicine."))]
    )
    second = OneOf(_l("together with"), [("", _l("nothing else")), *MEDICINES])
    third = OneOf(_l("and with"), [("", _l("nothing else")), *MEDICINES])
    status = RadioField(
        _l("Is it planned or given?"),
        [InputRequired(_l("Choose planned or given."))],
        choices=choices((("planned", _l("planned")), ("given", _l("given")))),
    )
    first_day = DateField(_l("First infusion day"), [InputRequired(_l("Write the first infusion day."))])
    last_day = DateField(_l("Last infusion day"), [InputRequired(_l("Write the last infusion day."))])

    @property
    def medicines(self) -> tuple[str, ...]:
        """Return the codes in their order."""
        return tuple(field.data for field in (self.medicine, self.second, self.third) if field.data)

    def validate_second(self, _field: Any) -> None:
        """Refuse a medicine that is named twice."""
        if len(set(self.medicines)) != len(self.medicines):
            raise ValidationError(_l("A medicine is named twice."))


class CourseCorrectionForm(CourseForm):
    """A course corrected, with the reason."""

    status = RadioField(
        _l("Is it planned or given?"),
        [InputRequired(_l("Choose one."))],
        choices=choices(
            (
                ("planned", _l("planned")),
                ("given", _l("given")),
                ("cancelled", _l("cancelled, or entered by mistake")),
            )
        ),
    )
    reason = StringField(_l("Reason of the correction"), A_REASON, filters=[stripped])


class InfusionForm(SentOnceForm):
    """One infusion as it was given."""

    day = DateField(_l("Day"), [InputRequired(_l("Write the day of the infusion."))])
    medicine = OneOf(_l("Medicine"), [])
    dose = DecimalField(
        _l("Dose"),
        [
            Optional(),
            ExactNumber("0.01", "100000", _l("Write a dose above 0.")),
        ],
    )
    unit = OneOf(_l("Unit"), [("", _l("choose")), *((unit.value, unit.value) for unit in DoseUnit)])
    hours = DecimalField(
        _l("Hours"),
        [
            Optional(),
            ExactNumber("0.01", "240", _l("Write hours above 0, up to 240.")),
        ],
    )
    weight_kg = DecimalField(
        _l("Weight, kg"),
        [
            Optional(),
            ExactNumber("1", "400", _l("Write a weight from 1 to 400 kg.")),
        ],
    )
    remark = StringField(_l("Remark"), [at_most(500)], filters=[stripped])

    def validate_unit(self, field: Any) -> None:
        """Refuse a dose without its unit."""
        if self.dose.data is not None and not field.data:
            raise ValidationError(_l("Choose the unit of the dose."))


class BaselineForm(Form):
    """A baseline from the clinic's notes."""

    value = DecimalField(
        _l("Baseline, 0 to 10"),
        [
            InputRequired(_l("Write the mean pain before the course, like 7.3.")),
            ExactNumber("0", "10", _l("A baseline lies between 0 and 10.")),
        ],
    )
    reason = StringField(_l("Where it comes from"), A_REASON, filters=[stripped])


class DecisionForm(SentOnceForm):
    """A decision; nothing is preselected."""

    kind = RadioField(
        _l("What do you decide?"),
        [InputRequired(_l("Choose what you decide."))],
        choices=choices(DECISION_WORDS.items()),
    )
    next_step = DateField(_l("Date of the next step"), [Optional()])
    reason = TextAreaField(
        _l("Reason"),
        [
            DataRequired(_l("Say why, in a few words.")),
            at_most(1000),
        ],
        filters=[stripped],
    )
    shown_digest = HiddenField()


class LiverTestForm(Form):
    """A liver test that is known."""

    day = DateField(_l("Liver test on"), [InputRequired(_l("Write the day of the liver test."))])


class LifeCycleForm(Form):
    """Where a patient stands with the clinic."""

    life_cycle = OneOf(
        _l("Patient is"),
        [
            (LifeCycle.ACTIVE.value, _l("active")),
            (LifeCycle.PAUSED.value, _l("paused")),
            (LifeCycle.DISCHARGED.value, _l("discharged")),
            (LifeCycle.MOVED.value, _l("moved to another clinic")),
            (LifeCycle.DIED.value, _l("died")),
        ],
    )


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
