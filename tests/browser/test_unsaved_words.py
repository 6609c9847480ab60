"""Words typed in the note or the decision are not lost by the way: who leaves the page with some is asked first."""

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.served import Served
from tests.browser.visitors import Visitors

WORDS = "Talked on the phone."


@pytest.fixture
def chart(served: Served, visitors: Visitors) -> Page:
    """The page of a patient with a chart that can be shown in two ways."""
    page = visitors.arrive("clinician")
    page.goto("/clinic/")
    page.get_by_role("link", name="Jansen, Sofie").first.click()
    expect(page.get_by_role("navigation", name="Views of the chart")).to_be_visible()
    return page


def asked(page: Page, *, stay: bool) -> list[str]:
    """Answer each question of the browser, and return what was asked."""
    heard: list[str] = []

    def answer(dialog: Dialog) -> None:
        heard.append(dialog.type)
        if stay:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answer)
    return heard


def switch(page: Page) -> None:
    """Switch the chart on the keys."""
    link = page.get_by_role("navigation", name="Views of the chart").locator("a:not([aria-current])").first
    link.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("part", ["#decide", "#notes"])
def test_switching_the_chart_asks_before_typed_words_are_lost(chart: Page, part: str) -> None:
    heard, here = asked(chart, stay=True), chart.url
    text = chart.locator(f"{part} textarea").last
    text.press_sequentially(WORDS)
    with chart.expect_event("dialog"):
        switch(chart)
    assert heard == ["beforeunload"]
    assert chart.url == here
    expect(text).to_have_value(WORDS)


def test_without_words_the_chart_is_switched_at_once(chart: Page) -> None:
    heard, here = asked(chart, stay=True), chart.url
    switch(chart)
    chart.wait_for_url(lambda address: address != here)
    assert heard == []


def test_the_form_that_is_sent_is_not_asked_about_and_another_one_is(chart: Page) -> None:
    heard = asked(chart, stay=False)
    note = chart.locator("#notes textarea").first
    note.fill("For the next colleague.")
    with chart.expect_navigation():
        chart.get_by_role("button", name="Write the note").click()
    assert heard == []
    chart.locator("#decide textarea").fill(WORDS)
    chart.locator("#notes textarea").last.fill("One more.")
    with chart.expect_navigation():
        chart.get_by_role("button", name="Write the note").click()
    assert heard == ["beforeunload"]
