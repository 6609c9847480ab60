"""PINs of screen locks: digits only, and none of those that are tried first."""

from typing import Final

from diary.errors import Invalid, Sentence

SHORTEST: Final = 4
LONGEST: Final = 8
TRIED_FIRST: Final = frozenset(
    {"0852", "1004", "1313", "1342", "1478", "2468", "2580", "3698", "6969", "7410", "8520", "147258", "159753"}
)
"""Rows and columns of the keys, and what lists of stolen PINs hold most."""
_ROUND: Final = "01234567890123456789"


def check_new_pin(pin: str) -> None:
    """Refuse a PIN that is no PIN, or that a stranger tries first.

    Raises:
        Invalid: says which.
    """
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        length = {"shortest": SHORTEST, "longest": LONGEST}
        raise Invalid(pin=Sentence("Use %(shortest)s to %(longest)s digits.", **length))
    if is_guessed_first(pin):
        raise Invalid(pin=Sentence("This PIN is among those tried first. Choose digits without a pattern or a year."))


def is_guessed_first(pin: str) -> bool:
    """Say whether a PIN counts up or down, repeats itself, is a year, or is on the list."""
    counts = pin in _ROUND or pin in _ROUND[::-1]
    repeats = any(pin == pin[:part] * (len(pin) // part) for part in range(1, len(pin) // 2 + 1))
    pairs = len(pin) % 2 == 0 and all(one == two for one, two in zip(pin[::2], pin[1::2], strict=True))
    is_year = len(pin) == 4 and pin[:2] in ("19", "20")
    return counts or repeats or pairs or is_year or pin == pin[0] * len(pin) or pin in TRIED_FIRST
