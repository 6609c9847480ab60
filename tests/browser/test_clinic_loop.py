"""The clinician's loop at a desk: course, baseline, worklist, chart, table, decision."""

import re

import pytest
from playwright.sync_api import expect

REFERENCE, NAME = "M-2145", "Dubois, Claire"
"""A patient of the demo whose diary began too late for a baseline."""


@pytest.fixture
def desk(visitors):
    page = visitors.arrive("clinician")
    page.goto("/clinic/")
    return page


def row_of(page, reference):
    """Return the line of a patient on the worklist."""
    return page.locator(".ebb-worklist__row").filter(has_text=reference)


def band_of(page, reference):
    """Return the heading under which a patient stands."""
    band = page.locator(".ebb-worklist__band").filter(has=page.get_by_text(reference, exact=True))
    return band.locator(".ebb-worklist__bandhead").inner_text()


def test_from_an_empty_page_to_a_decision(desk):
    desk.get_by_role("link", name="Add a patient").click()
    desk.get_by_label("Name").fill("Tester, Toni")
    desk.get_by_label("Reference").fill("T-1")
    desk.get_by_role("button", name="Add the patient").click()
    desk.get_by_role("link", name="Record a course").click()
    desk.get_by_label("Medicine", exact=True).select_option("ketamine")
    desk.get_by_label("First infusion day").fill("2026-03-02")
    desk.get_by_label("Last infusion day").fill("2026-03-06")
    desk.get_by_role("button", name="Save the course").click()
    expect(desk.get_by_role("article").filter(has_text="ketamine")).to_contain_text("2 Mar 2026 to 6 Mar 2026")

    desk.get_by_role("link", name="Record an infusion").click()
    desk.get_by_label("Day").fill("2026-03-04")
    desk.get_by_label(re.compile("^Dose")).fill("22.5")
    desk.get_by_label("Unit").select_option(index=1)
    desk.get_by_role("button", name="Record the infusion").click()
    expect(desk.get_by_role("article").filter(has_text="ketamine")).to_contain_text("22.5")

    desk.get_by_role("link", name="Worklist").first.click()
    assert band_of(desk, "T-1").lower() == "needs you"
    expect(row_of(desk, "T-1")).to_contain_text("no baseline")
    row_of(desk, "T-1").get_by_role("link", name="Give baseline").click()
    desk.get_by_role("link", name="Give a baseline").click()
    desk.get_by_label("Baseline, 0 to 10").fill("7.3")
    desk.get_by_label("Where it comes from").fill("Paper diary of 23 February to 1 March")
    desk.get_by_role("button", name="Give the baseline").click()
    expect(desk.locator(".ebb-evidence")).to_contain_text("7.3")

    desk.get_by_role("link", name="Worklist").first.click()
    expect(row_of(desk, "T-1")).not_to_contain_text("no baseline")


def test_a_baseline_moves_a_patient_on_the_worklist_and_a_decision_lets_them_wait(desk):
    before = row_of(desk, REFERENCE).inner_text()
    assert "no baseline" in before
    row_of(desk, REFERENCE).get_by_role("link", name=NAME, exact=True).click()
    desk.get_by_role("link", name="Give a baseline").click()
    desk.get_by_label("Baseline, 0 to 10").fill("7.0")
    desk.get_by_label("Where it comes from").fill("Notes of the first visit")
    desk.get_by_role("button", name="Give the baseline").click()
    desk.get_by_role("link", name="Worklist").first.click()
    assert row_of(desk, REFERENCE).inner_text() != before

    row_of(desk, "M-2041").get_by_role("link", name="Ramirez, Ana", exact=True).click()
    desk.locator(".main-svg").first.wait_for()
    assert desk.locator(".scatterlayer .trace").count() >= 2
    desk.get_by_text("The same numbers as a table").click()
    assert desk.get_by_role("table").get_by_role("row").count() > 30

    desk.get_by_label("Wait", exact=True).check(force=True)
    desk.get_by_label("Date of the next step").fill("2026-04-01")
    desk.get_by_label("Reason").fill("After her holiday.")
    desk.get_by_role("button", name="Record the decision").click()
    expect(desk.locator("#decisions")).to_contain_text("After her holiday.")

    desk.get_by_role("link", name="Worklist").first.click()
    assert band_of(desk, "M-2041").lower() == "decided, waiting"
    expect(row_of(desk, "M-2041")).to_contain_text("next step 1 Apr")


def test_nothing_is_preselected_in_a_decision(desk):
    row_of(desk, "M-1987").get_by_role("link", name="de Wit, Joris", exact=True).click()
    expect(desk.locator("#decide input:checked")).to_have_count(0)


def test_a_decision_on_a_page_that_has_changed_is_shown_again(visitors, desk):
    row_of(desk, "M-2061").get_by_role("link", name="Kim, Min-jun", exact=True).click()
    other = visitors.arrive("clinician")
    other.goto(desk.url)
    other.get_by_role("link", name="Give a baseline").first.click()
    other.get_by_label("Baseline, 0 to 10").fill("9")
    other.get_by_label("Where it comes from").fill("A call")
    other.get_by_role("button", name="Give the baseline").click()

    visitors.expect("409")
    desk.get_by_label("Stop", exact=True).check(force=True)
    desk.get_by_label("Reason").fill("No use.")
    desk.get_by_role("button", name="Record the decision").click()
    expect(desk.get_by_role("alert")).to_be_visible()
    expect(desk.get_by_label("Reason")).to_have_value("No use.")


def test_the_worklist_is_found_through(desk):
    desk.get_by_label("Find").fill("ram")
    desk.get_by_role("button", name="Show").click()
    expect(desk.locator(".ebb-worklist__row")).to_have_count(1)
    desk.get_by_role("link", name="Show everyone").click()
    desk.get_by_label("Medicine").select_option("lidocaine")
    desk.get_by_role("button", name="Show").click()
    expect(desk.locator(".ebb-worklist__row")).to_have_count(2)


def test_every_patient_of_the_demo_has_a_page(visitors, served, desk):
    visitors.requests.clear()
    failed = []
    for address in [link.get_attribute("href") for link in desk.locator(".ebb-worklist__who a").all()]:
        answer = desk.request.get(address)
        if answer.status != 200:
            failed.append(f"{answer.status} {address}")
    assert not failed
