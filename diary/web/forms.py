"""What forms share."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice

from diary.clinical.scores import HIGHEST_SCORE, LOWEST_SCORE
from diary.errors import Invalid
from diary.web.words import said

Choices = Iterable[tuple[str, Any]]


def blank_to_none(text: str | None) -> str | None:
    """Return None for a field left empty, and the words without spaces around them otherwise."""
    stripped = (text or "").strip()
    return stripped or None


def stripped(text: str | None) -> str:
    """Return the words without spaces around them."""
    return (text or "").strip()


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


class OneOf(SelectField):
    """A select whose choices come as pairs of value and words."""

    def __init__(self, label: Any = None, pairs: Sequence[tuple[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(label, choices=choices(pairs), **kwargs)


__all__ = ["OneOf", "RadioField", "blank_to_none", "choices", "score_choices", "stripped", "take_refusal"]
