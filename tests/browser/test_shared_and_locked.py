"""Phones that are not always in their owner's hand: a page that leaves by itself, a PIN before the diary."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from diary.web import resting
from tests.browser.phones import TODAY
from tests.browser.served import PATIENT

PIN = "739182"
SCRIPTS = [pytest.param(True, id="with scripts"), pytest.param(False, id="without scripts")]


def test_a_page_of_a_shared_phone_leaves_by_itself(visitors, served, monkeypatch):
    monkeypatch.setattr(resting, "SHARED_IDLE", timedelta(seconds=6))
    page, known = visitors.with_a_phone(java_script_enabled=False), served.sign_in_of("patient")
    page.goto("/sign-in")
    page.get_by_label("E-mail address or sign-in name").fill(known["email"])
    page.get_by_label("Password").fill(known["password"])
    page.get_by_label("Others use this phone or computer too").check()
    page.get_by_role("button", name="Sign in", exact=True).tap()
    page.wait_for_url("**/today")
    expect(page.get_by_text("Shared phone: signs out after 5 minutes")).to_be_visible()
    save = page.get_by_role("button", name="Save").bounding_box()
    places = page.get_by_role("navigation", name="Places").bounding_box()
    assert save["y"] + save["height"] <= places["y"], "the score is not to be looked for"
    page.goto("/diary")
    served.clock.move(minutes=6)
    page.wait_for_url("**/at-rest", timeout=15_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    page.go_back()
    page.wait_for_url("**/sign-in?next=/diary")


@pytest.mark.parametrize("scripts", SCRIPTS)
def test_a_score_chosen_before_the_lock_shut_is_saved_after_the_pin(visitors, served, scripts):
    visitors.expect("Answer: 403", "a status of 403")
    page = visitors.with_a_phone("patient", java_script_enabled=scripts)
    page.goto("/account/lock")
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_label("The same PIN again").fill(PIN)
    page.get_by_role("button", name="Set the PIN").tap()
    page.wait_for_url("**/account/sessions?done=locked")
    page.goto(f"/diary/{TODAY}")
    score = 3 + int(scripts)
    page.locator(f"input[name=score][value='{score}']").tap(force=True)
    served.clock.move(minutes=6)
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Locked")
    assert served.entries_of(PATIENT, TODAY)[-1:] != [(score, "self")]
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_role("button", name="Open", exact=True).tap()
    expect(page.get_by_role("status").filter(has_text=f"Saved: {score} for today")).to_be_visible()
    assert served.entries_of(PATIENT, TODAY)[-1] == (score, "self")


def test_the_lock_is_opened_with_one_thumb(visitors):
    page = visitors.with_a_phone("patient")
    page.goto("/account/lock")
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_label("The same PIN again").fill(PIN)
    page.get_by_role("button", name="Set the PIN").tap()
    page.wait_for_url("**/account/sessions?done=locked")
    page.get_by_role("button", name="Lock now").tap()
    for target in (page.get_by_label("PIN", exact=True), page.get_by_role("button", name="Open", exact=True)):
        box = target.bounding_box()
        assert box["height"] >= 56
        assert box["width"] >= 200
        assert box["y"] + box["height"] < 640
