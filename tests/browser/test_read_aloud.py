"""What a screen reader is told: kept as text, so that a change of it is seen and decided.

`EBB_PICTURES=1` writes the kept texts anew.
"""

import os
import re
from pathlib import Path

import pytest

KEPT = Path(__file__).parent / "snapshots"
PAGES = {"today": ("patient", "/today"), "diary": ("patient", "/diary"), "worklist": ("clinician", "/clinic/")}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_aloud_as_before(visitors, name):
    role, address = PAGES[name]
    page = visitors.arrive(role)
    page.goto(address)
    told = without_addresses(page.locator("body").aria_snapshot()) + "\n"
    kept = KEPT / f"{name}.yml"
    if os.environ.get("EBB_PICTURES"):
        kept.write_text(told, encoding="utf-8")
    assert told == kept.read_text(encoding="utf-8")


def without_addresses(told):
    """Leave out where links lead: the addresses of patients are new in every database."""
    return re.sub(r":?\n +- /url:.*", "", told)
