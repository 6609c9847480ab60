"""How each kind of column is written in a backup: the same from SQLite and PostgreSQL, to the last bit.

A value that SQLite holds in another way than Ebb writes it was changed behind its back, even where it reads the same.
"""

import math
import re
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Float, Integer, LargeBinary, String, Uuid

from diary.errors import DiaryError
from diary.models.types import UtcMoment

Written = bool | int | float | str | None
Turn = Callable[[Any], Any]

KINDS: Final[dict[type, str]] = {
    Uuid: "uuid",
    Boolean: "yes or no",
    Integer: "number",
    Float: "fraction",
    String: "text",
    Date: "day",
    DateTime: "moment",
    LargeBinary: "bytes",
    JSON: "json",
}
HEX: Final = re.compile(r"[0-9a-f]{32}")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")


class ValueUnfit(DiaryError):
    """A value that Ebb would not have written so."""


def kind_of(column: Column[Any]) -> str:
    """Return the kind of a column of the tables.

    Raises:
        LookupError: a type that backups do not know yet.
    """
    impl = (
        column.type.impl_instance if isinstance(column.type, UtcMoment) else getattr(column.type, "impl", column.type)
    )
    for kind, name in KINDS.items():
        if isinstance(impl, kind) or impl is kind:
            return name
    raise LookupError(f"Backups do not know the type of {column}: add it to KINDS.")


def _plain(kind: type) -> Turn:
    def check(held: Any) -> Any:
        if type(held) is not kind:
            raise ValueUnfit(f"a {type(held).__name__} where a {kind.__name__} belongs")
        return held

    return check


def _text(held: Any) -> str:
    text: str = _plain(str)(held)
    text.encode()  # half of a pair cannot be written
    return text


def _fitting(pattern: re.Pattern[str], read: Turn) -> Turn:
    def check(held: Any) -> str:
        if not isinstance(held, str) or not pattern.fullmatch(held):
            raise ValueUnfit(f"{pattern.pattern} does not fit")
        read(held)
        return held

    return check


def _fraction(held: Any) -> float:
    if not isinstance(held, float) or not math.isfinite(held):
        raise ValueUnfit("no finite fraction")
    return held


def _bit(held: Any) -> bool:
    if held not in (0, 1):
        raise ValueUnfit("neither yes nor no")
    return bool(held)


def _bytes_written(held: Any) -> str:
    return b64encode(_plain(bytes)(held)).decode()


def _bytes_read(written: str) -> bytes:
    return b64decode(written, validate=True)


def _moment_written(held: datetime) -> str:
    return held.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")


def _moment_read(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def _same(value: Any) -> Any:
    return value


_NUMBER, _DAY = _plain(int), _fitting(DAY, date.fromisoformat)

FROM: Final[dict[str, dict[str, Turn]]] = {
    "sqlite": {
        "uuid": _fitting(HEX, uuid.UUID),
        "yes or no": _bit,
        "number": _NUMBER,
        "fraction": _fraction,
        "text": _text,
        "day": _DAY,
        "moment": _fitting(MOMENT, datetime.fromisoformat),
        "bytes": _bytes_written,
        "json": _text,
    },
    "postgresql": {
        "uuid": lambda held: held.hex,
        "yes or no": _plain(bool),
        "number": _NUMBER,
        "fraction": _fraction,
        "text": _text,
        "day": date.isoformat,
        "moment": _moment_written,
        "bytes": lambda held: _bytes_written(bytes(held)),
        "json": _text,
    },
}
"""How what the driver hands over is written, by kind; None is None everywhere."""

TO: Final[dict[str, dict[str, Turn]]] = {
    "sqlite": {
        "uuid": _fitting(HEX, uuid.UUID),
        "yes or no": int,
        "number": _NUMBER,
        "fraction": float,
        "text": _text,
        "day": _DAY,
        "moment": _fitting(MOMENT, datetime.fromisoformat),
        "bytes": _bytes_read,
        "json": _text,
    },
    "postgresql": {
        "uuid": lambda written: uuid.UUID(hex=written),
        "yes or no": _plain(bool),
        "number": _NUMBER,
        "fraction": float,
        "text": _text,
        "day": date.fromisoformat,
        "moment": _moment_read,
        "bytes": _bytes_read,
        "json": _same,
    },
}
"""What the driver is handed for what is written."""
