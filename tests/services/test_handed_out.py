"""What was handed out ends when the diary is closed, and when whoever made it is no longer let in."""

import pytest

from diary.access.policy import Permission, may
from diary.db import snapshot
from diary.errors import Expired, Invalid, Refused
from diary.models import MoveCode
from diary.security.move_codes import move_code_hash
from diary.services import account_links, glass, invite_cards, members, membership, moving_in, moving_out, staff
from diary.services.devices import UNSEEN
from diary.services.invites import invite_patient, open_invite
from diary.services.patient_pages import read_patient_page
from diary.services.protection import looked_up
from diary.vocabulary import Proof, Role
from tests.clinic_builders import a_clinic, a_member, a_patient, confirmed, subject
from tests.services.closing import break_the_glass, protect
from tests.services.looking_in import everything_stored
from tests.services.signing_in import a_patients_account, accept, enter, who_is

ENDINGS = ("suspend", "end the membership", "leave")
NAME = "ana@home.example"


@pytest.fixture
def ana(clinic, clock):
    """A patient with an account."""
    return a_patients_account(clinic, clock, NAME)[0]


@pytest.fixture
def ben(clinic, clock):
    """A patient without one."""
    return a_patient(clinic, clock, "M-2")


@pytest.fixture
def east(clinic, clock):
    return a_clinic(clock, "Pain clinic East")


@pytest.fixture
def nurse(clinic, clock):
    """A second nurse, who may go."""
    return a_member(clinic.clinic_id, Role.NURSE, clock)


def link_of(who, patient, clock):
    return account_links.give_patient_link(confirmed(who, clock), subject(patient), clock=clock).token


def code_of(who, patient, clock):
    return moving_out.make_move_code(confirmed(who, clock), subject(patient), clock=clock).code


def mailed(clock):
    links = []
    account_links.ask_for_new_password(
        NAME, address_of=lambda token: links.append(token) or "x", visit=UNSEEN, clock=clock
    )
    return links[-1]


def is_good(ask, *given, clock):
    """Say whether a link, an invite or a code is still good."""
    try:
        ask(*given, clock=clock)
    except (Expired, Invalid):
        return False
    return True


def end(how, clinic, member, clock):
    admin = confirmed(clinic.admin, clock)
    if how == "suspend":
        membership.suspend(admin, clinic.clinic_id, member.member_id, clock=clock)
    elif how == "leave":
        membership.leave_clinic(confirmed(member, clock), clock=clock)
    else:
        membership.end_membership(admin, clinic.clinic_id, member.member_id, clock=clock)


def test_protecting_a_diary_ends_the_codes_and_links_that_were_out(clinic, east, ana, nurse, clock):
    links, code = [link_of(nurse, ana, clock), mailed(clock)], code_of(nurse, ana, clock)
    clock.move(minutes=1)
    protect(clinic, subject(ana), clock)
    assert not any(is_good(account_links.open_link, link, clock=clock) for link in links)
    assert not is_good(moving_in.look_at_code, east.nurse, east.clinic_id, code, clock=clock)
    with pytest.raises(Invalid, match="not good"):
        moving_in.take_in_code(east.nurse, east.clinic_id, code, reference="E-1", clock=clock)
    responsible = clinic.clinician
    assert is_good(account_links.open_link, link_of(responsible, ana, clock), clock=clock)
    code = code_of(responsible, ana, clock)
    assert is_good(moving_in.look_at_code, east.nurse, east.clinic_id, code, clock=clock)


def test_protecting_a_diary_withdraws_the_invite_that_was_out(clinic, ben, nurse, clock):
    invite = invite_patient(nurse, subject(ben), clock=clock)
    clock.move(minutes=1)
    protect(clinic, subject(ben), clock)
    with pytest.raises(Expired, match="withdrew this invite"):
        open_invite(invite, clock=clock)
    assert is_good(open_invite, invite_patient(clinic.clinician, subject(ben), clock=clock), clock=clock)


def test_handing_a_protected_diary_over_ends_what_the_one_before_handed_out(clinic, east, ana, clock):
    other = a_member(clinic.clinic_id, Role.CLINICIAN, clock)
    protect(clinic, subject(ana), clock)
    link, code = link_of(clinic.clinician, ana, clock), code_of(clinic.clinician, ana, clock)
    protect(clinic, subject(ana), clock)  # the same once more changes nothing
    assert is_good(account_links.open_link, link, clock=clock)
    protect(clinic, subject(ana), clock, responsible=other)
    assert not is_good(account_links.open_link, link, clock=clock)
    assert not is_good(moving_in.look_at_code, east.nurse, east.clinic_id, code, clock=clock)


def test_what_is_out_for_another_patient_stays_good(clinic, east, ana, ben, nurse, clock):
    link, code = link_of(nurse, ana, clock), code_of(nurse, ana, clock)
    invite = invite_patient(nurse, subject(a_patient(clinic, clock, "M-3")), clock=clock)
    protect(clinic, subject(ben), clock)
    assert is_good(account_links.open_link, link, clock=clock)
    assert is_good(moving_in.look_at_code, east.nurse, east.clinic_id, code, clock=clock)
    assert is_good(open_invite, invite, clock=clock)


