"""What a number of the rules is: its unit, status, words and source, and the values that make sense."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

RuleValue = int | Fraction | Decimal | float | None
"""A number of the rules; yes and no are numbers too, and None is a number that the clinic has not set."""


def rule_number(
    unit: str, status: str, words: str, source: str = "", *, between: tuple[Any, Any], may_be_unset: bool = False
) -> Mapping[str, Any]:
    """Return everything that is known about a number, as its field carries it.

    Args:
        unit: days, entries, points, %, or nothing.
        status: V verified in a published source, S from simulation on real diary noise, O opinion or habit.
        words: what it is, in the words of the page of the rules.
        source: where it was published.
        between: the lowest and the highest value that make sense, both included; all values are of their kind.
        may_be_unset: whether a clinic may take it back, so that there is no number at all.
    """
    return {
        "unit": unit,
        "status": status,
        "words": words,
        "source": source,
        "between": between,
        "kind": type(between[0]),
        "may_be_unset": may_be_unset,
    }


class FaultWhy(StrEnum):
    """Why a number makes no sense."""

    OUTSIDE = "outside"
    BELOW_ANOTHER = "below_another"
    NEVER_ENDS = "never_ends"


@dataclass(frozen=True, slots=True)
class Fault:
    """A number that makes no sense.

    Attributes:
        name: of the number; that of a medicine begins with its code, `ketamine.minimum_interval`.
        why: what is wrong with it.
        least, most: the values that would make sense, both included, where there are such bounds.
        other: the name of the number it must not lie below.
    """

    name: str
    why: FaultWhy
    least: RuleValue = None
    most: RuleValue = None
    other: str | None = None

    def __str__(self) -> str:
        """Say it in English."""
        if self.why is FaultWhy.BELOW_ANOTHER:
            return f"{self.name} must be at least {self.other}, which is {self.least}"
        if self.why is FaultWhy.NEVER_ENDS:
            return f"{self.name} must be less than {self.most}, the line of the lowest baseline"
        return f"{self.name} must lie between {self.least} and {self.most}"


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A number of the rules that is no longer what it was."""

    name: str
    before: RuleValue
    after: RuleValue


def plain_value(value: RuleValue) -> Any:
    """Return a value as JSON keeps it: a fraction as text, exactly."""
    return str(value) if isinstance(value, Fraction) else value


def read_value(about: Mapping[str, Any], value: Any) -> Any:
    """Return `value`, as it came from a form or from the database, as the kind of number it is about.

    What cannot be read as that kind comes back as it is, so that it is refused with its own name.
    """
    if about["kind"] is not Fraction or isinstance(value, bool):
        return value
    try:
        return Fraction(value) if isinstance(value, str | int | Fraction | Decimal) else value
    except (ValueError, OverflowError, ZeroDivisionError):
        return value


def fits(about: Mapping[str, Any], value: Any, between: tuple[Any, Any]) -> bool:
    """Say whether `value` is of the kind of a number and lies `between` two others."""
    if value is None:
        return bool(about["may_be_unset"])
    lowest, highest = between
    return type(value) is about["kind"] and bool(lowest <= value <= highest)
