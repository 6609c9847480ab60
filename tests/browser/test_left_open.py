"""Pages that stay open: over night, while another tab signs out or in, and while the number comes from elsewhere."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.moments import prepare
from tests.browser.phones import (
    NOON,
    QUESTION,
    TODAY,
    UNSENT,
    WORDS_OF_A_LINE,
    a_phone,
    away,
    heading,
    rows_on,
    say,
    say_offline,
    slow,
    status_of,
    wait_for_entries,
)
from tests.browser.served import PATIENT

SEEN_AGAIN = "() => void setTimeout(() => document.dispatchEvent(new Event('visibilitychange')), 100)"


@pytest.fixture
def served(served_anew):
    return served_anew


def a_night_passes(served, page):
    served.clock.move(hours=20)
    page.clock.set_fixed_time(NOON + timedelta(hours=20))
    page.evaluate(SEEN_AGAIN)


def test_the_page_after_saving_asks_for_the_new_day_when_it_is_seen_again(visitors, served):
    page = a_phone(visitors, at=NOON)
    say(page, 6)
    page.wait_for_url("**/diary?saved=*")
    page.evaluate(SEEN_AGAIN)
    expect(page.get_by_role("status").filter(has_text="Saved: 6 for today")).to_be_visible()
    a_night_passes(served, page)
    page.wait_for_url("**/today")
    expect(heading(page)).to_have_text(QUESTION)
    expect(page.get_by_text("Saturday 21 March")).to_be_visible()


def test_a_page_that_said_that_today_is_in_asks_for_the_new_day(visitors, served):
    page = a_phone(visitors, at=NOON)
    say(page, 6)
    page.wait_for_url("**/diary?saved=*")
    page.goto("/today")
    expect(heading(page)).to_have_text("Today is in")
    a_night_passes(served, page)
    expect(heading(page)).to_have_text(QUESTION)


def test_a_number_that_waits_over_night_leaves_the_new_day_to_be_asked(visitors, served):
    page = a_phone(visitors, at=NOON)
    say_offline(page, 6)
    a_night_passes(served, page)
    expect(heading(page)).to_have_text(QUESTION)
    expect(status_of(page)).to_have_text("1 number waits on this phone")


def test_a_page_where_a_number_is_chosen_already_stays_as_it_is(visitors, served):
    page = a_phone(visitors, at=NOON)
    page.locator("input[name=score][value='6']").tap(force=True)
    a_night_passes(served, page)
    page.wait_for_timeout(500)
    expect(page.locator("input[name=score][value='6']")).to_be_checked()


def test_a_tab_left_open_takes_no_number_for_whoever_was_signed_in_before(visitors, served):
    prepare(served)
    page = a_phone(visitors)
    other = page.context.new_page()
    other.goto("/me")
    other.get_by_role("button", name="Sign out").tap()
    other.wait_for_url("**/sign-in")
    page.wait_for_url("**/sign-in**")
    visitors.sign_in(other, "silent patient")
    other.wait_for_url("**/today")
    page.goto("/today")
    say(page, 3)
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of("M-3001", TODAY) == [(3, "self")]
    assert served.entries_of(PATIENT, TODAY) == []


def test_a_tab_that_heard_nothing_of_it_takes_none_either(visitors, served):
    visitors.expect(*WORDS_OF_A_LINE)
    page = a_phone(visitors)
    page.evaluate(
        """() => new Promise((done) => {
          const asked = indexedDB.open("ebb");
          asked.onsuccess = () => {
            const change = asked.result.transaction("kept", "readwrite");
            change.objectStore("kept").clear();
            change.oncomplete = done;
          };
        })"""
    )
    page.context.clear_cookies()
    say(page, 3)
    page.wait_for_url("**/sign-in**")
    assert rows_on(page) == []


def test_today_is_shown_as_it_is_when_its_number_came_from_elsewhere(visitors, served, monkeypatch):
    page, tablet = a_phone(visitors), a_phone(visitors)
    say(tablet, 7)
    tablet.wait_for_url("**/diary?saved=*")
    monkeypatch.setattr(served.app, "wsgi_app", slow(served.app.wsgi_app, "/today", 0.5))
    page.goto("/today")
    expect(heading(page)).to_have_text("Today is in")
    expect(page.locator("main")).to_contain_text("You wrote 7 of 10")


def test_what_waits_is_sent_too_when_its_owner_says_that_others_use_the_phone(visitors, served):
    page = a_phone(visitors)
    say_offline(page, 6)
    page.context.clear_cookies()
    page.context.set_offline(False)
    known = served.sign_in_of("patient")
    page.goto("/sign-in")
    page.get_by_label("E-mail address or sign-in name").fill(known["email"])
    page.get_by_label("Password").fill(known["password"])
    page.get_by_label("Others use this phone or computer too").check()
    page.get_by_role("button", name="Sign in", exact=True).tap()
    wait_for_entries(served, PATIENT, TODAY, [(6, "self")])
    page.goto("/me")
    assert rows_on(page, "kept") == rows_on(page) == []


def test_a_number_that_asks_something_keeps_no_other_from_being_tried_again(visitors, served, monkeypatch):
    page = a_phone(visitors, at=NOON)
    page.clock.set_fixed_time(NOON + timedelta(days=3))
    say_offline(page, 6)
    page.clock.set_fixed_time(NOON)
    page.context.set_offline(False)
    expect(page.locator("[data-problem=not_offered]").or_(page.locator("[data-problem=which_day]"))).to_be_visible()
    page.goto("/today")
    with monkeypatch.context() as portal:
        portal.setattr(served.app, "wsgi_app", away(served.app.wsgi_app, "/sync/entries"))
        say(page, 4)
        expect(heading(page)).to_have_text(UNSENT)
    wait_for_entries(served, PATIENT, TODAY, [(4, "self")])


def test_a_tap_that_comes_before_the_page_is_filled_in_is_kept_as_any_other(visitors, served):
    page = a_phone(visitors)
    page.context.set_offline(True)
    page.add_init_script(
        """addEventListener("DOMContentLoaded", () => {
          const score = document.querySelector("input[name=score][value='6']");
          score.click();
          score.form.requestSubmit();
        })"""
    )
    page.goto("/today")
    expect(heading(page)).to_have_text(UNSENT)
    page.context.set_offline(False)
    wait_for_entries(served, PATIENT, TODAY, [(6, "self")])
