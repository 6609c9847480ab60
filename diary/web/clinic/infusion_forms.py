"""Forms about infusions: one as it was given, corrected, and several days at once."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Self

from flask_babel import lazy_gettext as _l
from wtforms import DateField, DecimalField, StringField
from wtforms.validators import InputRequired, Optional, ValidationError

from diary.clinical.after_infusion import side_effects_of
from diary.clinical.doses import units_of
from diary.services.infusions import InfusionGiven
from diary.vocabulary import DoseUnit
from diary.web.clinic.course_forms import AskedAgainForm, RowForm
from diary.web.clinic.forms import A_REASON, ExactNumber
from diary.web.clinic.member_forms import ManyOf
from diary.web.extras_words import SIDE_EFFECT_WORDS
from diary.web.forms import Form, OneOf, at_most, choices, stripped
from diary.web.medicines import medicine_name

if TYPE_CHECKING:
    from diary.models import Course, Infusion

MOST_ROWS: Final = 14
PREFILLED: Final = ("day", "medicine", "unit", "hours")
"""What a protocol may fill in beforehand; a dose never."""


class InfusionFields(Form):
    """What is written down of one infusion."""

    day = DateField(_l("Day"), [InputRequired(_l("Write the day of the infusion."))])
    medicine = OneOf(_l("Medicine"), [])
    dose = DecimalField(
        _l("Dose"), [Optional(), ExactNumber("0.01", "100000", _l("Write a dose above 0."))], places=None
    )
    unit = OneOf(_l("Unit"), [("", _l("choose")), *((unit.value, unit.value) for unit in DoseUnit)])
    hours = DecimalField(
        _l("Hours"), [Optional(), ExactNumber("0.01", "240", _l("Write hours above 0, up to 240."))], places=None
    )
    weight_kg = DecimalField(
        _l("Weight, kg"), [Optional(), ExactNumber("1", "400", _l("Write a weight from 1 to 400 kg."))], places=None
    )
    side_effects = ManyOf(_l("Side effects"))
    side_effect_words = StringField(_l("Other side effects"), [at_most(500)], filters=[stripped])
    remark = StringField(_l("Vital signs, remark"), [at_most(500)], filters=[stripped])

    def validate_unit(self, field: Any) -> None:
        """Refuse a dose without its unit."""
        if self.dose.data is not None and not field.data:
            raise ValidationError(_l("Choose the unit of the dose."))

    def of_course(self, medicines: Iterable[str], also: Iterable[str] = ()) -> Self:
        """Offer the medicines of a course, their units, and the side effects that are ticked after them."""
        codes = tuple(medicines)
        self.medicine.choices = choices((code, medicine_name(code)) for code in codes)
        units = dict.fromkeys(unit for code in codes for unit in units_of(code))
        self.unit.choices = choices([("", _l("choose")), *((unit, unit) for unit in units)])
        ticks = dict.fromkeys((*side_effects_of(codes), *also))
        self.side_effects.choices = choices((code, SIDE_EFFECT_WORDS[code]) for code in ticks)
        return self

    @property
    def given(self) -> InfusionGiven:
        """Return the infusion."""
        return InfusionGiven(
            day=self.day.data,
            medicine=self.medicine.data,
            dose=self.dose.data,
            unit=self.unit.data or None,
            hours=self.hours.data,
            weight_kg=self.weight_kg.data,
            side_effects=tuple(self.side_effects.data or ()),
            side_effect_words=self.side_effect_words.data,
            remark=self.remark.data,
        )


class InfusionForm(InfusionFields, AskedAgainForm):
    """One infusion as it was given."""


class InfusionCorrectionForm(InfusionForm):
    """An infusion corrected, with the reason."""

    reason = StringField(_l("Reason of the correction"), A_REASON, filters=[stripped])

    def showing(self, infusion: "Infusion") -> Self:
        """Show an infusion as it stands."""
        for name in InfusionGiven.__dataclass_fields__:
            self[name].data = getattr(infusion, name)
        self.side_effects.data, self.unit.data = list(infusion.side_effects), infusion.unit or ""
        return self


class InfusionRow(InfusionFields, RowForm):
    """One day of several; a row without a dose is left out when nothing else was written in it either."""

    @property
    def is_left_out(self) -> bool:
        """Say whether it holds no more than what was filled in beforehand."""
        own = (self.dose, self.weight_kg, self.side_effects, self.side_effect_words, self.remark)
        return not any(field.raw_data and any(field.raw_data) for field in own)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Say whether it is whole: where something is written, a dose is asked for too."""
        is_whole = bool(super().validate(*args, **kwargs))
        if self.dose.data is None and not self.dose.errors:
            self.dose.errors = [_l("Write the dose, or empty the row.")]
            return False
        return is_whole


class InfusionsForm(AskedAgainForm):
    """What goes around the rows."""


def rows_as_sent(course: "Course", number: int) -> list[InfusionRow]:
    """Return the rows of a form that was sent."""
    return [_row(course, row, sent=True) for row in range(min(max(number, 1), MOST_ROWS))]


def rows_to_fill(course: "Course", days: Iterable[date], protocol: Any) -> list[InfusionRow]:
    """Return a row a day, filled in with day, medicine, unit and hours, and never with a dose."""
    rows = []
    for number, day in enumerate(tuple(days)[:MOST_ROWS]):
        row = _row(course, number, sent=False)
        row.day.data, row.medicine.data = day, course.medicines[0]
        if protocol is not None:
            row.unit.data, row.hours.data = protocol.unit or "", protocol.hours
        rows.append(row)
    return rows


def _row(course: "Course", number: int, *, sent: bool) -> InfusionRow:
    more = {} if sent else {"formdata": None}
    return InfusionRow(prefix=f"row-{number}-", **more).of_course(course.medicines)
