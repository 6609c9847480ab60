"""The forms of decisions: made, reversed, and told to the patient as a plan."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, RadioField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Optional

from diary.services.plans import LONGEST
from diary.vocabulary import DecisionKind
from diary.web.clinic.course_forms import MEDICINES, AskedAgainForm
from diary.web.clinic.forms import SentOnceForm
from diary.web.clinic.worklist_row import DECISION_WORDS
from diary.web.forms import Form, OneOf, Tick, at_most, choices, stripped

WHY: Final = _l("Say why, in a few words.")


class DecisionForm(AskedAgainForm):
    """A decision; nothing is preselected. What stands against a repeat is asked about first."""

    anyway = Tick(_l("Repeat it all the same"))
    kind = RadioField(
        _l("What do you decide?"),
        [InputRequired(_l("Choose what you decide."))],
        choices=choices(DECISION_WORDS.items()),
    )
    next_step = DateField(_l("Date of the next step"), [Optional()])
    medicine = OneOf(_l("Change to"), [("", _l("not chosen")), *MEDICINES])
    reason = TextAreaField(_l("Reason"), [DataRequired(WHY), at_most(1000)], filters=[stripped])
    tell = Tick(_l("Then write the plan for the patient"))
    shown_digest = HiddenField()

    @property
    def decided(self) -> dict[str, Any]:
        """Return what is decided, as `record_decision` takes it."""
        return {
            "kind": DecisionKind(self.kind.data),
            "next_step": self.next_step.data,
            "medicine": self.medicine.data or None,
            "reason": self.reason.data,
            "shown_digest": self.shown_digest.data or "",
            "client_ref": self.client_ref.data,
            "accepted": self.token,
        }


class ReversalForm(SentOnceForm):
    """Why a decision is taken back."""

    reason = TextAreaField(_l("Why is it reversed?"), [DataRequired(WHY), at_most(1000)], filters=[stripped])
    shown_digest = HiddenField()

    @property
    def reversed(self) -> dict[str, Any]:
        """Return what is said, as `reverse_decision` takes it."""
        return {
            "reason": self.reason.data,
            "shown_digest": self.shown_digest.data or "",
            "client_ref": self.client_ref.data,
        }


class PlanForm(SentOnceForm):
    """What the patient is told of a decision, in their language."""

    words = TextAreaField(
        _l("What the patient reads"),
        [DataRequired(_l("Write what the patient is to read.")), at_most(LONGEST)],
        filters=[stripped],
    )
    sure = Tick(_l("It is right as written"))


class TakeBackForm(Form):
    """Why a released plan is taken back; the patient does not read it."""

    reason = TextAreaField(_l("Why is it taken back?"), [DataRequired(WHY), at_most(500)], filters=[stripped])
