"""Single values of a copy, read strictly: the type that is written and nothing that only looks like it."""

import re
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from diary.errors import Invalid, Sentence

FIRST_YEAR, LAST_YEAR = 1900, 2200
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00")
_NUMBER: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
_UNHELD: Final = re.compile("[\x00\ud800-\udfff]")
_HEX: Final = re.compile(r"([0-9a-f]{2})+")


def refused(where: str, wrong: Sentence | None = None) -> Invalid:
    """Return the refusal of a copy because of one place in it."""
    if wrong is None:
        return Invalid(Sentence("This file cannot be taken in: %(where)s is not as it should be.", where=where))
    return Invalid(Sentence("This file cannot be taken in: %(where)s: %(wrong)s", where=where, wrong=wrong))


class Fields:
    """The fields of one JSON object, each of which has to be read once and none of which may be left over."""

    def __init__(self, value: Any, where: str, names: tuple[str, ...]) -> None:
        if not isinstance(value, dict) or value.keys() != set(names):
            raise refused(where)
        self._value, self._where = value, where

    def at(self, name: str) -> str:
        """Return where a field stands, for a refusal."""
        return f"{self._where}.{name}" if self._where else name

    def raw(self, name: str) -> Any:
        """Return a field as it stands."""
        return self._value[name]

    def text(self, name: str, longest: int, *, shortest: int = 0) -> str:
        """Return a text of plain words without line breaks or invisible characters."""
        text = self._value[name]
        if not isinstance(text, str) or not shortest <= len(text) <= longest or not text.isprintable():
            raise refused(self.at(name))
        return text

    def free_text(self, name: str, longest: int) -> str:
        """Return what somebody wrote in their own words, in which only what no database holds is refused."""
        text = self._value[name]
        if not isinstance(text, str) or len(text) > longest or _UNHELD.search(text):
            raise refused(self.at(name))
        return text

    def word(self, name: str, known: Any) -> str:
        """Return one of the known words."""
        word = self._value[name]
        if not isinstance(word, str) or word not in {str(one) for one in known}:
            raise refused(self.at(name))
        return word

    def whole(self, name: str, least: int, most: int) -> int:
        """Return a whole number."""
        number = self._value[name]
        if type(number) is not int or not least <= number <= most:
            raise refused(self.at(name))
        return number

    def true_or_false(self, name: str) -> bool:
        """Return a yes or no."""
        if not isinstance(self._value[name], bool):
            raise refused(self.at(name))
        return bool(self._value[name])

    def day(self, name: str) -> date:
        """Return a day between 1900 and 2200."""
        text = self._value[name]
        if not isinstance(text, str) or not _DAY.fullmatch(text):
            raise refused(self.at(name))
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise refused(self.at(name)) from None
        self._year(name, day.year)
        return day

    def moment(self, name: str) -> datetime:
        """Return a moment in UTC."""
        text = self._value[name]
        if not isinstance(text, str) or not _MOMENT.fullmatch(text):
            raise refused(self.at(name))
        try:
            moment = datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            raise refused(self.at(name)) from None
        self._year(name, moment.year)
        return moment

    def number(self, name: str, least: str, most: str) -> Decimal | None:
        """Return an exact number with at most two decimals, or None."""
        text = self._value[name]
        if text is None:
            return None
        if (
            not isinstance(text, str)
            or not _NUMBER.fullmatch(text)
            or not Decimal(least) <= Decimal(text) <= Decimal(most)
        ):
            raise refused(self.at(name))
        return Decimal(text)

    def identifier(self, name: str) -> uuid.UUID:
        """Return a UUID as it is written canonically."""
        text = self._value[name]
        try:
            found = uuid.UUID(text) if isinstance(text, str) else None
        except ValueError:
            found = None
        if found is None or str(found) != text:
            raise refused(self.at(name))
        return found

    def hexadecimal(self, name: str, size: int) -> bytes:
        """Return so many bytes, written in hex."""
        text = self._value[name]
        if not isinstance(text, str) or len(text) != 2 * size or not _HEX.fullmatch(text):
            raise refused(self.at(name))
        return bytes.fromhex(text)

    def listed(self, name: str, most: int) -> list[Any]:
        """Return a list that is not too long."""
        some = self._value[name]
        if not isinstance(some, list):
            raise refused(self.at(name))
        if len(some) > most:
            raise refused(self.at(name), Sentence("these are more than %(most)s.", most=most))
        return some

    def _year(self, name: str, year: int) -> None:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise refused(self.at(name))
