"""The patient's forms: eleven scores, and what goes with them."""

import uuid
from datetime import date
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, RadioField
from wtforms.validators import AnyOf, InputRequired
from wtforms.widgets import HiddenInput

from diary.web.forms import choices, score_choices

DAMAGED: Final = _l("This form is damaged. Reload the page and try again.")


class ClientRef(HiddenField):
    """The UUID a form is sent under, made when it is shown."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it.

        Raises:
            ValueError: it is none.
        """
        try:
            self.data = uuid.UUID(str(valuelist[0])) if valuelist else None
        except ValueError:
            self.data = None
            raise ValueError(DAMAGED) from None


CHOOSE: Final = _l("Choose a number from 0 to 10.")
SCORES: Final = [choice.value for choice in score_choices()]


class ScoreForm(FlaskForm):
    """The score of a day."""

    score = RadioField(
        _l("On average, how strong was your pain over the last 24 hours?"),
        [InputRequired(CHOOSE), AnyOf(SCORES, message=CHOOSE)],
        choices=score_choices(),
        validate_choice=False,
    )
    day = DateField(
        validators=[InputRequired(DAMAGED)],
        widget=HiddenInput(),
    )
    client_ref = ClientRef(validators=[InputRequired(DAMAGED)])

    @property
    def answer(self) -> dict[str, Any]:
        """Return what was answered, as `record_entry` takes it."""
        return {"score": int(self.score.data), "day": self.day.data, "client_ref": self.client_ref.data}

    @classmethod
    def asking_for(cls, day: date) -> "ScoreForm":
        """Return a fresh form for `day`."""
        form = cls(formdata=None)
        form.day.data, form.client_ref.data = day, uuid.uuid4()
        return form


REASONS: Final = (
    ("wrong number tapped", _l("I tapped the wrong number")),
    ("remembered better", _l("I remember the day better now")),
    ("other", _l("Another reason")),
)


class CorrectionForm(ScoreForm):
    """The score of a day that has one already, with the reason."""

    reason = RadioField(_l("Why do you correct it?"), [InputRequired(_l("Choose a reason."))], choices=choices(REASONS))


class HandForm(FlaskForm):
    """Which hand the pages are laid out for."""

    hand = RadioField(
        _l("Lay the pages out for"),
        [InputRequired(_l("Choose a hand."))],
        choices=choices((("right", _l("the right hand")), ("left", _l("the left hand")))),
    )
