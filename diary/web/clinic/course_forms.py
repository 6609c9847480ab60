"""Forms about the courses of a patient: recorded, corrected, planned, moved, brought in, with baselines."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, Self

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, DecimalField, HiddenField, RadioField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Optional, ValidationError

from diary.clinical.medicines import DEFAULT_MEDICINES
from diary.errors import Invalid
from diary.services.asking_again import AskAgain
from diary.services.past_courses import PastCourse
from diary.services.planning import Plan
from diary.vocabulary import CourseStatus
from diary.web.clinic.forms import A_REASON, ExactNumber, SentOnceForm, plain_words
from diary.web.forms import Form, OneOf, Tick, at_most, choices, stripped, take_refusal
from diary.web.medicines import MEDICINE_NAMES

MEDICINES: Final = [(medicine.code, MEDICINE_NAMES[medicine.code]) for medicine in DEFAULT_MEDICINES]
PAST_ROWS: Final = 6


class AskedAgainForm(SentOnceForm):
    """A form that may have to be looked at once more; `accepted` stands for what was said and seen."""

    accepted = HiddenField()
    anyway = Tick(_l("It is right as written"))

    @property
    def token(self) -> str:
        """Return what was accepted: nothing without the tick."""
        return (self.accepted.data or "") if self.anyway.data else ""

    def ask(self, again: AskAgain) -> None:
        """Ask for the tick, for exactly what was found now."""
        self.accepted.data, self.anyway.data = again.token, False
        self.anyway.errors = [*self.anyway.errors, _l("Nothing was stored yet: read what is said, then tick this.")]


class MedicinesForm(AskedAgainForm):
    """Up to three medicines in their order, the governing one first."""

    medicine = OneOf(
        _l("Medicine"), [("", _l("choose")), *MEDICINES], validators=[InputRequired(_l("Choose a medicine."))]
    )
    second = OneOf(_l("together with"), [("", _l("nothing else")), *MEDICINES])
    third = OneOf(_l("and with"), [("", _l("nothing else")), *MEDICINES])

    @property
    def medicines(self) -> tuple[str, ...]:
        """Return the codes in their order."""
        return tuple(field.data for field in (self.medicine, self.second, self.third) if field.data)

    def put_medicines(self, medicines: tuple[str, ...]) -> None:
        """Show these."""
        padded: list[Any] = [*medicines, "", ""]
        self.medicine.data, self.second.data, self.third.data = padded[:3]

    def validate_second(self, _field: Any) -> None:
        """Refuse a medicine that is named twice."""
        if len(set(self.medicines)) != len(self.medicines):
            raise ValidationError(_l("A medicine is named twice."))


class CourseForm(MedicinesForm):
    """A course that was given, or is being given."""

    first_day = DateField(_l("First infusion day"), [InputRequired(_l("Write the first infusion day."))])
    last_day = DateField(_l("Last infusion day"), [InputRequired(_l("Write the last infusion day."))])


class CourseCorrectionForm(CourseForm):
    """A course corrected, with the reason."""

    anyway = Tick(_l("Plan it all the same"))
    status = RadioField(
        _l("Is it planned or given?"),
        [InputRequired(_l("Choose one."))],
        choices=choices(
            (
                (CourseStatus.PLANNED, _l("planned")),
                (CourseStatus.GIVEN, _l("given")),
                (CourseStatus.CANCELLED, _l("cancelled, or entered by mistake")),
            )
        ),
    )
    reason = StringField(_l("Reason of the correction"), A_REASON, filters=[stripped])


class CoursePlanForm(MedicinesForm):
    """A course that lies ahead; with a protocol its medicines and last day need not be written."""

    anyway = Tick(_l("Plan it all the same"))
    protocol = OneOf(_l("Protocol of the clinic"), [], validate_choice=False)
    medicine = OneOf(_l("Medicine"), [("", _l("choose, or as the protocol has it")), *MEDICINES])
    first_day = DateField(_l("Expected first infusion day"), [InputRequired(_l("Write the first infusion day."))])
    last_day = DateField(_l("Expected last infusion day"), [Optional()])
    asks_baseline = Tick(_l("Ask the patient to write every day of the week before"), default=True)
    known: Mapping[str, Any]

    def offering(self, protocols: Mapping[str, Any]) -> Self:
        """Offer these protocols, by their id as text."""
        self.known = protocols
        names = [(key, protocol.name) for key, protocol in protocols.items()]
        self.protocol.choices = choices([("", _l("none")), *names])
        return self

    @property
    def chosen(self) -> Any:
        """The protocol that was chosen, or None."""
        return self.known.get(self.protocol.data or "")

    def validate_protocol(self, field: Any) -> None:
        """Refuse a protocol that is not offered; without any the page has no such field."""
        if field.data and not self.chosen:
            raise ValidationError(_l("Choose one of those offered."))

    def validate_medicine(self, field: Any) -> None:
        """Refuse no medicine without a protocol, and another than the protocol's."""
        if not field.data and not self.chosen:
            raise ValidationError(_l("Choose a medicine, or a protocol."))
        if not field.data and self.medicines:
            raise ValidationError(_l("Choose the medicine that comes first."))
        if self.chosen and self.medicines not in ((), self.chosen.medicines):
            raise ValidationError(_l("The protocol has other medicines: choose those, or no protocol."))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Say whether it is whole: without a protocol the last day is asked for too."""
        is_whole = super().validate(*args, **kwargs)
        if not self.chosen and not self.last_day.data and not self.last_day.errors:
            self.last_day.errors = [_l("Write the last infusion day.")]
            return False
        return bool(is_whole)

    @property
    def plan(self) -> Plan:
        """Return the plan."""
        last_day = self.last_day.data or self.first_day.data + timedelta(days=self.chosen.days - 1)
        return Plan(
            medicines=self.medicines or self.chosen.medicines,
            first_day=self.first_day.data,
            last_day=last_day,
            asks_baseline=bool(self.asks_baseline.data),
            protocol_id=self.chosen.id if self.chosen else None,
        )


class MoveForm(AskedAgainForm):
    """A planned course on other days, with the reason."""

    anyway = Tick(_l("Plan it all the same"))
    first_day = DateField(_l("Expected first infusion day"), [InputRequired(_l("Write the first infusion day."))])
    last_day = DateField(_l("Expected last infusion day"), [InputRequired(_l("Write the last infusion day."))])
    asks_baseline = Tick(_l("Ask the patient to write every day of the week before"), default=True)
    reason = StringField(_l("Reason"), A_REASON, filters=[stripped])


class ReasonForm(Form):
    """A reason alone, beside another form: something is taken back, or cancelled."""

    why = StringField(_l("Reason"), A_REASON, filters=[stripped])


class BaselineForm(SentOnceForm):
    """A baseline from the clinic's notes."""

    value = DecimalField(
        _l("Baseline, 0 to 10"),
        [
            InputRequired(_l("Write the mean pain before the course, like 7.3.")),
            ExactNumber("0", "10", _l("A baseline lies between 0 and 10.")),
        ],
    )
    reason = StringField(_l("Where it comes from"), A_REASON, filters=[stripped])


