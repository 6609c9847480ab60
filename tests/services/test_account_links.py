"""A link to begin again opens what it was made for: not after the account has moved on, and never another clinic's."""

from functools import partial

import pytest

from diary.access.identity import OPERATOR
from diary.db import snapshot, transaction
from diary.errors import Expired
from diary.installation import installation
from diary.models import Account, AccountClinic, Member
from diary.security.tokens import clinic_token, read_clinic_token
from diary.services import account_links, beginning_again, joining, members, moving_in, moving_out, own_sign_in
from diary.services.devices import UNSEEN
from diary.services.invites import invite_patient
from diary.vocabulary import LinkPurpose, MemberStatus, Proof, Role
from tests.clinic_builders import AGREED, a_clinic, a_patient, confirmed, subject
from tests.services.signing_in import PASSWORD, a_patients_account, accept, enter, who_is

NAME = "ana@home.example"
NEW = "entirely other plain words"


@pytest.fixture
def ana(clinic, clock):
    """A patient with an account, who has just signed in."""
    return signed_in(a_patients_account(clinic, clock, NAME)[1], clock)


@pytest.fixture
def east(clinic, clock):
    return a_clinic(clock, "Pain clinic East")


def signed_in(account_id, clock):
    return who_is(enter(account_id, clock, proof=Proof.CODE), clock)


def given(clinic, patient, clock):
    """Return the link that a clinic hands to a patient."""
    return account_links.give_patient_link(confirmed(clinic.nurse, clock), subject(patient), clock=clock).token


def mailed(clock):
    """Let anybody ask for a new password of the patient's, and return the link that is mailed to her."""
    links = []
    account_links.ask_for_new_password(NAME, address_of=partial(kept_in, links), visit=UNSEEN, clock=clock)
    return links[-1]


def kept_in(links, token):
    links.append(token)
    return f"https://diary.example/link/{token}"


def choose(token, clock):
    beginning_again.choose_password(token, NEW, passwords=installation().passwords, clock=clock)


def password_of(account_id):
    with snapshot() as session:
        return session.get_one(Account, account_id).password_hash


def opens(token, clock):
    """Say whether a link is good."""
    try:
        account_links.open_link(token, clock=clock)
    except Expired:
        return False
    return True


def refused(token, account_id, clock):
    """See that a link is neither shown nor used."""
    stored = password_of(account_id)
    for act in (partial(account_links.open_link, token, clock=clock), partial(choose, token, clock)):
        with pytest.raises(Expired):
            act()
    assert password_of(account_id) == stored


def test_a_link_of_the_clinic_that_a_patient_left_opens_nothing_in_the_new_one(clinic, east, ana, clock):
    link = given(clinic, ana, clock)
    code = moving_out.make_move_code(confirmed(clinic.nurse, clock), subject(ana), clock=clock).code
    moving_in.take_in_code(east.nurse, east.clinic_id, code, reference="E-1", clock=clock)
    refused(link, ana.account_id, clock)


def test_a_link_of_a_clinic_is_over_once_the_account_joined_another_one(clinic, east, ana, clock):
    links = [given(clinic, ana, clock), mailed(clock)]
    invited = invite_patient(east.nurse, subject(a_patient(east, clock)), clock=clock)
    joining.join(ana, invited, shown_account=ana.account_id, agreed=AGREED, clock=clock)
    for link in links:
        refused(link, ana.account_id, clock)
    assert opens(mailed(clock), clock), "the owner begins again by mail"


def test_a_link_of_a_clinic_is_good_only_while_the_account_has_no_place_elsewhere(clinic, east, ana, clock):
    link, own = given(clinic, ana, clock), mailed(clock)
    with transaction() as session:  # by whatever way it came about
        session.get_one(Member, (east.clinic_id, east.nurse.member_id)).account_id = ana.account_id
        session.add(AccountClinic(account_id=ana.account_id, clinic_id=east.clinic_id))
    refused(link, ana.account_id, clock)
    assert opens(own, clock)
    set_status(east.nurse, MemberStatus.LEFT)
    choose(link, clock)


def test_a_link_to_a_new_second_factor_is_held_to_the_same(clinic, east, clock):
    name = "nurse@a.example"
    invited = members.invite_member(OPERATOR, name, clinic="Pain clinic West", roles=[Role.NURSE], clock=clock)
    nurse = signed_in(accept(invited, name, clock), clock)
    admin = confirmed(clinic.admin, clock)
    link = account_links.give_factor_link(admin, clinic.clinic_id, nurse.member_id, clock=clock).token
    by_operator = account_links.give_factor_link_to(OPERATOR, name, clock=clock).token
    assert not opens(link, clock), "of two links to one end the newer one works"
    again = account_links.give_factor_link(admin, clinic.clinic_id, nurse.member_id, clock=clock).token
    assert opens(again, clock)
    assert not opens(by_operator, clock)
    by_operator = account_links.give_factor_link_to(OPERATOR, name, clock=clock).token
    with transaction() as session:
        session.get_one(Member, (east.clinic_id, east.nurse.member_id)).account_id = nurse.account_id
        session.add(AccountClinic(account_id=nurse.account_id, clinic_id=east.clinic_id))
    assert opens(by_operator, clock), "whoever runs the house belongs to no clinic"
    set_status(east.nurse, MemberStatus.LEFT)
    again = account_links.give_factor_link(admin, clinic.clinic_id, nurse.member_id, clock=clock).token
    assert opens(again, clock)
    set_status(east.nurse, MemberStatus.ACTIVE)
    assert not opens(again, clock)


def set_status(who, status):
    with transaction() as session:
        session.get_one(Member, (who.clinic_id, who.member_id)).status = status


def test_a_link_of_a_clinic_says_which_and_is_no_link_without_that(clinic, east, ana, clock):
    link = given(clinic, ana, clock)
    clinic_id, secret = read_clinic_token(link)
    assert clinic_id == clinic.clinic_id
    for other in (secret, clinic_token(east.clinic_id, secret)):
        refused(other, ana.account_id, clock)
    assert account_links.open_link(link, clock=clock).purpose is LinkPurpose.PASSWORD


def test_a_password_that_its_owner_changes_ends_every_link(clinic, ana, clock):
    links = [given(clinic, ana, clock), mailed(clock)]
    passwords = installation().passwords
    own_sign_in.change_password(ana, old=PASSWORD, new=NEW, held_by="", passwords=passwords, clock=clock)
    for link in links:
        refused(link, ana.account_id, clock)


def test_a_stranger_who_asks_by_mail_does_not_end_the_link_that_a_clinic_handed_over(clinic, ana, clock):
    handed_over = given(clinic, ana, clock)
    clock.move(minutes=1)
    first = mailed(clock)
    clock.move(minutes=1)
    second = mailed(clock)
    assert [opens(link, clock) for link in (handed_over, first, second)] == [True, False, True]
    clock.move(minutes=1)
    newer = given(clinic, ana, clock)
    assert [opens(link, clock) for link in (handed_over, second, newer)] == [False, True, True]
    choose(newer, clock)
    assert not opens(second, clock)


def test_a_link_that_somebody_else_was_given_is_not_taken_for_hers(clinic, ana, clock):
    other, _account = a_patients_account(clinic, clock, "other@home.example", "M-2")
    first = mailed(clock)
    given(clinic, other, clock)
    clock.move(minutes=1)
    second = mailed(clock)
    assert [opens(link, clock) for link in (first, second)] == [False, True]
