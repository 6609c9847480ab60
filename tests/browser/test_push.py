"""Reminders on the screen, in a real browser: asked for on the page, pushed by the outbox, shown by the service worker.

This browser has no push service of its own: its part is played by one on this machine, with keys made by the test. The
notifications are the browser's own.
"""

import json
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from diary.messaging import push
from diary.services.outbox import send_due
from diary.services.reminders import remind_where_due
from diary.wall import whole_house
from tests.browser.moments import prepare
from tests.browser.phones import a_phone, away, slow
from tests.messaging.push_service import open_push_service

PLAYED = """(given) => {
  const made = () => {
    const kept = sessionStorage.getItem("played");
    if (!kept) return null;
    const { key } = JSON.parse(kept);
    return {
      endpoint: given.endpoint,
      options: { applicationServerKey: new Uint8Array(key).buffer, userVisibleOnly: true },
      toJSON: () => given,
      unsubscribe: async () => (sessionStorage.removeItem("played"), true),
    };
  };
  PushManager.prototype.getSubscription = async () => made();
  PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
    if (!userVisibleOnly) throw new TypeError("not visible");
    if (Notification.permission !== "granted") throw new DOMException("no", "NotAllowedError");
    sessionStorage.setItem("played", JSON.stringify({ key: Array.from(new Uint8Array(applicationServerKey)) }));
    return made();
  };
}"""
SHOWN = """async () => {
  const registered = await navigator.serviceWorker.ready;
  const shown = await registered.getNotifications();
  return shown.map(({ title, body, tag, data }) => ({ title, body, tag, url: data?.url }));
}"""
BEGIN, END = "Remind me on this phone", "No more reminders on this phone"


@pytest.fixture
def push_service(served):
    push._resting.__init__()
    with open_push_service(now=served.clock) as opened:
        yield opened


def a_listening_page(visitors, served, listener, *, allowed="notifications"):
    page = a_phone(visitors, "silent patient")
    page.context.grant_permissions([allowed], origin=served.address)  # and nothing else
    page.add_init_script(f"({PLAYED})({json.dumps(listener.subscription)})")
    page.goto("/me/reminders")
    return page


@pytest.fixture
def served(served_anew):
    """Somebody who has not written yet signs in too; who listens in one test listens in no other."""
    prepare(served_anew)
    return served_anew


def deliver(page, served, text):
    """Hand a message to the service worker, as the browser does when one comes in."""
    session = page.context.new_cdp_session(page)
    found = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    while not found:
        page.wait_for_timeout(20)
    registration = next(one["registrationId"] for one in found if one["scopeURL"].startswith(served.address))
    session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": served.address, "registrationId": registration, "data": text},
    )
    session.detach()


def shown(page, number):
    """Return the notifications on the screen, once there are so many."""
    page.wait_for_function(f"async (number) => (await ({SHOWN})()).length === number", arg=number, polling=50)
    return page.evaluate(SHOWN)


def test_a_reminder_is_asked_for_pushed_and_shown(served, visitors, push_service):
    listener = push_service.a_browser()
    page = a_listening_page(visitors, served, listener)
    expect(page.get_by_text("Reminders do not come to this phone.")).to_be_visible()
    page.get_by_role("button", name=BEGIN).tap()
    expect(page.get_by_text("Reminders come to this phone.")).to_be_visible()
    expect(page.get_by_text("this one")).to_be_visible()
    assert page.get_by_role("button", name=BEGIN).is_hidden()

    served.clock.now += timedelta(days=1)
    with served.app.app_context(), whole_house():
        for _ in range(24):
            served.clock.now += timedelta(hours=1)
            remind_where_due(served.clock)
            send_due(served.clock)
            if push_service.taken:
                break
    taken = push_service.taken[0]
    assert not push_service.complaints
    plain = listener.plain(taken.body).decode()
    said = json.loads(plain)

    deliver(page, served, plain)
    (seen,) = shown(page, 1)
    assert seen == {name: said[name] for name in ("title", "body", "tag", "url")}
    assert "/t/" in said["url"]
    deliver(page, served, json.dumps({**said, "title": "A repeat"}))
    page.wait_for_function(f"async () => (await ({SHOWN})()).some(({{ title }}) => title === 'A repeat')")
    assert len(shown(page, 1)) == 1
    deliver(page, served, "broken {")
    assert {one["title"] for one in shown(page, 2)} == {"A repeat", "Ebb"}


