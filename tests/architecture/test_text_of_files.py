"""What no file of the project may hold: places of one machine, and hosts that packages came from."""

import re

import pytest

from tests.architecture.source_tree import ROOT, project_files

# The bracket in each pattern keeps it from finding itself.
PLACES = [
    r"/[r]oot/",
    r"/[w]ork/",
    r"/[f]arm/",
    r"/[h]ome/[a-z]+/",
    r"/[U]sers/[A-Za-z]+/",
    r"/[t]mp/[a-z]",
]
HOSTS = [
    r"[p]ypi\.org",
    r"[p]ythonhosted\.org",
    r"[n]pmjs\.(org|com)",
    r"deb\.[d]ebian\.org",
    r"[y]arnpkg\.com",
]
FORBIDDEN = re.compile("|".join(PLACES + HOSTS))


def forbidden_text(path: str, content: bytes) -> list[str]:
    if b"\0" in content:
        return []
    lines = content.decode("utf-8", errors="replace").splitlines()
    return [f"{path}:{number}: {line.strip()[:120]}" for number, line in enumerate(lines, 1) if FORBIDDEN.search(line)]


def test_no_file_names_a_place_of_one_machine_or_a_package_host():
    files = {path.relative_to(ROOT).as_posix(): path for path in project_files()}
    faults = [
        line
        for name, path in files.items()
        if not name.startswith("static/vendor/")
        for line in forbidden_text(name, path.read_bytes())
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("text", ["/{}oot/diary", "see /{}ork/main", "https://{}ypi.org/simple"])
def test_such_a_place_is_seen(text):
    letter = {"/{}oot/diary": "r", "see /{}ork/main": "w"}.get(text, "p")
    assert forbidden_text("README.md", text.format(letter).encode())
    assert not forbidden_text("README.md", b"the instance/ folder")
