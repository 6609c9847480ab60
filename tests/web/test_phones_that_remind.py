"""Phones that remind, through HTTP: only a script of this site lets one listen, and its owner sees and stops it."""

import json

import pytest

from diary.services.push_subscriptions import MOST
from tests.messaging.push_service import Browser
from tests.web.people import treated

ORIGIN = "http://localhost"
OURS = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"


@pytest.fixture
def ana(house, clock):
    visitor = house.sign_in_as(treated(house, clock))
    visitor.get("/me/reminders")
    return visitor


def a_browser(number=1):
    return Browser(f"https://fcm.googleapis.com/fcm/send/{number}")


def subscribe(visitor, sent, headers=OURS, path="/me/reminders/push", **how):
    body = {"data": sent, "content_type": "application/json"} if isinstance(sent, str) else {"json": sent}
    return visitor.open(path, method="POST", headers={"User-Agent": CHROME, **headers}, **(body | how))


def known(visitor):
    """Return the fingerprints that the settings page knows."""
    visitor.get("/me/reminders")
    text = visitor.response.get_data(as_text=True)
    return text.partition('data-push-known="')[2].partition('"')[0].split()


def test_a_phone_that_listens_stands_on_the_page_until_it_is_stopped(ana):
    answer = subscribe(ana, a_browser().subscription)
    assert (answer.status_code, known(ana)) == (200, [answer.json["listens"]])
    page = ana.page
    assert "Chrome, Android, since" in page.text
    stopped = ana.send(next(form for form in page.forms if form.action.endswith("/end")))
    assert "That phone does not remind you any more." in stopped.text
    assert known(ana) == []


def test_letting_a_phone_listen_switches_reminders_on_and_a_renewal_by_itself_does_not(ana):
    assert "Reminders are off" in ana.get("/me/reminders").text
    subscribe(ana, {**a_browser(1).subscription, "again": True})
    assert "Reminders are off" in ana.get("/me/reminders").text
    subscribe(ana, {**a_browser(2).subscription, "replaces": a_browser(1).endpoint})
    assert "Reminders are on" in ana.get("/me/reminders").text
    assert len(known(ana)) == 1


def test_the_phone_at_hand_is_stopped_by_its_own_script(ana):
    subscribe(ana, a_browser().subscription)
    for _ in range(2):
        end = subscribe(ana, {"endpoint": a_browser().endpoint}, path="/me/reminders/push/end")
        assert (end.status_code, end.json) == (200, {"listens": None})
    assert known(ana) == []


REFUSED = [
    ({}, 403),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({**OURS, "Sec-Fetch-Site": "cross-site"}, 403),
    ({**OURS, "Sec-Fetch-Site": "same-site"}, 403),
    ({"Origin": ORIGIN + ".evil.example"}, 403),
]


@pytest.mark.parametrize("path", ["/me/reminders/push", "/me/reminders/push/end"])
@pytest.mark.parametrize(("headers", "status"), REFUSED)
def test_only_a_script_of_this_site_is_heard(ana, headers, status, path):
    assert subscribe(ana, a_browser().subscription, headers, path).status_code == status
    form = ana.open(path, method="POST", headers=OURS, data={"endpoint": "x"})
    assert form.status_code == 415
    assert known(ana) == []


def test_before_any_page_showed_the_key_no_phone_can_have_asked_for_it(house, clock):
    visitor = house.sign_in_as(treated(house, clock))
    assert subscribe(visitor, a_browser().subscription).status_code == 503


@pytest.mark.parametrize("sent", ["", "x", "null", "7", "[]", '"x"', "{}", '{"endpoint":7}', '{"keys":{}}'])
def test_what_is_no_subscription_is_refused_in_words(ana, sent):
    answer = subscribe(ana, sent)
    assert answer.status_code in (400, 422)
    if answer.status_code == 422:
        assert answer.json["words"].startswith("This phone did not say where to send reminders.")
    assert known(ana) == []


