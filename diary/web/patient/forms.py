"""The patient's forms: eleven scores, and what goes with them."""

import uuid
from datetime import date
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField
from wtforms.validators import AnyOf, InputRequired, Optional

from diary.services.wordings import BY_VERSION, wording_for
from diary.web.forms import DAMAGED, ClientRef, Form, HiddenDay, OneOf, choices, score_choices
from diary.web.words import language_names, weekday

CHOOSE: Final = _l("Choose a number from 0 to 10.")
SCORES: Final = [choice.value for choice in score_choices()]


class ScoreForm(Form):
    """The score of a day."""

    score = RadioField(
        "",  # the wording is the patient's
        [InputRequired(CHOOSE), AnyOf(SCORES, message=CHOOSE)],
        choices=score_choices(),
        validate_choice=False,
    )
    day = HiddenDay(validators=[InputRequired(DAMAGED)])
    client_ref = ClientRef(validators=[InputRequired(DAMAGED)])
    item_version = HiddenField(validators=[Optional(), AnyOf(BY_VERSION, message=DAMAGED)])
    lowest = highest = ""
    """The words at both ends of the scale."""

    @property
    def answer(self) -> dict[str, Any]:
        """Return what was answered, as `record_entry` takes it."""
        return {
            "score": int(self.score.data),
            "day": self.day.data,
            "client_ref": self.client_ref.data,
            "item_version": self.item_version.data or None,
        }

    @classmethod
    def asking_for(cls, day: date) -> "ScoreForm":
        """Return a fresh form for `day`."""
        form = cls(formdata=None)
        form.day.data, form.client_ref.data = day, uuid.uuid4()
        return form

    def ask(self, fixed: str | None, *, about: date, today: date) -> "ScoreForm":
        """Ask in the words that the form was opened with, or else in those that are fixed for the patient."""
        wording = BY_VERSION.get(self.item_version.data or "") or wording_for(fixed, is_today=about == today)
        self.item_version.data = wording.version
        self.score.label.text = gettext(wording.question, day=weekday(about))
        self.lowest, self.highest = gettext(wording.lowest), gettext(wording.highest)
        return self

    @property
    def is_damaged(self) -> bool:
        """Say whether something is wrong that nobody sees on the page."""
        return bool(self.day.errors or self.client_ref.errors or self.item_version.errors)


REASONS: Final = (
    ("wrong number tapped", _l("I tapped the wrong number")),
    ("remembered better", _l("I remember the day better now")),
    ("other", _l("Another reason")),
)


class CorrectionForm(ScoreForm):
    """The score of a day that has one already, with the reason."""

    reason = RadioField(_l("Why do you correct it?"), [InputRequired(_l("Choose a reason."))], choices=choices(REASONS))


class LanguageForm(Form):
    """Which language the patient is spoken to in."""

    language = OneOf(_l("Language"), language_names())


class HandForm(Form):
    """Which hand the pages are laid out for."""

    hand = RadioField(
        _l("Lay the pages out for"),
        [InputRequired(_l("Choose a hand."))],
        choices=choices((("right", _l("the right hand")), ("left", _l("the left hand")))),
    )
