"""The page of the morning mail: switched on with a link, tried, switched off."""

import re

import pytest

from diary.services.outbox import send_due
from diary.vocabulary import Role
from tests.messaging.post_office import open_post_office, set_up_mail


@pytest.fixture
def office(app):
    with open_post_office() as opened:
        set_up_mail(app, opened.url)
        yield opened


def test_a_nurse_switches_it_on_confirms_tries_and_stops_it(house, office, clock):
    visitor = house.staff(Role.NURSE)
    page = visitor.get("/clinic/digest")
    assert "It is off." in page.text
    assert "Holidays are not known to Ebb" in page.text
    page = visitor.send(page.form("/clinic/digest"), {"email": "nurse@home.example"})
    assert "A mail was sent to nurse@home.example." in page.text
    while send_due(clock):
        pass
    words = "".join(mail.get_content() for mail in office.taken)
    path = re.search(r"(/digest/confirm/\S+)", words)[1]
    visitor.send(visitor.get(path).form())
    page = visitor.get("/clinic/digest")
    assert "It is on, and comes to nurse@home.example. The next one: 23 Mar 2026, 07:00." in page.text
    page = visitor.send(page.form("/clinic/digest/try"))
    assert "Handed to the mail server" in page.text
    assert "0 need you" in office.taken[-1].get_content()
    page = visitor.send(page.form("/clinic/digest/stop"))
    assert "It is off." in page.text


def test_an_address_that_cannot_be_one_is_refused(house, office):
    visitor = house.staff()
    for email in ("", "x", "a b@c", "ü@home.example"):
        page = visitor.send(visitor.get("/clinic/digest").form("/clinic/digest"), {"email": email}, status=422)
        assert "address" in page.text


def test_without_mail_the_page_says_so(house):
    visitor = house.staff()
    page = visitor.get("/clinic/digest")
    assert "Mail is not set up here." in page.text
    visitor.send(page.form("/clinic/digest"), {"email": "a@home.example"}, status=422)
