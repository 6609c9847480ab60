"""What a page names in backticks: files of the project and tests."""

import re
from functools import cache

from tests.architecture.source_tree import ROOT, project_files

NAMED_TEST = re.compile(r"`(test_\w+)`")
NAMED_FILE = re.compile(
    r"`((?:diary|docs|tests|script|static|templates|design|\.ci)/[\w./-]+|[\w-]+\.(?:md|txt|toml|py))`"
)
WORDS_OF_WORK = re.compile(r"\b(assistant|agent|prompt|chatbot|language model)s?\b", re.IGNORECASE)


@cache
def known_tests() -> frozenset[str]:
    """Name every test there is."""
    files = [path for path in project_files() if path.match("tests/**/test_*.py")]
    files += [path for path in project_files() if path.match("tests/test_*.py")]
    texts = (path.read_text(encoding="utf-8") for path in files)
    return frozenset(name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE))


@cache
def known_files() -> frozenset[str]:
    """Name every file and folder of the project."""
    files = [path.relative_to(ROOT) for path in project_files()]
    return frozenset(str(place) for path in files for place in (path, *path.parents))


def names_of_nothing(page: str) -> list[str]:
    """Return what a page names that is not there: tests, and files or folders."""
    tests = [name for name in NAMED_TEST.findall(page) if name not in known_tests()]
    files = [name for name in NAMED_FILE.findall(page) if name.rstrip("/") not in known_files()]
    return [*tests, *files]
