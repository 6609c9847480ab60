"""Passwords that have leaked so often that they are tried first; looked up in a list that comes with the product."""

import re
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

ANY_LETTER: Final = re.compile(r"[^\W\d_]")
SHORTEST_WORD: Final = 5


def is_leaked(password: str) -> bool:
    """Say whether `password` is on the list, or is one of its words repeated, or one with other signs around it.

    The list holds some 19,000 passwords of five characters or more, most of them short: what a minimum length brings
    about is the same words with figures behind them.
    """
    folded = password.casefold()
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    listed = _listed()
    candidates = {folded, core, folded.translate(_PLAIN), core.translate(_PLAIN)}
    return _is_a_run(folded) or any(word in listed or _repeats_a_word(word, listed) for word in candidates)


_PLAIN: Final = str.maketrans("0134578@$!", "oieastbasi")
"""Figures and signs that stand for letters."""


def _repeats_a_word(word: str, listed: frozenset[str]) -> bool:
    for length in range(SHORTEST_WORD, len(word) // 2 + 1):
        part = word[:length]
        if part in listed and word == (part * (len(word) // length + 1))[: len(word)]:
            return True
    return False


def _is_a_run(word: str) -> bool:
    """Say whether the word is one sign repeated, or signs that follow one another in the alphabet or on the keys."""
    steps = {ord(after) - ord(before) for before, after in pairwise(word)}
    return (len(steps) == 1 and steps <= {-1, 0, 1}) or any(word in row for row in _ROWS)


_ROWS: Final = ("1234567890" * 26, "0987654321" * 26)


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    text = files("diary.security").joinpath("lists/leaked_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
