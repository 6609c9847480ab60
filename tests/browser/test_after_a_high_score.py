"""After a very high score the patient reads whom to call; a number that was a slip is two taps from being undone."""

import pytest
from playwright.sync_api import expect

from tests.browser.phones import (
    NOON,
    TODAY,
    UNSENT,
    a_phone,
    away,
    go_although_it_leads_on,
    heading,
    say,
    say_offline,
    status_of,
    wait_for_entries,
)
from tests.browser.served import PATIENT

YESTERDAY = "2026-03-19"


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


def test_the_way_to_the_advice_opens_without_a_network_and_leads_there_when_it_is_back(visitors, served):
    page = a_phone(visitors, at=NOON)
    say(page, 10)
    page.wait_for_url("**/advice?saved=*")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("[data-part=safety]")).to_contain_text("0555 010 203")
    page.context.set_offline(False)
    undo_from_the_advice(page)


def test_of_two_pages_the_one_that_is_seen_leads_to_the_advice_whichever_sends(visitors, served):
    seen = a_phone(visitors, at=NOON)
    hidden = seen.context.new_page()
    hidden.add_init_script("Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })")
    hidden.clock.set_fixed_time(NOON)
    seen.goto("/courses")
    seen.route("**/sync/*", lambda route: route.abort())
    seen.context.set_offline(True)
    hidden.goto("/today")
    say(hidden, 10)
    expect(heading(hidden)).to_have_text(UNSENT)
    seen.context.set_offline(False)
    seen.wait_for_url("**/advice?saved=*")


def test_nobody_is_led_away_from_a_form_that_they_fill_in(visitors, served, monkeypatch):
    page = a_phone(visitors, at=NOON)
    say_offline(page, 10)
    with monkeypatch.context() as not_yet:
        not_yet.setattr(served.app, "wsgi_app", away(served.app.wsgi_app, "/sync"))
        page.context.set_offline(False)
        go_although_it_leads_on(page, f"/diary/{YESTERDAY}")
        page.locator("input[name=score][value='4']").tap(force=True)
        page.evaluate("() => document.activeElement.blur()")  # some browsers never moved the focus there
    wait_for_entries(served, PATIENT, TODAY, [(10, "self")])
    expect(status_of(page)).to_have_text("All sent")
    assert page.url.endswith(f"/diary/{YESTERDAY}")
    expect(page.locator("input[name=score][value='4']")).to_be_checked()
