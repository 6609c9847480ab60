"""Phones that remind: for whoever is signed in on them, once each, and no longer than that."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from diary.errors import Invalid, NotThere, Refused
from diary.installation import Installation, installation
from diary.security.push_keys import PRIVATE
from diary.security.signing import KeyUnfit
from diary.services import own_sessions, sign_in
from diary.services import push_subscriptions as service
from tests.beside import all_bytes
from tests.clinic_builders import subject
from tests.messaging.push_service import Browser, open_push_service
from tests.services.listening import a_signed_in_patient, listen, listening, rows, session_of
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.signing_in import enter


@pytest.fixture
def push_service():
    with open_push_service() as opened:
        yield opened


@pytest.fixture
def ana(clinic, clock):
    return a_signed_in_patient(clinic, clock)


@pytest.fixture
def bernd(clinic, clock):
    return a_signed_in_patient(clinic, clock, "M-2")


def a_browser(number=1):
    return Browser(f"https://fcm.googleapis.com/fcm/send/{number}")


def test_a_phone_listens_for_whom_it_was_asked_to(ana, bernd, clinic, clock):
    phone = listen(*ana, a_browser(), clock)
    assert listening(ana[0]) == [phone.id]
    assert listening(bernd[0]) == []
    (shown,) = service.read_listening_phones(ana[0], subject(ana[0]))
    assert (shown.id, shown.device) == (phone.id, "Chrome, Android")
    assert shown.since.isoformat() == clock().isoformat().replace("12:00:00+00:00", "13:00:00+01:00")
    row = audit_rows(clinic.clinic_id)[-1]
    assert (row.action, row.patient_id, row.content) == (
        "push.subscribed",
        ana[0].patient_id,
        {"device": "Chrome, Android"},
    )


def test_address_and_keys_of_a_phone_cannot_be_read_in_the_database(ana, clock):
    browser = a_browser("very-secret-token")
    phone = listen(*ana, browser, clock)
    files = all_bytes()
    for secret in ("very-secret-token", *browser.subscription["keys"].values(), browser.public, browser.secret):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in files
    assert bytes.fromhex(phone.fingerprint) in files


def test_the_same_phone_asked_twice_is_one_phone(ana, clock):
    browser = a_browser()
    one = listen(*ana, browser, clock)
    clock.move(days=1)
    kept = everything_stored()
    assert listen(*ana, browser, clock).id == one.id
    assert everything_stored() == kept


def test_a_phone_with_new_keys_or_a_new_sign_in_is_the_same_phone_anew(ana, clock):
    browser = a_browser()
    first = listen(*ana, browser, clock)
    clock.move(days=1)
    second = listen(*ana, Browser(browser.endpoint), clock)
    later = enter(ana[0].account_id, clock)
    third = listen(ana[0], later, Browser(browser.endpoint), clock)
    assert listening(ana[0]) == [third.id]
    assert len({first.id, second.id, third.id}) == 3


def test_a_phone_that_changed_hands_listens_for_its_new_owner_alone(ana, bernd, clinic, clock):
    browser = a_browser()
    before = listen(*ana, browser, clock)
    after = listen(*bernd, browser, clock)
    assert (listening(ana[0]), listening(bernd[0])) == ([], [after.id])
    assert before.id != after.id
    told = {row.action: row.patient_id for row in audit_rows(clinic.clinic_id)[-2:]}
    assert told == {"push.taken_over": ana[0].patient_id, "push.subscribed": bernd[0].patient_id}


def test_the_eleventh_phone_takes_the_place_of_the_oldest(ana, bernd, clock):
    theirs = listen(*bernd, a_browser("other"), clock)
    phones = []
    for number in range(11):
        clock.move(minutes=1)
        phones.append(listen(*ana, a_browser(number), clock).id)
    assert listening(ana[0]) == phones[1:]
    assert listening(bernd[0]) == [theirs.id]


def test_a_new_address_of_the_same_phone_replaces_the_old_one(ana, bernd, clock):
    old, theirs = a_browser(1), a_browser("bernd")
    listen(*ana, old, clock)
    other = listen(*bernd, theirs, clock)
    new = listen(*ana, a_browser(2), clock, replaces=old.endpoint)
    assert listening(ana[0]) == [new.id]
    listen(*ana, a_browser(3), clock, replaces=theirs.endpoint)
    assert listening(bernd[0]) == [other.id]


def sign_out(token, who, clock):
    sign_in.sign_out(token, clock=clock)


def sign_out_everywhere(token, who, clock):
    sign_in.end_sessions(who.account_id, clock=clock)


def end_from_elsewhere(token, who, clock):
    own_sessions.end_own_session(who.account_id, session_of(token), clock=clock)


def share(token, who, clock):
    own_sessions.share_session(token, None, clock=clock)


@pytest.mark.parametrize("leave", [sign_out, sign_out_everywhere, end_from_elsewhere, share])
def test_a_phone_that_was_signed_out_reminds_nobody(ana, clock, leave):
    who, token = ana
    listen(who, token, a_browser(), clock)
    leave(token, who, clock)
    assert listening(who) == []
    assert not rows()


def test_signing_out_elsewhere_leaves_this_phone_alone(ana, clock):
    who, token = ana
    phone = listen(who, token, a_browser(), clock)
    sign_in.sign_out(enter(who.account_id, clock), clock=clock)
    assert listening(who) == [phone.id]


def test_whoever_was_silent_for_a_month_is_reminded_still(ana, clock):
    who, token = ana
    phone = listen(who, token, a_browser(), clock)
    clock.move(days=40)
    assert sign_in.identity_behind(token, clock=clock) is None
    assert listening(who) == [phone.id]
    later = enter(who.account_id, clock)
    again = listen(who, later, a_browser(), clock)
    sign_in.sign_out(later, clock=clock)
    assert again.id not in listening(who)


def test_a_phone_that_others_use_too_is_refused(ana, clock):
    who, _ = ana
    with pytest.raises(Refused, match="Others use this phone too"):
        listen(who, enter(who.account_id, clock, shared=True), a_browser(), clock)
    assert not rows()


def test_nobody_listens_under_the_sign_in_of_somebody_else(ana, bernd, clock):
    with pytest.raises(NotThere):
        listen(ana[0], bernd[1], a_browser(), clock)
    sign_in.sign_out(ana[1], clock=clock)
    with pytest.raises(NotThere):
        listen(*ana, a_browser(), clock)
    assert not rows()


def test_a_phone_is_stopped_by_its_owner_alone(ana, bernd, clinic, clock):
    browser = a_browser()
    phone = listen(*ana, browser, clock)
    with pytest.raises(NotThere):
        service.unsubscribe(bernd[0], subject(bernd[0]), phone.id, clock=clock)
    service.unsubscribe_here(bernd[0], subject(bernd[0]), browser.endpoint, clock=clock)
    for other in (clinic.nurse, clinic.clinician, replace(bernd[0], clinic_id=clinic.clinic_id)):
        with pytest.raises((NotThere, Refused)):
            service.unsubscribe(other, subject(ana[0]), phone.id, clock=clock)
    assert listening(ana[0]) == [phone.id]
    service.unsubscribe(ana[0], subject(ana[0]), phone.id, clock=clock)
    assert audit_rows(clinic.clinic_id)[-1].action == "push.unsubscribed"
    assert listening(ana[0]) == []
    with pytest.raises(NotThere):
        service.unsubscribe(ana[0], subject(ana[0]), phone.id, clock=clock)


def test_the_phone_at_hand_is_stopped_by_its_address_and_twice_is_once(ana, clinic, clock):
    browser = a_browser()
    listen(*ana, browser, clock)
    for _ in range(2):
        service.unsubscribe_here(ana[0], subject(ana[0]), browser.endpoint, clock=clock)
    assert not rows()
    assert [row.action for row in audit_rows(clinic.clinic_id)].count("push.unsubscribed") == 1


@pytest.mark.parametrize(
    "endpoint",
    ["http://169.254.169.254/x", "https://localhost:22/x", "https://user@fcm.googleapis.com/x", "https://[::1]/x", "x"],
)
def test_hostile_addresses_are_refused_when_they_come(app, ana, clock, endpoint):
    ours = installation()
    strict = replace(ours.settings, env="production", base_url="https://diary.clinic.example")
    Installation(strict, ours.clock, ours.passwords).put_into(app)
    with pytest.raises(Invalid) as refused:
        listen(*ana, Browser(endpoint), clock)
    assert endpoint not in str(refused.value)
    assert not rows()


@pytest.mark.parametrize("sent", [None, [], {}, {"endpoint": "https://fcm.googleapis.com/x"}])
def test_what_is_no_subscription_is_refused(ana, clock, sent):
    service.key_for_browsers(ana[0], subject(ana[0]))
    with pytest.raises(Invalid):
        service.subscribe(ana[0], subject(ana[0]), sent, session_id=session_of(ana[1]), device="", clock=clock)


def test_the_key_is_not_replaced_while_phones_listen_under_it(ana, clock):
    first = service.key_for_browsers(ana[0], subject(ana[0]))
    assert service.key_for_browsers(ana[0], subject(ana[0])) == first
    file = installation().settings.instance / "keys" / PRIVATE
    file.unlink()
    second = service.key_for_browsers(ana[0], subject(ana[0]))
    assert second != first
    listen(*ana, a_browser(), clock)
    file.unlink()
    with pytest.raises(KeyUnfit, match="put it back from a backup"):
        service.key_for_browsers(ana[0], subject(ana[0]))
    assert not file.exists()


def test_what_a_message_says_names_no_address(ana, clock):
    phone = listen(*ana, a_browser("very-secret"), clock)
    said = service.said_to(phone.id, {"title": "x"}, until=clock() + timedelta(hours=1))
    assert "very-secret" not in json.dumps(said)
