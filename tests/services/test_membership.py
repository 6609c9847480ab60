"""Staff are given roles, suspended, brought back and let go; a clinic always keeps an active admin."""

import uuid
from functools import partial

import pytest
from sqlalchemy import select

from diary.db import snapshot, transaction
from diary.errors import ConfirmFirst, Invalid, NotThere, Refused
from diary.models import AccountClinic, Invite, Member, SignedInSession
from diary.services import joining, members, membership, sign_in, staff
from diary.services.clinics import active_members
from diary.services.invites import invite_patient, open_invite
from diary.services.staff import Link
from diary.vocabulary import Proof, Role
from tests.clinic_builders import AGREED, a_clinic, a_member, a_patient, confirmed, subject
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.side_by_side import side_by_side
from tests.services.signing_in import accept


@pytest.fixture
def admin(clinic, clock):
    return confirmed(clinic.admin, clock)


def row_of(who):
    with snapshot() as session:
        return session.get_one(Member, (who.clinic_id, who.member_id))


def a_nurse_who_signed_in(clinic, admin, clock, email="nurse@west.example"):
    """Return the member and the token of their session."""
    link = members.invite_to_clinic(
        admin, clinic.clinic_id, name="Nurse Bakker", email=email, roles=[Role.NURSE], clock=clock
    )
    account_id = accept(link, email, clock)
    token = sign_in.start_session(account_id, proof=Proof.CODE, clock=clock)
    return sign_in.identity_behind(token, clock=clock), token


def test_roles_are_changed_and_told(clinic, admin, clock):
    nurse = clinic.nurse
    membership.change_roles(admin, clinic.clinic_id, nurse.member_id, [Role.NURSE, Role.ADMIN], clock=clock)
    assert set(row_of(nurse).roles) == {"admin", "nurse"}
    told = audit_rows(clinic.clinic_id)[-1]
    assert (told.action, told.content["before"], told.content["after"]) == (
        "member.roles_changed",
        ["nurse"],
        ["admin", "nurse"],
    )


def test_roles_that_stay_the_same_are_not_told(clinic, admin, clock):
    stored = everything_stored()
    membership.change_roles(admin, clinic.clinic_id, clinic.nurse.member_id, [Role.NURSE], clock=clock)
    assert everything_stored() == stored


def test_somebody_suspended_is_out_at_once_and_comes_back_with_a_new_sign_in(clinic, admin, clock):
    nurse, token = a_nurse_who_signed_in(clinic, admin, clock)
    membership.suspend(admin, clinic.clinic_id, nurse.member_id, clock=clock)
    assert sign_in.identity_behind(token, clock=clock) is None
    assert sign_in.start_session(nurse.account_id, proof=Proof.CODE, clock=clock) is None
    membership.bring_back(admin, clinic.clinic_id, nurse.member_id, clock=clock)
    assert sign_in.identity_behind(token, clock=clock) is None, "the old session stays dead"
    assert sign_in.start_session(nurse.account_id, proof=Proof.CODE, clock=clock)
    assert [row.action for row in audit_rows(clinic.clinic_id)][-3:-1] == ["member.suspended", "member.brought_back"]


def test_whoever_left_is_no_longer_part_of_the_clinic_and_can_be_invited_again(clinic, admin, clock):
    nurse, token = a_nurse_who_signed_in(clinic, admin, clock)
    membership.end_membership(admin, clinic.clinic_id, nurse.member_id, clock=clock)
    assert sign_in.identity_behind(token, clock=clock) is None
    assert (row_of(nurse).status, row_of(nurse).account_id) == ("left", None)
    with snapshot() as session:
        assert session.get(AccountClinic, (nurse.account_id, clinic.clinic_id)) is None
    assert "Nurse Bakker" not in [one.name for one in active_members(clinic.nurse, clinic.clinic_id)]
    again = members.invite_to_clinic(
        admin, clinic.clinic_id, name="Nurse Bakker", email="nurse@west.example", roles=[Role.NURSE], clock=clock
    )
    assert open_invite(again, clock=clock).name == "Nurse Bakker"


