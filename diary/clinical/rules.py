"""Every number of the rules, in one versioned set."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from typing import Any, Final

from diary.clinical.errors import ClinicalError
from diary.clinical.medicines import DEFAULT_MEDICINES, Medicine

WEEK: Final = 7
"""Days of one weekly mean. Part of the method (weeks that do not overlap), so not a parameter."""

_FARRAR = "Farrar 2001, Dworkin 2008"
_HEAPY = "Heapy 2014, J Pain 15:1360"


def _number(default: Any, unit: str, status: str, words: str, source: str = "") -> Any:
    return field(default=default, metadata={"unit": unit, "status": status, "words": words, "source": source})


@dataclass(frozen=True)
class RuleSet:
    """The parameters a verdict was made with; `version` is kept with each verdict and decision.

    Status of each number: V verified in a published source, S from simulation on real diary noise, O opinion or
    habit that a clinic signs off.
    """

    version: str = "1"
    relief_percent: int = _number(30, "%", "V", "less pain than the baseline that makes a week good", _FARRAR)
    week_minimum: int = _number(4, "entries", "S", "entries of 7 days that a weekly mean needs", _HEAPY)
    baseline_days: int = _number(7, "days", "O", "days before the first infusion day that measure the baseline")
    baseline_minimum: int = _number(4, "entries", "S", "entries that baseline needs", _HEAPY)
    long_baseline_days: int = _number(14, "days", "O", "days of the second try at a baseline")
    long_baseline_minimum: int = _number(6, "entries", "S", "entries the second try needs", _HEAPY)
    carried_days: int = _number(365, "days", "O", "age of the course whose baseline may be carried on")
    kept_drop: Fraction = _number(Fraction(1), "points", "O", "a lower new baseline that makes the old one stay")
    lowest_baseline: Fraction = _number(Fraction(4), "points", "O", "baseline below which no response is judged")
    near_enters: Fraction = _number(Fraction(1, 2), "points", "S", "distance below the line that becomes near")
    near_leaves: Fraction = _number(Fraction(1), "points", "S", "distance below the line that ends near")
    gap_minimum: int = _number(6, "entries", "O", "entries of 14 days that stand in for a week without a mean")
    weeks_percent: int = _number(
        60, "%", "O", "days with a weekly mean, up to the last day it is too early, that a verdict of no response needs"
    )
    late_days_counting: int = _number(1, "days", "O", "days after its own on which an entry still counts")
    late_days_offered: int = _number(3, "days", "O", "days after its own on which a patient may write an entry")
    paper_counts: bool = _number(True, "", "O", "entries from a dated paper sheet count")
    back_at_baseline: Fraction = _number(Fraction(1, 2), "points", "O", "distance below the baseline that is back")
    liver_test_days: int = _number(30, "days", "O", "age of a liver test that is still known before ketamine")
    short_confirm_last_day: int = _number(
        10, "day t", "O", "last day after the course on which one good week confirms a short-acting medicine"
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
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("medicines", "_by_code")}
        plain = {name: str(value) if isinstance(value, Fraction) else value for name, value in plain.items()}
        return {**plain, "medicines": [asdict(medicine) for medicine in self.medicines]}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "RuleSet":
        """Make the set from what `parameters` gave; a number it does not know yet has its default."""
        known = {f.name: f.default for f in fields(cls) if f.init}
        values: dict[str, Any] = {
            name: Fraction(value) if isinstance(known[name], Fraction) else value
            for name, value in parameters.items()
            if name != "medicines"
        }
        defaults = {medicine.code: asdict(medicine) for medicine in DEFAULT_MEDICINES}
        medicines = tuple(Medicine(**(defaults[each["code"]] | each)) for each in parameters["medicines"])
        return cls(**values, medicines=medicines)


DEFAULT_RULES: Final = RuleSet()
