"""What a screen reader is told: kept as text, so that a change of it is seen and decided.

Every page of a patient joins by itself, as it stands when it is opened (`pages.py`); the order of a text is that of
the keyboard, which `hands.py` compares with the order on the screen. `EBB_PICTURES=1` writes the kept texts anew.
"""

import os
import re
from pathlib import Path

import pytest

from tests.browser.moments import prepare
from tests.browser.pages import PAGES, Opened
from tests.browser.visitors import Visitors

KEPT = Path(__file__).parent / "snapshots"
WORKLIST = Opened("clinic.worklist", "full", "clinician", "/clinic/")
NEW_EVERY_TIME = {
    r":?\n +- /url:.*": "",
    r"\b[A-Z0-9]{4}(-[A-Z0-9]{4})+\b": "CODE",
    r"[0-9a-f]{8}-[0-9a-f-]{27}": "ID",
    r"- status: All sent": "- status",
    r'option "\d\d:\d\d': 'option "TIME',
    r"http://127\.0\.0\.1:\d+\S*": "ADDRESS",
}
"""Where links lead, what is made by chance, and what a script says after a while, by pattern."""


def is_a_patients(opened):
    """Say whether a page is a patient's, as it is opened; what is done on others would change those after it."""
    return bool(opened.role and "patient" in opened.role and opened.act is None and opened.status == 200)


READ = [opened for opened in PAGES if is_a_patients(opened)] + [WORKLIST]


def file_of(opened):
    return KEPT / f"{re.sub('[^a-z]+', '-', str(opened).lower())}.yml"


@pytest.fixture(scope="module")
def listeners(browser, served):
    """People who sign in once, so that a page reads the same whichever pages were read before."""
    coming = Visitors(browser, served)
    facts = prepare(served)
    for role in sorted({opened.role for opened in READ}):
        coming.cookies_of(role)
    yield coming, facts
    coming.leave()


@pytest.mark.parametrize("opened", READ, ids=str)
def test_a_page_is_read_aloud_as_before(listeners, opened):
    coming, facts = listeners
    page = coming.arrive(opened.role)
    page.goto(opened.address.format(**facts))
    told = constant(page.locator("body").aria_snapshot()) + "\n"
    page.context.close()
    if os.environ.get("EBB_PICTURES"):
        file_of(opened).write_text(told, encoding="utf-8")
    assert told == file_of(opened).read_text(encoding="utf-8")


def test_every_kept_text_belongs_to_a_page():
    assert {path.name for path in KEPT.glob("*.yml")} == {file_of(opened).name for opened in READ}


def constant(told):
    """Leave out what is new in every database."""
    for pattern, instead in NEW_EVERY_TIME.items():
        told = re.sub(pattern, instead, told)
    return told
