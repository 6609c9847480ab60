"""What one cell of a study may say, and what it says when written.

A cell that starts like a formula is written with an apostrophe in front, so that a spreadsheet shows it as
text. Reading takes exactly one apostrophe off apostrophes followed by such a sign, so every text comes back:
`=x` is written `'=x`, `'=x` is written `''=x`, and `'x` stays as it is.
"""

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import available_timezones

from diary.clinical.medicines import MEDICINE_CODES
from diary.exchange.study.problems import CellError, shown

LONGEST_NAME = 64
FIRST_YEAR, LAST_YEAR = 1900, 2200
SOURCES = frozenset({"self", "late", "staff", "paper", "import"})
SCORES = {str(score): score for score in range(11)}
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Files a system keeps beside its time zones; none is the name of a place.
NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})
# Some spreadsheets take the full-width signs for the narrow ones.
FORMULA = re.compile("'*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
ESCAPED = re.compile("'+[=+\\-@\uff1d\uff0b\uff0d\uff20]")
MEANT_SCORE = re.compile(r"\s*\+?0*([0-9]|10)\s*")
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)


def text_of(cell: str) -> str:
    """The text meant by a cell, without the apostrophe that keeps a spreadsheet from calculating it."""
    return cell[1:] if cell.startswith("'") and ESCAPED.match(cell) else cell


def cell_of(text: str) -> str:
    """The cell that means `text`; no spreadsheet takes it for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def reference_of(cell: str) -> str:
    """The clinic's own reference of a patient."""
    text = text_of(cell)
    _check_name(text, "the patient's reference")
    return text


def tags_of(cell: str) -> tuple[str, ...]:
    """The tags of a patient, in their order."""
    text = text_of(cell)
    tags = tuple(text.split("|")) if text else ()
    for tag in tags:
        _check_name(tag, "a tag")
    for place, tag in enumerate(tags):
        if tag in tags[:place]:
            raise CellError(f"the tag {shown(tag)} is there twice: name it once")
    return tags


def timezone_of(cell: str) -> str:
    """The IANA name of a time zone this machine knows."""
    if cell not in _zones():
        raise CellError(f"unknown time zone {shown(cell)}: write an IANA name such as Europe/Amsterdam")
    return cell


@lru_cache(maxsize=1024)
def medicines_of(cell: str) -> tuple[str, ...]:
    """The medicines of a course, the governing one first."""
    codes = tuple(cell.split("+"))
    for place, code in enumerate(codes):
        if code not in MEDICINE_CODES:
            known = ", ".join(sorted(MEDICINE_CODES))
            raise CellError(f"unknown medicine {shown(code)}: write one of {known}, several joined by +")
        if code in codes[:place]:
            raise CellError(f"the medicine {code} is there twice: name it once")
    return codes


@lru_cache(maxsize=8192)
def day_of(cell: str) -> date:
    """The day written as YYYY-MM-DD with the digits 0-9."""
    if not DAY.fullmatch(cell):
        raise CellError(f"{shown(cell)} is not a day: write YYYY-MM-DD{_hint(cell)}")
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        raise CellError(f"the day {cell} does not exist: correct it") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CellError(f"the day {cell} is outside the years {FIRST_YEAR} to {LAST_YEAR}: correct it")
    return day


def score_of(cell: str) -> int:
    """The score, a whole number 0-10 in the digits 0-9."""
    score = SCORES.get(cell)
    if score is None:
        raise CellError(_why_no_score(cell))
    return score


def moment_of(cell: str) -> datetime | None:
    """The moment of writing, None for an empty cell."""
    if not cell:
        return None
    if not MOMENT.fullmatch(cell):
        example = "2026-01-31T18:30:00+01:00"
        raise CellError(f"{shown(cell)} is not a moment with offset: write it like {example}{_hint(cell)}")
    day_of(cell[:10])
    return datetime.fromisoformat(cell)


def source_of(cell: str) -> str | None:
    """Who entered the score, None for an empty cell."""
    if cell and cell not in SOURCES:
        raise CellError(f"unknown source {shown(cell)}: write one of {', '.join(sorted(SOURCES))}, or nothing")
    return cell or None


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    names = available_timezones() - NO_ZONES
    return frozenset(name for name in names if not name.startswith(("posix/", "right/")))


def _check_name(text: str, what: str) -> None:
    if not text:
        raise CellError(f"{what} is empty: write it")
    if any(unicodedata.category(sign) in HIDDEN for sign in text):
        raise CellError(f"{what} {shown(text)} has a control character or another that cannot be seen: remove it")
    if text != text.strip():
        raise CellError(f"{what} {shown(text)} starts or ends with a space: remove it")
    if len(text) > LONGEST_NAME:
        raise CellError(f"{what} {shown(text)} has {len(text)} characters: at most {LONGEST_NAME}")


def _why_no_score(cell: str) -> str:
    if not cell:
        return "the score is empty: write 0 to 10, or delete the line of a day without a score"
    meant = MEANT_SCORE.fullmatch(cell)
    if meant:
        return f"the score {shown(cell)} is written in another way: write {meant[1]}"
    return f"the score {shown(cell)} is not a whole number 0 to 10: correct it{_hint(cell)}"


def _hint(cell: str) -> str:
    strange = any(sign.isdigit() and not sign.isascii() for sign in cell)
    return ", in the digits 0-9 alone" if strange else ""
