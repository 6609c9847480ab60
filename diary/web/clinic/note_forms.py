"""Forms of what staff write about a patient: notes, what happened, the global impression."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired

from diary.vocabulary import LONGEST_NOTE, EventKind
from diary.web.clinic.forms import A_REASON, SentOnceForm
from diary.web.forms import Form, OneOf, at_most, choices, stripped

HAPPENED: Final = (
    (EventKind.INTERCURRENT.value, _l("illness, fall or operation")),
    (EventKind.CO_TREATMENT.value, _l("other pain medicine changed")),
    (EventKind.LIVER_TEST.value, _l("liver test")),
)
IMPRESSIONS: Final[dict[int, Any]] = {
    1: _l("very much better"),
    2: _l("much better"),
    3: _l("a little better"),
    4: _l("no change"),
    5: _l("a little worse"),
    6: _l("much worse"),
    7: _l("very much worse"),
}
HOW: Final = (("visit", _l("at a visit")), ("phone", _l("on the phone")))


class NoteForm(SentOnceForm):
    """A note about the patient."""

    words = TextAreaField(_l("Note"), [DataRequired(_l("Write the note.")), at_most(LONGEST_NOTE)], filters=[stripped])


class HappenedForm(SentOnceForm):
    """Something that happened to the patient, on a day that has come."""

    happened = OneOf(
        _l("What happened"), [("", _l("choose")), *HAPPENED], validators=[InputRequired(_l("Choose what happened."))]
    )
    happened_on = DateField(_l("On"), [InputRequired(_l("Write the day on which it happened."))])
    happened_note = StringField(_l("Remark"), [at_most(500)], filters=[stripped])


class ImpressionForm(SentOnceForm):
    """What the patient says of the change as a whole."""

    answer = OneOf(
        _l("Compared with before the course, the patient is"),
        [("", _l("choose")), *((str(number), words) for number, words in IMPRESSIONS.items())],
        validators=[InputRequired(_l("Choose one of the seven answers."))],
    )
    said_on = DateField(_l("Said on"), [InputRequired(_l("Write the day on which they said it."))])
    how = RadioField(_l("Where"), [InputRequired(_l("Choose visit or phone."))], choices=choices(HOW))


class TakeBackForm(Form):
    """Why something is taken back."""

    why = StringField(_l("Why is it taken back?"), A_REASON, filters=[stripped])
