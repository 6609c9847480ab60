"""The staff: invited, given roles, suspended, brought back; and leaving oneself."""

import uuid
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access.policy import Permission, Subject, require
from diary.errors import Invalid
from diary.installation import installation
from diary.services import members as staff_invites
from diary.services import membership
from diary.services.clinics import clinic_of
from diary.services.invite_mail import mail_member_invite
from diary.services.staff import member_of_staff, staff_of_clinic
from diary.vocabulary import Role
from diary.web import sessions
from diary.web.clinic import blueprint
from diary.web.clinic.links import link_to_invite
from diary.web.clinic.member_forms import MemberForm, RolesForm, StandingForm
from diary.web.clinic.member_words import at, factor_words, member_line, status_words
from diary.web.clinic.place import own_clinic
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.qr_codes import qr_code
from diary.web.sessions import current_identity


@blueprint.get("/members", endpoint="members")
@open_to(Audience.STAFF)
def show_members() -> ResponseReturnValue:
    """Show everybody of the staff."""
    lines = [member_line(one, _zone()) for one in staff_of_clinic(current_identity(), own_clinic(), clock=_clock())]
    here, gone = ([line for line in lines if line["has_left"] is has_left] for has_left in (False, True))
    return render_template("clinic/members.html", here=here, gone=gone)


@blueprint.get("/members/new", endpoint="new_member")
@open_to(Audience.STAFF)
def show_new_member() -> ResponseReturnValue:
    """Ask whom to invite."""
    require(current_identity(), Permission.MEMBERS_READ, Subject(own_clinic()))
    return render_template("clinic/new_member.html", form=MemberForm(formdata=None))


