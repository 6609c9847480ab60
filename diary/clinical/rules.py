"""Every number of the rules, in one versioned set."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, Final

from diary.clinical.errors import ClinicalError
from diary.clinical.medicines import DEFAULT_MEDICINES, SHORTEST_INTERVAL, Medicine
from diary.clinical.rule_numbers import (
    Fault,
    FaultWhy,
    fits,
    plain_value,
    read_value,
    rule_number,
)

WEEK: Final = 7
"""Days of one weekly mean. Part of the method (weeks that do not overlap), so not a parameter."""

_FARRAR = "Farrar 2001, Dworkin 2008"
_HEAPY = "Heapy 2014, J Pain 15:1360"


def _number(default: Any, unit: str, status: str, words: str, source: str = "", *, between: tuple[Any, Any]) -> Any:
    return field(default=default, metadata=rule_number(unit, status, words, source, between=between))


@dataclass(frozen=True)
class RuleSet:
    """The parameters a verdict was made with; `version` is kept with each verdict and decision.

    Status of each number: V verified in a published source, S from simulation on real diary noise, O opinion or
    habit that a clinic signs off.
    """

    version: str = "1"
    relief_percent: int = _number(
        30, "%", "V", "less pain than the baseline that makes a week good", _FARRAR, between=(10, 60)
    )
    week_minimum: int = _number(4, "entries", "S", "entries of 7 days that a weekly mean needs", _HEAPY, between=(1, 7))
    baseline_days: int = _number(
        7, "days", "O", "days before the first infusion day that measure the baseline", between=(5, 14)
    )
    baseline_minimum: int = _number(4, "entries", "S", "entries that baseline needs", _HEAPY, between=(1, 14))
    long_baseline_days: int = _number(14, "days", "O", "days of the second try at a baseline", between=(7, 28))
    long_baseline_minimum: int = _number(6, "entries", "S", "entries the second try needs", _HEAPY, between=(1, 28))
    carried_days: int = _number(
        365, "days", "O", "age of the course whose baseline may be carried on", between=(0, 1095)
    )
    kept_drop: Fraction = _number(
        Fraction(1),
        "points",
        "O",
        "a lower new baseline that makes the old one stay",
        between=(Fraction(0), Fraction(5)),
    )
    lowest_baseline: Fraction = _number(
        Fraction(4), "points", "O", "baseline below which no response is judged", between=(Fraction(2), Fraction(8))
    )
    near_enters: Fraction = _number(
        Fraction(1, 2), "points", "S", "distance below the line that becomes near", between=(Fraction(0), Fraction(2))
    )
    near_leaves: Fraction = _number(
        Fraction(1), "points", "S", "distance below the line that ends near", between=(Fraction(0), Fraction(2))
    )
    gap_minimum: int = _number(
        6, "entries", "O", "entries of 14 days that stand in for a week without a mean", between=(1, 14)
    )
    weeks_percent: int = _number(
        60,
        "%",
        "O",
        "days with a weekly mean, up to the last day it is too early, that a verdict of no response needs",
        between=(0, 100),
    )
    late_days_counting: int = _number(
        1, "days", "O", "days after its own on which an entry still counts", between=(0, 7)
    )
    late_days_offered: int = _number(
        3, "days", "O", "days after its own on which a patient may write an entry", between=(0, 7)
    )
    paper_counts: bool = _number(True, "", "O", "entries from a dated paper sheet count", between=(False, True))
    back_at_baseline: Fraction = _number(
        Fraction(1, 2), "points", "O", "distance below the baseline that is back", between=(Fraction(0), Fraction(2))
    )
    liver_test_days: int = _number(
        30, "days", "O", "age of a liver test that is still known before ketamine", between=(1, 365)
    )
    short_confirm_last_day: int = _number(
        10,
        "day t",
        "O",
        "last day after the course on which one good week confirms a short-acting medicine",
        between=(7, 13),
    )
    medicines: tuple[Medicine, ...] = DEFAULT_MEDICINES
    _by_code: Mapping[str, Medicine] = field(init=False, repr=False, compare=False, hash=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_code", {medicine.code: medicine for medicine in self.medicines})

    def medicine(self, code: str) -> Medicine:
        """Return the numbers for `code`.

        Raises:
            ClinicalError: the rule set knows no such medicine.
        """
        try:
            return self._by_code[code]
        except KeyError:
            raise ClinicalError(f"Rule set {self.version} has no medicine {code!r}.") from None

    def line(self, baseline: Fraction) -> Fraction:
        """Return the line L of `baseline`: a week at or below it is good."""
        return baseline * (100 - self.relief_percent) / 100

    def parameters(self) -> dict[str, Any]:
        """Return the set as plain JSON values; `from_parameters` makes it again, exactly."""
        plain = {name: plain_value(getattr(self, name)) for name in NUMBERS}
        return {"version": self.version, **plain, "medicines": [asdict(medicine) for medicine in self.medicines]}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "RuleSet":
        """Make the set from what `parameters` gave; a number or medicine it does not know yet has its default.

        Raises:
            ClinicalError: a number that the rules do not have, or a set that makes no sense.
        """
        given = {name: value for name, value in parameters.items() if name not in ("version", "medicines")}
        if unknown := given.keys() - NUMBERS.keys():
            raise ClinicalError(f"The rules have no number called {', '.join(sorted(unknown))}.")
        values = {name: read_value(NUMBERS[name], value) for name, value in given.items()}
        medicines = _read_medicines(parameters.get("medicines", ()))
        made = cls(version=str(parameters.get("version", cls.version)), medicines=medicines, **values)
        made.check()
        return made

    def check(self) -> None:
        """Pass when every number makes sense, by itself and beside the others.

        Raises:
            ClinicalError: names each that does not.
        """
        if found := list(self.faults()):
            raise ClinicalError(f"Rule set {self.version} makes no sense: {'; '.join(map(str, found))}.")

    def faults(self) -> Iterator[Fault]:
        """Yield each number that makes no sense; those beside which another lies wrong only when all are in range."""
        outside = [*_outside(self), *(fault for medicine in self.medicines for fault in _outside_of(medicine))]
        yield from outside or _beside_each_other(self)


NUMBERS: Final[Mapping[str, Mapping[str, Any]]] = {f.name: f.metadata for f in fields(RuleSet) if "words" in f.metadata}
"""What is known of each number of the rules, by its name."""
MEDICINE_NUMBERS: Final[Mapping[str, Mapping[str, Any]]] = {
    f.name: f.metadata for f in fields(Medicine) if "words" in f.metadata
}
"""What is known of each number that every medicine has of its own."""
_OF_A_MEDICINE: Final = frozenset(f.name for f in fields(Medicine))

_AT_LEAST: Final = (
    ("baseline_days", "baseline_minimum"),
    ("long_baseline_days", "baseline_days"),
    ("long_baseline_days", "long_baseline_minimum"),
    ("long_baseline_minimum", "baseline_minimum"),
    ("near_leaves", "near_enters"),
    ("gap_minimum", "week_minimum"),
    ("late_days_offered", "late_days_counting"),
)
"""The first of each pair must not lie below the second."""


def allowed_values(name: str) -> tuple[Any, Any]:
    """Return the lowest and the highest value of the number `name` that make sense by themselves."""
    code, _dot, of_medicine = name.rpartition(".")
    lowest, highest = (MEDICINE_NUMBERS if code else NUMBERS)[of_medicine]["between"]
    if of_medicine == "minimum_interval":
        lowest = SHORTEST_INTERVAL.get(code, lowest)
    return lowest, highest


def _outside(rules: RuleSet) -> Iterator[Fault]:
    for name, about in NUMBERS.items():
        least, most = allowed_values(name)
        if not fits(about, getattr(rules, name), (least, most)):
            yield Fault(name, FaultWhy.OUTSIDE, least, most)


def _outside_of(medicine: Medicine) -> Iterator[Fault]:
    for name, about in MEDICINE_NUMBERS.items():
        least, most = allowed_values(f"{medicine.code}.{name}")
        if not fits(about, getattr(medicine, name), (least, most)):
            yield Fault(f"{medicine.code}.{name}", FaultWhy.OUTSIDE, least, most)


def _beside_each_other(rules: RuleSet) -> Iterator[Fault]:
    for name, other in _AT_LEAST:
        least = getattr(rules, other)
        if getattr(rules, name) < least:
            yield Fault(name, FaultWhy.BELOW_ANOTHER, least, other=other)
    lowest_line = rules.line(rules.lowest_baseline)
    if rules.near_leaves >= lowest_line:
        yield Fault("near_leaves", FaultWhy.NEVER_ENDS, most=lowest_line)


def _read_medicines(given: Any) -> tuple[Medicine, ...]:
    defaults = {medicine.code: medicine for medicine in DEFAULT_MEDICINES}
    known: dict[str, Medicine] = {}
    if not isinstance(given, list | tuple) or not all(isinstance(each, Mapping) for each in given):
        raise ClinicalError("Medicines are a list, each with its code and its numbers.")
    for each in given:
        code = each.get("code")
        if not isinstance(code, str) or code not in defaults or code in known:
            raise ClinicalError(f"The rules have no medicine {code!r}, or it is there twice.")
        if unknown := each.keys() - _OF_A_MEDICINE:
            raise ClinicalError(f"{code} has no number called {', '.join(sorted(unknown))}.")
        if any(not isinstance(each[name], str) for name in each.keys() - MEDICINE_NUMBERS.keys()):
            raise ClinicalError(f"{code} has a word that is none.")
        known[code] = replace(defaults[code], **each)
    return (*known.values(), *(medicine for code, medicine in defaults.items() if code not in known))


DEFAULT_RULES: Final = RuleSet()
