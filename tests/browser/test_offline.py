"""A phone without a network: it opens, takes the score, says the truth about it and sends it later."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.moments import prepare
from tests.browser.phones import (
    NOON,
    QUESTION,
    TODAY,
    UNSENT,
    LosingFirst,
    a_phone,
    away,
    come_in,
    go_although_it_leads_on,
    heading,
    losing_answers,
    rows_on,
    say,
    say_offline,
    slow,
    status_of,
    wait_for_entries,
    wait_until,
)
from tests.browser.served import PATIENT


@pytest.fixture
def served(served_anew):
    return served_anew


def test_a_score_tapped_without_a_network_is_sent_when_there_is_one(visitors, served):
    page = a_phone(visitors)
    page.context.set_offline(True)
    page.goto("/today")
    expect(heading(page)).to_have_text(QUESTION)
    expect(status_of(page)).to_have_text("All sent")
    say(page, 7)
    expect(heading(page)).to_have_text(UNSENT)
    expect(page.get_by_text("Saved on this phone, not sent yet.")).to_be_visible()
    expect(status_of(page)).to_have_text("1 number waits on this phone")
    assert served.entries_of(PATIENT, TODAY) == []

    page.context.set_offline(False)
    page.wait_for_url("**/diary?saved=*")
    expect(page.get_by_role("status").filter(has_text="Saved: 7 for today")).to_be_visible()
    assert served.entries_of(PATIENT, TODAY) == [(7, "self")]
    assert rows_on(page) == []


def test_the_page_without_a_network_is_the_page_with_one(visitors):
    page = a_phone(visitors)
    fields = "[...new FormData(document.querySelector('main form')).keys()]"
    names = f"() => {fields}.filter((one) => one !== 'csrf_token')"
    told = page.locator("main form").aria_snapshot(), page.locator("footer").aria_snapshot(), page.evaluate(names)
    page.context.set_offline(True)
    page.goto("/today")
    expect(heading(page)).to_have_text(QUESTION)
    again = page.locator("main form").aria_snapshot(), page.locator("footer").aria_snapshot(), page.evaluate(names)
    assert again == told
    assert page.evaluate("() => document.querySelector('[name=day]').value") == TODAY


def test_without_a_network_everything_stands_above_the_fold(visitors):
    page = a_phone(visitors)
    page.context.set_offline(True)
    page.goto("/today")
    for part in (heading(page), page.get_by_role("button", name="Save"), *page.locator(".ebb-score__number").all()):
        box = part.bounding_box()
        assert box["y"] + box["height"] <= 640 - 61
    assert all(cell.bounding_box()["height"] >= 56 for cell in page.locator(".ebb-score__number").all())


def test_after_a_reload_the_number_is_not_shown(visitors):
    page = a_phone(visitors)
    say_offline(page, 8)
    page.reload()
    expect(heading(page)).to_have_text(UNSENT)
    expect(page.get_by_text("Saved on this phone, not sent yet.")).to_be_hidden()
    assert "8" not in page.locator("main").inner_text()
    page.goto("/diary")
    expect(heading(page)).to_have_text("This page needs the network")
    page.get_by_role("link", name="Write today's number").tap()
    expect(heading(page)).to_have_text(UNSENT)


def test_a_killed_tab_loses_nothing(visitors, served):
    page = a_phone(visitors)
    say_offline(page, 6)
    page.close()
    again = page.context.new_page()
    again.goto("/today")
    expect(heading(again)).to_have_text(UNSENT)
    again.close()
    page.context.set_offline(False)
    page.context.new_page().goto("/me")
    wait_for_entries(served, PATIENT, TODAY, [(6, "self")])


def test_a_tab_killed_while_it_sends_stores_once(visitors, served, monkeypatch):
    page = a_phone(visitors)
    monkeypatch.setattr(served.app, "wsgi_app", slow(served.app.wsgi_app, "/sync/entries", 1))
    say(page, 5)
    page.wait_for_timeout(300)
    page.close()
    again = page.context.new_page()
    again.goto("/me")
    expect(status_of(again)).to_have_text("All sent")
    assert served.entries_of(PATIENT, TODAY) == [(5, "self")]
    assert rows_on(again) == []


def test_an_answer_that_waits_is_taken_back_as_if_it_had_not_been(visitors, served):
    page = a_phone(visitors)
    say_offline(page, 9)
    page.get_by_role("button", name="Undo").tap()
    expect(heading(page)).to_have_text(QUESTION)
    expect(page.get_by_text("Taken back.")).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(0)
    assert rows_on(page) == []
    say(page, 2)
    expect(heading(page)).to_have_text(UNSENT)
    page.context.set_offline(False)
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of(PATIENT, TODAY) == [(2, "self")]


def test_an_answer_lost_after_the_commit_is_stored_once(visitors, served, monkeypatch):
    page = a_phone(visitors)
    with monkeypatch.context() as away:
        away.setattr(served.app, "wsgi_app", losing_answers(served.app.wsgi_app, "/sync/entries"))
        say(page, 4)
        expect(heading(page)).to_have_text(UNSENT)
        wait_for_entries(served, PATIENT, TODAY, [(4, "self")])
        assert len(rows_on(page)) == 1
    go_although_it_leads_on(page, "/me")
    expect(status_of(page)).to_have_text("All sent")
    assert served.entries_of(PATIENT, TODAY) == [(4, "self")]


def test_taking_back_an_answer_that_may_have_arrived_tells_the_clinic(visitors, served, monkeypatch):
    page = a_phone(visitors)
    with monkeypatch.context() as away:
        away.setattr(served.app, "wsgi_app", losing_answers(served.app.wsgi_app, "/sync/entries"))
        say(page, 4)
        expect(heading(page)).to_have_text(UNSENT)
        page.get_by_role("button", name="Undo").tap()
        expect(heading(page)).to_have_text(QUESTION)
    go_although_it_leads_on(page, "/me")
    wait_for_entries(served, PATIENT, TODAY, [(4, "self"), (None, "self")])


def test_two_taps_on_save_are_one_answer(visitors, served):
    page = a_phone(visitors)
    page.context.set_offline(True)
    page.goto("/today")
    page.locator("input[name=score][value='3']").wait_for()
    page.locator("input[name=score][value='3']").tap(force=True)
    page.evaluate("() => { const save = document.querySelector('main form button'); save.click(); save.click(); }")
    expect(heading(page)).to_have_text(UNSENT)
    assert len(rows_on(page)) == 1
    page.context.set_offline(False)
    wait_for_entries(served, PATIENT, TODAY, [(3, "self")])


def test_nothing_is_taken_without_a_number(visitors):
    page = a_phone(visitors)
    page.context.set_offline(True)
    page.goto("/today")
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_text("Choose a number from 0 to 10.")).to_be_visible()
    assert rows_on(page) == []


def test_two_phones_on_one_day_are_two_revisions(visitors, served):
    one, other = a_phone(visitors, at=NOON), a_phone(visitors, at=NOON + timedelta(minutes=5))
    say_offline(one, 7)
    say_offline(other, 2)
    other.context.set_offline(False)
    wait_for_entries(served, PATIENT, TODAY, [(2, "self")])
    one.context.set_offline(False)
    wait_until(lambda: len(served.entries_of(PATIENT, TODAY)) == 2)
    assert sorted(served.entries_of(PATIENT, TODAY)) == [(2, "self"), (7, "self")]


def test_thirty_days_without_a_network_are_all_kept(visitors, served):
    page = a_phone(visitors, at=NOON)
    page.context.set_offline(True)
    for number in range(30):
        page.clock.set_fixed_time(NOON + timedelta(days=number))
        page.goto("/today")
        say(page, number % 11)
        expect(heading(page)).to_have_text(UNSENT)
    expect(status_of(page)).to_have_text("30 numbers wait on this phone")
    served.clock.move(days=29, minutes=1)
    page.clock.set_fixed_time(NOON + timedelta(days=29, minutes=1))
    page.context.set_offline(False)
    last = (NOON + timedelta(days=29)).date().isoformat()
    wait_for_entries(served, PATIENT, last, [(29 % 11, "self")])
    for number in range(30):
        day = (NOON + timedelta(days=number)).date().isoformat()
        assert [score for score, _source in served.entries_of(PATIENT, day)] == [number % 11]


def test_a_slow_line_opens_the_question_at_once(visitors, served, monkeypatch):
    page = a_phone(visitors)
    monkeypatch.setattr(served.app, "wsgi_app", slow(served.app.wsgi_app, "/today", 3))
    page.goto("/today")
    expect(heading(page)).to_have_text(QUESTION)
    assert page.evaluate("() => performance.now()") < 2_500
    say(page, 1)
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of(PATIENT, TODAY) == [(1, "self")]


def test_a_page_comes_back_although_the_first_question_over_the_new_line_is_lost(visitors, served, monkeypatch):
    page = a_phone(visitors)
    page.context.set_offline(True)
    page.goto("/diary")
    expect(heading(page)).to_have_text("This page needs the network")
    with monkeypatch.context() as not_yet:
        not_yet.setattr(served.app, "wsgi_app", away(served.app.wsgi_app, "/sync"))
        with page.expect_response("**/sync/state"):
            page.context.set_offline(False)
        expect(heading(page)).to_have_text("This page needs the network")
    expect(heading(page)).to_have_text("My diary")


def test_a_page_that_the_line_lost_alone_comes_back_by_itself(visitors, served, monkeypatch):
    page = a_phone(visitors)
    lost = LosingFirst(served.app.wsgi_app, "/diary")
    monkeypatch.setattr(served.app, "wsgi_app", lost)
    page.goto("/diary")
    expect(heading(page)).to_have_text("My diary")
    assert lost.asked == 2


def test_the_day_does_not_change_under_a_number_that_is_chosen(visitors, served, monkeypatch):
    night = NOON + timedelta(hours=14, minutes=59)  # a minute before four in the morning there
    served.clock.now = night
    page = a_phone(visitors, at=night)
    page.context.set_offline(True)
    page.goto("/today")
    expect(page.locator("form[data-asks] input[name=day]")).to_have_value(TODAY)
    page.locator("input[name=score][value='6']").tap(force=True)
    served.clock.move(minutes=2)
    page.clock.set_fixed_time(night + timedelta(minutes=2))
    with page.expect_response("**/sync/state"):
        page.context.set_offline(False)
    expect(status_of(page)).to_have_text("All sent")
    expect(page.locator("form[data-asks] input[name=day]")).to_have_value(TODAY)


def test_another_person_on_the_same_phone_sees_and_sends_only_their_own(visitors, served):
    prepare(served)
    page = a_phone(visitors)
    say_offline(page, 7)
    page.context.set_offline(False)
    page.route("**/sync/**", lambda route: route.abort())
    page.context.clear_cookies()
    page.goto("/sign-in")
    expect(page.get_by_text("1 number waits on this phone. It is sent when its owner signs in.")).to_be_visible()
    page.unroute("**/sync/**")
    come_in(visitors, page, "silent patient")
    expect(heading(page)).to_have_text(QUESTION)
    expect(status_of(page)).to_have_text("All sent")
    say(page, 2)
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of("M-3001", TODAY) == [(2, "self")]
    assert served.entries_of(PATIENT, TODAY) == []
    page.context.clear_cookies()
    visitors.sign_in(page, "patient")
    wait_for_entries(served, PATIENT, TODAY, [(7, "self")])
    assert served.entries_of("M-3001", TODAY) == [(2, "self")]
