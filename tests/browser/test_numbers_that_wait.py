"""Numbers that the server refused, or that wait for their owner: what the phone says of them, and how they are sent."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from diary.exchange.phone_entries import EntryRejected
from diary.services import sync
from tests.browser.phones import (
    NOON,
    QUESTION,
    TODAY,
    UNSENT,
    WORDS_OF_A_LINE,
    a_phone,
    go_although_it_leads_on,
    heading,
    losing_answers,
    rows_on,
    say,
    say_offline,
    slow,
    status_of,
    wait_for_entries,
)
from tests.browser.served import PATIENT

STOPPED = "Your diary is stopped"
SILENT = "IDBFactory.prototype.open = () => new EventTarget()"


@pytest.fixture
def served(served_anew):
    return served_anew


def stop_diary(page):
    page.goto("/me/consents/stop")
    page.locator("main form button").tap()
    page.wait_for_url("**/me/consents?said=withdrawn")


def test_a_number_that_a_stopped_diary_refused_is_sent_when_the_diary_begins_again(visitors, served):
    page, other = a_phone(visitors), a_phone(visitors)
    say_offline(page, 6)
    stop_diary(other)
    page.context.set_offline(False)
    expect(status_of(page)).to_have_text("Needs your attention: a number was not taken")
    page.goto("/today")
    expect(heading(page)).to_have_text(STOPPED)
    card = page.locator("[data-problem=stopped]")
    expect(card).to_contain_text("Begin again under Me, What I agreed to, and it is sent.")
    page.context.set_offline(True)
    for address in ("/today", "/diary"):
        page.goto(address)
        expect(heading(page)).to_have_text(STOPPED)
        expect(page.get_by_role("link", name="Write today's number")).to_be_hidden()
    page.context.set_offline(False)
    expect(heading(page)).to_have_text("My diary")
    page.goto("/me/consents")
    page.locator("main form[action$=give] button").first.tap()
    wait_for_entries(served, PATIENT, TODAY, [(6, "self")])
    expect(status_of(page)).to_have_text("All sent")
    assert rows_on(page) == []


def test_the_days_that_were_offered_are_still_there_days_later(visitors, served):
    page = a_phone(visitors, at=NOON)
    page.clock.set_fixed_time(NOON + timedelta(days=30))
    say_offline(page, 6)
    page.clock.set_fixed_time(NOON)
    page.context.set_offline(False)
    card = page.locator("[data-problem=which_day]")
    expect(card.get_by_role("button", name="Today, Friday 20 March")).to_be_visible()
    served.clock.move(days=5)
    page.clock.set_fixed_time(NOON + timedelta(days=5))
    page.goto("/today")
    days = card.get_by_role("button").filter(has_text="March")
    expect(days).to_have_text(["Friday 20 March", "Thursday 19 March", "Wednesday 18 March", "Tuesday 17 March"])
    days.first.tap()
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of(PATIENT, TODAY) == [(6, "self")]


def test_a_day_that_is_chosen_while_the_phone_sends_by_itself_leads_to_the_diary_too(visitors, served, monkeypatch):
    page = a_phone(visitors, at=NOON)
    page.clock.set_fixed_time(NOON + timedelta(days=30))
    say_offline(page, 6)
    page.clock.set_fixed_time(NOON)
    page.context.set_offline(False)
    card = page.locator("[data-problem=which_day]")
    expect(card).to_be_visible()
    slowed = slow(slow(served.app.wsgi_app, "/today", 4), "/sync/state", 1)
    monkeypatch.setattr(served.app, "wsgi_app", slowed)
    page.goto("/today")
    card.get_by_role("button", name="Yesterday").tap()
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of(PATIENT, "2026-03-19")[-1] == (6, "self")


def test_undo_on_the_phone_takes_one_number_back_and_not_the_day(visitors, served, monkeypatch):
    one, other = a_phone(visitors, at=NOON), a_phone(visitors, at=NOON + timedelta(minutes=5))
    other.context.set_offline(True)
    other.goto("/today")
    say(one, 7)
    wait_for_entries(served, PATIENT, TODAY, [(7, "self")])
    served.clock.move(minutes=5)
    with monkeypatch.context() as away:
        away.setattr(served.app, "wsgi_app", losing_answers(served.app.wsgi_app, "/sync/entries"))
        say(other, 4)
        expect(heading(other)).to_have_text(UNSENT)
        other.context.set_offline(False)
        wait_for_entries(served, PATIENT, TODAY, [(7, "self"), (4, "self")])
        other.clock.set_fixed_time(NOON + timedelta(minutes=6))
        other.get_by_role("button", name="Undo").tap()
    go_although_it_leads_on(other, "/me")
    wait_for_entries(served, PATIENT, TODAY, [(7, "self"), (4, "self"), (7, "self")])


def test_a_number_that_nobody_can_read_leaves_the_day_to_be_answered_again(visitors, served, monkeypatch):
    page = a_phone(visitors)
    say_offline(page, 6)

    def lost(_sealed, _key_id, _about):
        raise EntryRejected("unknown_key")

    with monkeypatch.context() as broken:
        broken.setattr(sync, "_opener", lambda: lost)
        page.context.set_offline(False)
        expect(status_of(page)).to_have_text("Needs your attention: a number was not taken")
    page.goto("/today")
    expect(page.locator("[data-problem=unknown_key]")).to_contain_text("Answer for this day once more")
    expect(heading(page)).to_have_text(QUESTION)
    say(page, 5)
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of(PATIENT, TODAY) == [(5, "self")]


def test_signed_out_without_a_network_what_waits_is_not_said_to_be_sent(visitors):
    page = a_phone(visitors)
    say_offline(page, 6)
    page.context.set_offline(False)
    page.route("**/sync/**", lambda route: route.abort())
    page.context.clear_cookies()
    page.goto("/sign-in")
    expect(page.get_by_text("1 number waits on this phone. It is sent when its owner signs in.")).to_be_visible()
    page.context.set_offline(True)
    page.goto("/today")
    expect(heading(page)).to_have_text("You are signed out")
    expect(status_of(page)).to_have_text("Sign in to send 1 number")


def test_a_phone_whose_storage_never_answers_sends_the_number_as_a_page_does(visitors, served):
    visitors.expect(*WORDS_OF_A_LINE)
    page = visitors.with_a_phone(service_workers="allow")
    page.add_init_script(SILENT)
    visitors.sign_in(page, "patient")
    page.wait_for_url("**/today")
    say(page, 3)
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of(PATIENT, TODAY) == [(3, "self")]


def test_what_is_asked_beside_the_number_is_seen_although_the_phone_has_a_page_of_its_own(
    visitors, served, monkeypatch
):
    page = a_phone(visitors)
    page.goto("/me/pause")
    page.get_by_label("Holiday").check()
    page.locator("main form button").first.tap()
    page.wait_for_url("**/me/pause?*")
    expect(status_of(page)).to_have_text("All sent")
    monkeypatch.setattr(served.app, "wsgi_app", slow(served.app.wsgi_app, "/today", 0.7))
    page.goto("/today")
    expect(heading(page)).to_have_text(QUESTION)
    expect(page.locator("main")).to_contain_text("You paused the diary")


def test_the_first_address_opens_today_also_where_the_app_is_installed(visitors):
    page = a_phone(visitors)
    page.goto("/")
    page.wait_for_url("**/today")
    expect(heading(page)).to_have_text(QUESTION)
