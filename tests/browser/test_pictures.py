"""The pictures of the README, made by the product itself; `EBB_PICTURES=1` writes them to docs/pictures."""

import os
from pathlib import Path

import pytest

from tests.browser.few_colours import with_few_colours

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
LARGEST = 150 * 1024
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
NAMES = ("today", "diary", "worklist", "patient")


def come_to_today(visitors):
    page = visitors.arrive("patient", size=PHONE)
    page.goto("/today")
    return page


def come_to_the_diary(visitors):
    page = visitors.arrive("patient", size=PHONE)
    page.goto("/diary")
    return page


def come_to_the_worklist(visitors):
    page = visitors.arrive("clinician", size=DESK)
    page.goto("/clinic/")
    return page


def come_to_a_patient(visitors):
    page = come_to_the_worklist(visitors)
    page.get_by_role("link", name="Ramirez, Ana", exact=True).click()
    page.locator(".main-svg").first.wait_for()
    return page


WAYS = dict(zip(NAMES, (come_to_today, come_to_the_diary, come_to_the_worklist, come_to_a_patient), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_taken(visitors, name):
    page = WAYS[name](visitors)
    picture = page.screenshot(animations="disabled")
    assert picture.startswith(b"\x89PNG")
    if os.environ.get("EBB_PICTURES"):
        (PICTURES / f"{name}.png").write_bytes(with_few_colours(picture))


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_has_its_picture(name):
    assert 5_000 < (PICTURES / f"{name}.png").stat().st_size <= LARGEST
