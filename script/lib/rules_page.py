"""Writes docs/clinical-rules.md: every rule with its words, threshold, unit, status, source, function and test.

    python -m script.lib.rules_page

Words and numbers come from the code, functions are found in it, and a test that is named must be there.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from diary.clinical.forecast.horizon import FIRST_DAY, HORIZON, LAST_DAY, SOON
from diary.clinical.forecast.outlook import FEWEST_CURVES, WIDEST_WINDOW
from diary.clinical.meanings import BOOK_BY, DEFINITIONS, MARKS, NOT_BOOKED, SILENCES, STATES, Meaning
from diary.clinical.medicines import SHORTEST_INTERVAL
from diary.clinical.rule_changes import OPINION, SET_BY_THE_CLINIC, status_of
from diary.clinical.rules import DEFAULT_RULES, MEDICINE_NUMBERS, NUMBERS, allowed_values
from diary.clinical.worklist_order import BOOKING_NOTICE, NEEDS_YOU_ORDER, NOTHING_TO_DO_ORDER
from script.lib.rules_code import (
    ROOT,
    exists,
    functions_that_mark,
    functions_that_return,
    functions_with_attribute,
    places_of_tests,
)
from script.lib.rules_tests import (
    OF_BOOKING,
    OF_DEFINITIONS,
    OF_MARKS,
    OF_NUMBERS,
    OF_SILENCES,
    OF_STATES,
    OF_THE_WORKLIST,
)

PAGE: Final = ROOT / "docs" / "clinical-rules.md"
_ONE: Final = {"days": "day", "points": "point", "entries": "entry"}
HEAD: Final = """# The clinical rules, as the code has them

Made from the code by `script/docs`; a test compares the two, so change the code and run it again.
Rule set {version}, the defaults. A clinic may change a number within its range, by a new version with a reason; a
number of its own is an opinion, whatever the default was.

