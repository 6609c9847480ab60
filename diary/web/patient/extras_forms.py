"""Forms of what goes with a day: everything may be left out, and nothing is chosen beforehand."""

import re
import uuid
from dataclasses import replace
from datetime import date, time
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from diary.services.day_extras import LONGEST_NOTE, DayExtras, Extras, put_together
from diary.services.pegs import Peg
from diary.vocabulary import PauseReason
from diary.web.extras_words import HAPPENED_WORDS, PAUSE_WORDS, PEG_WORDS, SIDE_EFFECT_WORDS, in_a_row
from diary.web.forms import DAMAGED, ClientRef, Form, Tick, at_most, choices, score_choices, stripped

LEFT_OUT: Final = ""
PEG: Final = ("peg_pain", "peg_enjoyment", "peg_activity")
SCORES: Final = [choice.value for choice in score_choices()]
CHOOSE: Final = _l("Choose a number from 0 to 10, or leave it out.")
NOT_SAVED_YET: Final = _l(
    "Something else was saved for this day meanwhile. It stands below together with what you changed, and nothing of "
    "yours is saved yet: look at it, then save."
)
NOT_TAKEN_BACK: Final = _l(
    "Something else was saved for this day meanwhile. It stands below, and nothing was taken back: look at it first."
)


class ScaleField(RadioField):
    """A number from 0 to 10, or nothing: the twelfth choice takes an answer back."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        offered = [*score_choices(), *choices([(LEFT_OUT, _l("leave out"))])]
        check = AnyOf([*SCORES, LEFT_OUT, None], message=CHOOSE)
        super().__init__(label, [check], choices=offered, validate_choice=False, **kwargs)

    @property
    def answer(self) -> int | None:
        """The number, None where nothing was chosen or the answer was left out."""
        return int(self.data) if self.data and self.data in SCORES else None

    def show(self, answer: int | None) -> None:
        """Choose what was written before; nothing where nothing was."""
        self.data = None if answer is None else str(answer)


class Ticks(SelectMultipleField):
    """Boxes of which any number may be ticked."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SeenRevision(HiddenField):
    """The revision that a form was made from, 0 for none: what was saved after it is never replaced unseen."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it; a form without one knew of nothing.

        Raises:
            ValueError: it is no number.
        """
        text, self.data = str(valuelist[0]) if valuelist else "0", 0
        if not _REVISION.fullmatch(text):
            raise ValueError(DAMAGED)
        self.data = int(text)


_REVISION: Final = re.compile(r"[0-9]{1,9}")


class ExtrasForm(Form):
    """What goes with a day."""

    worst = ScaleField(_l("How strong was the pain when it was at its worst?"))
    sleep = ScaleField(_l("How much did pain disturb your sleep in the night before?"))
    peg_pain = ScaleField(_l("In the past week: how strong was your pain on average?"))
    peg_enjoyment = ScaleField(_l("In the past week: how much did pain interfere with your enjoyment of life?"))
    peg_activity = ScaleField(_l("In the past week: how much did pain interfere with your general activity?"))
    side_effects = Ticks(_l("Did you notice any of these?"))
    medicine_changed = Tick(_l("Other pain medicine was changed on this day"))
    happened = Ticks(_l("Did something else happen?"), choices=choices(HAPPENED_WORDS.items()))
    note = TextAreaField(_l("Short note"), [at_most(LONGEST_NOTE)], filters=[stripped])
    seen = SeenRevision()
    client_ref = ClientRef(validators=[InputRequired(DAMAGED)])

    @classmethod
    def about(cls, page: DayExtras, **how: Any) -> "ExtrasForm":
        """Return the form of a day's page, with only what is asked there, or was answered while it still was."""
        form = cls(**how)
        peg = page.peg_is_asked or page.said.peg is not None or any(form[name].answer is not None for name in PEG)
        form.side_effects.choices = choices((code, SIDE_EFFECT_WORDS[code]) for code in page.side_effects)
        for name, asked in (
            ("side_effects", page.side_effects),
            ("note", page.notes_are_taken),
            *((name, peg) for name in PEG),
        ):
            if not asked:
                del form[name]
        return form

    @classmethod
    def showing(cls, page: DayExtras) -> "ExtrasForm":
        """Return a fresh form with what was written before."""
        form, said = cls.about(page, formdata=None), page.said
        form.worst.show(said.worst)
        form.sleep.show(said.sleep)
        form.medicine_changed.data, form.happened.data = said.medicine_changed, list(said.happened)
        if "side_effects" in form:
            form.side_effects.data = list(said.side_effects)
        if "note" in form:
            form.note.data = said.note
        for name, answer in zip(PEG, said.peg or (), strict=False):
            form[name].show(answer)
        form.seen.data, form.client_ref.data = page.revision, uuid.uuid4()
        return form

    @classmethod
    def after_others(cls, page: DayExtras, *, made_from: Extras, said: Extras) -> "ExtrasForm":
        """Return a fresh form with what was changed here, what else was saved meanwhile, and where the two differ."""
        together, both = put_together(made_from, page.said, said)
        form = cls.showing(replace(page, said=together))
        form.form_errors.append(NOT_SAVED_YET)
        for name in both:
            field = form._fields.get("peg_pain" if name == "peg" else name)
            if field is not None:
                field.errors = [_("Saved here meanwhile: %(what)s", what=_in_words(page.said, name))]
        return form

    def validate_peg_activity(self, _field: Any) -> None:
        """Take all three answers, or none."""
        answers = [self.peg_pain.answer, self.peg_enjoyment.answer, self.peg_activity.answer]
        if None in answers and any(answer is not None for answer in answers):
            raise ValidationError(_l("Answer all three questions of the week, or leave all three out."))

    @property
    def said(self) -> Extras:
        """Return what was said."""
        return Extras(
            worst=self.worst.answer,
            sleep=self.sleep.answer,
            side_effects=tuple(self.side_effects.data or ()) if "side_effects" in self else (),
            medicine_changed=bool(self.medicine_changed.data),
            happened=tuple(self.happened.data or ()),
            note=(self.note.data or "").replace("\r\n", "\n") if "note" in self else "",
            peg=self._peg,
        )

    @property
    def _peg(self) -> Peg | None:
        if "peg_pain" not in self:
            return None
        pain, enjoyment, activity = self.peg_pain.answer, self.peg_enjoyment.answer, self.peg_activity.answer
        return None if pain is None or enjoyment is None or activity is None else Peg(pain, enjoyment, activity)


