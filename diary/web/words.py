"""Words at the edge: languages, dates and numbers as people read them."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

from babel import Locale
from flask import Flask, request
from flask_babel import Babel, format_date, format_datetime, format_decimal, get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l
from jinja2 import StrictUndefined

from diary.errors import DiaryError, Sentence, Throttled
from diary.installation import installation

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
        values = {name: _said_value(value) for name, value in sentence.values.items()}
        translated: str = gettext(sentence.msgid, **values)
        return translated
    return str(sentence)


def _said_value(value: object) -> object:
    if isinstance(value, date):
        return day(value)
    return said(value) if isinstance(value, Sentence) else value


def language_names() -> list[tuple[str, str]]:
    """Return code and own name of each language that Ebb speaks."""
    return [(code, str(Locale.parse(code).get_display_name(code)).capitalize()) for code in LANGUAGES]


def too_many(refusal: Throttled) -> str:
    """Return what to say to whoever has to wait."""
    if refusal.seconds > 60:
        minutes = ceil(refusal.seconds / 60)
        return str(
            ngettext(
                "Too many attempts. Try again in %(num)s minute.",
                "Too many attempts. Try again in %(num)s minutes.",
                minutes,
            )
        )
    return str(
        ngettext(
            "Too many attempts. Try again in %(num)s second.",
            "Too many attempts. Try again in %(num)s seconds.",
            refusal.seconds,
        )
    )


def day(value: date | datetime | str | None) -> str:
    """Return a day as "20 Nov 2026"."""
    return _formatted(value, "d MMM y")


def short_day(value: date | datetime | str | None) -> str:
    """Return a day as "20 Nov", with its year when that is not this year."""
    return _formatted(value, "d MMM" + _year_of(value))


def day_and_month(value: date) -> str:
    """Return a day as "20 Nov", for an axis that says the year elsewhere."""
    return _formatted(value, "d MMM")


def long_day(value: date | datetime | str | None) -> str:
    """Return a day as "Friday 20 November", with its year when that is not this year."""
    return _formatted(value, "EEEE d MMMM" + _year_of(value))


def week_day(value: date | datetime | str | None) -> str:
    """Return a day as "Fri 20 Nov", with its year when that is not this year."""
    return _formatted(value, "E d MMM" + _year_of(value))


def month(value: date | datetime | str | None) -> str:
    """Return the month of a day as "November 2026"."""
    return _formatted(value, "MMMM y")


def weekday(value: date | datetime | str | None) -> str:
    """Return the day of the week as "Friday"."""
    return _formatted(value, "EEEE")


def moment(value: datetime, *, seconds: bool = False) -> str:
    """Return a moment, in the zone it carries, as "20 Nov 2026, 14:05"."""
    return str(format_datetime(value, "d MMM y, HH:mm" + (":ss" if seconds else ""), rebase=False))


def page_key(text: str) -> int | None:
    """Return the whole number in an address before which a page begins, or None for a key that no page gave."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY else None


def _year_of(value: date | datetime | str | None) -> str:
    year = int(value[:4]) if isinstance(value, str) else value.year if value else None
    return "" if year in (None, installation().clock().year) else " y"


def _formatted(value: date | datetime | str | None, pattern: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        value = date.fromisoformat(value)
    formatted: str = format_date(value, pattern)
    return formatted


MOST_DECIMALS: Final = 4
LONGEST_KEY: Final = 18


def points(value: Any, decimals: int = 1) -> str:
    """Return a number on the 0-10 scale with one decimal or more; a half is rounded up, as people do it."""
    return "–" if value is None else str(format_decimal(half_up(value, decimals), "0." + "0" * decimals))


def number(value: Any) -> str:
    """Return a number with the decimals it has, at most four."""
    return str(format_decimal(half_up(value, MOST_DECIMALS), "0.####"))


def decimals_apart(limit: Any, *values: Any, least: int = 1) -> int:
    """Return how many decimals, `least` or more, it takes for each value that is not `limit` to read otherwise."""
    told_apart = [value for value in values if value is not None and limit is not None and value != limit]
    for decimals in range(least, MOST_DECIMALS):
        if all(half_up(value, decimals) != half_up(limit, decimals) for value in told_apart):
            return decimals
    return MOST_DECIMALS


def half_up(value: Any, decimals: int) -> Decimal:
    """Return `value` rounded to so many decimals, exactly and with halves up."""
    exact = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    return Decimal(floor(exact * 10**decimals + Fraction(1, 2))).scaleb(-decimals)


ROLE_WORDS: Final = {
    "clinician": _l("clinician"),
    "nurse": _l("nurse"),
    "admin": _l("admin"),
    "researcher": _l("researcher"),
}


def role_words(roles: Iterable[str]) -> str:
    """Return the roles of a member in words."""
    return ", ".join(str(ROLE_WORDS[role]) for role in roles)
