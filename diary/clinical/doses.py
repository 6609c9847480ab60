"""What is written down of an infusion: units that fit a medicine, and numbers that nobody writes on purpose.

Nothing here is a dose that anybody should give. The bounds are wide, are never shown, and only ask whoever typed a
number to look at it again. They are opinion (status O), set from the protocols that clinical-rules.md section 4 names
with a wide margin on both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from diary.clinical.errors import ClinicalError

Bounds = tuple[Decimal, Decimal]


class Doubt(StrEnum):
    """Which number of an infusion is asked about once more."""

    DOSE = "dose"
    HOURS = "hours"
    WEIGHT = "weight_kg"


@dataclass(frozen=True, slots=True)
class Written:
    """The numbers of one infusion as written: `dose` in `unit`, `hours`, `weight` in kg; None where absent."""

    medicine: str
    dose: Decimal | None = None
    unit: str | None = None
    hours: Decimal | None = None
    weight: Decimal | None = None


def _between(lowest: str, highest: str) -> Bounds:
    return Decimal(lowest), Decimal(highest)


_KETAMINE: Final[Mapping[str, Bounds]] = {
    "mg": _between("5", "2500"),
    "mg/h": _between("1", "100"),
    "mg/kg/h": _between("0.01", "2"),
}
PLAUSIBLE: Final[Mapping[str, Mapping[str, Bounds]]] = {
    "ketamine": _KETAMINE,
    "ketamine-single": _KETAMINE,
    "lidocaine": {
        "mg": _between("20", "2000"),
        "mg/h": _between("10", "400"),
        "mg/kg/h": _between("0.3", "6"),
    },
    "immunoglobulin": {"g/kg": _between("0.1", "2"), "mg": _between("2500", "100000")},
    "bisphosphonate": {"mg": _between("1", "100"), "mg/h": _between("0.5", "60")},
    "magnesium": {
        "mg": _between("100", "20000"),
        "mg/h": _between("50", "5000"),
        "mg/kg/h": _between("0.5", "60"),
    },
    "clonidine": {"mg": _between("0.01", "1"), "mg/h": _between("0.01", "0.3")},
    "dexmedetomidine": {"mg": _between("0.01", "2"), "mg/h": _between("0.01", "0.3")},
}
"""By medicine and unit: outside these a number is asked about. `other` has neither units nor bounds of its own."""
ALL_UNITS: Final = ("mg", "mg/h", "mg/kg/h", "g/kg")
HOURS: Final = _between("0.1", "24")
WEIGHT: Final = _between("30", "200")


def units_of(medicine: str) -> tuple[str, ...]:
    """Return the units in which doses of a medicine are written down."""
    return tuple(PLAUSIBLE[medicine]) if medicine in PLAUSIBLE else ALL_UNITS


def doubts_about(written: Written) -> tuple[Doubt, ...]:
    """Return which numbers are asked about once more, in the order of the form.

    Args:
        written: dose in its unit, hours of the infusion, body weight in kg.

    Raises:
        ClinicalError: a unit in which the medicine is not written down.
    """
    doubts = []
    if written.dose is not None and not _is_within(written.dose, _dose_bounds(written)):
        doubts.append(Doubt.DOSE)
    if written.hours is not None and not _is_within(written.hours, HOURS):
        doubts.append(Doubt.HOURS)
    if written.weight is not None and not _is_within(written.weight, WEIGHT):
        doubts.append(Doubt.WEIGHT)
    return tuple(doubts)


def _dose_bounds(written: Written) -> Bounds | None:
    if written.unit not in units_of(written.medicine):
        raise ClinicalError(f"{written.medicine} is not written down in {written.unit}.")
    return PLAUSIBLE[written.medicine][written.unit] if written.medicine in PLAUSIBLE else None


def _is_within(number: Decimal, bounds: Bounds | None) -> bool:
    return bounds is None or bounds[0] <= number <= bounds[1]
