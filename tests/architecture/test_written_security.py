"""The pages on security name nothing that is not there, and leave no attacker without an honest word."""

import re

import pytest

from tests.architecture.named_in_pages import known_tests, names_of_nothing
from tests.architecture.source_tree import ROOT, templates

PAGES = (
    "SECURITY.md", "docs/asvs.md", "docs/data-dictionary.md", "docs/privacy-notice.md", "docs/threat-model.md",
)  # fmt: skip
NOTICE = (ROOT / "docs/privacy-notice.md").read_text(encoding="utf-8")
TEMPLATES = [path.read_text(encoding="utf-8") for path in templates()]
ATTACKERS = re.split(r"^## ", (ROOT / "docs/threat-model.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
ATTACKERS = [part for part in ATTACKERS if "**Wants**" in part]


@pytest.mark.parametrize("page", PAGES)
def test_every_test_and_file_that_a_page_names_is_there(page):
    assert names_of_nothing((ROOT / page).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("attacker", ATTACKERS, ids=lambda part: part.partition("\n")[0])
def test_of_every_attacker_is_said_what_stands_against_them_and_what_does_not(attacker):
    wants, _, rest = attacker.partition("Stands against it:\n")
    against, _, not_defended = rest.partition("Not defended:\n")
    assert "**Can**" in wants
    assert against.count("\n- ") + against.startswith("- ") >= 1
    assert not_defended.strip().startswith("- ")
    assert re.search(r"`[^`]+`", against), "nothing holds it"


def test_every_page_of_ebb_that_the_privacy_notice_sends_to_is_there_under_its_name(app):
    rules = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    rows = re.findall(r"^\| .*`/.*$", NOTICE, re.MULTILINE)
    assert len(rows) >= 7
    for row in rows:
        for name, address in re.findall(r"\*([^*]+)\* \(`(/[\w/]+)`\)", row):
            assert address in rules, address
            assert any(f'_("{name}' in text for text in TEMPLATES), name


def test_no_attacker_is_forgotten():
    assert len(ATTACKERS) >= 17


def test_a_name_of_nothing_is_seen():
    page = "`test_that_nobody_wrote`, `diary/nowhere.py`, `README.md`, `docs/decisions`"
    assert names_of_nothing(page) == ["test_that_nobody_wrote", "diary/nowhere.py"]
    assert "test_no_attacker_is_forgotten" in known_tests()
