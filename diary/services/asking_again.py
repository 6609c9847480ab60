"""Asking once more: what is unusual is stored only after whoever wrote it has seen what is said about it."""

import hashlib
from collections.abc import Iterable
from typing import Any

from diary.errors import DiaryError, Sentence


class AskAgain(DiaryError):
    """Nothing was stored: `found` has to be looked at first; `token` stands for exactly that."""

    def __init__(self, found: tuple[Any, ...]) -> None:
        super().__init__(Sentence("Look at it once more. Nothing was stored yet."))
        self.found, self.token = found, token_of(found)


def ask_again(found: Iterable[Any], accepted: str) -> None:
    """Pass when nothing was found, or when exactly this was seen and accepted.

    Raises:
        AskAgain: there is something that was not accepted yet.
    """
    all_found = tuple(found)
    if all_found and token_of(all_found) != accepted:
        raise AskAgain(all_found)


def token_of(found: tuple[Any, ...]) -> str:
    """Return a short digest of what was found."""
    return hashlib.sha256(repr(found).encode()).hexdigest()[:24]
