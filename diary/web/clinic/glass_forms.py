"""Forms around protected diaries."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from diary.services.protection import LONGEST_REASON, SHORTEST_REASON
from diary.vocabulary import ReviewOutcome
from diary.web.forms import DAMAGED, Form, at_most, stripped

PROTECT, END = "protect", "end"


def a_told_reason() -> Any:
    """Return the check of a reason that the patient reads."""
    words = _l("Say why, in %(shortest)s to %(longest)s characters.", shortest=SHORTEST_REASON, longest=LONGEST_REASON)
    return Length(SHORTEST_REASON, LONGEST_REASON, message=words)


class BreakGlassForm(Form):
    """Why a protected diary is opened."""

    reason = TextAreaField(_l("Why you need to open it"), [a_told_reason()], filters=[stripped])


class ProtectionForm(Form):
    """Who answers for a protected diary, and why it is protected or no longer is."""

    responsible = SelectField(_l("Responsible clinician"), validate_choice=False)
    reason = TextAreaField(_l("Why"), [a_told_reason()], filters=[stripped])
    act = HiddenField(validators=[AnyOf((PROTECT, END), message=DAMAGED)], default=PROTECT)


class ReviewForm(Form):
    """Whether it was justified to break the glass."""

    words = TextAreaField(_l("What you found and what was done"), [at_most(500)], filters=[stripped])
    outcome = HiddenField(
        validators=[InputRequired(DAMAGED), AnyOf([str(outcome) for outcome in ReviewOutcome], message=DAMAGED)]
    )
