"""Statements that look across clinics on purpose, by the function or file that emits them, each with its reason."""

from dataclasses import dataclass
from typing import Final

from tests.sharding.judging import Fault


@dataclass(frozen=True)
class Across:
    """Why a place may do what statements elsewhere may not."""

    reason: str
    faults: frozenset[Fault] = frozenset({Fault.EVERYWHERE})


DUE: Final = Across("a job asks in which clinics something is due, and goes on clinic by clinic")
PERSON: Final = Across("a person is found before the clinic is known: where they belong is asked of every shard")
GONE: Final = Across("an account that is nobody any more leaves every clinic, and is looked for in all")
HOUSE: Final = Across("the operator asks about the whole house")
ALL_ROWS: Final = Across(
    "every row of every table is copied, counted or compared, for the whole house",
    frozenset({Fault.EVERYWHERE, Fault.OFFSET}),
)

ACROSS: Final[dict[str, Across]] = {
    "services/anchors.py:_clinics": DUE,
    "services/backup_tables.py": ALL_ROWS,
    "services/backups.py:_heads": ALL_ROWS,
    "services/belonging.py:place_of": PERSON,
    "services/belonging.py:places_of": PERSON,
    "services/belonging.py:works_as_staff": PERSON,
    "services/calibrations.py:learn_calibrations": DUE,
    "services/clinics.py:clinics_named": HOUSE,
    "services/clinics.py:count_patients": HOUSE,
    "services/digests.py:_clinics_with_some_due": DUE,
    "services/erased_rows.py:_delete": GONE,
    "services/erased_rows.py:_leave_account": GONE,
    "services/forecasts.py:make_forecasts": DUE,
    "services/joining.py:has_other_clinics": PERSON,
    "services/operation_figures.py": HOUSE,
    "services/reminders.py:_clinics_with_some_due": DUE,
    "services/restoring.py:is_database_empty": HOUSE,
    "services/worklist.py:_clinics_to_do": DUE,
}
