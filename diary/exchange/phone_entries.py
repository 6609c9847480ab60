"""What a phone sends: bytes in, values out, each entry read for itself so that a bad one never costs the others."""

import json
import math
import re
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from diary.clinical.scores import SCORES
from diary.errors import DiaryError

MOST_ENTRIES: Final = 100
LONGEST_ECHO: Final = 64
LONGEST_SEALED: Final = 4096
LONGEST_MOMENT: Final = 40
LONGEST_NUMBER: Final = 18
LONGEST_VERSION: Final = 40
YEARS: Final = range(1970, 2100)
WIDEST_OFFSET: Final = 16 * 60
SEALED_VERSION: Final = 1
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CLIENT_REF: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_BASE64: Final = re.compile(r"[A-Za-z0-9_-]+={0,2}", re.ASCII)

Open = Callable[[bytes, str, bytes], bytes]
"""Opens what is sealed, given the key's id and what it was sealed together with."""


class SendingUnreadable(DiaryError):
    """A sending as a whole that is none."""


class TooMany(DiaryError):
    """More entries than one sending may hold."""


class EntryRejected(DiaryError):
    """One entry that cannot be taken; `reason` is the word for the phone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sending:
    """What one phone sent at once; `sent_at` is when, by its own clock."""

    sent_at: datetime
    entries: list[Any]


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """One entry as a phone holds it.

    Attributes:
        client_ref: the phone's name for it.
        day: the diary day it was asked about.
        score: 0-10, or None where the patient took the day back.
        entered_at: when it was tapped, by the phone's clock.
        utc_offset: minutes by which that clock is ahead of UTC.
        item_version: the wording that was shown, where the phone knows it.
        day_chosen: the day that the patient named when the phone's clock was too wrong to tell.
        asked: what the server wrote when it asked for that day.
        undoes: the entry that this one takes back; without it the whole day is.
    """

    client_ref: uuid.UUID
    day: date
    score: int | None
    entered_at: datetime
    utc_offset: int
    item_version: str | None
    day_chosen: date | None
    asked: str | None = None
    undoes: uuid.UUID | None = None


def read_sending(body: bytes) -> Sending:
    """Return what was sent.

    Raises:
        SendingUnreadable: it is no UTF-8, no JSON, no object, or lacks the moment or the list.
        TooMany: the list is longer than 100.
    """
    sent = _json(body)
    if sent is None or not isinstance(sent.get("entries"), list):
        raise SendingUnreadable
    if len(sent["entries"]) > MOST_ENTRIES:
        raise TooMany
    sent_at = _moment(sent.get("sent_at"))
    if sent_at is None:
        raise SendingUnreadable
    return Sending(sent_at, sent["entries"])


def name_of(entry: Any) -> str | None:
    """Return what an entry calls itself, to be said back as it is."""
    name = entry.get("client_ref") if isinstance(entry, dict) else None
    return name if isinstance(name, str) and len(name) <= LONGEST_ECHO else None


def read_entry(entry: Any, *, owner: str, opened: Open) -> PhoneEntry:
    """Return an entry, opened where it is sealed.

    Raises:
        EntryRejected: `invalid`, `unreadable` when the seal does not fit, or `other_account` for somebody else's.
    """
    name = name_of(entry)
    if name is None or not _CLIENT_REF.fullmatch(name):
        raise EntryRejected("invalid")
    said = _opened(entry, name, owner, opened) if "sealed" in entry else entry
    entered_at: datetime = _required(_moment(said.get("entered_at")))
    return PhoneEntry(
        client_ref=uuid.UUID(name),
        day=_required(_day(said.get("day"))),
        score=_score(said),
        entered_at=entered_at,
        utc_offset=_offset(said.get("utc_offset", _minutes(entered_at))),
        item_version=_version(said.get("item_version")),
        day_chosen=_required(_day(entry["day_chosen"])) if entry.get("day_chosen") is not None else None,
        asked=entry["asked"] if isinstance(entry.get("asked"), str) else None,
        undoes=_undoes(said, name),
    )


def _opened(entry: dict[str, Any], name: str, owner: str, opened: Open) -> dict[str, Any]:
    sealed, key_id = entry["sealed"], entry.get("key_id")
    if not isinstance(sealed, str) or len(sealed) > LONGEST_SEALED or not _BASE64.fullmatch(sealed):
        raise EntryRejected("unreadable")
    if not isinstance(key_id, str):
        raise EntryRejected("unknown_key")
    try:
        bits = urlsafe_b64decode(sealed.rstrip("=") + "=" * (-len(sealed.rstrip("=")) % 4))
    except ValueError as error:
        raise EntryRejected("unreadable") from error
    said = _json(opened(bits, key_id, name.encode()))
    if said is None or said.get("v") != SEALED_VERSION or said.get("client_ref") != name:
        raise EntryRejected("unreadable")
    if said.get("owner") != owner:
        raise EntryRejected("other_account")
    return said


def _json(body: bytes) -> dict[str, Any] | None:
    """Return the object that JSON holds, or None; a number that is none stays a number that nothing takes."""
    try:
        read = json.loads(body.decode("utf-8"), parse_int=_number, parse_constant=lambda _word: math.nan)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _number(text: str) -> int | float:
    return int(text) if len(text) <= LONGEST_NUMBER else math.inf


def _required(value: Any) -> Any:
    if value is None:
        raise EntryRejected("invalid")
    return value


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) and _ISO_DAY.fullmatch(text) else None
    except ValueError:
        return None


def _moment(text: Any) -> datetime | None:
    """Return a moment that knows its offset from UTC, or None."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) and len(text) <= LONGEST_MOMENT else None
    except ValueError:
        return None
    return moment if moment is not None and moment.utcoffset() is not None and moment.year in YEARS else None


def _score(said: dict[str, Any]) -> int | None:
    score = said.get("score", math.nan)  # left out is not taken back
    if score is None:
        return None
    if type(score) is not int or score not in SCORES:
        raise EntryRejected("invalid")
    return score


def _undoes(said: dict[str, Any], name: str) -> uuid.UUID | None:
    undoes = said.get("undoes")
    if undoes is None:
        return None
    if not isinstance(undoes, str) or not _CLIENT_REF.fullmatch(undoes) or undoes == name or said["score"] is not None:
        raise EntryRejected("invalid")
    return uuid.UUID(undoes)


def _minutes(moment: datetime) -> int:
    return int((moment.utcoffset() or timedelta()).total_seconds() // 60)


def _offset(minutes: Any) -> int:
    if type(minutes) is not int or abs(minutes) > WIDEST_OFFSET:
        raise EntryRejected("invalid")
    return minutes


def _version(text: Any) -> str | None:
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > LONGEST_VERSION:
        raise EntryRejected("invalid")
    return text