HANDING_OUT = {
    "make a move code": lambda who, ana, ben, clock: code_of(who, ana, clock),
    "take a copy out": lambda who, ana, ben, clock: moving_out.take_copy_out(
        confirmed(who, clock), subject(ana), clock=clock
    ),
    "look at a move": lambda who, ana, ben, clock: moving_out.read_move_page(who, subject(ana), clock=clock),
    "give a link": lambda who, ana, ben, clock: link_of(who, ana, clock),
    "invite a patient": lambda who, ana, ben, clock: invite_patient(who, subject(ben), clock=clock),
}


@pytest.mark.parametrize("act", HANDING_OUT)
def test_nothing_is_handed_out_through_broken_glass(clinic, ana, ben, nurse, clock, act):
    for patient in (ana, ben):
        protect(clinic, subject(patient), clock)
        break_the_glass(nurse, subject(patient), clock)
    read_patient_page(nurse, subject(ana), clock=clock)
    stored = everything_stored()
    with pytest.raises(Refused, match="only through broken glass"):
        HANDING_OUT[act](nurse, ana, ben, clock)
    assert everything_stored() == stored
    HANDING_OUT[act](clinic.clinician, ana, ben, clock)


def test_cards_with_links_are_made_for_nobody_seen_through_broken_glass(clinic, ben, nurse, clock):
    protect(clinic, subject(ben), clock)
    break_the_glass(nurse, subject(ben), clock)
    assert invite_cards.patients_without_account(nurse, clinic.clinic_id, clock=clock).patients == []
    stored = everything_stored()
    made = invite_cards.make_cards(nurse, clinic.clinic_id, [ben.patient_id], clock=clock)
    assert (made.cards, made.closed) == ([], ["Ramirez M-2"])
    assert everything_stored() == stored
    (listed,) = invite_cards.patients_without_account(clinic.clinician, clinic.clinic_id, clock=clock).patients
    assert listed.patient_id == ben.patient_id


def test_glass_that_is_broken_still_opens_the_diary_for_everything_else(clinic, ana, nurse, clock):
    protect(clinic, subject(ana), clock)
    break_the_glass(nurse, subject(ana), clock)
    with snapshot() as session:
        about = looked_up(session, subject(ana), now=clock())
    assert may(nurse, Permission.PATIENT_WRITE, about)
    assert glass.own_glass(nurse, subject(ana), clock=clock)


@pytest.mark.parametrize("how", ENDINGS)
def test_what_a_member_handed_out_ends_with_their_work_in_the_clinic(clinic, east, ana, ben, nurse, clock, how):
    link, code = link_of(nurse, ana, clock), code_of(nurse, ana, clock)
    invite = invite_patient(nurse, subject(ben), clock=clock)
    clock.move(minutes=20)
    end(how, clinic, nurse, clock)
    assert not is_good(account_links.open_link, link, clock=clock)
    assert not is_good(moving_in.look_at_code, east.nurse, east.clinic_id, code, clock=clock)
    with pytest.raises(Expired, match="withdrew this invite"):
        open_invite(invite, clock=clock)


@pytest.mark.parametrize("how", ENDINGS)
def test_what_others_handed_out_stays_good(clinic, east, ana, ben, nurse, clock, how):
    code_of(nurse, ana, clock)
    clock.move(minutes=1)
    invite = invite_patient(clinic.nurse, subject(ben), clock=clock)
    link, code = link_of(clinic.nurse, ana, clock), code_of(ana, ana, clock)
    clock.move(minutes=1)
    end(how, clinic, nurse, clock)
    assert is_good(account_links.open_link, link, clock=clock)
    assert is_good(moving_in.look_at_code, east.nurse, east.clinic_id, code, clock=clock)
    assert is_good(open_invite, invite, clock=clock)


def test_what_was_used_before_stays_as_it_was(clinic, east, ana, ben, nurse, clock):
    code, invite = code_of(nurse, ana, clock), invite_patient(nurse, subject(ben), clock=clock)
    accept(invite, "ben@home.example", clock)
    moving_in.take_in_code(east.nurse, east.clinic_id, code, reference="E-1", clock=clock)
    end("suspend", clinic, nurse, clock)
    with pytest.raises(Expired, match="used already"):
        open_invite(invite, clock=clock)
    with snapshot() as session:
        assert session.get_one(MoveCode, move_code_hash(code)).used_at == clock()


def test_what_an_admin_handed_to_staff_ends_too_and_another_admin_renews_it(clinic, clock):
    admin = confirmed(a_member(clinic.clinic_id, Role.ADMIN, clock), clock)
    first, invite = (
        members.invite_to_clinic(admin, clinic.clinic_id, name=name, email=name, roles=[Role.NURSE], clock=clock)
        for name in ("one@west.example", "two@west.example")
    )
    account_id = accept(first, "one@west.example", clock)
    member = who_is(enter(account_id, clock, proof=Proof.CODE), clock)
    link = account_links.give_factor_link(admin, clinic.clinic_id, member.member_id, clock=clock).token
    clock.move(minutes=1)
    end("suspend", clinic, admin, clock)
    assert not is_good(account_links.open_link, link, clock=clock)
    assert not is_good(open_invite, invite, clock=clock)
    (expected,) = staff_expected(clinic, clock)
    again = members.renew_invite(confirmed(clinic.admin, clock), clinic.clinic_id, expected, clock=clock)
    assert open_invite(again, clock=clock).suggested == "two@west.example"


def staff_expected(clinic, clock):
    """Return the members who were invited and have not come yet."""
    listed = staff.staff_of_clinic(clinic.admin, clinic.clinic_id, clock=clock)
    return [one.member.id for one in listed if one.member.status == "invited"]
