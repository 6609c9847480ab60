"""The list of mutants that nothing can kill: it is read as it is written, and speaks of code that is there."""

import pytest

from script.lib.explained_mutants import LIST, REMOVED, Mutant, explained_mutants, mutant_of
from tests.architecture.source_tree import ROOT

ONE = "- `mean`: `a < b` → `a <= b`"


def lines_of(module: str) -> set[str]:
    source = (ROOT / "diary" / "clinical" / f"{module}.py").read_text(encoding="utf-8")
    return {" ".join(line.split()) for line in source.splitlines()}


def test_every_mutant_that_is_explained_changes_a_line_of_the_code():
    explained = explained_mutants(LIST.read_text("utf-8"))
    gone = [mutant for mutant in explained if mutant.code not in lines_of(mutant.module)]
    assert not gone, "\n".join(map(str, gone))


def test_a_mutant_is_read_with_its_reason():
    other = "- `mean`: `c` → `d`\n  It is.\n"
    text = f"# Words\n\n- a list\n\n## weeks.py\n\n{ONE}\n  They are never\n  the same.\n{other}"
    assert explained_mutants(text) == {
        Mutant("weeks", "mean", "a < b", "a <= b"): "They are never the same.",
        Mutant("weeks", "mean", "c", "d"): "It is.",
    }


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE}\n  It stands in no module.\n",
        f"## weeks.py\n{ONE}\n  It stands here.\n{ONE}\n  And here.\n",
        f"## weeks.py\n{ONE}\n",
        "## weeks.py\n- `mean`: `a < b` becomes `a <= b`\n  It is not written like the others.\n",
    ],
)
def test_a_list_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match="mutant"):
        explained_mutants(text)


def test_a_mutant_is_shown_by_the_first_line_that_changed():
    source = "def f(a, b):\n    if a <  b:\n        return 1\n"
    assert mutant_of("weeks", "f", source, source.replace("<  b", "<=  b")) == (
        2,
        Mutant("weeks", "f", "if a < b:", "if a <= b:"),
    )
    decorated = f"@cached\n{source}"
    assert mutant_of("weeks", "f", decorated, source) == (1, Mutant("weeks", "f", "@cached", REMOVED))
