"""More about a day on a narrow phone: with the keyboard alone, large enough for both hands, and without any script."""

import pytest
from playwright.sync_api import expect

from tests.browser.measures import faults_of, focus_is_seen
from tests.browser.phones import TODAY
from tests.browser.served import PATIENT

NARROW = {"width": 320, "height": 640}
SMALLEST = 56
"""CSS pixels of what is tapped."""
MORE = f"/diary/{TODAY}/more"
LARGE = """() => [...document.querySelectorAll("main a[href], main button, main .ebb-score__cell, main textarea,"
  + "main .nhsuk-checkboxes__item, main .nhsuk-radios__item, main .nhsuk-input")]
  .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 55.5)
  .map((one) => `${one.className || one.tagName}: ${one.getBoundingClientRect().height}`)"""


def notes(served):
    return served.ask(
        "SELECT worst, sleep, medicine_changed, happened FROM day_note JOIN patient ON patient.id = day_note.patient_id"
        " WHERE patient.reference = ? ORDER BY revision",
        PATIENT,
    )


def tab_to(page, name):
    """Press Tab until the control called `name` has the focus, which is seen at each step."""
    for _ in range(90):
        page.keyboard.press("Tab")
        assert focus_is_seen(page)
        if page.evaluate("() => document.activeElement.name || document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"{name} is not reached with Tab")


def test_a_day_is_written_corrected_and_taken_back_with_the_keyboard_alone(visitors, served):
    page = visitors.arrive("patient", size=NARROW)
    page.goto(MORE)
    expect(page.locator("main input:checked")).to_have_count(0)
    tab_to(page, "worst")
    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    tab_to(page, "medicine_changed")
    page.keyboard.press("Space")
    tab_to(page, "happened")
    page.keyboard.press("Space")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kept. You can change it here at any time.")).to_be_visible()
    assert notes(served) == [(8, None, 1, "illness")]
    tab_to(page, "worst")
    page.keyboard.press("ArrowRight")
    tab_to(page, "Save")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert notes(served)[-1][0] == 9
    tab_to(page, "Take all of this back")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert notes(served)[-1] == (None, None, 0, "")


@pytest.mark.parametrize("address", [MORE, f"/diary/{TODAY}/readings", "/me/pause", "/advice"])
def test_what_is_tapped_is_large_and_nothing_is_cut_off(visitors, address):
    page = visitors.arrive("patient", size=NARROW)
    page.goto(address)
    assert page.evaluate(LARGE) == []
    assert faults_of(page) == []


@pytest.mark.parametrize("address", [MORE, f"/diary/{TODAY}/readings", "/me/pause"])
def test_the_left_hand_finds_everything_too(visitors, address):
    page = visitors.arrive("patient", size=NARROW)
    page.goto("/me")
    page.get_by_label("the left hand").check()
    page.get_by_label("the left hand").locator("xpath=ancestor::form").get_by_role("button", name="Save").click()
    page.goto(address)
    expect(page.locator("body.hand-left")).to_have_count(1)
    assert page.evaluate(LARGE) == []
    assert faults_of(page) == []


def test_another_score_and_a_pause_without_any_script(visitors, served):
    page = visitors.arrive("patient", size=NARROW, java_script_enabled=False)
    page.goto(f"/diary/{TODAY}/readings")
    page.locator("main .ebb-score__input[value='7']").check()
    page.get_by_label("At what time?").fill("08:15")
    page.get_by_role("main").get_by_role("button", name="Save").click()
    expect(page.get_by_text("08:15")).to_be_visible()
    page.goto("/me/pause")
    page.get_by_label("on holiday").check()
    page.get_by_role("main").get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("Paused. You may still write.")).to_be_visible()
    page.get_by_role("button", name="Undo the last change").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
