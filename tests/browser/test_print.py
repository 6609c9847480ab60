"""On paper: what was written, without the things that can only be clicked."""

import pytest
from playwright.sync_api import expect

PAPER = {"width": 794, "height": 1123}


@pytest.fixture
def patient_address(served):
    (found,) = served.ask("SELECT id FROM patient WHERE reference = 'M-2041'")[0]
    return f"/clinic/patients/{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"


def nothing_to_click(page):
    for role in ("navigation", "button"):
        assert page.get_by_role(role).count() == 0, [one.inner_text() for one in page.get_by_role(role).all()]


def test_a_diary_is_printed_without_places_and_buttons(visitors):
    page = visitors.arrive("patient", size=PAPER)
    page.goto("/diary")
    page.emulate_media(media="print")
    nothing_to_click(page)
    expect(page.get_by_role("heading", name="My diary")).to_be_visible()
    expect(page.locator("svg.ebb-chart")).to_be_visible()


def test_a_patient_is_printed_with_chart_evidence_and_decisions(visitors, patient_address):
    page = visitors.arrive("clinician", size=PAPER, color_scheme="dark")
    page.goto(patient_address)
    page.locator(".main-svg").first.wait_for()
    page.emulate_media(media="print", color_scheme="dark")
    nothing_to_click(page)
    expect(page.locator(".main-svg").first).to_be_visible()
    for evidence in page.locator(".ebb-evidence").all():
        expect(evidence).to_be_visible()
    expect(page.locator("#outlook")).to_contain_text("Book by")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") in {
        "rgb(255, 255, 255)",
        "rgba(0, 0, 0, 0)",
    }
    assert page.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth")
