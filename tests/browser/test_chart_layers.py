"""What stands round the clinicians' chart in a real browser: ticks by keyboard, all courses, the entries behind."""

import pytest
from playwright.sync_api import expect

from tests.browser.measures import faults_of_the_chart

LATE = "M-2041"
DRAWN = """(code) => {
  const plot = document.querySelector(".js-plotly-plot");
  const trace = plot._fullData.find((one) => one.meta === code);
  return Boolean(trace && trace.visible);  // a trace that is not drawn keeps nothing but that
}"""


@pytest.fixture
def address(served):
    (found,) = served.ask("SELECT id FROM patient WHERE reference = ?", LATE)[0]
    return f"/clinic/patients/{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"


@pytest.fixture
def desk(visitors, address):
    page = visitors.arrive("clinician")
    page.goto(address)
    page.locator(".main-svg").first.wait_for()
    return page


def test_ticks_are_switched_off_and_on_with_the_keyboard(desk):
    desk.get_by_label("What happened").select_option("intercurrent_event")
    desk.get_by_label("On", exact=True).fill("2026-03-10")
    desk.get_by_role("button", name="Record what happened").click()
    desk.locator(".main-svg").first.wait_for()
    button = desk.locator("[data-layer]").first
    code = button.get_attribute("data-layer")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert desk.evaluate(DRAWN, code) is True
    button.focus()
    desk.keyboard.press("Space")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert desk.evaluate(DRAWN, code) is False
    desk.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert desk.evaluate(DRAWN, code) is True


def test_all_courses_lie_over_each_other_with_a_table_of_the_same_means(desk):
    desk.get_by_role("link", name="all courses").click()
    desk.locator(".main-svg").first.wait_for()
    curves = desk.evaluate("document.querySelector('.js-plotly-plot')._fullData.length")
    desk.get_by_role("link", name="Table", exact=True).click()
    expect(desk.locator("#table table")).to_be_visible()
    expect(desk.locator("#table thead th")).to_have_count(curves + 1)
    assert faults_of_the_chart(desk) == []


def test_a_number_of_the_evidence_leads_to_its_entries(desk):
    desk.locator(".ebb-evidence a.ebb-behind").first.click()
    expect(desk.get_by_role("heading", name="Behind: Baseline")).to_be_visible()
    expect(desk.locator(".ebb-sum").first).to_contain_text("/")
