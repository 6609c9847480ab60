"""Passkeys in a real browser, with a device of its own that answers for the person."""

from contextlib import contextmanager

import pytest

from tests.browser.visitors import PHONE

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def site(served, visitors):
    """The served clinic under a name: passkeys know no addresses of numbers."""
    address = served.address.replace("127.0.0.1", "localhost")
    visitors.expect(f"A request left the host: {address}")
    return address


@contextmanager
def device_of(page, **how):
    """Give the browser of `page` a device that holds passkeys, for as long as the block lasts."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | how})
    try:
        yield lambda: session.send("WebAuthn.getCredentials", made)["credentials"]
    finally:
        session.send("WebAuthn.removeVirtualAuthenticator", made)


def sign_in(page, served, role):
    known = served.sign_in_of(role)
    page.goto("/sign-in")
    page.get_by_label("E-mail address or sign-in name").fill(known["email"])
    page.get_by_label("Password").fill(known["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda address: "/sign-in" not in address)


def add(page):
    page.goto("/account/security")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("My phone")
    page.get_by_role("button", name="Add the passkey").click()
    page.get_by_text("Your passkey is added").wait_for()


def sign_out(page):
    page.goto("/me")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")


def test_a_passkey_is_added_and_signs_in_alone(visitors, served, site):
    page = visitors.arrive(base_url=site, size=PHONE)
    with device_of(page) as held:
        sign_in(page, served, "patient")
        add(page)
        assert len(held()) == 1
        assert page.get_by_role("heading", name="My phone").is_visible()
        sign_out(page)
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url("**/today")
        assert held()[0]["signCount"] >= 1
    served.clock.move(minutes=6)
    page.goto("/account/security")


def test_a_passkey_confirms_who_it_is_and_what_was_asked_for_goes_on(visitors, served, site):
    page = visitors.arrive(base_url=site)
    with device_of(page):
        sign_in(page, served, "patient")
        add(page)
        served.clock.move(minutes=6)
        page.goto("/account/password")
        page.get_by_role("button", name="Confirm with a passkey").click()
        page.get_by_role("heading", name="Change the password").wait_for()
        assert not page.get_by_label("Your password until now").count()


def test_a_device_that_holds_one_already_is_told_so(visitors, served, site):
    page = visitors.arrive(base_url=site)
    with device_of(page) as held:
        sign_in(page, served, "patient")
        add(page)
        page.goto("/account/passkeys/add")
        page.get_by_role("button", name="Add the passkey").click()
        page.get_by_text("This device holds a passkey of yours already.").wait_for()
        assert len(held()) == 1


def test_whoever_is_not_known_to_the_device_is_told_what_to_do(visitors, served, site):
    page = visitors.arrive(base_url=site)
    with device_of(page, isUserVerified=False):
        page.goto("/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.get_by_text("Nothing was used. Try again, or use another way.").wait_for()
        assert page.url.endswith("/sign-in")


def test_where_there_are_no_passkeys_the_page_says_what_else_works(visitors, served):
    page = visitors.arrive()  # under an address of numbers
    page.goto("/sign-in")
    page.get_by_text("Passkeys need JavaScript and a browser that has them.").first.wait_for()
    assert not page.get_by_role("button", name="Sign in with a passkey").is_visible()


def test_without_javascript_the_page_says_what_else_works(visitors, served, site):
    page = visitors.arrive(base_url=site, java_script_enabled=False)
    page.goto("/sign-in")
    assert page.locator("noscript").first.is_visible()
    assert not page.get_by_role("button", name="Sign in with a passkey").is_visible()
