"""Which letter is wanted, and what is added to it by hand."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired

from diary.services.letters import LetterKind
from diary.web.forms import Form, OneOf, at_most, choices, stripped
from diary.web.words import language_names

KINDS: Final[dict[str, Any]] = {
    LetterKind.VISIT.value: _l("One page for the visit"),
    LetterKind.REPEAT.value: _l("Request to repeat a course"),
}
SHEETS: Final = {"a4": _l("A4"), "us": _l("Letter, as in North America")}


class LetterForm(Form):
    """A letter: its kind, language and sheet, to whom it goes, and a paragraph of one's own."""

    kind = RadioField(
        _l("Which letter?"), [InputRequired(_l("Choose a letter."))], choices=choices(KINDS.items()), default="visit"
    )
    language = OneOf(_l("Language of the letter"), language_names())
    sheet = OneOf(_l("Sheet of the PDF"), list(SHEETS.items()), default="a4")
    to = TextAreaField(_l("To"), [at_most(300)], filters=[stripped])
    words = TextAreaField(_l("A paragraph of your own"), [at_most(1500)], filters=[stripped])

    @classmethod
    def fresh(cls, language: str) -> "LetterForm":
        """Return the form as it is first shown, for a letter in `language`."""
        form = cls(formdata=None)
        form.language.data = language
        return form
