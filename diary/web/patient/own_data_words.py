"""What a patient takes out, in the words of their language."""

from dataclasses import replace
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from diary.exchange.own_data import OwnConsent, OwnData, OwnLook
from diary.services.conflicts import FIRST_KEPT, SECOND_CHOSEN, Settled
from diary.services.consent_texts import text_of
from diary.web.act_words import own_act_words
from diary.web.patient.forms import REASONS
from diary.web.words import said

SOURCE_WORDS: Final = {
    "self": _l("in time"),
    "late": _l("later"),
    "staff": _l("written by your clinic"),
    "paper": _l("from paper"),
    "import": _l("brought in by your clinic"),
}
REASON_WORDS: Final = {
    **dict(REASONS),
    "undo": _l("taken back at once"),
    "import": _l("brought in by your clinic"),
    SECOND_CHOSEN: _l("chosen of two numbers that came"),
    FIRST_KEPT: _l("kept when another number came"),
}
SETTLED_WORDS: Final = {Settled.USED.value: _l("the other"), Settled.KEPT.value: _l("what is stored")}


def in_words(own: OwnData) -> OwnData:
    """Return the same with acts in words, names for those who have none, and the words of each consent."""
    return replace(
        own,
        looks=tuple(replace(look, who=looker_words(look), what=own_act_words(look.what)) for look in own.looks),
        consents=tuple(replace(one, words=_words_of(one)) for one in own.consents),
    )


def looker_words(look: OwnLook) -> str:
    """Return who looked; whoever runs the installation has no name here."""
    return said(look.who) if look.who else _("The people who run Ebb for your clinic")


def _words_of(consent: OwnConsent) -> str:
    text = text_of(consent.purpose, consent.version)
    return " ".join(said(sentence) for sentence in (text.title, *text.sentences)) if text else ""
