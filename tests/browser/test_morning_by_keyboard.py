"""A morning of forty patients on the keys alone: the round, its decisions, a plan, a week of paper, the end."""

import re
import uuid
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from diary.demo.clinic import STAFF
from diary.services import clinics
from diary.wall import whole_house
from tests.browser.moments import add_patient
from tests.browser.served import Served
from tests.browser.visitors import Visitors

FORTY = 40
DESK = {"width": 1280, "height": 800}
FURTHEST = 60
"""Tab is not pressed more often than this on the way to anything."""
SEEN = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const drawn = [one, ...one.labels ?? [], one.parentElement].some((part) => {
    const style = getComputedStyle(part);
    return style.outlineStyle !== "none" || style.boxShadow !== "none";
  });
  return drawn && box.bottom > 0 && box.top < innerHeight;
}"""


@pytest.fixture(scope="module", autouse=True)
def forty(served: Served) -> None:
    """The demo clinic with forty patients."""
    made = served.app.extensions["ebb"]
    with served.app.app_context(), whole_house():
        there = served.ask("SELECT clinic_id FROM patient")
        doctor = clinics.member_named(uuid.UUID(there[0][0]), STAFF[0][1])
        for number in range(FORTY - len(there)):
            add_patient(made, doctor, f"N-{number:03}", f"Person {number:03}")


def press_until(page: Page, words: str, key: str = "Tab") -> None:
    """Press a key until what has the focus is called `words`; on the way the focus can always be seen."""
    for _ in range(FURTHEST):
        page.keyboard.press(key)
        called = page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).innerText")
        assert page.evaluate(SEEN), f"the focus cannot be seen at {called!r}, on the way to {words}"
        if re.search(words, called):
            return
    raise AssertionError(f"{words} is not reached by {key}")


def enter(page: Page, key: str = "Enter") -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def decide(page: Page, what: str, on: date, *, tell: bool = False) -> None:
    """Take the decision where one is: d, an arrow or Space, a date, a reason, Enter."""
    page.keyboard.press("d")
    expect(page.get_by_label("Repeat", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    while page.evaluate("document.activeElement.labels[0].innerText") != what:
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type(f"{on:%m%d%Y}")
    press_until(page, "^Reason")
    page.keyboard.type("Talked on the phone.")
    press_until(page, "^Then write the plan")
    if tell:
        page.keyboard.press("Space")
    press_until(page, "^Record the decision")
    enter(page)


def test_a_morning_is_walked_through_on_the_keys_alone(served: Served, visitors: Visitors) -> None:
    page = visitors.arrive("clinician", size=DESK)
    served.clock.move(minutes=1)  # what the demo decided was before this round
    today = served.clock().date()
    page.goto("/clinic/")
    expect(page.locator("[data-line]")).to_have_count(FORTY)
    needing, _waiting, quiet = map(int, page.locator(".ebb-tally b").all_inner_texts())
    enter(page, "n")
    first = page.get_by_role("heading", level=1).inner_text()

    decide(page, "Wait", today + timedelta(days=10))
    assert page.get_by_role("heading", level=1).inner_text() != first, "a decision leads on"
    expect(page.locator(".ebb-round__stands")).to_contain_text("1 decided")

    decide(page, "Repeat", today + timedelta(days=21), tell=True)
    expect(page.get_by_role("heading", level=1, name="Plan for the patient")).to_be_visible()
    press_until(page, "^Release it")
    enter(page)
    for passed in range(needing - 2):
        assert "/clinic/patients/" in page.url, f"the list ends after {passed} of those passed over"
        enter(page, "n")
    expect(page.get_by_role("heading", name="The list ends here")).to_be_visible()
    said = page.get_by_role("main").inner_text()
    assert f"2 decided, {quiet} need nothing" in said
    assert f"{needing - 2} were passed over" in said

    enter(page, "n")
    take_back(page, first)
    write_a_week(page)


def take_back(page: Page, name: str) -> None:
    """Go down the list to somebody who waits, and reverse what was decided."""
    press_until(page, f"^{name}$", "j")
    enter(page)
    press_until(page, "^Reverse this decision")
    enter(page)
    press_until(page, "^Why is it reversed")
    page.keyboard.type("The wrong patient.")
    press_until(page, "^Reverse this decision")
    enter(page)
    expect(page.get_by_text("reversed", exact=True).first).to_be_visible()


def write_a_week(page: Page) -> None:
    """Go back to the list, down to somebody who writes on paper, and write in a week."""
    enter(page, "w")
    press_until(page, "^Person 000$", "j")
    enter(page)
    press_until(page, "^Write in a week")
    enter(page)
    press_until(page, "^[Pp]aper|sheet")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    began = date.fromisoformat(page.locator("form.ebb-paper [name=first]").get_attribute("value") or "")
    page.keyboard.type(f"{began:%m%d%Y}")
    while page.evaluate("document.activeElement.name") != "score_1":
        page.keyboard.press("Tab")
    for number in range(1, 8):
        assert page.evaluate("document.activeElement.name") == f"score_{number}"
        page.keyboard.type(str(number))
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    enter(page)
    expect(page.get_by_text("The week is stored.")).to_be_visible()
