"""After a very high score the patient reads whom to call; a number that was a slip is two taps from being undone."""

import pytest
from playwright.sync_api import expect

from tests.browser.phones import NOON, TODAY, UNSENT, a_phone, heading, say
from tests.browser.served import PATIENT


@pytest.fixture
def served(served_anew):
    return served_anew


def undo_from_the_advice(page):
    """Go on from the page with the clinic's numbers and undo what was stored."""
    page.wait_for_url("**/advice?saved=*")
    expect(page.get_by_text("Your number is saved.")).to_be_visible()
    page.get_by_role("link", name="To my diary").tap()
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("status").filter(has_text="Taken back")).to_be_visible()


@pytest.mark.parametrize("has_app", [True, False], ids=["with the app", "without scripts"])
def test_a_high_score_leads_to_the_advice_and_on_to_its_undo(visitors, served, has_app):
    page = a_phone(visitors, at=NOON) if has_app else visitors.with_a_phone(java_script_enabled=False)
    if not has_app:
        visitors.sign_in(page, "patient")
        page.goto("/today")
    say(page, 10)
    undo_from_the_advice(page)
    assert [score for score, _source in served.entries_of(PATIENT, TODAY)] == [10, None]


def test_a_high_score_that_waited_on_the_phone_leads_there_when_it_is_sent(visitors, served):
    page = a_phone(visitors, at=NOON)
    page.context.set_offline(True)
    page.goto("/today")
    say(page, 10)
    expect(heading(page)).to_have_text(UNSENT)
    page.goto("/diary")  # without a network the question is shown in its place, and nothing is tapped there
    page.context.set_offline(False)
    undo_from_the_advice(page)
    assert [score for score, _source in served.entries_of(PATIENT, TODAY)] == [10, None]
