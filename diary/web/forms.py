"""What forms share."""

import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, TypeVar

import structlog
from flask import request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import Length

from diary.clinical.scores import HIGHEST_SCORE, LOWEST_SCORE
from diary.errors import Invalid, Throttled
from diary.web.words import said, too_many

log = structlog.get_logger()

Choices = Iterable[tuple[str, Any]]
ShownForm = TypeVar("ShownForm", bound=FlaskForm)


BUILT_IN: Final = {
    "Not a valid choice.": _l("Choose one of those offered."),
    "'%(value)s' is not a valid choice for this field.": _l("Choose only from those offered."),
    "Not a valid integer value.": _l("Write a whole number."),
    "Not a valid decimal value.": _l("Write a number, like 7.3."),
    "Not a valid date value.": _l("Write a day that exists in the calendar."),
}
"""What the forms library says by itself, in words that say what to do."""


class Catalogue:
    """Where the forms library looks its own words up."""

    def gettext(self, words: str) -> str:
        """Return them in the reader's language."""
        return str(BUILT_IN.get(words) or gettext(words))

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the form of the words that fits `number`."""
        return str(BUILT_IN.get(one) or ngettext(one, many, number))


class Form(FlaskForm):
    """A form whose every word goes through our own catalogue."""

    class Meta(FlaskForm.Meta):
        """How the forms library is set."""

        def get_translations(self, _form: Any) -> Catalogue:
            """Return the catalogue."""
            return Catalogue()

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Return what was sent without NUL, which no page and no database can hold."""
            sent = super().wrap_formdata(form, formdata)
            return sent and MultiDict((name, without_nul(value)) for name, value in sent.items(multi=True))


class ClientRef(HiddenField):
    """The UUID a form is sent under, made when it is shown: sent twice, it is stored once."""

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


class HiddenDay(HiddenField):
    """The day a form is about."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it.

        Raises:
            ValueError: it is none.
        """
        text = str(valuelist[0]) if valuelist else ""
        try:
            self.data = date.fromisoformat(text) if _ISO_DAY.fullmatch(text) else None
        except ValueError:
            self.data = None
        if self.data is None:
            raise ValueError(DAMAGED)


DAMAGED: Final = _l("This form is damaged. Reload the page and try again.")
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def at_most(number: int) -> Length:
    """Return the check that a text has at most `number` characters."""
    return Length(max=number, message=_l("Use at most %(number)s characters.", number=number))


def stripped(text: str | None) -> str:
    """Return the words without spaces around them, and without NUL, which no page can hold."""
    return without_nul(text or "").strip()


def without_nul(sent: Any) -> Any:
    """Return a text without NUL; anything else, such as a file, as it is."""
    return sent.replace("\x00", "") if isinstance(sent, str) else sent


def choices(pairs: Choices) -> list[SelectChoice]:
    """Return value and words of each choice as the fields want them."""
    return [SelectChoice(value=value, label=words) for value, words in pairs]


def score_choices() -> list[SelectChoice]:
    """Return the eleven scores."""
    return choices((str(score), str(score)) for score in range(LOWEST_SCORE, HIGHEST_SCORE + 1))


def take_refusal(form: FlaskForm, refusal: Invalid) -> None:
    """Put what a service refused beside the fields it is about, or above the form."""
    for name, sentence in refusal.fields.items():
        field = form._fields.get(name)
        if field is None:
            form.form_errors.append(said(sentence))
        else:
            field.errors = [*field.errors, said(sentence)]
    if not refusal.fields:
        form.form_errors.append(said(refusal))


TO_PUT_RIGHT: Final[tuple[int, dict[str, str]]] = (422, {})
"""Status and headers of a form that is shown again because a field is wrong."""


def refused(form: FlaskForm, refusal: Invalid | Throttled) -> tuple[int, dict[str, str]]:
    """Put what a proof was refused for on its form; return status and headers of the answer that shows it again."""
    log.warning("proof_refused", kind=type(refusal).__name__, endpoint=request.endpoint)
    if isinstance(refusal, Throttled):
        form.form_errors.append(too_many(refusal))
        return 429, {"Retry-After": str(refusal.seconds)}
    take_refusal(form, refusal)
    return TO_PUT_RIGHT


def hand_errors(sent: FlaskForm, shown: ShownForm) -> ShownForm:
    """Put what is wrong with a form that was sent onto the one that its page shows, and return that."""
    for name, found in sent.errors.items():
        field = shown._fields.get(name or "")
        if field is not None:
            field.errors = [*field.errors, *found]
        else:
            shown.form_errors.extend(words for words in found if words not in shown.form_errors)
    return shown


def is_shown(field: Any, page: str) -> bool:
    """Say whether a page has a field: the form for what was taken back meanwhile is gone, and its errors with it."""
    return f'id="{field.id}"' in page


class Tick(BooleanField):
    """A box that counts only when it was ticked on the page: no other text is a yes."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it."""
        self.data = valuelist[:1] == ["y"]


class OneOf(SelectField):
    """A select whose choices come as pairs of value and words."""

    def __init__(self, label: Any = None, pairs: Sequence[tuple[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(label, choices=choices(pairs), **kwargs)
