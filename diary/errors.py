"""Errors of the domain; delivery turns them into pages, answers and exit codes in one place."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil


class Sentence(str):
    """A sentence for a person: its English words, and what the edge needs to say it in their language."""

    msgid: str
    values: Mapping[str, object]

    def __new__(cls, msgid: str, **values: object) -> "Sentence":
        """Write `msgid` with its `values` put in."""
        sentence = super().__new__(cls, msgid % values if values else msgid)
        sentence.msgid, sentence.values = msgid, values
        return sentence


class DiaryError(Exception):
    """Something that was refused; the message says what to do."""


class NotThere(DiaryError):
    """It does not exist, or is not yours: nobody is told which."""


class Refused(DiaryError):
    """The identity may not do this here."""


class DiaryProtected(Refused):
    """The role would do, but this diary is protected: the glass has to be broken first."""


class Invalid(DiaryError):
    """Something given cannot be stored; `fields` says what is wrong with each field."""

    def __init__(self, message: str = "", **fields: str) -> None:
        super().__init__(message or " ".join(fields.values()))
        self.fields = fields


class Changed(DiaryError):
    """What was shown is no longer how it is: look again, then decide."""


class Expired(DiaryError):
    """A link or a session that is no longer good."""


class ConfirmFirst(DiaryError):
    """Allowed, but only minutes after proving again who one is."""


class ScreenLocked(DiaryError):
    """A PIN stands before the session: what was asked for goes on after it."""


class Throttled(DiaryError):
    """There were too many attempts: wait, then try again. Nothing was looked at."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, ceil(wait.total_seconds()))
        super().__init__(Sentence("Too many attempts. Try again in %(number)s seconds.", number=self.seconds))


class UnsafeSettings(DiaryError):
    """Settings that must not serve anyone; one clear sentence each."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class BeingMoved(DiaryError):
    """The database is being moved to another one, and nothing is written into it: phones keep what they have."""

    SECONDS = 60


class DatabaseUnfit(DiaryError):
    """The database does not keep the settings that promise durability."""