def test_a_phone_stops_reminding_at_the_touch_of_a_button(served, visitors, push_service):
    page = a_listening_page(visitors, served, push_service.a_browser())
    page.get_by_role("button", name=BEGIN).tap()
    expect(page.get_by_text("Reminders come to this phone.")).to_be_visible()
    page.get_by_role("button", name=END).tap()
    expect(page.get_by_text("Reminders do not come to this phone.")).to_be_visible()
    assert page.get_by_role("button", name=END).is_hidden()
    page.get_by_role("button", name=BEGIN).tap()
    expect(page.get_by_text("Reminders come to this phone.")).to_be_visible()
    here = page.get_by_role("listitem").filter(has=page.locator("[data-push-this]:visible"))
    here.get_by_role("button", name="Stop Chrome").tap()
    expect(page.get_by_text("That phone does not remind you any more.")).to_be_visible()
    expect(page.get_by_text("Reminders do not come to this phone.")).to_be_visible()


def test_whoever_blocked_notifications_is_told_how_to_allow_them(served, visitors, push_service):
    page = a_listening_page(visitors, served, push_service.a_browser(), allowed="geolocation")
    expect(page.get_by_text("This phone lets Ebb show nothing.")).to_be_visible()
    assert page.get_by_role("button", name=BEGIN).is_hidden()


def test_an_iphone_is_told_to_install_the_app_first(served, visitors):
    page = a_phone(
        visitors,
        "silent patient",
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1",
    )
    page.add_init_script("delete window.PushManager")
    page.goto("/me/reminders")
    expect(page.get_by_text("On an iPhone or iPad reminders come to the installed app only.")).to_be_visible()


def test_a_browser_without_push_is_told_so(served, visitors):
    page = a_phone(visitors, "silent patient")
    page.add_init_script("delete window.PushManager")
    page.goto("/me/reminders")
    expect(page.get_by_text("This browser cannot show reminders.")).to_be_visible()


def test_a_refusal_of_the_server_is_said(served, visitors, push_service):
    listener = push_service.a_browser()
    listener.endpoint = "https://push.unknown.example/x"
    visitors.expect("422")
    page = a_listening_page(visitors, served, listener)
    page.get_by_role("button", name=BEGIN).tap()
    expect(page.get_by_text("Ebb does not know the push service of this browser.")).to_be_visible()
    expect(page.get_by_text("Reminders do not come to this phone.")).to_be_visible()


def sign_ins_of_phones(served):
    """Return the sign-ins that phones listen under, those that ended too."""
    return [one for (one,) in served.ask("SELECT session_id FROM push_subscription")]


def sign_in_with_no_cookie(visitors, page):
    """Come back after the browser has given its cookies up."""
    page.context.clear_cookies()
    visitors.sign_in(page, "silent patient")


@pytest.fixture
def reminded(served, visitors, push_service):
    """The page of a phone that reminds."""
    page = a_listening_page(visitors, served, push_service.a_browser())
    page.get_by_role("button", name=BEGIN).tap()
    expect(page.get_by_text("Reminders come to this phone.")).to_be_visible()
    return page


def test_a_phone_whose_cookie_was_gone_reminds_until_its_patient_signs_out_again(served, visitors, reminded):
    (before,) = sign_ins_of_phones(served)
    with reminded.expect_response("**/me/reminders/push") as heard:
        sign_in_with_no_cookie(visitors, reminded)
    assert heard.value.ok
    (after,) = sign_ins_of_phones(served)
    assert after != before
    asked = len([one for one in visitors.requests if one.endswith("/me/reminders/push")])
    reminded.goto("/me/reminders")
    expect(reminded.get_by_text("Reminders come to this phone.")).to_be_visible()
    reminded.goto("/me")
    reminded.get_by_role("button", name="Sign out").tap()
    reminded.wait_for_url("**/sign-in")
    assert not sign_ins_of_phones(served)
    assert len([one for one in visitors.requests if one.endswith("/me/reminders/push")]) == asked


def test_where_the_line_fails_the_next_page_brings_the_phone_along(served, visitors, reminded, monkeypatch):
    """Also the page that opens before the server answers."""
    (before,) = sign_ins_of_phones(served)
    with monkeypatch.context() as not_yet, reminded.expect_response("**/me/reminders/push"):
        not_yet.setattr(served.app, "wsgi_app", away(served.app.wsgi_app, "/me/reminders/push"))
        sign_in_with_no_cookie(visitors, reminded)
    assert sign_ins_of_phones(served) == [before]
    monkeypatch.setattr(served.app, "wsgi_app", slow(served.app.wsgi_app, "/today", 6))
    with reminded.expect_response("**/me/reminders/push") as heard:
        reminded.goto("/today")
    assert heard.value.ok
    assert reminded.locator("[data-shell]").count() == 1
    assert sign_ins_of_phones(served) != [before]


def test_a_phone_that_was_stopped_begins_again_at_no_sign_in(served, visitors, reminded):
    reminded.get_by_role("button", name="Stop Chrome").tap()
    expect(reminded.get_by_text("That phone does not remind you any more.")).to_be_visible()
    sign_in_with_no_cookie(visitors, reminded)
    reminded.goto("/me/reminders")
    expect(reminded.get_by_text("Reminders do not come to this phone.")).to_be_visible()
    assert not sign_ins_of_phones(served)
