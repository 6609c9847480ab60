"""The counts of the morning: at seven where the clinic is, once, to whoever wants them and works there."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from diary.db import transaction
from diary.errors import Invalid, Refused
from diary.models import Account, Clinic, DigestSetting, Member
from diary.services import digest_links, digest_settings, digests
from diary.services.digest_times import USEFUL_FOR, Mornings
from diary.services.digests import send_digests_where_due
from diary.services.outbox import send_due
from diary.vocabulary import MemberStatus, OutboxState, Role
from tests.messaging.post_office import open_post_office, set_up_mail
from tests.services.away import failing_as
from tests.services.looking_in import everything_stored
from tests.services.postbox import outbox
from tests.web.people import a_house, a_signing_member, treated

TO = "doctor@clinic.example"
SEVEN = datetime(2026, 3, 23, 7, tzinfo=UTC)
OF_PATIENTS = re.compile(r"ramirez|ana\b|M-1|ketamine|infus|pain|score|clinic west|2026-03-2[0-9]{2}", re.IGNORECASE)


@pytest.fixture
def office(app):
    with open_post_office() as opened:
        set_up_mail(app, opened.url)
        yield opened


@pytest.fixture
def house(app, clock, office):
    return a_house(app, clock)


def token_in(path, *mails):
    """Return the token in the last of these mails that has such a link."""
    return [found[1] for mail in mails if (found := re.search(rf"{path}(\S+)", mail.get_content()))][-1]


def switched_on(who, office, clock, email=TO):
    """Let `who` have the digest, with an address that agreed."""
    digest_settings.set_digest(who, who.clinic_id, email, clock=clock)
    while send_due(clock):
        pass
    digest_links.confirm_address(token_in("/digest/confirm/", *office.taken), clock=clock)
    office.taken.clear()
    return who


def mailed(office, clock, at):
    """Let the jobs work at `at` and return what came since."""
    clock.now = at
    office.taken.clear()
    while send_digests_where_due(clock):
        pass
    while send_due(clock):
        pass
    return [mail for mail in office.taken if mail["Subject"] == "Your list this morning"]


def test_whoever_wants_it_gets_the_counts_of_the_list_at_seven_and_a_link_and_no_name(house, office, clock):
    treated(house, clock, after=(2,) * 21 + (7,) * 20)
    treated(house, clock, reference="M-2", after=(2,) * 20, name="Novak, Petra")
    switched_on(house.clinician, office, clock)
    assert mailed(office, clock, SEVEN - timedelta(minutes=1)) == []
    (mail,) = mailed(office, clock, SEVEN)
    words = mail.get_content().replace("\r\n", "\n")
    assert (mail["To"], mail["Subject"]) == (TO, "Your list this morning")
    assert "1 needs you\n0 are decided and wait\n1 needs nothing" in words
    assert "/clinic/\n" in words
    assert "holidays are not known" in words
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not OF_PATIENTS.search(f"{mail['Subject']} {words}"), words


def test_nobody_is_mailed_who_did_not_ask_or_did_not_confirm(house, office, clock):
    assert mailed(office, clock, SEVEN) == []
    digest_settings.set_digest(house.clinician, house.clinic_id, TO, clock=clock)
    while send_due(clock):
        pass
    assert office.taken[-1]["Subject"] == "Confirm this address"
    assert mailed(office, clock, SEVEN + timedelta(days=1)) == []


def test_it_comes_once_a_working_morning_however_often_the_jobs_look(house, office, clock):
    switched_on(house.clinician, office, clock)
    came = []
    for hours in range(24 * 9):
        at = SEVEN - timedelta(days=2) + timedelta(hours=hours)
        came += [at for _mail in mailed(office, clock, at)]
        assert send_digests_where_due(clock) == 0
    assert [at.isoweekday() for at in came] == [1, 2, 3, 4, 5]
    assert {at.hour for at in came} == {7}


def test_three_workers_at_once_and_a_plan_put_back_send_one(house, office, clock):
    who = switched_on(house.clinician, office, clock)
    clock.now = SEVEN
    key = (who.clinic_id, who.member_id)
    for _worker in range(3):
        with transaction() as session:
            digests._take_turn(session, key, SEVEN, clock())
    with transaction() as session:
        row = session.get_one(DigestSetting, key)
        row.next_at, row.next_day = SEVEN, SEVEN.date()
    assert len(mailed(office, clock, SEVEN + timedelta(minutes=1))) == 1
    assert sum(1 for row in outbox() if row.kind == "digest") == 1


def test_a_morning_that_was_missed_is_left_out(house, office, clock):
    switched_on(house.clinician, office, clock)
    assert mailed(office, clock, SEVEN + USEFUL_FOR) == []
    assert len(mailed(office, clock, SEVEN + timedelta(days=1, hours=4))) == 1


@pytest.mark.parametrize("refusal", ["no answer", "deadlock"])
def test_a_database_that_is_busy_puts_nobody_off(house, office, clock, monkeypatch, refusal):
    switched_on(house.clinician, office, clock)
    with monkeypatch.context() as broken:
        broken.setattr(digests, "takes_digest", failing_as(refusal))
        with pytest.raises(DBAPIError):
            mailed(office, clock, SEVEN)
    assert len(mailed(office, clock, SEVEN + timedelta(seconds=10))) == 1


def test_one_member_whose_digest_fails_is_put_off(house, office, clock, monkeypatch):
    switched_on(house.clinician, office, clock)

    def fail(*_args):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(digests, "takes_digest", fail)
        assert mailed(office, clock, SEVEN) == []
    assert mailed(office, clock, SEVEN + timedelta(minutes=14)) == []
    assert len(mailed(office, clock, SEVEN + timedelta(minutes=15))) == 1


def test_the_days_and_the_zone_are_those_of_the_clinic(house, office, clock):
    with transaction() as session:
        clinic = session.get_one(Clinic, house.clinic_id)
        clinic.time_zone, clinic.working_days = "Europe/Amsterdam", ("sat", "sun")
    switched_on(house.clinician, office, clock)
    saturday = datetime(2026, 3, 28, 6, tzinfo=UTC)
    assert mailed(office, clock, saturday - timedelta(days=1)) == []
    assert len(mailed(office, clock, saturday)) == 1
    sunday_after_the_clocks_changed = datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert mailed(office, clock, sunday_after_the_clocks_changed - timedelta(minutes=1)) == []
    assert len(mailed(office, clock, sunday_after_the_clocks_changed)) == 1


@pytest.mark.parametrize("status", [MemberStatus.SUSPENDED, MemberStatus.LEFT])
def test_whoever_is_suspended_or_gone_gets_none_not_even_one_that_waits(house, office, clock, status):
    who = switched_on(house.clinician, office, clock)
    clock.now = SEVEN
    send_digests_where_due(clock)
    with transaction() as session:
        session.get_one(Member, (who.clinic_id, who.member_id)).status = status
    send_due(clock)
    assert "Your list this morning" not in [mail["Subject"] for mail in office.taken]
    assert [(row.state, row.why) for row in outbox() if row.kind == "digest"] == [(OutboxState.FAILED, "not_wanted")]
    assert mailed(office, clock, SEVEN + timedelta(days=1)) == []
    assert sum(1 for row in outbox() if row.kind == "digest") == 1, "the next morning nothing is planned"


def test_whoever_does_not_read_the_list_any_more_or_may_not_sign_in_gets_none(house, office, clock):
    who = switched_on(house.clinician, office, clock)
    with transaction() as session:
        session.get_one(Member, (who.clinic_id, who.member_id)).roles = (Role.RESEARCHER.value,)
    assert mailed(office, clock, SEVEN) == []
    with transaction() as session:
        member = session.get_one(Member, (who.clinic_id, who.member_id))
        member.roles = (Role.NURSE.value,)
        session.get_one(Account, member.account_id).disabled_at = clock()
    assert mailed(office, clock, SEVEN + timedelta(days=1)) == []
    with transaction() as session:
        session.get_one(Account, who.account_id or member.account_id).disabled_at = None
    assert len(mailed(office, clock, SEVEN + timedelta(days=2))) == 1


def test_one_post_from_the_mail_stops_it_and_a_link_that_is_no_good_stops_nothing(house, office, clock):
    switched_on(house.clinician, office, clock)
    (mail,) = mailed(office, clock, SEVEN)
    before = everything_stored()
    token = token_in("/digest/stop/", mail)
    client = house.app.test_client()
    assert client.post(f"/digest/stop/{token[:-2]}xx").status_code == 410
    assert client.get(f"/digest/stop/{token}").status_code == 200
    assert everything_stored() == before
    assert client.post(f"/digest/stop/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert mailed(office, clock, SEVEN + timedelta(days=1)) == []


def test_a_confirm_link_works_once_and_for_a_day(house, office, clock):
    digest_settings.set_digest(house.clinician, house.clinic_id, TO, clock=clock)
    while send_due(clock):
        pass
    path = "/digest/confirm/" + token_in("/digest/confirm/", *office.taken)
    client = house.app.test_client()
    assert client.get(path).status_code == 200
    clock.move(hours=25)
    assert client.get(path).status_code == 410


def test_only_those_who_read_the_list_may_have_it(house, office, clock):
    admin = a_signing_member(house.name, "admin@west.example", (Role.ADMIN,), clock)
    with pytest.raises(Refused):
        digest_settings.set_digest(admin, house.clinic_id, TO, clock=clock)
    with pytest.raises(Invalid):
        digest_settings.try_digest(house.clinician, house.clinic_id, clock=clock)


ZONES = ("Europe/Amsterdam", "America/Santiago", "Africa/Cairo", "Pacific/Apia", "Australia/Lord_Howe", "UTC")


@settings(max_examples=80)
@given(
    zone=st.sampled_from(ZONES),
    now=st.datetimes(datetime(2011, 12, 20), datetime(2026, 12, 31), timezones=st.just(UTC)),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
)
def test_the_next_morning_is_the_first_seven_o_clock_of_a_working_day(zone, now, weekdays):
    mornings = Mornings(ZoneInfo(zone), weekdays)
    after = mornings.next_after(now)
    there = after.at.astimezone(ZoneInfo(zone))
    assert after.at > now
    assert after.day.weekday() in weekdays
    assert there.date() == after.day
    assert there.hour == 7
    between = [now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days) for days in range(9)]
    earlier = [one for one in map(mornings.on, between) if one is not None and now < one.at < after.at]
    assert earlier == []
    assert mornings.due(after.day, after.at) == after
    assert mornings.due(after.day, after.useful_until) is None


def test_a_date_that_a_place_left_out_has_no_morning():
    assert Mornings(ZoneInfo("Pacific/Apia"), range(7)).on(date(2011, 12, 30)) is None
