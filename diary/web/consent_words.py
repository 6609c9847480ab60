"""Consents in words: what for, in which words, and how it was said."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from flask_babel import lazy_gettext as _l

from diary.services.consent_texts import REQUIRED, ConsentText, current_text, text_of
from diary.services.consents import Standing
from diary.web.words import said

PURPOSE_WORDS: Final = {"diary": _l("my diary for my treatment"), "research": _l("research, without my name")}
SAID_WORDS: Final = {"given": _l("I agree"), "withdrawn": _l("I take it back")}
HOW_WORDS: Final = {"self": _l("in Ebb"), "paper": _l("on paper")}


@dataclass(frozen=True, slots=True)
class ConsentCard:
    """One purpose on the patient's page.

    Attributes:
        purpose, version: what a form sends; title, sentences, tick: the words of that version.
        status: "given", "withdrawn" or "never"; agreed_to: the version that was agreed to or taken back; day: when.
        is_required: without it there is no diary; is_new: other words than those agreed to.
    """

    purpose: str
    version: str
    title: str
    sentences: tuple[str, ...]
    tick: str
    status: str
    agreed_to: str
    day: date | None
    is_required: bool
    is_new: bool


def consent_card(standing: Standing) -> ConsentCard:
    """Return one purpose with the words that hold, or those that are asked where none hold."""
    last, asked = standing.last, current_text(standing.purpose)
    held = text_of(last.purpose, last.version) if last and standing.is_given and not standing.is_to_be_asked else None
    text: ConsentText = held or asked
    return ConsentCard(
        purpose=standing.purpose.value,
        version=text.version,
        title=said(text.title),
        sentences=tuple(said(sentence) for sentence in text.sentences),
        tick=said(text.tick),
        status=last.said if last else "never",
        agreed_to=last.version if last else "",
        day=last.day if last else None,
        is_required=standing.purpose is REQUIRED,
        is_new=standing.is_given and standing.is_to_be_asked,
    )