def test_a_member_leaves_by_themselves(clinic, admin, clock):
    nurse, token = a_nurse_who_signed_in(clinic, admin, clock)
    membership.leave_clinic(nurse, clock=clock)
    assert row_of(nurse).status == "left"
    assert sign_in.identity_behind(token, clock=clock) is None
    assert audit_rows(clinic.clinic_id)[-1].actor_id == nurse.member_id


def test_the_last_active_admin_stays(clinic, admin, clock):
    for act in (
        partial(membership.change_roles, admin, clinic.clinic_id, admin.member_id, [Role.NURSE], clock=clock),
        partial(membership.leave_clinic, admin, clock=clock),
    ):
        stored = everything_stored()
        with pytest.raises(Invalid, match="the last active admin"):
            act()
        assert everything_stored() == stored


def test_a_suspended_admin_and_one_who_never_joined_do_not_count(clinic, admin, clock):
    other = a_member(clinic.clinic_id, Role.ADMIN, clock)
    members.invite_to_clinic(
        admin, clinic.clinic_id, name="Later", email="later@west.example", roles=[Role.ADMIN], clock=clock
    )
    membership.suspend(admin, clinic.clinic_id, other.member_id, clock=clock)
    with pytest.raises(Invalid, match="the last active admin"):
        membership.leave_clinic(admin, clock=clock)


def test_two_admins_who_let_each_other_go_at_once_leave_one(app, clinic, admin, clock):
    for act in (membership.suspend, membership.end_membership):
        one, two = (confirmed(a_member(clinic.clinic_id, Role.ADMIN, clock), clock) for _ in range(2))
        for other in (*admins_of(clinic), clinic.admin):
            if other.member_id not in (one.member_id, two.member_id):
                set_status(clinic, other.member_id, "suspended")
        said = side_by_side(
            app,
            [
                partial(act, one, clinic.clinic_id, two.member_id, clock=clock),
                partial(act, two, clinic.clinic_id, one.member_id, clock=clock),
            ],
        )
        assert sorted(type(one).__name__ for one in said) == ["NoneType", "Refused"]
        assert len([row for row in admins_of(clinic) if row.status == "active"]) == 1


def test_of_many_admins_who_leave_at_once_one_stays(app, clinic, admin, clock):
    leaving = [admin, *(confirmed(a_member(clinic.clinic_id, Role.ADMIN, clock), clock) for _ in range(9))]
    said = side_by_side(app, [partial(membership.leave_clinic, who, clock=clock) for who in leaving])
    assert sum(isinstance(one, Invalid) for one in said) == 1
    assert sum(one is None for one in said) == 9


def admins_of(clinic):
    """Return the rows of the clinic's admins."""
    with snapshot() as session:
        rows = session.scalars(select(Member).where(Member.clinic_id == clinic.clinic_id)).all()
    return [with_member_id(row) for row in rows if "admin" in row.roles]


def with_member_id(row):
    row.member_id = row.id
    return row


def set_status(clinic, member_id, status):
    with transaction() as session:
        session.get_one(Member, (clinic.clinic_id, member_id)).status = status


def test_nobody_suspends_or_ends_themselves_by_mistake(clinic, admin, clock):
    a_member(clinic.clinic_id, Role.ADMIN, clock)
    for act in (membership.suspend, membership.end_membership):
        with pytest.raises(Invalid):
            act(admin, clinic.clinic_id, admin.member_id, clock=clock)
    assert row_of(admin).status == "active"


def test_an_admin_who_was_one_a_moment_ago_changes_nothing_any_more(clinic, admin, clock):
    other = confirmed(a_member(clinic.clinic_id, Role.ADMIN, clock), clock)
    membership.change_roles(other, clinic.clinic_id, admin.member_id, [Role.NURSE], clock=clock)
    with pytest.raises(Refused):
        membership.suspend(admin, clinic.clinic_id, other.member_id, clock=clock)


