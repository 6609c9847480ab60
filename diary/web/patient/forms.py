"""The patient's forms: eleven scores, and what goes with them."""

import uuid
from datetime import date
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import AnyOf, InputRequired

from diary.web.forms import DAMAGED, ClientRef, Form, HiddenDay, choices, score_choices

CHOOSE: Final = _l("Choose a number from 0 to 10.")
SCORES: Final = [choice.value for choice in score_choices()]


class ScoreForm(Form):
    """The score of a day."""

    score = RadioField(
        _l("On average, how strong was your pain over the last 24 hours?"),
        [InputRequired(CHOOSE), AnyOf(SCORES, message=CHOOSE)],
        choices=score_choices(),
        validate_choice=False,
    )
    day = HiddenDay(validators=[InputRequired(DAMAGED)])
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


class HandForm(Form):
    """Which hand the pages are laid out for."""

    hand = RadioField(
        _l("Lay the pages out for"),
        [InputRequired(_l("Choose a hand."))],
        choices=choices((("right", _l("the right hand")), ("left", _l("the left hand")))),
    )