@blueprint.post("/members/new")
@open_to(Audience.STAFF)
def invite_member() -> ResponseReturnValue:
    """Invite somebody and show their link, once."""
    require(current_identity(), Permission.MEMBERS_WRITE, Subject(own_clinic()))
    form = MemberForm()
    if form.validate():
        try:
            token = staff_invites.invite_to_clinic(
                current_identity(),
                own_clinic(),
                name=form.name.data,
                email=form.email.data,
                roles=[Role(role) for role in form.roles.data],
                clock=_clock(),
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return _link_page(token, form.name.data)
    return render_template("clinic/new_member.html", form=form), 422


@blueprint.get("/members/<uuid:member_id>", endpoint="member")
@open_to(Audience.STAFF)
def show_member(member_id: uuid.UUID) -> ResponseReturnValue:
    """Show one member with all that can be changed."""
    return _member_page(member_id)


@blueprint.post("/members/<uuid:member_id>/roles")
@open_to(Audience.STAFF)
def change_roles(member_id: uuid.UUID) -> ResponseReturnValue:
    """Give a member other roles."""
    form = RolesForm()
    require(current_identity(), Permission.MEMBERS_WRITE, Subject(own_clinic()))
    if form.validate():
        roles = [Role(role) for role in form.roles.data]
        try:
            membership.change_roles(current_identity(), own_clinic(), member_id, roles, clock=_clock())
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return _to_member(member_id)
    return _member_page(member_id, roles_form=form), 422


@blueprint.post("/members/<uuid:member_id>/suspend")
@open_to(Audience.STAFF)
def suspend(member_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a member out."""
    return _after_being_sure(member_id, membership.suspend)


@blueprint.post("/members/<uuid:member_id>/bring-back")
@open_to(Audience.STAFF)
def bring_back(member_id: uuid.UUID) -> ResponseReturnValue:
    """Let a suspended member work again."""
    membership.bring_back(current_identity(), own_clinic(), member_id, clock=_clock())
    return _to_member(member_id)


@blueprint.post("/members/<uuid:member_id>/end")
@open_to(Audience.STAFF)
def end_membership(member_id: uuid.UUID) -> ResponseReturnValue:
    """End a membership."""
    return _after_being_sure(member_id, membership.end_membership)


@blueprint.post("/members/<uuid:member_id>/invite")
@open_to(Audience.STAFF)
def renew_member_invite(member_id: uuid.UUID) -> ResponseReturnValue:
    """Make a new link for somebody who has not joined yet, and show it, once."""
    token = staff_invites.renew_invite(current_identity(), own_clinic(), member_id, clock=_clock())
    name = member_of_staff(current_identity(), own_clinic(), member_id, clock=_clock()).member.name
    return _link_page(token, name)


@blueprint.post("/members/<uuid:member_id>/withdraw")
@open_to(Audience.STAFF)
def withdraw_member_invite(member_id: uuid.UUID) -> ResponseReturnValue:
    """Withdraw an invite."""
    staff_invites.withdraw_invite(current_identity(), own_clinic(), member_id, clock=_clock())
    return redirect(url_for("clinic.members", done="invite-withdrawn"), code=303)


@blueprint.get("/leave", endpoint="leave")
@open_to(Audience.STAFF)
def show_leave() -> ResponseReturnValue:
    """Ask whether one really wants to leave the clinic."""
    require(current_identity(), Permission.MEMBERSHIP_END, Subject(own_clinic()))
    return render_template("clinic/leave.html", form=StandingForm(formdata=None), clinic=clinic_of(current_identity()))


@blueprint.post("/leave")
@open_to(Audience.STAFF)
def leave_clinic() -> ResponseReturnValue:
    """Leave the clinic; the session ends with the membership."""
    form, who = StandingForm(), current_identity()
    require(who, Permission.MEMBERSHIP_END, Subject(own_clinic()))
    if form.validate() and _is_sure(form):
        try:
            membership.leave_clinic(who, clock=_clock())
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            sessions.end()
            return redirect(url_for("account.sign_in", done="clinic-left"), code=303)
    return render_template("clinic/leave.html", form=form, clinic=clinic_of(who)), 422


def _after_being_sure(member_id: uuid.UUID, act: Callable[..., None]) -> ResponseReturnValue:
    """Do what ends something when it was ticked that it is meant."""
    form = StandingForm()
    require(current_identity(), Permission.MEMBERS_WRITE, Subject(own_clinic()))
    if form.validate() and _is_sure(form):
        try:
            act(current_identity(), own_clinic(), member_id, clock=_clock())
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return _to_member(member_id)
    return _member_page(member_id, standing_form=form), 422


def _is_sure(form: StandingForm) -> bool:
    if not form.sure.data:
        form.form_errors.append(_("Tick that you are sure. Nothing was changed."))
    return bool(form.sure.data)


def _member_page(
    member_id: uuid.UUID, *, roles_form: RolesForm | None = None, standing_form: StandingForm | None = None
) -> str:
    one = member_of_staff(current_identity(), own_clinic(), member_id, clock=_clock())
    if roles_form is None:
        roles_form = RolesForm(formdata=None)
        roles_form.roles.data = list(one.member.roles)
    shown: dict[str, Any] = {"status": status_words(one, _zone()), "factor": factor_words(one)}
    return render_template(
        "clinic/member.html",
        one=one,
        shown=shown,
        last=at(one.last_signed_in, _zone()) if one.last_signed_in else "",
        is_oneself=one.member.id == current_identity().member_id,
        roles_form=roles_form,
        form=standing_form or roles_form,
    )


def _link_page(token: str, name: str) -> str:
    """Return the page that shows the link of a member, the only time, and mail it where mail is set up."""
    link = link_to_invite(token)
    mailed_to = mail_member_invite(current_identity(), own_clinic(), token, link=link, clock=_clock())
    return render_template("clinic/member_invite.html", name=name, link=link, qr=qr_code(link), mailed_to=mailed_to)


def _to_member(member_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for("clinic.member", member_id=member_id, done="member-changed"), code=303)


def _zone() -> ZoneInfo:
    return ZoneInfo(clinic_of(current_identity()).time_zone)


def _clock() -> Any:
    return installation().clock