EMAIL = "new@west.example"
ACTS = {
    "invite": lambda who, c, member, clock: members.invite_to_clinic(
        who, c.clinic_id, name="New", email=EMAIL, roles=[Role.NURSE], clock=clock
    ),
    "renew": lambda who, c, member, clock: members.renew_invite(who, c.clinic_id, member, clock=clock),
    "withdraw": lambda who, c, member, clock: members.withdraw_invite(who, c.clinic_id, member, clock=clock),
    "change roles": lambda who, c, member, clock: membership.change_roles(
        who, c.clinic_id, member, [Role.NURSE], clock=clock
    ),
    "suspend": lambda who, c, member, clock: membership.suspend(who, c.clinic_id, member, clock=clock),
    "bring back": lambda who, c, member, clock: membership.bring_back(who, c.clinic_id, member, clock=clock),
    "end": lambda who, c, member, clock: membership.end_membership(who, c.clinic_id, member, clock=clock),
}


@pytest.mark.parametrize("act", ACTS)
def test_staff_is_the_admins_business_after_a_fresh_proof(clinic, clock, act):
    east = a_clinic(clock, "Pain clinic East")
    member = clinic.clinician.member_id
    refused = [(clinic.clinician, Refused), (clinic.nurse, Refused), (east.admin, NotThere)]
    stored = everything_stored()
    for who, refusal in refused:
        with pytest.raises(refusal):
            ACTS[act](confirmed(who, clock), clinic, member, clock)
    with pytest.raises(ConfirmFirst):
        ACTS[act](clinic.admin, clinic, member, clock)
    assert everything_stored() == stored


@pytest.mark.parametrize("act", sorted(ACTS.keys() - {"invite"}))
def test_a_member_of_another_clinic_is_not_there(clinic, admin, clock, act):
    east = a_clinic(clock, "Pain clinic East")
    for member in (east.nurse.member_id, uuid.uuid4()):
        with pytest.raises(NotThere):
            ACTS[act](admin, clinic, member, clock)


def test_an_invite_is_withdrawn_and_its_address_forgotten(clinic, admin, clock):
    token = ACTS["invite"](admin, clinic, None, clock)
    (one,) = [one for one in staff.staff_of_clinic(admin, clinic.clinic_id, clock=clock) if one.link is Link.GOOD]
    assert (one.invited_as, one.member.status) == (EMAIL, "invited")
    members.withdraw_invite(admin, clinic.clinic_id, one.member.id, clock=clock)
    with pytest.raises(Exception, match="withdrew this invite"):
        open_invite(token, clock=clock)
    with snapshot() as session:
        assert session.scalars(select(Invite.email)).all() == [None]
    last = staff.member_of_staff(admin, clinic.clinic_id, one.member.id, clock=clock)
    assert (last.link, last.member.status) == (Link.WITHDRAWN, "left")
    assert audit_rows(clinic.clinic_id)[-1].action == "invite.withdrawn"


def test_a_new_link_for_a_member_ends_the_one_before_and_suggests_the_address(clinic, admin, clock):
    first = ACTS["invite"](admin, clinic, None, clock)
    (one,) = [one for one in staff.staff_of_clinic(admin, clinic.clinic_id, clock=clock) if one.link is Link.GOOD]
    second = members.renew_invite(admin, clinic.clinic_id, one.member.id, clock=clock)
    with pytest.raises(Exception, match="A newer link"):
        open_invite(first, clock=clock)
    assert open_invite(second, clock=clock).suggested == EMAIL


def test_an_address_is_invited_once(clinic, admin, clock):
    token = ACTS["invite"](admin, clinic, None, clock)
    with pytest.raises(Invalid, match="invited already"):
        ACTS["invite"](admin, clinic, None, clock)
    accept(token, EMAIL, clock)
    with pytest.raises(Invalid, match="works in your clinic already"):
        ACTS["invite"](admin, clinic, None, clock)


