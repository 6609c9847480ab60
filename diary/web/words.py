"""Words at the edge: languages, dates and numbers as people read them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from flask import Flask, request
from flask_babel import Babel, format_date, format_decimal, get_locale, gettext
from flask_babel import lazy_gettext as _l
from jinja2 import StrictUndefined

from diary.errors import DiaryError, Sentence

LANGUAGES: Final = ("en",)


def register(app: Flask) -> None:
    """Choose the language of each request and hand the formatters to the templates."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "diary/translations"
    Babel(app, locale_selector=lambda: request.accept_languages.best_match(LANGUAGES, default="en"))

    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(day=day, long_day=long_day, short_day=short_day, week_day=week_day, points=points)
    app.context_processor(lambda: {"lang": str(get_locale() or "en").replace("_", "-")})


def said(error: Exception | str) -> str:
    """Return the sentence of a refusal in the reader's language."""
    sentence = error.args[0] if isinstance(error, DiaryError) and error.args else error
    if isinstance(sentence, Sentence):
        values = {name: day(v) if isinstance(v, date) else v for name, v in sentence.values.items()}
        translated: str = gettext(sentence.msgid, **values)
        return translated
    return str(sentence)


def day(value: date | datetime | str | None) -> str:
    """Return a day as "20 Nov 2026"."""
    return _formatted(value, "d MMM y")


def short_day(value: date | datetime | str | None) -> str:
    """Return a day as "20 Nov"."""
    return _formatted(value, "d MMM")


def long_day(value: date | datetime | str | None) -> str:
    """Return a day as "Friday 20 November"."""
    return _formatted(value, "EEEE d MMMM")


def week_day(value: date | datetime | str | None) -> str:
    """Return a day as "Fri 20 Nov"."""
    return _formatted(value, "E d MMM")


def weekday(value: date | datetime | str | None) -> str:
    """Return the day of the week as "Friday"."""
    return _formatted(value, "EEEE")


def _formatted(value: date | datetime | str | None, pattern: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        value = date.fromisoformat(value)
    formatted: str = format_date(value, pattern)
    return formatted


def points(value: Any) -> str:
    """Return a number on the 0-10 scale with one decimal."""
    return "–" if value is None else str(format_decimal(round(float(value), 1), "0.0"))


ROLE_WORDS: Final = {
    "clinician": _l("clinician"),
    "nurse": _l("nurse"),
    "admin": _l("admin"),
    "researcher": _l("researcher"),
}


def role_words(roles: Iterable[str]) -> str:
    """Return the roles of a member in words."""
    return ", ".join(str(ROLE_WORDS[role]) for role in roles)
