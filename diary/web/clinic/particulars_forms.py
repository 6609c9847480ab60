"""The form of a patient's particulars: it brings along what it showed, so that nothing of others is undone unseen."""

import json
import uuid
from datetime import date
from typing import Any, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField
from wtforms.validators import InputRequired, Optional, StopValidation

from diary.services.particulars import FIELDS, Known, ParticularsPage, Said
from diary.web.clinic.forms import WhoForm, time_zones
from diary.web.clinic.member_forms import ManyOf
from diary.web.forms import DAMAGED, OneOf, choices
from diary.web.words import day


class Shown(HiddenField):
    """What a form showed when it was opened."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it.

        Raises:
            ValueError: it is nothing that a page showed.
        """
        self.data = None
        try:
            self.data = _known_in(str(valuelist[0]) if valuelist else "")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise ValueError(DAMAGED) from None

    def _value(self) -> str:
        return _in_text(self.data) if isinstance(self.data, Known) else ""


class TickedDays(ManyOf):
    """Ticks of days; what was offered and is no more is for the service to say."""

    def pre_validate(self, _form: Any) -> None:
        """Take what was sent: a day that was never shown changes nothing."""


def _goes_with_the_zone(form: FlaskForm, field: Any) -> None:
    """Refuse a new time zone without its first day."""
    if form.time_zone.data and not "".join(field.raw_data or ()).strip():
        field.errors = []  # that it is no day in the calendar says less
        raise StopValidation(_l("Write the first day in the new time zone."))


class ParticularsForm(WhoForm):
    """A patient's particulars as they are to stand."""

    responsible = SelectField(_l("Responsible clinician"))
    time_zone = OneOf(_l("New time zone"), [("", _l("stays as it is")), *time_zones()])
    zone_from = DateField(_l("From the diary day"), [_goes_with_the_zone, Optional()])
    taken_back = TickedDays(_l("Changes of the time zone that lie ahead: tick what is not to come"))
    shown = Shown(validators=[InputRequired(DAMAGED)])

    def offering(self, page: ParticularsPage) -> Self:
        """Offer the clinicians there are, and the changes that lie ahead."""
        known, clinicians = page.known, [(str(member), name) for member, name in page.clinicians]
        if known.responsible_id is not None and known.responsible_id not in dict(page.clinicians):
            left = _("%(name)s (does not work here as a clinician now)", name=page.responsible)
            clinicians.append((str(known.responsible_id), left))
        self.responsible.choices = choices([("", _l("nobody yet")), *clinicians])
        self.taken_back.choices = choices(
            (first.isoformat(), _("%(zone)s from %(day)s", zone=zone.replace("_", " "), day=day(first)))
            for first, zone in page.coming
        )
        if page.is_protected:  # it is chosen where the diary is protected, and stays what it is here
            self.responsible.data = str(known.responsible_id or "")
        return self

    def showing(self, known: Known) -> Self:
        """Show what stands."""
        for name in FIELDS:
            self._field_of(name).data = self._as_written(getattr(known, name))
        self.shown.data = known
        return self

    def said(self) -> Said:
        """Return what is to stand."""
        responsible = uuid.UUID(self.responsible.data) if self.responsible.data else None
        zone = (self.zone_from.data, self.time_zone.data) if self.time_zone.data else None
        ticked = self.taken_back.data or ()
        return Said(
            name=self.name.data,
            reference=self.reference.data,
            birth_year=self.birth_year.data,
            phone=self.phone.data,
            responsible_id=responsible,
            zone=zone,
            taken_back=[first for first, _zone in self.shown.data.zones if first.isoformat() in ticked],
        )

    def beside(self, known: Known) -> Self:
        """Show what stands now, what was written here instead of what was shown, and where these two are not one."""
        shown: Known = self.shown.data
        for name in FIELDS:
            field, stands = self._field_of(name), getattr(known, name)
            before, now, written = self._as_written(getattr(shown, name)), self._as_written(stands), field.data or ""
            if written == before:
                field.data, field.raw_data = now, None
            elif now not in (before, written):
                field.errors = [*field.errors, _("Stored meanwhile: %(words)s", words=self._in_words(name, stands))]
        self.shown.data = known
        return self

    def _field_of(self, name: str) -> Any:
        return self._fields[name.removesuffix("_id")]

    def _in_words(self, name: str, value: Any) -> str:
        if name == "responsible_id":
            return str({one.value: one.label for one in self.responsible.choices}.get(str(value or ""), ""))
        return str(value or _("nothing"))

    @staticmethod
    def _as_written(value: Any) -> Any:
        return str(value or "") if value is None or isinstance(value, uuid.UUID) else value


def _in_text(known: Known) -> str:
    values = {name: getattr(known, name) for name in FIELDS} | {"zones": known.zones}
    return json.dumps(values, default=str)


def _known_in(text: str) -> Known:
    read = json.loads(text)
    if not read["zones"] or not all(isinstance(read[name], str) for name in ("name", "reference", "phone")):
        raise ValueError(text)
    return Known(
        name=read["name"],
        reference=read["reference"],
        birth_year=None if read["birth_year"] is None else int(read["birth_year"]),
        phone=read["phone"],
        responsible_id=None if read["responsible_id"] is None else uuid.UUID(read["responsible_id"]),
        zones=tuple((date.fromisoformat(first), str(zone)) for first, zone in read["zones"]),
    )