def test_whether_an_address_has_an_account_elsewhere_is_not_told(clinic, admin, clock):
    east = a_clinic(clock, "Pain clinic East")
    accept(ACTS["invite"](confirmed(east.admin, clock), east, None, clock), EMAIL, clock)
    assert open_invite(ACTS["invite"](admin, clinic, None, clock), clock=clock)


def test_the_list_says_how_each_stands(clinic, admin, clock):
    nurse, _token = a_nurse_who_signed_in(clinic, admin, clock)
    listed = {one.member.id: one for one in staff.staff_of_clinic(admin, clinic.clinic_id, clock=clock)}
    one = listed[nurse.member_id]
    assert (one.last_signed_in, one.has_codes, one.has_passkey) == (clock(), False, False)
    assert listed[clinic.clinician.member_id].last_signed_in is None
    for who, refusal in ((clinic.nurse, Refused), (a_clinic(clock, "East").admin, NotThere)):
        with pytest.raises(refusal):
            staff.staff_of_clinic(who, clinic.clinic_id, clock=clock)


def test_letting_somebody_go_here_ends_nothing_in_their_other_clinic(clinic, admin, clock):
    east = a_clinic(clock, "Pain clinic East")
    nurse, token = a_nurse_who_signed_in(clinic, admin, clock)
    with transaction() as session:
        theirs = session.get_one(Member, (east.clinic_id, east.nurse.member_id))
        theirs.account_id = nurse.account_id
        session.add(AccountClinic(account_id=nurse.account_id, clinic_id=east.clinic_id))
    moved = sign_in.work_in(token, east.clinic_id, clock=clock)
    membership.suspend(admin, clinic.clinic_id, nurse.member_id, clock=clock)
    assert sign_in.identity_behind(moved, clock=clock).clinic_id == east.clinic_id
    with snapshot() as session:
        assert session.scalars(select(SignedInSession.ended_at)).all() == [None]


def also_a_patient_of_east(who, clock):
    """Give an account a diary in another clinic."""
    east = a_clinic(clock, "Pain clinic East")
    invite = invite_patient(east.nurse, subject(a_patient(east, clock)), clock=clock)
    joining.join(confirmed(who, clock), invite, shown_account=who.account_id, agreed=AGREED, clock=clock)
    return east


def test_a_session_that_waited_in_another_clinic_is_no_staff_session_after_coming_back(clinic, admin, clock):
    nurse, token = a_nurse_who_signed_in(clinic, admin, clock)
    east = also_a_patient_of_east(nurse, clock)
    parked = sign_in.work_in(token, east.clinic_id, clock=clock)
    assert sign_in.identity_behind(parked, clock=clock).patient_id
    membership.suspend(admin, clinic.clinic_id, nurse.member_id, clock=clock)
    clock.move(minutes=2)
    membership.bring_back(confirmed(admin, clock), clinic.clinic_id, nurse.member_id, clock=clock)
    back = sign_in.work_in(parked, clinic.clinic_id, clock=clock) or parked
    assert sign_in.identity_behind(back, clock=clock) is None, "not without the second factor"
    proven = sign_in.prove(back, Proof.CODE, clock=clock)
    assert sign_in.identity_behind(proven, clock=clock).member_id == nurse.member_id


def test_somebody_who_left_still_reads_their_own_diary_elsewhere(clinic, admin, clock):
    nurse, token = a_nurse_who_signed_in(clinic, admin, clock)
    east = also_a_patient_of_east(nurse, clock)
    parked = sign_in.work_in(token, east.clinic_id, clock=clock)
    membership.end_membership(admin, clinic.clinic_id, nurse.member_id, clock=clock)
    assert sign_in.identity_behind(parked, clock=clock).clinic_id == east.clinic_id
    with snapshot() as session:
        assert session.scalars(select(SignedInSession.proven_by)).all() == [Proof.PASSWORD]
