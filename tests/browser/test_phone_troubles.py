"""What can go wrong with a phone that keeps numbers: its line, its storage, its clock, its owner, its version."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from diary.web.public import phone as public_phone
from tests.browser.phones import (
    EVERYTHING_KEPT,
    NOON,
    QUESTION,
    TODAY,
    UNSENT,
    WORDS_OF_A_LINE,
    a_phone,
    away,
    go_although_it_leads_on,
    heading,
    leading_portal,
    portal,
    rows_on,
    say,
    say_offline,
    status_of,
    wait_for_entries,
)
from tests.browser.served import PATIENT

PIN = "739182"
BLOCKED = "IDBFactory.prototype.open = () => { throw new DOMException('blocked', 'SecurityError'); }"
FULL = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }"


@pytest.fixture
def served(served_anew):
    return served_anew


@pytest.mark.parametrize("network", [portal, leading_portal], ids=["its own page", "led elsewhere"])
def test_a_portal_is_not_taken_for_the_diary_and_takes_nothing(visitors, served, monkeypatch, network):
    page = a_phone(visitors)
    with monkeypatch.context() as hotel:
        hotel.setattr(served.app, "wsgi_app", network)
        page.goto("/today")
        expect(heading(page)).to_have_text(QUESTION)
        say(page, 7)
        expect(heading(page)).to_have_text(UNSENT)
        page.reload()
        expect(heading(page)).to_have_text(UNSENT)
        assert len(rows_on(page)) == 1
        page.goto("/diary")
        expect(heading(page)).to_have_text("This page needs the network")
    go_although_it_leads_on(page, "/me")
    wait_for_entries(served, PATIENT, TODAY, [(7, "self")])
    expect(status_of(page)).to_have_text("All sent")


def test_a_number_of_an_expired_session_is_sent_after_signing_in(visitors, served):
    page = a_phone(visitors)
    say_offline(page, 6)
    page.context.clear_cookies()
    page.context.set_offline(False)
    expect(page.get_by_role("link", name="Sign in to send it")).to_be_visible()
    expect(status_of(page)).to_have_text("Sign in to send 1 number")
    assert served.entries_of(PATIENT, TODAY) == []
    page.get_by_role("link", name="Sign in to send it").tap()
    expect(page.get_by_text("1 number waits on this phone. It is sent when its owner signs in.")).to_be_visible()
    visitors.sign_in(page, "patient")
    wait_for_entries(served, PATIENT, TODAY, [(6, "self")])


def test_signed_out_the_phone_takes_no_score_and_says_so(visitors):
    page = a_phone(visitors)
    page.goto("/me")
    page.get_by_role("button", name="Sign out").tap()
    page.wait_for_url("**/sign-in")
    assert rows_on(page, "kept") == []
    page.context.set_offline(True)
    page.goto("/today")
    expect(heading(page)).to_have_text("You are signed out")
    expect(page.get_by_role("radio").first).to_be_hidden()


def test_a_shared_phone_keeps_nothing(visitors, served):
    visitors.expect(*WORDS_OF_A_LINE)
    page, known = visitors.with_a_phone(service_workers="allow"), served.sign_in_of("patient")
    page.goto("/sign-in")
    page.get_by_label("E-mail address or sign-in name").fill(known["email"])
    page.get_by_label("Password").fill(known["password"])
    page.get_by_label("Others use this phone or computer too").check()
    page.get_by_role("button", name="Sign in", exact=True).tap()
    page.wait_for_url("**/today")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => {})")
    page.goto("/diary")
    page.goto("/today")
    say(page, 4)
    page.wait_for_url("**/diary?saved=*")
    assert rows_on(page, "kept") == rows_on(page) == []
    assert served.entries_of(PATIENT, TODAY) == [(4, "self")]
    page.context.set_offline(True)
    page.goto("/today")
    expect(heading(page)).to_have_text("You are signed out")


def test_a_locked_phone_takes_a_score_and_sends_it_after_the_pin(visitors, served):
    page = a_phone(visitors)
    page.goto("/account/lock")
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_label("The same PIN again").fill(PIN)
    page.get_by_role("button", name="Set the PIN").tap()
    page.wait_for_url("**/account/sessions?done=locked")
    page.goto("/today", wait_until="networkidle")  # what it asks by itself is answered before the lock shuts
    served.clock.move(minutes=6)
    say(page, 5)
    expect(heading(page)).to_have_text(UNSENT)
    page.get_by_role("link", name="Open the lock to send it").tap()
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_role("button", name="Open", exact=True).tap()
    wait_for_entries(served, PATIENT, TODAY, [(5, "self")])


@pytest.mark.parametrize("broken", [BLOCKED, FULL], ids=["blocked", "full"])
def test_a_phone_that_cannot_keep_says_so_and_sends_what_it_can(visitors, served, broken):
    visitors.expect(*WORDS_OF_A_LINE)
    page = visitors.with_a_phone(service_workers="allow")
    page.add_init_script(broken)
    visitors.sign_in(page, "patient")
    page.wait_for_url("**/today")
    expect(status_of(page)).to_have_text("This phone cannot keep numbers without a network")
    page.context.set_offline(True)
    say(page, 3)
    expect(page.get_by_text("This is not saved: this phone cannot keep numbers")).to_be_visible()
    assert page.locator("input:checked").get_attribute("value") == "3"
    page.context.set_offline(False)
    page.get_by_role("button", name="Save").tap()
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of(PATIENT, TODAY) == [(3, "self")]


def test_a_clock_that_is_always_wrong_asks_nothing_and_spoils_no_day(visitors, served):
    page = a_phone(visitors, at=NOON + timedelta(days=400, hours=15))
    say_offline(page, 6)
    page.context.set_offline(False)
    wait_for_entries(served, PATIENT, TODAY, [(6, "self")])


def test_a_clock_that_was_set_meanwhile_makes_the_phone_ask_for_the_day(visitors, served):
    page = a_phone(visitors, at=NOON)
    page.clock.set_fixed_time(NOON + timedelta(days=3))
    say_offline(page, 6)
    page.clock.set_fixed_time(NOON)
    page.context.set_offline(False)
    expect(status_of(page)).to_contain_text("Needs your attention: for which day was it?")
    card = page.locator("[data-problem=which_day]")
    expect(card.get_by_role("heading")).to_have_text("For which day was it?")
    card.get_by_role("button", name="Yesterday, Thursday 19 March").tap()
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of(PATIENT, "2026-03-19")[-1] == (6, "self")
    assert rows_on(page) == []


def test_a_number_that_came_too_late_is_thrown_away_only_when_its_owner_is_sure(visitors, served):
    page = a_phone(visitors, at=NOON)
    page.clock.set_fixed_time(NOON + timedelta(days=3))
    say_offline(page, 6)
    page.clock.set_fixed_time(NOON)
    page.context.set_offline(False)
    card = page.locator("[data-problem]").first
    card.get_by_role("button", name="Throw this number away").tap()
    card.get_by_role("button", name="Keep it").tap()
    assert len(rows_on(page)) == 1
    card.get_by_role("button", name="Throw this number away").tap()
    card.get_by_role("button", name="Throw it away for good").tap()
    expect(status_of(page)).to_have_text("All sent")
    assert rows_on(page) == []


def test_an_app_updated_while_numbers_wait_loses_none(visitors, served, monkeypatch):
    page = a_phone(visitors)
    say_offline(page, 8)
    before = page.evaluate("() => caches.keys()")
    monkeypatch.setattr(public_phone, "_version", lambda: "0123456789ab")
    with monkeypatch.context() as broken:
        broken.setattr(served.app, "wsgi_app", away(served.app.wsgi_app, "/sync/"))
        page.context.set_offline(False)
        page.goto("/me")
        page.evaluate("() => navigator.serviceWorker.ready.then((worker) => worker.update()).then(() => {})")
        page.wait_for_function("() => caches.keys().then((names) => names.join() === 'ebb-shell-0123456789ab')")
        assert before != ["ebb-shell-0123456789ab"]
        assert len(rows_on(page)) == 1
        page.context.set_offline(True)
        page.goto("/today")
        expect(heading(page)).to_have_text(UNSENT)
        page.context.set_offline(False)
    go_although_it_leads_on(page, "/me")
    wait_for_entries(served, PATIENT, TODAY, [(8, "self")])


def test_a_newer_store_keeps_what_waits(visitors):
    page = a_phone(visitors)
    say_offline(page, 8)
    kept = page.evaluate(
        """async () => {
          const address = performance.getEntriesByType("resource").map(({ name }) => name)
            .find((name) => name.endsWith("phone-store.js"));
          const { openStore } = await import(address);
          const old = () => { throw new Error("a step that was done is not done again"); };
          const mark = (_database, transaction) => {
            const outbox = transaction.objectStore("outbox");
            outbox.openCursor().onsuccess = ({ target: { result: at } }) => {
              if (!at) return;
              at.update({ ...at.value, marked: true });
              at.continue();
            };
          };
          const newer = await openStore({ steps: [old, mark] });
          return (await newer.rows()).map(({ marked, sealed }) => [marked, sealed.length > 100]);
        }"""
    )
    assert kept == [[True, True]]


def test_nothing_on_the_phone_can_be_read_by_the_next_person(visitors, served):
    page = a_phone(visitors)
    for address in ("/diary", "/courses", "/me", "/me/data", "/me/looks"):
        page.goto(address)
    say_offline(page, 9)
    page.goto("/diary")
    page.goto("/today")
    kept = page.evaluate(EVERYTHING_KEPT)
    (name,) = served.ask("SELECT name FROM patient WHERE reference = ?", PATIENT)[0]
    whole = "\n".join(kept)
    assert "ebb/outbox: " in whole
    for word in (name, name.split(",")[0], PATIENT, "ketamine", "Ketamine", "lidocaine", '"score":'):
        assert word not in whole, word
    (row,) = rows_on(page)
    assert set(row) <= {
        "client_ref", "owner", "day", "sealed", "key_id", "item_version", "made_at", "skew", "said_by_server", "tried",
    }  # fmt: skip
    pages = [said for said in kept if said.startswith("<!doctype html>")]
    assert len(pages) == 1
    stored = page.evaluate("async () => (await caches.keys()).length")
    assert stored == 1
    addresses = [said.split("?")[0] for said in kept if said.startswith("http")]
    assert all("/static/" in one or "/offline/" in one for one in addresses), addresses
