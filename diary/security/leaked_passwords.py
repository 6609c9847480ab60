"""Passwords that have leaked so often that they are tried first; looked up in a list that comes with the product."""

import re
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

ANY_LETTER: Final = re.compile(r"[^\W\d_]")
SHORTEST_WORD: Final = 5
MOST_WORDS: Final = 3


def is_leaked(password: str) -> bool:
    """Say whether `password` is on the list, or some of its words glued together, or one with other signs around it.

    The list holds some 19,000 passwords of five characters or more, most of them short: what a minimum length brings
    about is the same words with figures behind them.
    """
    folded = password.casefold()
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    listed = _listed()
    candidates = {folded, core, folded.translate(_PLAIN), core.translate(_PLAIN)}
    return any(_is_glued(word, listed) or _repeats_a_word(word, listed) for word in candidates)


_PLAIN: Final = str.maketrans("0134578@$!", "oieastbasi")
"""Figures and signs that stand for letters."""


def _repeats_a_word(word: str, listed: frozenset[str]) -> bool:
    for length in range(SHORTEST_WORD, len(word) // 2 + 1):
        part = word[:length]
        if part in listed and word == (part * (len(word) // length + 1))[: len(word)]:
            return True
    return False


def _is_glued(word: str, listed: frozenset[str], most: int = MOST_WORDS) -> bool:
    """Say whether the word is one that is known, or up to three of them with nothing in between."""
    if word in listed or _is_a_run(word):
        return True
    return most > 1 and any(
        (word[:cut] in listed or _is_a_run(word[:cut])) and _is_glued(word[cut:], listed, most - 1)
        for cut in range(SHORTEST_WORD, len(word) - SHORTEST_WORD + 1)
    )


def _is_a_run(word: str) -> bool:
    """Say whether the word is one sign repeated, or signs that follow one another in the alphabet or on the keys."""
    steps = {ord(after) - ord(before) for before, after in pairwise(word)}
    in_steps = len(steps) == 1 and steps <= {-1, 0, 1}
    return len(word) >= SHORTEST_WORD and (in_steps or any(word in row for row in _ROWS))


_KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertz", "azerty")
_COLUMNS: Final = ("1qaz2wsx3edc4rfv5tgb6yhn7ujm", "zaq1xsw2cde3vfr4bgt5nhy6mju7", "zaq12wsxcde34rfvbgt56yhnmju7")
_ROWS: Final = ("1234567890" * 26, "0987654321" * 26, *_KEYS, *(keys[::-1] for keys in _KEYS), *_COLUMNS)


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    text = files("diary.security").joinpath("lists/leaked_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