Status: **V** verified in a published source, **S** from simulation on real diary noise, **O** opinion or habit that a
clinic signs off. *Applied by* names module and function, *held by* a test.
"""


class NotThere(Exception):
    """A test or a function that the page would name is not in the project."""


def rules_page() -> str:
    """Return the whole page.

    Raises:
        NotThere: names what is missing.
    """
    parts = [HEAD.format(version=DEFAULT_RULES.version), *_numbers(), *_medicines(), *_definitions(), *_states()]
    parts += [*_marks(), *_worklist(), *_forecast(), *_booking()]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _numbers() -> Iterator[str]:
    yield "## Numbers"
    rows = []
    for name, about in NUMBERS.items():
        shown = _with_unit(getattr(DEFAULT_RULES, name), about["unit"])
        range_ = "yes or no" if about["kind"] is bool else _range(name)
        applied = _functions(functions_with_attribute(name))
        rows.append(
            [
                f"`{name}`",
                about["words"],
                shown,
                range_,
                about["status"],
                about["source"],
                applied,
                _test(OF_NUMBERS, name),
            ]
        )
    yield _table(("number", "what it is", "default", "range", "status", "source", "applied by", "held by"), rows)


def _medicines() -> Iterator[str]:
    yield "## Numbers of each medicine"
    rows = []
    for name, about in MEDICINE_NUMBERS.items():
        by = "the clinic" if name in SET_BY_THE_CLINIC else "the model behind the forecast"
        applied = _functions(functions_with_attribute(name))
        rows.append(
            [f"`{name}`", about["words"], about["unit"], _range(f"other.{name}"), by, applied, _test(OF_NUMBERS, name)]
        )
    yield _table(("number", "what it is", "unit", "range", "changed by", "applied by", "held by"), rows)
    floors = (
        f"{days} days for `{code}` (Noppers 2011: liver injury in 3 of 6 after 16 days)"
        for code, days in SHORTEST_INTERVAL.items()
    )
    yield f"No clinic can set the minimum interval below {'; '.join(floors)}."
    shown = [
        [f"`{medicine.code}`", *(_medicine_number(medicine.code, name) for name in MEDICINE_NUMBERS), medicine.evidence]
        for medicine in DEFAULT_RULES.medicines
    ]
    yield _table(("medicine", *(f"`{name}`" for name in MEDICINE_NUMBERS), "evidence shown"), shown)


def _medicine_number(code: str, name: str) -> str:
    value = getattr(DEFAULT_RULES.medicine(code), name)
    status = status_of(DEFAULT_RULES, f"{code}.{name}")
    return "not set" if value is None else f"{value} {status}"


def _definitions() -> Iterator[str]:
    yield "## What the words mean"
    rows = []
    for meaning in DEFINITIONS:
        function, test = OF_DEFINITIONS[meaning.code]
        if not exists(function):
            raise NotThere(f"{meaning.code} is said to be applied by {function}, which is not there.")
        place = f"`{_short(function)}`"
        rows.append([*_said(meaning), place, _test({meaning.code: test}, meaning.code)])
    yield _table(("word", "what it is", "status", "source", "applied by", "held by"), rows)


def _states() -> Iterator[str]:
    yield "## States, in the order in which they are looked for"
    yield "The first that fits is the state."
    rows = []
    for meaning in STATES:
        functions = functions_that_return(meaning.code.partition(":")[0])
        rows.append(
            [
                f"`{meaning.code}`",
                meaning.in_words(DEFAULT_RULES),
                _functions(functions),
                _test(OF_STATES, meaning.code),
            ]
        )
    yield _table(("state", "when", "applied by", "held by"), rows)


def _marks() -> Iterator[str]:
    yield "## Marks, in the order in which a verdict carries them"
    yield "A mark never changes the state; after the semicolon stands its number."
    rows = []
    for meaning in MARKS:
        _code, when, status, source = _said(meaning)
        applied = _functions(functions_that_mark(meaning.code))
        rows.append([f"`{meaning.code}`", when, status, source, applied, _test(OF_MARKS, meaning.code)])
    yield _table(("mark", "when", "status", "source", "applied by", "held by"), rows)


def _worklist() -> Iterator[str]:
    yield "## Order of the worklist"
    waiting = (
        "any of these with a decision no older than it and about that state, by the date of its next step; back when"
        " that has passed or the state is another, also by entries that arrive late"
    )
    ties = "longest in that state first, then the patient's reference"
    rows = [
        ["Needs you", _codes(NEEDS_YOU_ORDER), _test(OF_THE_WORKLIST, "Needs you")],
        ["Decided, waiting", waiting, _test(OF_THE_WORKLIST, "Decided, waiting")],
        [
            "Nothing to do",
            _codes(state.value for state in NOTHING_TO_DO_ORDER),
            _test(OF_THE_WORKLIST, "Nothing to do"),
        ],
        ["Ties", ties, _test(OF_THE_WORKLIST, "Ties")],
    ]
    yield _table(("band", "who, in this order", "held by"), rows)
    yield (
        f"`book_by` brings a patient up {BOOKING_NOTICE} days before its day; a decision covers that only where the "
        "day that was shown with it had brought them up by then."
    )
    yield "`clinical/worklist_order:place_on_worklist` applies it."


def _forecast() -> Iterator[str]:
    yield "## When the forecast is silent"
    yield (
        f"It may speak from day {FIRST_DAY} to day {LAST_DAY} and looks {HORIZON} days ahead; the chance is of a loss"
        f" within {SOON} days. It needs {FEWEST_CURVES} curves that fit, and a window of at most {WIDEST_WINDOW} days."
    )
    rows = [[f"`{meaning.code}`", meaning.when, _test(OF_SILENCES, meaning.code)] for meaning in SILENCES]
    yield _table(("silent", "when", "held by"), rows)
    yield "`clinical/forecast/outlook:forecast_of` applies it."


def _booking() -> Iterator[str]:
    yield "## Book by"
    yield f"The day is {BOOK_BY.in_words(DEFAULT_RULES)}."
    yield f"`clinical/book_by:book_by` applies it, {_test(OF_BOOKING, BOOK_BY.code)} holds it."
    rows = [[meaning.code, meaning.in_words(DEFAULT_RULES), _test(OF_BOOKING, meaning.code)] for meaning in NOT_BOOKED]
    yield _table(("nothing is said", "when", "held by"), rows)


def _said(meaning: Meaning) -> list[str]:
    """Return word, meaning, status and source; without a status of its own it has those of its numbers, or is habit."""
    own = {str(NUMBERS[name]["status"]) for name in meaning.numbers if name in NUMBERS}
    statuses = meaning.status or ", ".join(sorted(own)) or OPINION
    return [meaning.code, meaning.in_words(DEFAULT_RULES), statuses, meaning.source]


def _test(tests: Mapping[str, str], what: str) -> str:
    places, name = places_of_tests(), tests.get(what, "")
    if name not in places:
        raise NotThere(f"{what} is said to be held by {name or 'no test'}, which is not there.")
    return f"`{places[name].removeprefix('tests/').removesuffix('.py')}:{name}`"


def _functions(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"


def _short(dotted: str) -> str:
    parts = dotted.removeprefix("diary.").split(".")
    split = next(index for index, part in enumerate(parts) if index and (part[0].isupper() or index == len(parts) - 1))
    return f"{'/'.join(parts[:split])}:{'.'.join(parts[split:])}"


def _codes(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in codes)


def _range(name: str) -> str:
    lowest, highest = allowed_values(name)
    return f"{_plain(lowest)} to {_plain(highest)}"


def _with_unit(value: Any, unit: str) -> str:
    if unit == "day t":
        return f"day {value}"
    return f"{_plain(value)} {_ONE.get(unit, unit) if value == 1 else unit}".strip() if unit else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{float(value):g}" if isinstance(value, Fraction | float) else str(value)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(rules_page(), encoding="utf-8")
    print(f"Written: {PAGE.relative_to(ROOT)}")
