"""A phone that reminds goes along with its patient to their next sign-in on it, and with nobody else."""

import pytest

from diary.errors import NotThere, Refused
from diary.installation import installation
from diary.security.push_keys import PRIVATE
from diary.services import joining, sign_in
from diary.services import push_subscriptions as phones
from diary.services.invites import invite_patient
from diary.services.outbox import send_due
from diary.services.push_sign_ins import bring_along, fingerprints_elsewhere
from diary.wall import whole_house
from tests.clinic_builders import AGREED, a_clinic, a_patient, subject
from tests.messaging.push_service import Browser, open_push_service
from tests.services.listening import a_signed_in_patient, listen, listening, push_to, rows, session_of
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.signing_in import enter


@pytest.fixture
def ana(clinic, clock):
    return a_signed_in_patient(clinic, clock)


@pytest.fixture
def bernd(clinic, clock):
    return a_signed_in_patient(clinic, clock, "M-2")


@pytest.fixture
def browser():
    return Browser("https://fcm.googleapis.com/fcm/send/1")


def begin_anew(old, new, clock):
    """Begin a session in a browser whose cookie names another one still."""
    sign_in.sign_out(old, clock=clock, followed_by=new)
    return new


def along(who, token, browser):
    return bring_along(who, subject(who), browser.endpoint, session_id=session_of(token))


def elsewhere(who, token):
    return fingerprints_elsewhere(who, subject(who), session_id=session_of(token))


@pytest.mark.parametrize("days", [0, 30.5, 40])
def test_whoever_signs_in_anew_on_their_phone_is_reminded_on_until_they_sign_out(ana, browser, clock, days):
    who, old = ana
    phone = listen(who, old, browser, clock)
    clock.move(days=days)
    new = begin_anew(old, enter(who.account_id, clock), clock)
    assert listening(who) == [phone.id]
    assert elsewhere(who, new) == []
    sign_in.sign_out(new, clock=clock)
    assert not rows()


def test_a_phone_that_goes_along_is_told_of_in_no_record(ana, browser, clinic, clock):
    who, old = ana
    listen(who, old, browser, clock)
    new = enter(who.account_id, clock)
    before = len(audit_rows(clinic.clinic_id))
    begin_anew(old, new, clock)
    assert [row.action for row in audit_rows(clinic.clinic_id)[before:]] == ["signed_out"]


def test_what_waits_for_a_phone_comes_after_its_patient_signed_in_anew(ana, clock):
    who, old = ana
    with open_push_service(now=clock) as push_service:
        push_to(listen(who, old, push_service.a_browser(), clock).id, clock)
        begin_anew(old, enter(who.account_id, clock), clock)
        assert send_due(clock) == 1
        assert len(push_service.taken) == 1


def test_somebody_else_who_signs_in_on_the_phone_does_not_inherit_it(ana, bernd, browser, clock):
    listen(*ana, browser, clock)
    begin_anew(ana[1], bernd[1], clock)
    assert not rows()
    assert (listening(ana[0]), listening(bernd[0])) == ([], [])


def test_a_phone_that_is_shared_from_now_on_reminds_nobody(ana, browser, clock):
    who, old = ana
    listen(who, old, browser, clock)
    begin_anew(old, enter(who.account_id, clock, shared=True), clock)
    assert not rows()


def test_a_session_that_is_over_or_was_never_there_is_followed_by_nothing(ana, browser, clock):
    who, old = ana
    over = enter(who.account_id, clock)
    sign_in.sign_out(over, clock=clock)
    for later in (over, "no token", ""):
        listen(who, old, browser, clock)
        begin_anew(old, later, clock)
        assert not rows()
        old = enter(who.account_id, clock)


def test_the_same_account_in_another_clinic_begins_without_it(ana, browser, clock):
    who, old = ana
    east = a_clinic(clock, "Pain clinic East")
    link = invite_patient(east.nurse, subject(a_patient(east, clock)), clock=clock)
    with whole_house():
        joining.join(
            sign_in.identity_behind(old, clock=clock), link, shown_account=who.account_id, agreed=AGREED, clock=clock
        )
        clinics = {who.clinic_id, east.clinic_id}
        first = enter(who.account_id, clock)
        there = sign_in.identity_behind(first, clock=clock).clinic_id
        (other,) = clinics - {there}
        new = sign_in.work_in(first, other, clock=clock)
        old = enter(who.account_id, clock)
        listen(sign_in.identity_behind(old, clock=clock), old, browser, clock)
        begin_anew(old, new, clock)
    assert not rows()


def test_the_page_of_a_new_sign_in_brings_its_phone_along(ana, bernd, browser, clinic, clock):
    who, old = ana
    phone = listen(who, old, browser, clock)
    clock.move(days=40)
    new = enter(who.account_id, clock)
    assert elsewhere(who, new) == [phone.fingerprint]
    assert elsewhere(who, old) == elsewhere(*bernd) == []
    before = len(audit_rows(clinic.clinic_id))
    for _ in range(2):
        assert along(who, new, browser) == phone.fingerprint
    assert len(audit_rows(clinic.clinic_id)) == before
    assert listening(who) == [phone.id]
    sign_in.sign_out(old, clock=clock)
    assert listening(who) == [phone.id]
    sign_in.sign_out(new, clock=clock)
    assert not rows()


def test_a_phone_that_goes_along_stays_under_the_key_that_it_knows(ana, browser, clock):
    who, old = ana
    listen(who, old, browser, clock)
    (before,) = rows()
    (installation().settings.instance / "keys" / PRIVATE).unlink()  # it is not asked for
    new = enter(who.account_id, clock)
    along(who, new, browser)
    (after,) = rows()
    assert (after.key_id, after.sealed, after.made_at) == (before.key_id, before.sealed, before.made_at)
    assert after.session_id == session_of(new)


def test_what_was_stopped_stays_stopped_whatever_a_page_brings(ana, browser, clock):
    who, old = ana
    phone = listen(who, old, browser, clock)
    new = enter(who.account_id, clock)
    phones.unsubscribe(who, subject(who), phone.id, clock=clock)
    stored = everything_stored()
    with pytest.raises(NotThere):
        along(who, new, browser)
    assert everything_stored() == stored


def test_nobody_brings_the_phone_of_somebody_else_along(ana, bernd, browser, clock):
    phone = listen(*ana, browser, clock)
    stored = everything_stored()
    with pytest.raises(NotThere):
        along(*bernd, browser)
    with pytest.raises(NotThere):
        along(ana[0], bernd[1], browser)
    assert everything_stored() == stored
    assert listening(ana[0]) == [phone.id]


def test_no_phone_comes_along_to_a_sign_in_that_is_shared_or_over(ana, browser, clock):
    who, old = ana
    listen(who, old, browser, clock)
    over = enter(who.account_id, clock)
    sign_in.sign_out(over, clock=clock)
    shared = enter(who.account_id, clock, shared=True)
    stored = everything_stored()
    with pytest.raises(NotThere):
        along(who, over, browser)
    with pytest.raises(Refused, match="Others use this phone too"):
        along(who, shared, browser)
    assert everything_stored() == stored


def test_staff_ask_for_the_phones_of_nobody(ana, browser, clinic, clock):
    who, old = ana
    listen(who, old, browser, clock)
    for other in (clinic.nurse, clinic.clinician):
        with pytest.raises((NotThere, Refused)):
            fingerprints_elsewhere(other, subject(who), session_id=session_of(old))
        with pytest.raises((NotThere, Refused)):
            bring_along(other, subject(who), browser.endpoint, session_id=session_of(old))
