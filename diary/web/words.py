"""Words at the edge: languages, dates and numbers as people read them."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Any, Final

from babel.dates import format_skeleton
from babel.numbers import format_decimal as decimal_in
from flask import Flask
from flask_babel import Babel, format_date, format_decimal, format_time, gettext, ngettext
from flask_babel import lazy_gettext as _l
from jinja2 import StrictUndefined

from diary.errors import DiaryError, Sentence, Throttled
from diary.installation import installation
from diary.languages import LANGUAGES, own_name
from diary.web.spoken import chosen_locale, reading_locale

Day = date | datetime | str | None
"""A day as the rows hold it, or as JSON does."""
NONE: Final = "–"
LONG_DAYS: Final = {"en": "EEEE d MMMM", "es": "EEEE, d 'de' MMMM", "nl": "EEEE d MMMM", "de": "EEEE, d. MMMM"}
LONG_YEARS: Final = {"es": " 'de' y"}
"""CLDR has no long day without its year: these are its long days as it has them, cut in two."""


def register(app: Flask) -> None:
    """Hand the catalogues and the formatters to the templates."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "diary/translations"
    Babel(app, locale_selector=chosen_locale)

    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(day=day, long_day=long_day, short_day=short_day, week_day=week_day, points=points)


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
    return [(code, own_name(code)) for code in LANGUAGES]


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


def day(value: Day) -> str:
    """Return a day as "20 Nov 2026"."""
    return _written(value, "yMMMd")


def short_day(value: Day) -> str:
    """Return a day as "20 Nov", with its year when that is not this year."""
    return _written(value, "MMMd" if _is_this_year(value) else "yMMMd")


def day_and_month(value: date) -> str:
    """Return a day as "20 Nov", for an axis that says the year elsewhere."""
    return _written(value, "MMMd")


def long_day(value: Day) -> str:
    """Return a day as "Friday 20 November" or "viernes, 20 de noviembre", with its year when that is not this year."""
    known, language = _as_day(value), reading_locale().language
    if known is None:
        return NONE
    pattern = LONG_DAYS[language] + ("" if _is_this_year(known) else LONG_YEARS.get(language, " y"))
    return str(format_date(known, pattern))


def week_day(value: Day) -> str:
    """Return a day as "Fri 20 Nov", with its year when that is not this year."""
    return _written(value, "MMMEd" if _is_this_year(value) else "yMMMEd")


def month(value: Day) -> str:
    """Return the month of a day as "November 2026"."""
    return _written(value, "yMMMM")


def weekday(value: Day) -> str:
    """Return the day of the week as it stands in a sentence: "Friday", "viernes", "Freitag"."""
    known = _as_day(value)
    return NONE if known is None else str(format_date(known, "EEEE"))


def moment(value: datetime, *, seconds: bool = False) -> str:
    """Return a moment, in the zone it carries, as "20 Nov 2026, 14:05"."""
    time: str = format_time(value, "medium" if seconds else "short", rebase=False)
    return f"{day(value)}, {time}"


def page_key(text: str) -> int | None:
    """Return the whole number in an address before which a page begins, or None for a key that no page gave."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(LAST_KEY))
    return int(text) if is_number and int(text) <= LAST_KEY else None


def _is_this_year(value: Day) -> bool:
    known = _as_day(value)
    return known is None or known.year == installation().clock().year


def _as_day(value: Day) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _written(value: Day, parts: str) -> str:
    """Return the parts of a day, named as CLDR names them, in the order of the reader's language."""
    known = _as_day(value)
    return NONE if known is None else str(format_skeleton(parts, known, locale=reading_locale()))


MOST_DECIMALS: Final = 4
LAST_KEY: Final = 2**31 - 1


def points(value: Any, decimals: int = 1) -> str:
    """Return a number on the 0-10 scale with one decimal or more; a half is rounded up, as people do it."""
    return "–" if value is None else _points(value, decimals, str(reading_locale()))


@lru_cache(maxsize=4096)
def _points(value: Any, decimals: int, locale: str) -> str:
    return str(decimal_in(half_up(value, decimals), "0." + "0" * decimals, locale=locale))


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