class BaselineBackForm(SentOnceForm):
    """A baseline by hand taken back."""

    why = StringField(_l("Why it is taken back"), A_REASON, filters=[stripped])


class RowForm(Form):
    """One row of a table of rows; the form around it carries the token."""

    class Meta(Form.Meta):
        """How the forms library is set."""

        csrf = False

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was written in it."""
        return not any(field.raw_data and any(field.raw_data) for field in self)


class PastCourseRow(RowForm):
    """A past course."""

    medicine = OneOf(
        _l("Medicine"), [("", _l("choose")), *MEDICINES], validators=[InputRequired(_l("Choose a medicine."))]
    )
    first_day = DateField(_l("First day"), [InputRequired(_l("Write the first infusion day."))])
    last_day = DateField(_l("Last day"), [InputRequired(_l("Write the last infusion day."))])
    remark = StringField(_l("Remark"), [at_most(500), plain_words], filters=[stripped])

    @property
    def past(self) -> PastCourse:
        """Return the course."""
        return PastCourse(self.medicine.data, self.first_day.data, self.last_day.data, self.remark.data)


class PastCoursesForm(SentOnceForm):
    """What goes around the rows."""


def past_rows(*, sent: bool) -> list[PastCourseRow]:
    """Return the rows as they were sent, or empty ones."""
    more = {} if sent else {"formdata": None}
    return [PastCourseRow(prefix=f"row-{number}-", **more) for number in range(PAST_ROWS)]


def take_row_refusals(form: FlaskForm, rows: Mapping[int, FlaskForm], refusal: Invalid) -> None:
    """Put what a service refused by row beside the fields of that row, and anything else above the form."""
    for number, row in rows.items():
        start = f"row-{number}-"
        own = {name.removeprefix(start): words for name, words in refusal.fields.items() if name.startswith(start)}
        if own:
            take_refusal(row, Invalid(**own))
    rest = {name: words for name, words in refusal.fields.items() if not name.startswith("row-")}
    if rest or not refusal.fields:
        take_refusal(form, Invalid(refusal.args[0], **rest))


def row_errors(rows: Mapping[int, FlaskForm]) -> Iterator[tuple[str, Any]]:
    """Yield the id of each field of a row that is wrong, with the words."""
    for number, row in rows.items():
        for field in row:
            shown_as = f"{field.id}-0" if isinstance(field, SelectMultipleField) else field.id
            for words in field.errors:
                yield shown_as, _l("Row %(number)s: %(words)s", number=number + 1, words=str(words))
        for words in row.form_errors:
            yield "", words


def client_refs(client_ref: uuid.UUID | None, rows: Mapping[int, Any]) -> dict[int, uuid.UUID | None]:
    """Return the name under which each row of a form is stored."""
    return {number: uuid.uuid5(client_ref, str(number)) if client_ref else None for number in rows}