def _in_words(said: Extras, name: str) -> str:
    """Return what was said under a name in words."""
    if name == "side_effects":
        words = in_a_row(said.side_effects, SIDE_EFFECT_WORDS)
    elif name == "happened":
        words = in_a_row(said.happened, HAPPENED_WORDS)
    elif name == "peg":
        answers = said.peg._asdict().items() if said.peg else ()
        words = ", ".join(f"{PEG_WORDS[question]} {score}" for question, score in answers)
    else:
        score_or_note = getattr(said, name)
        words = "" if score_or_note is None else str(score_or_note)
    return words or _("nothing")


class TakeBackForm(Form):
    """Taking back all that was said of a day."""

    seen = SeenRevision()
    client_ref = ClientRef(validators=[InputRequired(DAMAGED)])


class TimeField(StringField):
    """A time of day, as a browser's clock or a person writes it: 7:30 or 19:45."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it.

        Raises:
            ValueError: it is none.
        """
        text = str(valuelist[0]).strip().replace(".", ":") if valuelist else ""
        self.data = None
        if text:
            hours, colon, minutes = text.partition(":")
            try:
                self.data = time(int(hours), int(minutes[:2]) if colon else 0)
            except (ValueError, OverflowError):
                raise ValueError(_l("Write a time like 19:45.")) from None

    def _value(self) -> str:
        return self.data.strftime("%H:%M") if isinstance(self.data, time) else ""


class ReadingForm(Form):
    """Another score of the same day."""

    score = RadioField(
        _l("How strong was your pain at that moment?"),
        [InputRequired(_l("Choose a number from 0 to 10."))],
        choices=score_choices(),
    )
    at = TimeField(_l("At what time?"), [Optional()])
    client_ref = ClientRef(validators=[InputRequired(DAMAGED)])

    @property
    def answer(self) -> dict[str, Any]:
        """Return what was answered, as `record_reading` takes it."""
        return {"score": int(self.score.data), "at": self.at.data, "client_ref": self.client_ref.data}


class DayField(StringField):
    """A day, as a browser's calendar sends it."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it.

        Raises:
            ValueError: it is none.
        """
        text, self.data = str(valuelist[0]).strip() if valuelist else "", None
        if text:
            try:
                self.data = date.fromisoformat(text)
            except ValueError:
                raise ValueError(_l("Write a day like 2026-03-20.")) from None

    def _value(self) -> str:
        return self.data.isoformat() if isinstance(self.data, date) else ""


class PauseForm(Form):
    """Days on which nobody is to remind."""

    reason = RadioField(
        _l("Why?"),
        [InputRequired(_l("Choose a reason."))],
        choices=choices((reason.value, PAUSE_WORDS[reason.value]) for reason in PauseReason),
    )
    first_day = DayField(_l("First day"), [InputRequired(_l("Write the first day."))])
    last_day = DayField(_l("Last day"), [Optional()])
    client_ref = ClientRef(validators=[InputRequired(DAMAGED)])

    @property
    def days(self) -> dict[str, Any]:
        """Return the days, as `start_pause` takes them."""
        return {
            "first_day": self.first_day.data,
            "last_day": self.last_day.data,
            "client_ref": self.client_ref.data,
        }
