"""Numbers of the rules as a clinic changes them: one by one, each with the status it then has."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from diary.clinical.errors import ClinicalError
from diary.clinical.medicines import DEFAULT_MEDICINES, Medicine
from diary.clinical.rule_numbers import NumberChange, RuleValue, read_value
from diary.clinical.rules import DEFAULT_RULES, MEDICINE_NUMBERS, NUMBERS, RuleSet

OPINION: Final = "O"
SET_BY_THE_CLINIC: Final = ("eval_end", "confirm_weeks", "minimum_interval", "courses_a_year", "waiting_time")
"""Numbers of a medicine that a clinic may change; the others belong to the model behind the forecast."""
_STATUS_HELD: Final = {"minimum_interval": "interval_status", "courses_a_year": "limit_status"}

NAMES: Final[tuple[str, ...]] = (
    *NUMBERS,
    *(f"{medicine.code}.{name}" for medicine in DEFAULT_MEDICINES for name in SET_BY_THE_CLINIC),
)
"""Every number that a clinic may change; those of a medicine begin with its code: `ketamine.waiting_time`."""


def about_number(name: str) -> Mapping[str, Any]:
    """Return unit, status, words and source of the number `name`."""
    code, _dot, short = name.rpartition(".")
    return MEDICINE_NUMBERS[short] if code else NUMBERS[name]


def value_of(rules: RuleSet, name: str) -> Any:
    """Return the value that the number `name` has in a rule set."""
    code, _dot, short = name.rpartition(".")
    return getattr(rules.medicine(code), short) if code else getattr(rules, name)


def status_of(rules: RuleSet, name: str) -> str:
    """Return V, S or O: the status of the default, or O where a clinic put its own number in its place.

    A published or simulated number vouches for itself alone; whatever else a clinic writes is its opinion.
    """
    if value_of(rules, name) != value_of(DEFAULT_RULES, name):
        return OPINION
    code, _dot, short = name.rpartition(".")
    if code and short in _STATUS_HELD:
        held: str = getattr(DEFAULT_RULES.medicine(code), _STATUS_HELD[short])
        return held
    return str(about_number(name)["status"])


def with_changes(rules: RuleSet, changes: Mapping[str, RuleValue]) -> RuleSet:
    """Return the rule set with the numbers in `changes` put in the place of those it had.

    The set that comes back may make no sense: ask its `faults`.

    Raises:
        ClinicalError: a number that a clinic cannot change.
    """
    if unknown := changes.keys() - set(NAMES):
        raise ClinicalError(f"A clinic cannot change a number called {', '.join(sorted(map(repr, unknown)))}.")
    read = {name: read_value(about_number(name), value) for name, value in changes.items()}
    own = {name: value for name, value in read.items() if name in NUMBERS}
    medicines = tuple(replace(medicine, **_of(medicine.code, read)) for medicine in rules.medicines)
    changed = replace(rules, medicines=medicines, **own)
    return replace(changed, medicines=tuple(_with_statuses(changed, medicine.code) for medicine in medicines))


def _of(code: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    names = {short: f"{code}.{short}" for short in SET_BY_THE_CLINIC}
    return {short: changes[name] for short, name in names.items() if name in changes}


def _with_statuses(rules: RuleSet, code: str) -> Medicine:
    return replace(
        rules.medicine(code),
        interval_status=status_of(rules, f"{code}.minimum_interval"),
        limit_status=status_of(rules, f"{code}.courses_a_year"),
    )


def differences(before: RuleSet, after: RuleSet) -> tuple[NumberChange, ...]:
    """Return every number that is not the same in two rule sets, in the order of the rules."""
    pairs = ((name, value_of(before, name), value_of(after, name)) for name in NAMES)
    return tuple(NumberChange(name, was, now) for name, was, now in pairs if was != now)