UNREADABLE = {
    "lists in lists": "[" * 100_000,
    "names in names": '{"a":' * 40_000,
    "a number of a page": "[" + "9" * 10_000 + "]",
    "no letters": "\x00",
}


@pytest.mark.parametrize("path", ["/me/reminders/push", "/me/reminders/push/end", "/sync/entries"])
@pytest.mark.parametrize("sent", UNREADABLE)
def test_what_no_script_of_ours_writes_is_refused_and_no_fault(ana, sent, path):
    assert subscribe(ana, UNREADABLE[sent], path=path).status_code == 400


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://169.254.169.254/latest",
        "https://localhost.evil.example/x",
        "https://user@fcm.googleapis.com/x",
        "https://[::1]/x",
        "https://2130706433/x",
        "https://fcm.googleapis.com:22/x",
    ],
)
def test_hostile_addresses_are_refused_in_words_and_not_repeated(ana, endpoint):
    answer = subscribe(ana, {**a_browser().subscription, "endpoint": endpoint})
    assert answer.status_code == 422
    assert answer.json["words"].startswith("Ebb does not know the push service of this browser.")
    assert endpoint not in answer.get_data(as_text=True)
    assert known(ana) == []


def test_a_shared_phone_is_offered_nothing_and_refused(ana):
    subscribe(ana, a_browser(1).subscription)
    ana.send(ana.get("/account/sessions").form("/account/sessions/share"))
    page = ana.get("/me/reminders")
    assert "Others use this phone too: reminders do not come to it." in page.text
    assert "Remind me on this phone" not in page.text
    assert known(ana) == []
    answer = subscribe(ana, a_browser(2).subscription)
    assert (answer.status_code, answer.json["words"]) == (
        403,
        "Others use this phone too: reminders do not come to it.",
    )


def test_signed_out_and_locked_a_phone_is_told_so_in_json(ana, house, clock):
    subscribe(ana, a_browser().subscription)
    ana.set_pin()
    clock.move(minutes=6)
    assert subscribe(ana, a_browser(2).subscription).json == {"error": "locked"}
    assert ana.open("/me/reminders/push").status_code == 401
    ana.unlock(ana.get("/me", follow=True))
    assert len(known(ana)) == 1
    ana.post("/sign-out")
    answer = subscribe(ana, a_browser(2).subscription)
    assert (answer.status_code, answer.json) == (401, {"error": "sign_in"})


def test_signing_out_stops_the_phone_and_the_next_person_starts_anew(ana, house, clock):
    subscribe(ana, a_browser().subscription)
    ana.get("/me")
    ana.post("/sign-out")
    other = house.sign_in_as(treated(house, clock, reference="M-2", name="Haas, Bernd"))
    assert known(other) == []
    subscribe(other, a_browser().subscription)
    assert len(known(other)) == 1


def test_the_service_worker_learns_the_key_and_nothing_else(ana):
    answer = ana.open("/me/reminders/push")
    assert list(answer.json) == ["key"]
    assert len(answer.json["key"]) == 87
    assert answer.headers["Cache-Control"] == "no-store"
    ana.get("/me/reminders")
    assert f'data-push-key="{answer.json["key"]}"' in ana.response.get_data(as_text=True)


def test_no_more_phones_than_ten(ana):
    for number in range(MOST + 2):
        assert subscribe(ana, a_browser(number).subscription).status_code == 200
    assert len(known(ana)) == MOST


def test_my_data_tells_which_phones_get_reminders(ana):
    subscribe(ana, a_browser("very-secret").subscription)
    form = next(one for one in ana.get("/me/data").forms if one.fields.get("format") == "json")
    answer = ana.open(form.action, method="POST", data=form.fields)
    (phone,) = json.loads(answer.data)["phones"]
    assert phone["device"] == "Chrome, Android"
    assert b"very-secret" not in answer.data
