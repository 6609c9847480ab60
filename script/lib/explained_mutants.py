"""The mutants that no test can kill, as docs/mutants.md explains them.

A module begins with `## weeks.py`, each of its mutants with a line of this form, on which the reason follows:

    - `mean`: `if not WEEK <= t <= self.last:` → `if not WEEK < t <= self.last:`
"""

import re
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

LIST = Path(__file__).resolve().parents[2] / "docs" / "mutants.md"
REMOVED = "(line removed)"
_MODULE = re.compile(r"## (\w+)\.py")
_MUTANT = re.compile(r"- `(?P<place>[^`]+)`: `(?P<code>[^`]+)` → `(?P<changed>[^`]+)`")


class Mutant(NamedTuple):
    """One change of one line: the module, the function or class it stands in, the line before and after."""

    module: str
    place: str
    code: str
    changed: str

    def __str__(self) -> str:
        """Write it as the list does."""
        return f"- `{self.place}`: `{self.code}` → `{self.changed}`"


def mutant_of(module: str, place: str, source: str, changed: str) -> tuple[int, Mutant]:
    """Return the number of the first line in which a module was changed, and the mutant."""
    before, after = source.splitlines(), changed.splitlines()
    at = next(at for at, (one, other) in enumerate(zip_longest(before, after)) if one != other)
    new = after[at] if len(after) == len(before) else REMOVED
    return at + 1, Mutant(module, place, " ".join(before[at].split()), " ".join(new.split()))


def explained_mutants(text: str) -> dict[Mutant, str]:
    """Return the mutants of the list with the reason why nothing can notice each.

    Raises:
        ValueError: a line that begins like a mutant and is none, one that is there twice, or one without a reason.
    """
    explained: dict[Mutant, str] = {}
    module, latest = "", None
    for line in text.splitlines():
        if found := _MODULE.fullmatch(line):
            module, latest = found[1], None
        elif found := _MUTANT.fullmatch(line):
            latest = Mutant(module, found["place"], found["code"], found["changed"])
            if not module or latest in explained:
                raise ValueError(f"This mutant stands in no module or twice: {line}")
            explained[latest] = ""
        elif line.startswith("- `"):
            raise ValueError(f"This line is no mutant: {line}")
        elif latest and line.startswith("  "):
            explained[latest] = f"{explained[latest]} {line.strip()}".strip()
    if bare := [str(mutant) for mutant, reason in explained.items() if not reason]:
        raise ValueError(f"These mutants have no reason: {', '.join(bare)}")
    return explained
