"""The languages that Ebb speaks with patients, and how dates and numbers are written where each is spoken."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from babel import Locale
from flask_babel import force_locale

ENGLISH: Final = "en"
"""The language of the catalogue's own words, the only one in which the pages of a clinic are complete."""
LANGUAGES: Final = (ENGLISH, "es", "nl", "de")
_PLACES: Final = {ENGLISH: "en_GB"}
"""Where the name of a language alone would stand for the dates of another place."""


def known_language(code: str | None) -> str:
    """Return `code`, or English for a language that Ebb does not speak."""
    return code if code in LANGUAGES else ENGLISH


def locale_of(code: str | None) -> Locale:
    """Return the locale of a language: "20 Nov 2026" is written in English, day before month."""
    known = known_language(code)
    return Locale.parse(_PLACES.get(known, known))


def own_name(code: str) -> str:
    """Return what a language is called by those who speak it, as "Deutsch"."""
    return str(locale_of(code).languages[code]).capitalize()


@contextmanager
def speaking(code: str | None) -> Iterator[None]:
    """Say everything within the block in a language, with the dates and numbers of its place."""
    with force_locale(locale_of(code)):
        yield
