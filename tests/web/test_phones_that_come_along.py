"""Phones that remind, when their patient signs in anew: they come along, through HTTP, and to nobody else."""

import pytest

from tests.messaging.push_service import Browser
from tests.services.listening import rows
from tests.web.people import PASSWORD, treated
from tests.web.visiting import Visitor

BROWSER = Browser("https://fcm.googleapis.com/fcm/send/1")
OURS = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
LONG_IDLE = {"days": 30, "hours": 12}
"""The session has idled out, and the browser keeps its cookie for half a day more."""


def elsewhere(visitor, path="/today"):
    """Return the fingerprints that a page names as listening under other sign-ins."""
    visitor.get(path)
    text = visitor.response.get_data(as_text=True)
    return text.partition('data-push-elsewhere="')[2].partition('"')[0].split()


def send(visitor, sent, headers=OURS, path="/me/reminders/push"):
    """Send what a script of a page sends."""
    return visitor.open(path, method="POST", headers=headers, json=sent)


def bring_along(visitor, headers=OURS):
    """Send what the page of a new sign-in sends by itself."""
    return send(visitor, {**BROWSER.subscription, "again": True, "along": True}, headers)


def sign_in_as(visitor, person, **how):
    """Sign in through the form of the same browser, whatever its cookie names still."""
    email = f"{person.patient_id}@west.example"
    return visitor.send(visitor.get("/sign-in").form(), {"email": email, "password": PASSWORD, **how})


@pytest.fixture
def person(house, clock):
    return treated(house, clock)


@pytest.fixture
def phone(house, person):
    """A phone of theirs that reminds them."""
    visitor = house.sign_in_as(person)
    visitor.get("/me/reminders")
    assert send(visitor, BROWSER.subscription).status_code == 200
    return visitor


@pytest.fixture
def neighbour(house, clock):
    other = treated(house, clock, reference="M-2", name="Haas, Bernd")
    house.sign_in_as(other)
    return other


def without_cookies(visitor):
    """Return the same browser after its cookies were over."""
    return Visitor(visitor.app)


def test_whoever_signs_in_after_a_month_is_reminded_on_and_signing_out_ends_it(phone, person, clock):
    (before,) = rows()
    clock.move(**LONG_IDLE)
    sign_in_as(phone, person)
    (after,) = rows()
    assert (after.id, after.session_id == before.session_id) == (before.id, False)
    assert elsewhere(phone) == []
    phone.post("/sign-out")
    assert not rows()


def test_somebody_else_who_signs_in_after_a_month_inherits_no_reminders(phone, neighbour, clock):
    clock.move(**LONG_IDLE)
    sign_in_as(phone, neighbour)
    assert not rows()
    assert elsewhere(phone) == []


def test_a_phone_that_is_shared_after_a_month_reminds_nobody(phone, person, clock):
    clock.move(**LONG_IDLE)
    sign_in_as(phone, person, shared="y")
    assert not rows()


def test_where_the_cookie_is_gone_the_page_brings_the_phone_along(phone, person, clock):
    clock.move(days=40)
    anew = without_cookies(phone)
    sign_in_as(anew, person)
    (one,) = elsewhere(anew)
    assert elsewhere(anew, "/me") == elsewhere(anew, "/me/reminders") == [one]
    assert anew.open("/sync/state").json["push_elsewhere"] == [one]
    answer = bring_along(anew)
    assert (answer.status_code, answer.json) == (200, {"listens": one})
    assert elsewhere(anew) == []
    assert anew.open("/sync/state").json["push_elsewhere"] == []
    anew.post("/sign-out")
    assert not rows()


def test_a_phone_that_comes_along_switches_no_reminders_on(phone, person):
    phone.send(phone.get("/me/reminders").form("/me/reminders/stop"))
    anew = without_cookies(phone)
    sign_in_as(anew, person)
    assert bring_along(anew).status_code == 200
    assert "Reminders are off" in anew.get("/me/reminders").text


def test_where_the_cookie_is_gone_somebody_else_brings_nothing_along(phone, person, neighbour, clock):
    clock.move(days=40)
    (before,) = rows()
    other = without_cookies(phone)
    sign_in_as(other, neighbour)
    assert elsewhere(other) == []
    assert bring_along(other).status_code == 404
    (after,) = rows()
    assert (after.account_id, after.session_id) == (before.account_id, before.session_id)


def test_a_shared_phone_whose_cookie_is_gone_is_refused_and_may_stop(phone, person, clock):
    clock.move(days=40)
    anew = without_cookies(phone)
    sign_in_as(anew, person, shared="y")
    assert len(elsewhere(anew)) == 1
    assert bring_along(anew).status_code == 403
    end = send(anew, {"endpoint": BROWSER.endpoint}, path="/me/reminders/push/end")
    assert end.status_code == 200
    assert not rows()


def test_a_page_brings_nothing_along_that_was_stopped_and_only_a_script_of_this_site_does(phone, person):
    anew = without_cookies(phone)
    sign_in_as(anew, person)
    for headers in (
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {**OURS, "Sec-Fetch-Site": "cross-site"},
    ):
        assert bring_along(anew, headers).status_code == 403
    assert len(elsewhere(anew)) == 1
    phone.send(next(form for form in phone.get("/me/reminders").forms if form.action.endswith("/end")))
    assert elsewhere(anew) == []
    assert bring_along(anew).status_code == 404
    assert not rows()


@pytest.mark.parametrize("endpoint", [None, 7, [], {}, "", "x"])
def test_what_names_no_phone_brings_none_along(phone, endpoint):
    assert send(phone, {"endpoint": endpoint, "again": True, "along": True}).status_code == 404
    assert len(rows()) == 1
